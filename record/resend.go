package record

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// DestinationStatus is how the queue of a destination stands.
type DestinationStatus struct {
	store.FeedTally
	Destination string
	Sending     Sending
	Paused      *Pause
	Hours       []store.HourCount // messages filed, of the last 24 hours, oldest first
}

// Destinations tells how every queue stands, and what is paused.
func (e *Errand) Destinations(ctx context.Context) ([]DestinationStatus, map[string]Pause, error) {
	var out []DestinationStatus
	pauses := map[string]Pause{}
	err := e.read(ctx, access.WatchFeeds, "", func(r store.Reader, _ *sight, t *trace) error {
		out = nil
		clear(pauses)
		if err := readPauses(ctx, r, pauses); err != nil {
			return err
		}
		standings, err := readStandings(ctx, r)
		if err != nil {
			return err
		}
		tallies, err := r.Tally(ctx)
		if err != nil {
			return err
		}
		for _, tally := range tallies {
			name, ok := strings.CutPrefix(tally.Feed, outFeed)
			if !ok {
				continue
			}
			hours, err := r.Counts(ctx, tally.Feed, e.desk.now().Add(-24*time.Hour))
			if err != nil {
				return err
			}
			out = append(out, DestinationStatus{FeedTally: tally, Destination: name, Sending: standings[name], Hours: hours})
			delete(standings, name)
		}
		for name, s := range standings { // nothing was sent to it yet
			out = append(out, DestinationStatus{Destination: name, Sending: s})
		}
		for i := range out {
			if p, ok := pauses[DestinationPause+"/"+out[i].Destination]; ok {
				out[i].Paused = &p
			}
		}
		t.count, t.what = len(out), []string{"destinations"}
		return nil
	})
	return out, pauses, err
}

func readStandings(ctx context.Context, r store.Reader) (map[string]Sending, error) {
	out := map[string]Sending{}
	list, err := r.ListKeys(ctx, feedSpace, "standing/", maxStates)
	for _, kv := range list {
		var s Sending
		if json.Unmarshal(kv.Value, &s) == nil {
			out[strings.TrimPrefix(kv.Key, "standing/")] = s
		}
	}
	return out, err
}

// Steer pauses a channel, a feed or a destination, or lets it go on. Errors: Denied when
// it is another organisation's.
func (e *Errand) Steer(ctx context.Context, kind, name, org, why string, paused bool) error {
	v, err := e.decide(ctx, access.Steer, "", kind+" "+name)
	if err != nil {
		return err
	}
	if !e.who.Controls(org) {
		return e.foreign(ctx, access.Steer, v, kind+" "+name)
	}
	return e.auditedUpdate(ctx, access.Steer, v, func(tx store.Tx, t *trace) error {
		t.what = []string{kind + " " + name}
		if !paused {
			t.what = append(t.what, "resumed")
			return tx.DeleteKey(ctx, feedSpace, pauseKey(kind, name))
		}
		t.what = append(t.what, "paused")
		text, err := json.Marshal(Pause{By: e.who.ID, At: tx.Time(), Why: why})
		if err != nil {
			return fault.Wrap(err, fault.Internal, "record.pause", "a pause cannot be written")
		}
		return tx.SetKey(ctx, feedSpace, store.KeyValue{Key: pauseKey(kind, name), Value: text})
	})
}

// foreign refuses what belongs to another organisation, in the audit log too.
func (e *Errand) foreign(ctx context.Context, act access.Action, v access.Verdict, what string) error {
	v.Allowed, v.Rule = false, string(e.who.Role)+".other-organisation"
	if err := e.audit(ctx, act, v, trace{what: []string{what}}); err != nil {
		return err
	}
	return fault.New(fault.Denied, "record.other-organisation", "this belongs to another organisation")
}

// outgoing reads a message that goes out, of the requester's organisation.
func (e *Errand) outgoing(ctx context.Context, tx store.Tx, seq int64) (*Message, error) {
	m, err := tx.Message(ctx, seq)
	if err != nil || DestinationOf(m) == "" {
		return nil, fault.New(fault.NotFound, "record.message", "there is no such message")
	}
	if err := e.controls(m); err != nil {
		return nil, err
	}
	return m, nil
}

