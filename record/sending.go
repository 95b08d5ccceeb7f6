package record

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Queued returns messages that wait for a destination, in sequence after one,
// with their content.
func (e *Errand) Queued(ctx context.Context, destination string, after int64, limit int) ([]*Message, error) {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return nil, err
	}
	var out []*Message
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = r.InState(ctx, outFeed+destination, Waiting, after, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, m := range out {
		if m.Raw, err = e.desk.unpack(m.Raw); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ReturnedOf lists the messages that a destination returned, newest first,
// below a sequence (0 = from the newest on), without content.
func (e *Errand) ReturnedOf(ctx context.Context, destination string, before int64, limit int) ([]*Message, error) {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return nil, err
	}
	var out []*Message
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = r.Messages(ctx, MessageFilter{Feed: outFeed + destination, States: []State{Returned}, Before: before, Limit: limit})
		return err
	})
	return out, err
}

// Delivery is what became of sending a message: Sent, Returned with its fault,
// or Held behind another that was returned.
type Delivery struct {
	*Message
	State    State
	At       time.Time
	Attempts int
	Answer   string
	Reply    []byte // of one that was refused: what the destination sent back, which may name a patient
	Fault    *fault.Fault
	Behind   int64 // of a Held one: the sequence that it waits for
}

// Deliver keeps what became of messages, all in one commit. What a person has
// decided meanwhile stands; a message is held only while the one before it is
// still returned.
func (e *Errand) Deliver(ctx context.Context, list []Delivery) error {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return err
	}
	replies := make([][]byte, len(list))
	for i, d := range list {
		if len(d.Reply) > 0 {
			var err error
			if replies[i], err = e.desk.pack(ctx, e.who.Org, d.Reply); err != nil {
				return err
			}
		}
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		if err := e.desk.seals.Renew(ctx, tx, each(replies)...); err != nil {
			return err
		}
		var rows []*Message
		returned := map[int64]bool{} // by this very list
		for i := range list {
			d := &list[i]
			keep, err := stands(ctx, tx, d, returned)
			if err != nil {
				return err
			}
			if !keep {
				continue
			}
			returned[d.Seq] = d.State == Returned
			row := *d.Message
			row.State, row.Raw = d.State, nil
			detail := ReadOutDetail(d.Message)
			detail.Attempts, detail.Answer = detail.Attempts+d.Attempts, d.Answer
			if d.State == Sent {
				at := d.At
				detail.SentAt = &at
			}
			row.Code, row.Place, row.Text = "", "", ""
			if d.Fault != nil {
				row.Code, row.Place, row.Text = d.Fault.Code, d.Fault.At, d.Fault.Text
			}
			row.Detail = detail.text()
			rows = append(rows, &row)
			if replies[i] != nil {
				if err := tx.SetKey(ctx, replySpace, store.KeyValue{Key: replyKey(d.Seq), Value: replies[i], Expires: tx.Time().Add(replyLife)}); err != nil {
					return err
				}
			}
		}
		return tx.SettleAll(ctx, rows)
	})
}

// What a destination said of a message that it refused is kept apart, packed
// like content, and for as long as somebody may want to know.
const (
	replySpace = "feed-reply"
	replyLife  = 90 * 24 * time.Hour
)

func replyKey(seq int64) string { return strconv.FormatInt(seq, 36) }

// OpenReply returns what a destination answered to a message that it refused,
// nil when nothing is kept, for a reason in words.
func (e *Errand) OpenReply(ctx context.Context, seq int64) ([]byte, error) {
	var out []byte
	err := e.read(ctx, access.OpenMessage, "", func(r store.Reader, _ *sight, t *trace) error {
		t.message = "answer to sequence " + strconv.FormatInt(seq, 10)
		m, err := r.Message(ctx, seq)
		if err != nil || DestinationOf(m) == "" || !e.who.Controls(m.Org) {
			return fault.New(fault.NotFound, "record.message", "there is no such message")
		}
		packed, err := r.GetKey(ctx, replySpace, replyKey(seq))
		if err != nil || packed == nil {
			return err
		}
		t.count = 1
		out, err = e.desk.unpack(packed)
		return err
	})
	return out, err
}

// stands tells whether an outcome is still to be kept. That something was sent
// is true whatever a person did meanwhile.
func stands(ctx context.Context, tx store.Tx, d *Delivery, returned map[int64]bool) (bool, error) {
	if d.State == Sent {
		return true, nil
	}
	now, err := tx.Message(ctx, d.Seq)
	if err != nil || now.State != Waiting {
		return false, err
	}
	if d.State != Held || returned[d.Behind] {
		return true, nil
	}
	before, err := tx.Message(ctx, d.Behind)
	return err == nil && before.State == Returned, err
}

