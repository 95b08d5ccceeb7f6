package storetest

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// Transfer moves a store that holds something of everything from one engine to
// another, which may be of another kind, and asks both the same questions.
func Transfer(t *testing.T, from, to Open) {
	s, d := newStage(t, from), newStage(t, to)
	d.clock = s.clock
	moments := s.furnish()
	source, target := s.e.(store.Transfer), d.e.(store.Transfer)
	key := []byte("of this test")

	t.Run("Refused", func(t *testing.T) {
		err := target.Load(s.ctx, store.Rows(s.ctx, source), key, func([]store.Sum) error { return errRefused })
		if err != errRefused {
			t.Fatalf("not accepted: %v", err)
		}
		for _, n := range []int{0, 1, 3, 10, 40} {
			if err := target.Load(s.ctx, cut(store.Rows(s.ctx, source), n), key, accepted); err == nil {
				t.Fatalf("a store was made of %d rows", n)
			}
			if err := target.Load(s.ctx, broken(store.Rows(s.ctx, source), n), key, accepted); err != errRefused {
				t.Fatalf("broken off after %d rows: %v", n, err)
			}
		}
		d.check()
		equal(t, "a store that nothing came into", d.answers(moments), newStage(t, to).answers(moments))
	})

	var loaded []store.Sum
	if err := target.Load(s.ctx, store.Rows(s.ctx, source), key, func(sums []store.Sum) error { loaded = sums; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		sums []store.Sum
	}{{"read back", loaded}, {"read again", s.sums(target, key)}} {
		equal(t, x.name, x.sums, s.sums(source, key))
	}
	for _, sum := range loaded {
		if sum.Rows == 0 {
			t.Errorf("the test has nothing in table %s", sum.Table)
		}
	}
	equal(t, "answers", d.answers(moments), s.answers(moments))
	s.check()
	d.check()
	expect(t, target.Load(s.ctx, store.Rows(s.ctx, source), key, accepted), fault.Conflict, "store.not-empty")
	equal(t, "answers after a second load", d.answers(moments), s.answers(moments))

	// Both go on alike, from what the counters say and from memory.
	s.goOn()
	d.goOn()
	equal(t, "answers later", d.answers(moments), s.answers(moments))
	d.check()
	d.reopen()
	equal(t, "answers after opening again", d.answers(moments), s.answers(moments))
	sums := s.sums(source, key)
	if fmt.Sprint(sums) == fmt.Sprint(loaded) {
		t.Error("the sums do not see what was written")
	}
}

func accepted([]store.Sum) error { return nil }

func (s *stage) sums(e store.Transfer, key []byte) []store.Sum {
	s.t.Helper()
	sums, err := store.SumsOf(s.ctx, e, key)
	if err != nil {
		s.t.Fatal(err)
	}
	return sums
}

func cut(rows iter.Seq2[store.Row, error], n int) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		for r, err := range rows {
			if n--; n < 0 || !yield(r, err) {
				return
			}
		}
	}
}

func broken(rows iter.Seq2[store.Row, error], n int) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		for r, err := range cut(rows, n) {
			if !yield(r, err) {
				return
			}
		}
		yield(store.Row{}, errRefused)
	}
}