// Resend sends messages again, each as it was, and says how many. One that was
// returned takes its old place, before what is held behind it; one that was
// sent goes again, at the end, under the same control id. Others stay.
func (e *Errand) Resend(ctx context.Context, seqs []int64) (int, error) {
	v, err := e.decide(ctx, access.Replay, "")
	if err != nil {
		return 0, err
	}
	n := 0
	err = e.auditedUpdate(ctx, access.Replay, v, func(tx store.Tx, t *trace) error {
		n = 0
		for _, seq := range seqs {
			m, err := e.outgoing(ctx, tx, seq)
			if err != nil {
				return err
			}
			again, err := e.again(ctx, tx, m)
			if err != nil {
				return err
			}
			if again {
				n++
				e.tell(t, m)
			}
		}
		t.count = n
		return nil
	})
	return n, err
}

// tell notes a message in an audit entry.
func (e *Errand) tell(t *trace, m *Message) {
	for _, pk := range m.Records {
		t.records = append(t.records, e.desk.ids.encodePK(pk))
	}
	t.what = append(t.what, "message "+strconv.FormatInt(m.Seq, 10)+" to "+DestinationOf(m))
	t.message = "sequence " + strconv.FormatInt(m.Seq, 10)
}

func (e *Errand) again(ctx context.Context, tx store.Tx, m *Message) (bool, error) {
	detail := ReadOutDetail(m)
	switch m.State {
	case Returned:
		detail.Attempts, detail.Answer = 0, ""
		m.State, m.Code, m.Place, m.Text, m.Detail = Waiting, "", "", "", detail.text()
		if err := tx.Settle(ctx, m); err != nil {
			return false, err
		}
		return true, free(ctx, tx, m)
	case Sent:
		row := *m
		row.State, row.At = Waiting, tx.Time()
		row.Detail = OutDetail{Channel: detail.Channel, Lanes: detail.Lanes, Of: m.Seq}.text()
		seq, _, err := tx.Append(ctx, &row)
		if err != nil {
			return false, err
		}
		detail.Resent = seq
		m.Detail = detail.text()
		return true, tx.Settle(ctx, m)
	}
	return false, nil
}

// free lets those go on that were held behind a message.
func free(ctx context.Context, tx store.Tx, m *Message) error {
	for after := int64(0); ; {
		list, err := tx.InState(ctx, m.Feed, Held, after, heldStep)
		if err != nil {
			return err
		}
		for _, h := range list {
			after = h.Seq
			if !Together(m, h) {
				continue
			}
			h.State, h.Raw = Waiting, nil
			if err := tx.Settle(ctx, h); err != nil {
				return err
			}
		}
		if len(list) < heldStep {
			return nil
		}
	}
}

const heldStep = 500

// Together tells whether two messages to a destination are about the same
// patient, so that their order counts.
func Together(a, b *Message) bool {
	for _, x := range LanesOf(a) {
		for _, y := range LanesOf(b) {
			if x == y {
				return true
			}
		}
	}
	return false
}

// Lane is what messages have in common whose order counts.
type Lane struct {
	Record int64
	Hash   uint64
}

// LanesOf are the lanes of a message: the records that it is about and, of one
// that is passed on, hashes of hospital numbers.
func LanesOf(m *Message) []Lane {
	var out []Lane
	for _, pk := range m.Records {
		out = append(out, Lane{Record: pk})
	}
	for _, h := range ReadOutDetail(m).Lanes {
		out = append(out, Lane{Hash: h})
	}
	if len(out) == 0 {
		out = []Lane{{}}
	}
	return out
}

// Corrected is a message as a person has changed it.
type Corrected struct {
	Seq     int64
	Control string // its new control id
	Raw     []byte
	Why     string
	Differs []string // places that differ, without what stands there
}

