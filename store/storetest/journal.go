package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
)

func (s *stage) append(m *store.Message) (seq int64, state store.State) {
	s.t.Helper()
	s.update(func(tx store.Tx) (err error) { seq, state, err = tx.Append(s.ctx, m); return err })
	return seq, state
}

func (s *stage) settle(m *store.Message) {
	s.t.Helper()
	s.update(func(tx store.Tx) error { return tx.Settle(s.ctx, m) })
}

func (s *stage) message(seq int64) *store.Message {
	s.t.Helper()
	return read(s, func(r store.Reader) (*store.Message, error) { return r.Message(s.ctx, seq) })
}

// testJournal follows a message from its arrival to a dead letter that is
// closed.
func testJournal(t *testing.T, s *stage) {
	in := &store.Message{Org: "RQM", Feed: "adt", Control: "M1", Trigger: "ADT^A01", Digest: 1<<63 + 5, Detail: []byte("{}"), Raw: []byte("MSH|")}
	seq, state := s.append(in)
	equal(t, "first state", state, store.Received)
	want := *in
	want.Seq, want.At, want.State = seq, s.clock.Now(), store.Received
	equal(t, "message", *s.message(seq), want)

	arrived := s.clock.Now().Add(-time.Minute)
	second, _ := s.append(&store.Message{Org: "RQM", Feed: "lab", Control: "M2", At: arrived, Raw: []byte("two")})
	if second <= seq {
		t.Errorf("sequence %d after %d", second, seq)
	}
	equal(t, "the time given", s.message(second).At, arrived)

	pending := read(s, func(r store.Reader) ([]*store.Message, error) { return r.Pending(s.ctx, 0, 10) })
	equal(t, "pending with content", fmt.Sprint(len(pending), string(pending[0].Raw), string(pending[1].Raw)), "2MSH|two")
	s.settle(&store.Message{Seq: seq, State: store.Parked, Code: "intake.unmapped", Place: "PID-3", Text: "no number", Records: []int64{5, 900}, Detail: []byte(`{"n":1}`)})
	got := s.message(seq)
	want.State, want.Code, want.Place, want.Text, want.Records, want.Detail = store.Parked, "intake.unmapped", "PID-3", "no number", []int64{5, 900}, []byte(`{"n":1}`)
	equal(t, "dead letter", *got, want)
	pending = read(s, func(r store.Reader) ([]*store.Message, error) { return r.Pending(s.ctx, 0, 10) })
	equal(t, "still pending", len(pending), 1)
	s.settle(&store.Message{Seq: seq, State: store.Closed, Text: "test message", Records: []int64{900, 7}})
	got = s.message(seq)
	equal(t, "closed", fmt.Sprint(got.State, got.Code, got.Records), fmt.Sprint(store.Closed, "", []int64{900, 7}))
	for pk, want := range map[int64]int{5: 0, 7: 1, 900: 1} {
		list := read(s, func(r store.Reader) ([]*store.Message, error) {
			return r.Messages(s.ctx, store.MessageFilter{Record: pk, Limit: 10})
		})
		equal(t, fmt.Sprintf("messages of record %d", pk), len(list), want)
	}
	err := s.e.Update(s.ctx, func(tx store.Tx) error {
		return tx.Settle(s.ctx, &store.Message{Seq: 999, State: store.Applied})
	})
	expect(t, err, fault.NotFound, "store.message")
	err = s.e.View(s.ctx, func(r store.Reader) error { _, err := r.Message(s.ctx, 999); return err })
	expect(t, err, fault.NotFound, "store.message")
}

func testJournalDuplicate(t *testing.T, s *stage) {
	m := store.Message{Org: "RQM", Feed: "adt", Control: "M1", Digest: 77, Raw: []byte("x")}
	first, _ := s.append(&m)
	s.settle(&store.Message{Seq: first, State: store.Applied})
	for _, c := range []struct {
		name    string
		control string
		digest  uint64
		feed    string
		state   store.State
	}{
		{"the same", "M1", 77, "adt", store.Duplicate},
		{"other content", "M1", 78, "adt", store.Received},
		{"other control id", "M2", 77, "adt", store.Received},
		{"another feed", "M1", 77, "lab", store.Received},
		{"the same again", "M1", 77, "adt", store.Duplicate},
	} {
		n := store.Message{Org: "RQM", Feed: c.feed, Control: c.control, Digest: c.digest, Raw: []byte("x")}
		_, state := s.append(&n)
		equal(t, c.name, state, c.state)
	}
	// Twice in one Update.
	s.update(func(tx store.Tx) error {
		for i, want := range []store.State{store.Received, store.Duplicate} {
			_, state, err := tx.Append(s.ctx, &store.Message{Feed: "adt", Control: "twice", Digest: 1})
			if err != nil {
				return err
			}
			equal(t, fmt.Sprintf("copy %d", i), state, want)
		}
		return nil
	})
}