// furnish puts something of everything into a store, and gives the moments at
// which it was different.
func (s *stage) furnish() (moments []time.Time) {
	index := func(i int) search.Entries {
		n := uint64(i)
		return search.Entries{
			Idents: []uint64{n, 1<<63 + n}, Strings: []search.StringEntry{{Param: 1, Value: fmt.Sprint("o'neill\x00é", i)}, {Param: 2, Value: ""}},
			Tokens: []uint32{5, uint32(i) + 10}, Terms: []uint64{3, n + 100}, Code: 70 + n%3, Unit: 88, Value: float64(i) / 3, Date: int64(i) * 1000,
		}
	}
	var puts []store.Put
	for i := range 40 {
		p := doc(key(int64(i/4+1), uint16(i%3+1), uint32(i%4+1)), strings.Repeat(fmt.Sprint("body ", i, " "), i*30))
		if p.Index = index(i); i%7 == 0 {
			p.Index, p.Feed = search.Entries{Terms: []uint64{3}}, ""
		}
		puts = append(puts, p)
		s.put(p)
		s.clock.move(time.Second)
	}
	moments = append(moments, s.clock.Now())
	for i, p := range puts {
		switch i % 4 {
		case 0:
			s.put(next(p, 1, "again", index(i+200)))
		case 1:
			s.put(gone(p, 1))
		}
	}
	s.clock.move(time.Minute)
	s.link(1, 100)
	s.link(2, 100)
	moments = append(moments, s.clock.Now())
	s.clock.move(time.Minute)
	s.link(2, 101)
	s.update(func(tx store.Tx) error { _, err := tx.Claim(s.ctx, 1<<63+7, puts[0].Key); return err })
	for i := range 6 {
		m := &store.Message{Org: "RQM", Feed: fmt.Sprint("f", i%2), Control: fmt.Sprint("M", i), Trigger: "ADT^A01", Digest: 1<<63 + uint64(i), Raw: []byte("MSH|\x00")}
		if i == 2 {
			m.Raw, m.Detail = nil, []byte("{}")
		}
		seq, _ := s.append(m)
		switch i {
		case 3:
			s.append(m)
		case 4:
			s.settle(&store.Message{Seq: seq, State: store.Parked, Code: "intake.unmapped", Place: "PID-3", Text: "no number", Records: []int64{1, 2}, Detail: []byte(`{"n":1}`)})
		}
		s.clock.move(20 * time.Minute)
	}
	s.update(func(tx store.Tx) error {
		for i := range 5 {
			kv := store.KeyValue{Key: fmt.Sprint("k\xff", i), Value: []byte{byte(i)}}
			if i == 1 {
				kv.Value, kv.Expires = nil, s.clock.Now().Add(time.Hour)
			}
			if err := tx.SetKey(s.ctx, "space", kv); err != nil {
				return err
			}
			if _, err := tx.Enqueue(s.ctx, "mail", kv.Value, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	s.lease("mail", "me", 2)
	s.update(func(tx store.Tx) error { return tx.Park(s.ctx, 1, "me", "why\x00not") })
	s.log(10)
	return moments
}

// log appends entries and as many hashes, some at a time.
func (s *stage) log(n int) {
	s.t.Helper()
	for range n {
		s.update(func(tx store.Tx) error {
			seq, err := tx.AppendLog(s.ctx, "audit", []byte(s.clock.Now().String()))
			if err != nil {
				return err
			}
			return tx.AppendHashes(s.ctx, "audit", 2*seq, [][32]byte{{byte(seq)}, {1, byte(seq)}})
		})
	}
}

// goOn writes further, into what was there and anew.
func (s *stage) goOn() {
	s.t.Helper()
	s.update(func(tx store.Tx) error {
		pk, err := tx.NewRecord(s.ctx)
		if err != nil {
			return err
		}
		p := doc(key(pk, 1, 1), "later")
		p.Feed, p.Index = "a new name", search.Entries{Idents: []uint64{5}, Terms: []uint64{3}, Code: 70, Unit: 88, Value: 1, Date: 7}
		if _, err := tx.Put(s.ctx, p); err != nil {
			return err
		}
		p = doc(key(1, 3, 3), "over the old")
		p.IfVersion = store.AnyVersion
		if _, err = tx.Put(s.ctx, p); err != nil {
			return err
		}
		if _, err = tx.Enqueue(s.ctx, "mail", []byte("new"), time.Time{}); err != nil {
			return err
		}
		return tx.SetLink(s.ctx, 1, 101)
	})
	s.append(&store.Message{Org: "RQM", Feed: "f0", Control: "M0", Digest: 1 << 63})
	s.log(3)
}
