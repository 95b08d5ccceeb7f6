package record

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// The states of a message that goes out.
const (
	Waiting  = store.Waiting
	Held     = store.Held
	Sent     = store.Sent
	Returned = store.Returned
	Emptied  = store.Emptied
)

// outFeed is the name under which the journal keeps what goes to a destination.
const outFeed = "to:"

// DestinationOf is the destination of a message that goes out, "" of one that
// came in.
func DestinationOf(m *Message) string {
	name, _ := strings.CutPrefix(m.Feed, outFeed)
	if name == m.Feed {
		return ""
	}
	return name
}

// Outgoing is one message for one destination.
type Outgoing struct {
	Destination string
	Channel     string
	Control     string
	Trigger     string
	Raw         []byte
	Records     []int64      // what it is about: messages that share one are sent in order
	Lanes       []uint64     // the same, of a message that came in and is passed on
	Problem     *fault.Fault // why it cannot be sent as it is; it is Returned at once
}

// OutDetail is the JSON detail of a message that goes out.
type OutDetail struct {
	Channel  string   `json:"channel,omitempty"`
	Lanes    []uint64 `json:"lanes,omitempty"`
	Attempts int      `json:"attempts,omitempty"`
	// SentAt is when the destination took it, as we heard.
	SentAt *time.Time `json:"sentAt,omitempty"`
	// Resent is a later sending of it, Of the one that this repeats.
	Resent int64  `json:"resent,omitempty"`
	Of     int64  `json:"of,omitempty"`
	Edit   *Edit  `json:"edit,omitempty"`
	Answer string `json:"answer,omitempty"` // what the destination said, in its code
}

// Edit tells of a message that a person changed before it was sent again.
type Edit struct {
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Why      string    `json:"why"`
	Original int64     `json:"original"` // sequence of the row that keeps it as it was
	Differs  []string  `json:"differs"`  // places, such as "PID-3": never what stands there
}

// ReadOutDetail reads Message.Detail of a message that goes out.
func ReadOutDetail(m *Message) OutDetail {
	var d OutDetail
	_ = json.Unmarshal(m.Detail, &d) // written by us; what cannot be read says nothing
	return d
}

func (d OutDetail) text() []byte {
	b, _ := json.Marshal(d) // of plain fields: this cannot fail
	return b
}

// Cursor is how far a channel has read: a change number, or a sequence of the
// journal.
type Cursor struct {
	Channel  string
	From, To int64
}

// feedSpace holds what is known of channels and destinations: cursors, what is
// paused, how sending goes.
const feedSpace = "feed"

func cursorKey(channel string) string { return "cursor/" + channel }

// Cursors reads how far channels have read; one that has not begun is absent.
func (e *Errand) Cursors(ctx context.Context) (map[string]int64, error) {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return nil, err
	}
	out := map[string]int64{}
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		list, err := r.ListKeys(ctx, feedSpace, "cursor/", maxStates)
		for _, kv := range list {
			n, bad := strconv.ParseInt(string(kv.Value), 10, 64)
			if bad != nil {
				return fault.New(fault.Internal, "record.cursor", "the cursor of a channel cannot be read")
			}
			out[strings.TrimPrefix(kv.Key, "cursor/")] = n
		}
		return err
	})
	return out, err
}

// maxStates bounds how many channels and destinations there can be.
const maxStates = 10_000

// Release files messages for their destinations and moves the channels' cursors
// in one transaction, so that nothing is missed and nothing filed twice, and
// audits who is told what of whom. Errors: Conflict "record.cursor" when
// another process has moved a cursor meanwhile.
func (e *Errand) Release(ctx context.Context, cursors []Cursor, out []Outgoing) error {
	v, err := e.decide(ctx, access.Forward, "")
	if err != nil {
		return err
	}
	packed := make([][]byte, len(out))
	for i, m := range out {
		if i > 0 && len(m.Raw) > 0 && len(out[i-1].Raw) == len(m.Raw) && &out[i-1].Raw[0] == &m.Raw[0] {
			packed[i] = packed[i-1] // one message for several destinations
			continue
		}
		if packed[i], err = e.desk.pack(ctx, e.who.Org, m.Raw); err != nil {
			return err
		}
	}
	file := func(tx store.Tx) error {
		if err := e.desk.seals.Renew(ctx, tx, each(packed)...); err != nil {
			return err
		}
		if err := moveCursors(ctx, tx, cursors); err != nil {
			return err
		}
		for i := range out {
			if err := e.file(ctx, tx, &out[i], packed[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(out) == 0 {
		return e.desk.engine.Update(ctx, file)
	}
	return e.auditedUpdate(ctx, access.Forward, v, func(tx store.Tx, t *trace) error {
		t.records, t.what, t.count = e.told(out), toldOf(out), len(out)
		return file(tx)
	})
}

func moveCursors(ctx context.Context, tx store.Tx, cursors []Cursor) error {
	for _, c := range cursors {
		have, err := tx.GetKey(ctx, feedSpace, cursorKey(c.Channel))
		if err != nil {
			return err
		}
		if have != nil && string(have) != strconv.FormatInt(c.From, 10) {
			return fault.New(fault.Conflict, "record.cursor", "another process has gone on with the channel %s", c.Channel)
		}
		if err := tx.SetKey(ctx, feedSpace, store.KeyValue{Key: cursorKey(c.Channel), Value: strconv.AppendInt(nil, c.To, 10)}); err != nil {
			return err
		}
	}
	return nil
}

// file puts one message into the queue of its destination.
func (e *Errand) file(ctx context.Context, tx store.Tx, m *Outgoing, packed []byte) error {
	row := &Message{Org: e.who.Org, Feed: outFeed + m.Destination, Control: m.Control, Trigger: m.Trigger, State: Waiting,
		Records: m.Records, Raw: packed, At: tx.Time(), Detail: OutDetail{Channel: m.Channel, Lanes: m.Lanes}.text()}
	if m.Problem != nil {
		row.State = Returned
	}
	seq, _, err := tx.Append(ctx, row)
	if err != nil || m.Problem == nil {
		return err
	}
	row.Seq, row.Code, row.Place, row.Text = seq, m.Problem.Code, m.Problem.At, m.Problem.Text
	return tx.Settle(ctx, row)
}

// told names the records that messages are about.
func (e *Errand) told(out []Outgoing) []string {
	var ids []string
	seen := map[int64]bool{}
	for _, m := range out {
		for _, pk := range m.Records {
			if !seen[pk] {
				seen[pk] = true
				ids = append(ids, e.desk.ids.encodePK(pk))
			}
		}
	}
	return ids
}

// toldOf names channels and destinations.
func toldOf(out []Outgoing) []string {
	var what []string
	for _, m := range out {
		if w := "channel " + m.Channel + " to " + m.Destination; !slices.Contains(what, w) {
			what = append(what, w)
		}
	}
	return what
}