// Sending is how it goes with sending to a destination.
type Sending struct {
	State  string    `json:"state"` // "sending", "idle", "down", "paused"
	Since  time.Time `json:"since"`
	Seen   time.Time `json:"seen"`             // when this was written
	Sent   time.Time `json:"sent,omitzero"`    // when it last took a message
	Next   time.Time `json:"next,omitzero"`    // of one that is down: the next attempt
	Code   string    `json:"code,omitempty"`   // the last fault
	Error  string    `json:"error,omitempty"`  // in words
	At     time.Time `json:"at,omitzero"`      // of that
	Failed int       `json:"failed,omitempty"` // attempts in a row that failed
	Owner  string    `json:"owner,omitempty"`  // the process that sends
}

func sendingKey(destination string) string { return "standing/" + destination }

// sendingOf reads how sending goes; the zero value before there was any.
func sendingOf(ctx context.Context, r store.Reader, destination string) (s Sending, err error) {
	text, err := r.GetKey(ctx, feedSpace, sendingKey(destination))
	if err == nil && text != nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// NoteSending keeps how sending to a destination goes. When it last took a
// message stays known through a sender that begins and has sent nothing yet.
func (e *Errand) NoteSending(ctx context.Context, destination string, s Sending) error {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return err
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		last, err := sendingOf(ctx, tx, destination)
		if err != nil {
			return err
		}
		now := s
		if last.Sent.After(now.Sent) {
			now.Sent = last.Sent
		}
		text, err := json.Marshal(now)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "record.standing", "the standing of a destination cannot be written")
		}
		return tx.SetKey(ctx, feedSpace, store.KeyValue{Key: sendingKey(destination), Value: text})
	})
}

// Pause is that a channel, a feed or a destination stands still: what is to be sent
// waits, and what comes in is kept and not applied.
type Pause struct {
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	Why string    `json:"why"`
}

// The kinds of what can be paused: a channel for what goes out or comes in, a feed that
// comes in, a destination.
const (
	ChannelPause     = "channel"
	FeedPause        = "feed"
	DestinationPause = "destination"
)

func pauseKey(kind, name string) string { return "paused/" + kind + "/" + name }

// Pauses reads what stands still, by "channel/NAME", "feed/NAME" and
// "destination/NAME". It names nobody and leaves no audit entry: whoever sends and
// applies messages asks it all the time.
func (e *Errand) Pauses(ctx context.Context) (map[string]Pause, error) {
	if !e.May(access.Receive, "") {
		if _, err := e.decide(ctx, access.Forward, ""); err != nil {
			return nil, err
		}
	}
	return e.desk.pauses(ctx)
}

func (d *Desk) pauses(ctx context.Context) (map[string]Pause, error) {
	out := map[string]Pause{}
	err := d.engine.View(ctx, func(r store.Reader) error { return readPauses(ctx, r, out) })
	return out, err
}

func readPauses(ctx context.Context, r store.Reader, into map[string]Pause) error {
	list, err := r.ListKeys(ctx, feedSpace, "paused/", maxStates)
	for _, kv := range list {
		var p Pause
		_ = json.Unmarshal(kv.Value, &p) // whatever it says, it stands still
		into[kv.Key[len("paused/"):]] = p
	}
	return err
}

// Empty removes the content of messages that a destination took before a
// moment, of at most limit of them after a sequence; the rest of each row stays.
// It gives the sequence to go on after, 0 when there is no more to do.
func (e *Errand) Empty(ctx context.Context, destination string, before time.Time, after int64, limit int) (next int64, err error) {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return 0, err
	}
	err = e.desk.engine.Update(ctx, func(tx store.Tx) error {
		next = 0
		list, err := tx.InState(ctx, outFeed+destination, Sent, after, limit)
		if err != nil {
			return err
		}
		old := false
		for _, m := range list {
			if d := ReadOutDetail(m); d.SentAt == nil || !d.SentAt.Before(before) {
				continue
			}
			old, m.State = true, Emptied
			if err := tx.Settle(ctx, m); err != nil {
				return err
			}
			if err := tx.Rewrite(ctx, m.Seq, m.Control, nil); err != nil {
				return err
			}
		}
		if old && len(list) == limit {
			next = list[limit-1].Seq
		}
		return nil
	})
	return next, err
}
