package record

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// ChangedNothing is what stands as the text of a message that was applied and said
// nothing that is not known, or is older than what is known: of a feed that plays
// messages again there are many.
const ChangedNothing = "changed nothing: it is known, or something later is"

// PassedOver is the code of a message that a channel's rule passes over: it is kept,
// nothing is written of it, and it can be put back.
const PassedOver = "channel.passed-over"

// Passing counts the messages that one rule of a channel has passed over.
type Passing struct {
	Org      string    `json:"org"`
	Channel  string    `json:"channel"`
	Rule     string    `json:"rule"`
	Messages int64     `json:"messages"`
	Last     time.Time `json:"last"`
}

const passedSpace = "passed-over"

func (p *Passing) key() string { return p.Org + "/" + p.Channel + "/" + p.Rule }

// PassOver settles a message that a rule of its organisation's channel passes over,
// and counts it, in one transaction.
func (e *Errand) PassOver(ctx context.Context, m *Message, p Passing) error {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return err
	}
	row := *m
	row.State, row.Code, row.Place, row.Text = Ignored, PassedOver, "", "passed over by the rule "+p.Rule+" of the channel "+p.Channel
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		if err := tx.Settle(ctx, &row); err != nil {
			return err
		}
		n := p
		old, err := tx.GetKey(ctx, passedSpace, p.key())
		if err != nil {
			return err
		}
		if old != nil {
			if err := json.Unmarshal(old, &n); err != nil {
				return fault.Wrap(err, fault.Internal, "record.passed", "how many messages were passed over cannot be read")
			}
		}
		n.Messages, n.Last = n.Messages+1, tx.Time()
		text, err := json.Marshal(n)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "record.passed", "how many messages were passed over cannot be written")
		}
		return tx.SetKey(ctx, passedSpace, store.KeyValue{Key: p.key(), Value: text})
	})
}

// Passings counts what rules of channels have passed over, by organisation, channel
// and rule. It names nobody and leaves no audit entry.
func (e *Errand) Passings(ctx context.Context) ([]Passing, error) {
	if !e.May(access.WatchFeeds, "") {
		return nil, e.Note(ctx, access.WatchFeeds, "messages passed over", nil)
	}
	var out []Passing
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		out = nil
		list, err := r.ListKeys(ctx, passedSpace, "", maxStates)
		if err != nil {
			return err
		}
		for _, kv := range list {
			var p Passing
			if err := json.Unmarshal(kv.Value, &p); err != nil || strings.Count(kv.Key, "/") != 2 {
				return fault.New(fault.Internal, "record.passed", "how many messages were passed over cannot be read")
			}
			out = append(out, p)
		}
		return nil
	})
	return out, err
}