// ResendCorrected sends a message that a person has changed. The original stays
// as it was, under a sequence of its own, and both tell of each other. One that
// was returned takes its old place. Errors: Conflict "record.message" when it
// was neither returned nor sent.
func (e *Errand) ResendCorrected(ctx context.Context, c Corrected) (int64, error) {
	v, err := e.decide(ctx, access.EditMessage, "")
	if err != nil {
		return 0, err
	}
	packed, err := e.desk.pack(ctx, e.who.Org, c.Raw)
	if err != nil {
		return 0, err
	}
	var sent int64
	err = e.auditedUpdate(ctx, access.EditMessage, v, func(tx store.Tx, t *trace) error {
		m, err := e.outgoing(ctx, tx, c.Seq)
		if err != nil {
			return err
		}
		e.tell(t, m)
		t.count = 1
		t.what = append(t.what, c.Differs...)
		if err := e.desk.seals.Renew(ctx, tx, &packed); err != nil {
			return err
		}
		sent, err = e.correct(ctx, tx, m, c, packed)
		return err
	})
	return sent, err
}

func (e *Errand) correct(ctx context.Context, tx store.Tx, m *Message, c Corrected, packed []byte) (int64, error) {
	edit := &Edit{By: e.who.ID, At: tx.Time(), Why: c.Why, Differs: c.Differs}
	detail := ReadOutDetail(m)
	row := *m
	switch m.State {
	case Returned: // the original moves away, the new text takes its place
		row.State = Closed
		row.Detail = OutDetail{Channel: detail.Channel, Lanes: detail.Lanes, Edit: detail.Edit, Resent: m.Seq}.text()
		original, err := keepOriginal(ctx, tx, &row)
		if err != nil {
			return 0, err
		}
		edit.Original = original
		m.State, m.Code, m.Place, m.Text = Waiting, "", "", ""
		m.Detail = OutDetail{Channel: detail.Channel, Lanes: detail.Lanes, Of: original, Edit: edit}.text()
		if err := tx.Settle(ctx, m); err != nil {
			return 0, err
		}
		if err := tx.Rewrite(ctx, m.Seq, c.Control, packed); err != nil {
			return 0, err
		}
		return m.Seq, free(ctx, tx, m)
	case Sent, Emptied:
		edit.Original = m.Seq
		row.State, row.At, row.Control, row.Raw = Waiting, tx.Time(), c.Control, packed
		row.Detail = OutDetail{Channel: detail.Channel, Lanes: detail.Lanes, Of: m.Seq, Edit: edit}.text()
		seq, _, err := tx.Append(ctx, &row)
		if err != nil {
			return 0, err
		}
		detail.Resent = seq
		m.Detail = detail.text()
		return seq, tx.Settle(ctx, m)
	}
	return 0, fault.New(fault.Conflict, "record.message", "a message is changed and sent again when it was returned or sent; this one is neither")
}

// keepOriginal files a copy of a message as it was, closed.
func keepOriginal(ctx context.Context, tx store.Tx, row *Message) (int64, error) {
	code, place, text := row.Code, row.Place, row.Text
	row.State = Held // filed as going out, then closed: it never waits
	seq, _, err := tx.Append(ctx, row)
	if err != nil {
		return 0, err
	}
	row.Seq, row.State, row.Code, row.Place, row.Text = seq, Closed, code, place, text
	return seq, tx.Settle(ctx, row)
}

// SetAside closes a message that was returned, for a reason in words: it is not
// sent, and what is held behind it goes on.
func (e *Errand) SetAside(ctx context.Context, seq int64, why string) error {
	v, err := e.decide(ctx, access.Replay, "")
	if err != nil {
		return err
	}
	return e.auditedUpdate(ctx, access.Replay, v, func(tx store.Tx, t *trace) error {
		m, err := e.outgoing(ctx, tx, seq)
		if err != nil {
			return err
		}
		if m.State != Returned {
			return fault.New(fault.Conflict, "record.message", "only a message that was returned is set aside")
		}
		e.tell(t, m)
		m.State, m.Text = Closed, why
		if err := tx.Settle(ctx, m); err != nil {
			return err
		}
		return free(ctx, tx, m)
	})
}
