package record

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Message is one journalled message; see store.Message.
type Message = store.Message

// State is where a journalled message stands; see store.State.
type State = store.State

// The states of a journalled message.
const (
	Received  = store.Received
	Applied   = store.Applied
	Duplicate = store.Duplicate
	Parked    = store.Parked
	Ignored   = store.Ignored
	Closed    = store.Closed
)

// MessageFilter narrows a listing of messages; see store.MessageFilter.
type MessageFilter = store.MessageFilter

// FeedStatus is the standing of one feed.
type FeedStatus struct {
	store.FeedTally
	Hours []store.HourCount // the last 24 hours, oldest first
}

// Receive journals messages durably in one commit, in order: their sequences
// and states are filled in. It is a feed's own errand; nothing of a patient is
// shown, and the entry of the applied message is its audit.
func (e *Errand) Receive(ctx context.Context, batch []*Message) error {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return err
	}
	packed := make([][]byte, len(batch))
	for i, m := range batch {
		var err error
		if packed[i], err = e.desk.pack(ctx, cmp.Or(m.Org, e.who.Org), m.Raw); err != nil {
			return err
		}
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		if err := e.desk.seals.Renew(ctx, tx, each(packed)...); err != nil {
			return err
		}
		for i, m := range batch {
			row := *m
			row.Raw, row.At = packed[i], tx.Time()
			reused, err := reusesControl(ctx, tx, m)
			if err != nil {
				return err
			}
			if reused {
				row.Detail = reusedControl
			}
			seq, state, err := tx.Append(ctx, &row)
			if err != nil {
				return err
			}
			m.Seq, m.State, m.At = seq, state, row.At
		}
		return nil
	})
}

// reusedControl is the detail of a message whose control id came before with
// other content: a new message, with a warning.
var reusedControl = []byte(`{"warnings":["the control id came before with other content"]}`)

// maxSameControl bounds how many earlier messages of one control id are looked
// at, for a sender that uses one id over and over.
const maxSameControl = 50

// reusesControl tells whether the control id came before, with other content
// alone.
func reusesControl(ctx context.Context, r store.Reader, m *Message) (bool, error) {
	for _, limit := range []int{1, maxSameControl} {
		before, err := r.Messages(ctx, MessageFilter{Feed: m.Feed, Control: m.Control, Limit: limit})
		if err != nil || len(before) == 0 {
			return false, err
		}
		if slices.ContainsFunc(before, func(b *Message) bool { return b.Digest == m.Digest }) {
			return false, nil
		}
	}
	return true, nil
}

// Digest is the keyed hash by which the same message is known again.
func (d *Desk) Digest(feed, control string, raw []byte) uint64 {
	return d.searches().extract.Hash("message", feed, control, string(raw))
}

// Pending returns received messages that wait to be applied, in sequence, with
// their raw text.
func (e *Errand) Pending(ctx context.Context, after int64, limit int) ([]*Message, error) {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return nil, err
	}
	var out []*Message
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = r.Pending(ctx, after, limit)
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

// Settle moves one message without writing anything else: parked, ignored.
func (e *Errand) Settle(ctx context.Context, m *Message) error {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return err
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error { return tx.Settle(ctx, m) })
}

