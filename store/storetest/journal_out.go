package storetest

import (
	"fmt"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
)

func (s *stage) inState(feed string, state store.State, after int64, limit int) []*store.Message {
	s.t.Helper()
	return read(s, func(r store.Reader) ([]*store.Message, error) { return r.InState(s.ctx, feed, state, after, limit) })
}

// testJournalOut follows messages that go out: they never wait to be applied,
// are filed as what they come as, and are found by record and state.
func testJournalOut(t *testing.T, s *stage) {
	seqs := make([]int64, 0, 6)
	s.update(func(tx store.Tx) error { // all in one Update, the same control id twice
		for i := range 6 {
			m := &store.Message{Org: "RQM", Feed: "to:ris", Control: fmt.Sprint("C", i/2), Trigger: "ADT^A08", State: store.Waiting,
				Records: []int64{int64(10 + i%2)}, Raw: []byte(fmt.Sprint("raw", i)), Detail: []byte("{}")}
			if i == 5 {
				m.State = store.Held
			}
			seq, state, err := tx.Append(s.ctx, m)
			if err != nil || state != m.State {
				return fmt.Errorf("filed as %v: %w", state, err)
			}
			seqs = append(seqs, seq)
		}
		own, err := tx.InState(s.ctx, "to:ris", store.Waiting, seqs[0], 2)
		if err == nil {
			equal(t, "an Update sees its own", fmt.Sprint(len(own), string(own[0].Raw)), "2raw1")
		}
		return err
	})
	s.append(&store.Message{Org: "RQM", Feed: "adt", Control: "in", Raw: []byte("in")})
	pending := read(s, func(r store.Reader) ([]*store.Message, error) { return r.Pending(s.ctx, 0, 100) })
	equal(t, "only what came in is pending", len(pending), 1)
	waiting := s.inState("to:ris", store.Waiting, 0, 100)
	equal(t, "waiting", fmt.Sprint(len(waiting), waiting[0].Seq, string(waiting[4].Raw), waiting[1].Records), fmt.Sprint(5, seqs[0], "raw4", []int64{11}))
	equal(t, "after one", len(s.inState("to:ris", store.Waiting, seqs[2], 100)), 2)
	equal(t, "at most", len(s.inState("to:ris", store.Waiting, 0, 3)), 3)
	equal(t, "another feed", len(s.inState("to:pas", store.Waiting, 0, 3)), 0)
	s.update(func(tx store.Tx) error {
		return tx.SettleAll(s.ctx, []*store.Message{
			{Seq: seqs[0], State: store.Held, Records: []int64{10}},
			{Seq: seqs[1], State: store.Returned, Code: "feed.refused", Text: "AE", Records: []int64{11}},
			{Seq: seqs[0], State: store.Sent, Records: []int64{10}}, // one row twice
		})
	})
	err := s.e.Update(s.ctx, func(tx store.Tx) error {
		return tx.SettleAll(s.ctx, []*store.Message{{Seq: seqs[2], State: store.Sent}, {Seq: 9999, State: store.Sent}})
	})
	expect(t, err, fault.NotFound, "store.message")
	equal(t, "waiting after two", len(s.inState("to:ris", store.Waiting, 0, 100)), 3)
	equal(t, "returned", s.inState("to:ris", store.Returned, 0, 100)[0].Code, "feed.refused")
	of := read(s, func(r store.Reader) ([]*store.Message, error) {
		return r.Messages(s.ctx, store.MessageFilter{Record: 11, Limit: 10})
	})
	equal(t, "of a record, newest first", fmt.Sprint(len(of), of[0].Seq, of[0].State), fmt.Sprint(3, seqs[5], store.Held))
	all := read(s, func(r store.Reader) ([]*store.Message, error) {
		return r.Messages(s.ctx, store.MessageFilter{Feed: "to:ris", Limit: 10})
	})
	equal(t, "all states are listed", len(all), 6)
	tally := read(s, func(r store.Reader) ([]store.FeedTally, error) { return r.Tally(s.ctx) })
	out := tally[1]
	equal(t, "tally", fmt.Sprint(out.Feed, out.ByState), fmt.Sprint("to:ris", map[store.State]int64{store.Waiting: 3, store.Held: 1, store.Sent: 1, store.Returned: 1}))
	equal(t, "the oldest that waits", out.OldestDue, s.clock.Now())
	hours := read(s, func(r store.Reader) ([]store.HourCount, error) { return r.Counts(s.ctx, "to:ris", time.Time{}) })
	equal(t, "by hour", hours[0].N, 6)
}

// testJournalRewrite: another control id and content in the place of a row's,
// in the Update that settles it, and no content at all.
func testJournalRewrite(t *testing.T, s *stage) {
	seq, _ := s.append(&store.Message{Org: "RQM", Feed: "to:ris", Control: "C1", State: store.Returned, Records: []int64{7}, Raw: []byte("first")})
	s.update(func(tx store.Tx) error {
		if err := tx.Settle(s.ctx, &store.Message{Seq: seq, State: store.Waiting, Records: []int64{7}, Detail: []byte(`{"edited":1}`)}); err != nil {
			return err
		}
		return tx.Rewrite(s.ctx, seq, "C1-2", []byte("second"))
	})
	got := s.message(seq)
	equal(t, "rewritten", fmt.Sprint(got.Control, string(got.Raw), got.State, string(got.Detail), got.Records), fmt.Sprint("C1-2", "second", store.Waiting, `{"edited":1}`, []int64{7}))
	found := read(s, func(r store.Reader) ([]*store.Message, error) {
		return r.Messages(s.ctx, store.MessageFilter{Control: "C1-2", Limit: 10})
	})
	equal(t, "found by the new control id", len(found), 1)
	s.update(func(tx store.Tx) error { return tx.Rewrite(s.ctx, seq, "C1-2", nil) })
	equal(t, "emptied", len(s.message(seq).Raw), 0)
	err := s.e.Update(s.ctx, func(tx store.Tx) error { return tx.Rewrite(s.ctx, 999, "x", nil) })
	expect(t, err, fault.NotFound, "store.message")
	s.update(func(tx store.Tx) error { // a row of the same Update
		seq, _, err := tx.Append(s.ctx, &store.Message{Feed: "to:ris", Control: "C2", State: store.Waiting, Raw: []byte("a")})
		if err != nil {
			return err
		}
		return tx.Rewrite(s.ctx, seq, "C3", []byte("b"))
	})
	equal(t, "rewritten where it was filed", string(s.inState("to:ris", store.Waiting, 0, 9)[1].Raw), "b")
}