func testJournalFilter(t *testing.T, s *stage) {
	feeds := []string{"adt", "lab", "docs"}
	states := []store.State{store.Received, store.Applied, store.Parked}
	var all []*store.Message
	for i := range 120 {
		m := &store.Message{Org: "RQM", Feed: feeds[i%3], Control: fmt.Sprintf("C%d", i%10), Digest: uint64(i), Raw: []byte("raw")}
		m.Seq, m.State = s.append(m)
		if state := states[i/3%3]; state != store.Received {
			m.State, m.Records = state, []int64{int64(i%7 + 1)}
			s.settle(m)
		}
		all = append(all, m)
	}
	for i, f := range []store.MessageFilter{
		{Limit: 7}, {Limit: 1000}, {Feed: "lab", Limit: 1000}, {Feed: "lab", States: []store.State{store.Parked}, Limit: 5},
		{States: []store.State{store.Parked, store.Received}, Limit: 50}, {States: []store.State{store.Duplicate}, Limit: 50},
		{Control: "C3", Limit: 4}, {Control: "C3", Feed: "adt", Limit: 100}, {Control: "none", Limit: 4},
		{Record: 3, Limit: 100}, {Record: 3, Feed: "docs", States: []store.State{store.Applied}, Limit: 100},
		{Before: all[40].Seq, Limit: 10}, {Before: all[40].Seq, Feed: "adt", Limit: 10}, {Before: all[40].Seq, Record: 2, Control: "C1", Limit: 10},
		{Feed: "nobody", Limit: 10}, {},
	} {
		want := []int64{}
		for _, m := range slices.Backward(all) {
			if (f.Feed == "" || f.Feed == m.Feed) && (len(f.States) == 0 || slices.Contains(f.States, m.State)) &&
				(f.Control == "" || f.Control == m.Control) && (f.Record == 0 || slices.Contains(m.Records, f.Record)) &&
				(f.Before == 0 || m.Seq < f.Before) && len(want) < f.Limit {
				want = append(want, m.Seq)
			}
		}
		got := []int64{}
		for _, m := range read(s, func(r store.Reader) ([]*store.Message, error) { return r.Messages(s.ctx, f) }) {
			if m.Raw != nil {
				t.Errorf("filter %d: a listing carries the content", i)
			}
			got = append(got, m.Seq)
		}
		equal(t, fmt.Sprintf("filter %d %+v", i, f), got, want)
	}
	var pending []int64
	for after := int64(0); ; {
		page := read(s, func(r store.Reader) ([]*store.Message, error) { return r.Pending(s.ctx, after, 7) })
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			if m.Seq <= after || m.State != store.Received || string(m.Raw) != "raw" {
				t.Errorf("pending %d after %d, state %d, raw %q", m.Seq, after, m.State, m.Raw)
			}
			after = m.Seq
			pending = append(pending, m.Seq)
		}
	}
	equal(t, "pending rows", len(pending), 42)
}

// testJournalCounts holds the running counters against a recount.
func testJournalCounts(t *testing.T, s *stage) {
	r := rand.New(rand.NewPCG(3, 4))
	type row struct {
		feed  string
		at    time.Time
		state store.State
	}
	rows := map[int64]*row{}
	seqs := []int64{}
	for range 40 {
		s.clock.move(time.Duration(r.IntN(50)) * time.Minute)
		err := s.e.Update(s.ctx, func(tx store.Tx) error {
			fresh := map[int64]*row{}
			for range r.IntN(5) {
				feed := []string{"adt", "lab"}[r.IntN(2)]
				seq, state, err := tx.Append(s.ctx, &store.Message{Org: "ORG" + feed, Feed: feed, Control: fmt.Sprint(r.IntN(40))})
				if err != nil {
					return err
				}
				fresh[seq] = &row{feed, s.clock.Now(), state}
			}
			moved := map[int64]store.State{}
			for range min(len(seqs), r.IntN(4)) {
				seq, to := seqs[r.IntN(len(seqs))], store.State(r.IntN(6)+1)
				if err := tx.Settle(s.ctx, &store.Message{Seq: seq, State: to}); err != nil {
					return err
				}
				moved[seq] = to
			}
			if r.IntN(4) == 0 {
				return errRefused
			}
			for seq, f := range fresh {
				rows[seq] = f
				seqs = append(seqs, seq)
			}
			slices.Sort(seqs)
			for seq, to := range moved {
				rows[seq].state = to
			}
			return nil
		})
		if err != nil && err != errRefused {
			t.Fatal(err)
		}
	}
	for _, feed := range []string{"adt", "lab"} {
		want := store.FeedTally{Feed: feed, Org: "ORG" + feed, ByState: map[store.State]int64{}}
		byHour := map[time.Time]int64{}
		for _, seq := range seqs {
			m := rows[seq]
			if m.feed != feed {
				continue
			}
			want.ByState[m.state]++
			byHour[m.at.Truncate(time.Hour)]++
			want.Last = m.at
			if m.state == store.Received && want.OldestDue.IsZero() {
				want.OldestDue = m.at
			}
		}
		for _, got := range read(s, func(r store.Reader) ([]store.FeedTally, error) { return r.Tally(s.ctx) }) {
			if got.Feed == feed {
				equal(t, "tally", got, want)
			}
		}
		from := s.clock.Now().Add(-6 * time.Hour)
		var last time.Time
		n := 0
		for _, got := range read(s, func(r store.Reader) ([]store.HourCount, error) { return r.Counts(s.ctx, feed, from) }) {
			if !got.Hour.After(last) || got.N != byHour[got.Hour] || got.Hour.Before(from.Truncate(time.Hour)) {
				t.Errorf("hour %v after %v: %d, want %d", got.Hour, last, got.N, byHour[got.Hour])
			}
			last = got.Hour
			n++
		}
		for hour, count := range byHour {
			if !hour.Before(from.Truncate(time.Hour)) && count > 0 {
				n--
			}
		}
		equal(t, "hours missing", n, 0)
	}
}