// Feeds tells how every feed stands.
func (e *Errand) Feeds(ctx context.Context) ([]FeedStatus, error) {
	var out []FeedStatus
	err := e.read(ctx, access.WatchFeeds, "", func(r store.Reader, _ *sight, t *trace) error {
		out = nil
		tallies, err := r.Tally(ctx)
		if err != nil {
			return err
		}
		for _, tally := range tallies {
			if strings.HasPrefix(tally.Feed, outFeed) {
				continue
			}
			hours, err := r.Counts(ctx, tally.Feed, e.desk.now().Add(-24*time.Hour))
			if err != nil {
				return err
			}
			out = append(out, FeedStatus{tally, hours})
		}
		t.count = len(out)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Messages lists journalled messages without their content, newest first.
func (e *Errand) Messages(ctx context.Context, f MessageFilter) ([]*Message, error) {
	var out []*Message
	err := e.read(ctx, access.WatchFeeds, "", func(r store.Reader, _ *sight, t *trace) error {
		var err error
		out, err = r.Messages(ctx, f)
		t.count, t.what = len(out), []string{"messages of " + f.Feed}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// MessageHead returns one message without its content. Errors: NotFound
// "record.message".
func (e *Errand) MessageHead(ctx context.Context, seq int64) (*Message, error) {
	return e.message(ctx, access.WatchFeeds, seq, false)
}

// OpenMessage returns one message with its content, for a reason in words.
// Errors: NotFound "record.message"; Denied, also "record.other-organisation".
func (e *Errand) OpenMessage(ctx context.Context, seq int64) (*Message, []byte, error) {
	m, err := e.message(ctx, access.OpenMessage, seq, true)
	if err != nil {
		return nil, nil, err
	}
	return m, m.Raw, nil
}

func (e *Errand) message(ctx context.Context, act access.Action, seq int64, content bool) (*Message, error) {
	var out *Message
	err := e.read(ctx, act, "", func(r store.Reader, _ *sight, t *trace) error {
		t.message = "sequence " + strconv.FormatInt(seq, 10)
		m, err := r.Message(ctx, seq)
		if err != nil {
			return fault.New(fault.NotFound, "record.message", "there is no such message")
		}
		if content {
			if err := e.controls(m); err != nil {
				return err
			}
		}
		if content && len(m.Raw) > 0 { // a rule of retention may have removed it
			if m.Raw, err = e.desk.unpack(m.Raw); err != nil {
				return err
			}
		} else {
			m.Raw = nil
		}
		seen := map[int64]bool{}
		for _, pk := range m.Records {
			if !seen[pk] {
				seen[pk] = true
				t.records = append(t.records, e.desk.ids.encodePK(pk))
			}
		}
		t.count, out = 1, m
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// controls refuses what is done with a message by who is neither of the organisation
// that it is of nor of the domain: it holds its patients' data.
func (e *Errand) controls(m *Message) error {
	if e.who.Controls(m.Org) {
		return nil
	}
	return fault.New(fault.Denied, "record.other-organisation", "this message is of another organisation")
}

// passedOver tells a message that a rule of a channel has passed over.
func passedOver(m *Message) bool { return m.State == Ignored && m.Code == PassedOver }

// Requeue puts messages that are parked, or were passed over by a rule, back among
// those that wait, so that they are mapped again; it says how many. Others stay as
// they are.
func (e *Errand) Requeue(ctx context.Context, seqs []int64) (int, error) {
	v, err := e.decide(ctx, access.Replay, "")
	if err != nil {
		return 0, err
	}
	var n int
	err = e.auditedUpdate(ctx, access.Replay, v, func(tx store.Tx, t *trace) error {
		n = 0
		for _, seq := range seqs {
			m, err := tx.Message(ctx, seq)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if m.State != Parked && !passedOver(m) {
				continue
			}
			if err := e.controls(m); err != nil {
				return err
			}
			m.State, m.Code, m.Place, m.Text = Received, "", "", ""
			if err := tx.Settle(ctx, m); err != nil {
				return err
			}
			n++
		}
		t.count = n
		return nil
	})
	return n, err
}

// Close sets a dead letter aside for a reason in words. Errors: Conflict
// "record.message"; Denied, also "record.other-organisation".
func (e *Errand) Close(ctx context.Context, seq int64, why string) error {
	v, err := e.decide(ctx, access.Replay, "")
	if err != nil {
		return err
	}
	return e.auditedUpdate(ctx, access.Replay, v, func(tx store.Tx, t *trace) error {
		m, err := tx.Message(ctx, seq)
		if err != nil || m.State != Parked {
			return fault.New(fault.Conflict, "record.message", "there is no such dead letter")
		}
		if err := e.controls(m); err != nil {
			return err
		}
		m.State, m.Text = Closed, why
		t.message = "sequence " + strconv.FormatInt(seq, 10)
		return tx.Settle(ctx, m)
	})
}
