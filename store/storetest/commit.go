package storetest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
)

// testFeed has eight writers write while a reader follows the feed: it must
// see each version once, in commit order, and never a commit appear behind it.
func testFeed(t *testing.T, s *stage) {
	const writers, each = 8, 60
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := s.e.Update(s.ctx, func(tx store.Tx) error {
					for j := range i%3 + 1 {
						if _, err := tx.Put(s.ctx, doc(key(int64(w+1), uint16(j+1), uint32(i+1)), "x")); err != nil {
							return err
						}
					}
					if i%7 == 3 {
						return errRefused
					}
					return nil
				})
				if err != nil && err != errRefused {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	want := 0
	for i := range each {
		if i%7 != 3 {
			want += writers * (i%3 + 1)
		}
	}
	seen := map[store.Key]bool{}
	var after int64
	for last := false; ; {
		select {
		case <-ended:
			last = true
		default:
		}
		changes := read(s, func(r store.Reader) ([]store.Change, error) { return r.Changes(s.ctx, after, 10) })
		for _, c := range changes {
			if c.Change < after || seen[c.Key] || c.Version != 1 {
				t.Fatalf("change %d after %d, key %v, version %d", c.Change, after, c.Key, c.Version)
			}
			seen[c.Key] = true
			after = c.Change
		}
		if last && len(changes) == 0 {
			break
		}
	}
	equal(t, "versions in the feed", len(seen), want)
	newest := read(s, func(r store.Reader) (int64, error) { return r.LastChange(s.ctx) })
	equal(t, "newest change", newest, after)
}

func testFeedWhole(t *testing.T, s *stage) {
	s.update(func(tx store.Tx) error {
		for i := range 25 {
			if _, err := tx.Put(s.ctx, doc(key(9, 1, uint32(i+1)), "x")); err != nil {
				return err
			}
		}
		return nil
	})
	p := doc(key(9, 1, 3), "x")
	s.put(gone(p, 1))
	changes := read(s, func(r store.Reader) ([]store.Change, error) { return r.Changes(s.ctx, 0, 10) })
	equal(t, "a commit is not cut", len(changes), 25)
	rest := read(s, func(r store.Reader) ([]store.Change, error) { return r.Changes(s.ctx, changes[24].Change, 10) })
	equal(t, "the deletion", rest, []store.Change{{Change: changes[24].Change + 1, Key: p.Key, Version: 2, At: s.clock.Now(), Deleted: true}})
	d := read(s, func(r store.Reader) (*store.Doc, error) { return r.Get(s.ctx, p.Key) })
	equal(t, "change number of the document", d.Change, rest[0].Change)
}

// testClock: numbers grow by commit, time never runs backwards, also when the
// clock does and after a restart.
func testClock(t *testing.T, s *stage) {
	var change int64
	var at time.Time
	for i := range 8 {
		s.update(func(tx store.Tx) error {
			if tx.Change() <= change || tx.Time().Before(at) {
				return fmt.Errorf("change %d after %d, time %v after %v", tx.Change(), change, tx.Time(), at)
			}
			change, at = tx.Change(), tx.Time()
			return tx.SetKey(s.ctx, "clock", store.KeyValue{Key: "k", Value: []byte{byte(i)}})
		})
		s.clock.move(time.Duration(3-i) * time.Hour)
		if i%3 == 2 {
			s.reopen()
		}
	}
	before := change
	s.update(func(tx store.Tx) error { _, err := tx.GetKey(s.ctx, "clock", "k"); return err })
	last := read(s, func(r store.Reader) (int64, error) { return r.LastChange(s.ctx) })
	equal(t, "an Update that wrote nothing has no number", last, before)
	s.update(func(tx store.Tx) error {
		if _, err := tx.AppendLog(s.ctx, "clock", []byte("first")); err != nil { // the log's name is new
			return err
		}
		return tx.SetKey(s.ctx, "clock", store.KeyValue{Key: "k", Value: []byte("with a log")})
	})
	before = read(s, func(r store.Reader) (int64, error) { return r.LastChange(s.ctx) })
	s.clock.move(24 * time.Hour)
	at = s.clock.Now()
	s.update(func(tx store.Tx) error {
		if _, err := tx.AppendLog(s.ctx, "clock", []byte("alone")); err != nil {
			return err
		}
		last, err := tx.LastChange(s.ctx)
		equal(t, "last change within an Update that only appends to a log", last, before)
		return err
	})
	equal(t, "an Update that only appends to a log has no number", read(s, func(r store.Reader) (int64, error) { return r.LastChange(s.ctx) }), before)
	s.clock.move(-48 * time.Hour)
	s.reopen()
	s.update(func(tx store.Tx) error {
		if tx.Change() != before+1 || tx.Time().Before(at) {
			return fmt.Errorf("change %d after %d, time %v after %v", tx.Change(), before, tx.Time(), at)
		}
		return nil
	})
}

// testAtomic runs many Updates that share commits, some of which fail after
// having written to everything: they leave nothing, the others all.
func testAtomic(t *testing.T, s *stage) {
	const n = 60
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := s.e.Update(s.ctx, func(tx store.Tx) error {
				if err := everything(s.ctx, tx, i); err != nil {
					return err
				}
				if i%3 == 0 {
					return errRefused
				}
				return nil
			})
			if i%3 == 0 && err != errRefused || i%3 != 0 && err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for range 2 {
		s.view(func(r store.Reader) error { return holds(s, r, n) })
		s.reopen()
	}
	// What comes next is numbered on from what was kept.
	s.update(func(tx store.Tx) error { return everything(s.ctx, tx, n+1) })
}

// everything writes to each part of the store.
func everything(ctx context.Context, tx store.Tx, i int) error {
	name := "n" + strconv.Itoa(i)
	pk, err := tx.NewRecord(ctx)
	if err != nil {
		return err
	}
	p := doc(key(pk, 1, 1), name)
	p.Org, p.Feed, p.Index.Idents = name, name, []uint64{uint64(i + 1)}
	if _, err := tx.Put(ctx, p); err != nil {
		return err
	}
	if _, err := tx.Claim(ctx, uint64(i+1)<<32, p.Key); err != nil {
		return err
	}
	if _, _, err := tx.Append(ctx, &store.Message{Org: "RQM", Feed: name, Control: name, Digest: uint64(i)}); err != nil {
		return err
	}
	if _, _, err := tx.Append(ctx, &store.Message{Org: "RQM", Feed: "all", Control: name, Digest: uint64(i)}); err != nil {
		return err
	}
	if err := tx.SetKey(ctx, "space"+name, store.KeyValue{Key: name, Value: []byte(name)}); err != nil {
		return err
	}
	if err := tx.SetLink(ctx, pk, 1<<20); err != nil {
		return err
	}
	seq, err := tx.AppendLog(ctx, "log", []byte(name))
	if err != nil {
		return err
	}
	if err := tx.AppendHashes(ctx, "log", seq, make([][32]byte, 1)); err != nil {
		return err
	}
	_, err = tx.Enqueue(ctx, "topic", []byte(name), time.Time{})
	return err
}

// holds expects what two thirds of n everythings leave.
func holds(s *stage, r store.Reader, n int) error {
	s.t.Helper()
	want := n - (n+2)/3
	docs, err := r.Scan(s.ctx, 0, store.Key{}, 10*n)
	if err != nil {
		return err
	}
	equal(s.t, "documents", len(docs), want)
	for _, d := range docs {
		if d.Org != string(d.Body) || d.Feed != string(d.Body) {
			s.t.Errorf("document %s of %s from %s", d.Body, d.Org, d.Feed)
		}
	}
	for i := range n {
		name, kept := "n"+strconv.Itoa(i), i%3 != 0
		found, err := r.Find(s.ctx, uint64(i+1), 5)
		if err != nil {
			return err
		}
		claimed, err := r.Find(s.ctx, uint64(i+1)<<32, 5)
		if err != nil {
			return err
		}
		v, err := r.GetKey(s.ctx, "space"+name, name)
		if err != nil {
			return err
		}
		if (len(found) == 1) != kept || (len(claimed) == 1) != kept || (string(v) == name) != kept {
			s.t.Errorf("update %d kept %v: found %v, claimed %v, key %q", i, kept, found, claimed, v)
		}
	}
	size, err := r.LogSize(s.ctx, "log")
	if err != nil {
		return err
	}
	jobs, err := r.Jobs(s.ctx, "topic", 10*n)
	if err != nil {
		return err
	}
	members, err := r.Members(s.ctx, 1<<20, time.Time{})
	if err != nil {
		return err
	}
	messages, err := r.Messages(s.ctx, store.MessageFilter{Limit: 10 * n})
	if err != nil {
		return err
	}
	equal(s.t, "log, jobs, members, messages", []int{int(size), len(jobs), len(members), len(messages)}, []int{want, want, want, 2 * want})
	tally, err := r.Tally(s.ctx)
	if err != nil {
		return err
	}
	equal(s.t, "feeds in the tally", len(tally), want+1)
	for _, f := range tally {
		if f.Feed == "all" {
			equal(s.t, "tally of a shared feed", f.ByState[store.Received], want)
		}
	}
	return nil
}

// testPanic: a panic in one Update is that caller's fault and nobody else's.
func testPanic(t *testing.T, s *stage) {
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := s.e.Update(s.ctx, func(tx store.Tx) error {
				if _, err := tx.Put(s.ctx, doc(key(int64(i+1), 1, 1), "x")); err != nil {
					return err
				}
				if i%4 == 0 {
					panic("the test's mistake")
				}
				return nil
			})
			if i%4 == 0 && !fault.Is(err, fault.Internal) || i%4 != 0 && err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	docs := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Scan(s.ctx, 0, store.Key{}, 100) })
	equal(t, "kept", len(docs), 15)
}

func testCancelled(t *testing.T, s *stage) {
	over, cancel := context.WithCancel(s.ctx)
	cancel()
	ran := false
	err := s.e.Update(over, func(store.Tx) error { ran = true; return nil })
	if err == nil || ran {
		t.Errorf("a cancelled Update ran: %v, %v", ran, err)
	}
	if err := s.e.View(over, func(r store.Reader) error { _, err := r.Scan(over, 0, store.Key{}, 1); return err }); err == nil {
		t.Error("a cancelled View gave an answer")
	}
	// A context that ends inside: the Update is told and leaves nothing.
	midway, cancel := context.WithCancel(s.ctx)
	err = s.e.Update(midway, func(tx store.Tx) error {
		if _, err := tx.Put(midway, doc(key(1, 1, 1), "x")); err != nil {
			return err
		}
		cancel()
		_, err := tx.Put(midway, doc(key(2, 1, 1), "x"))
		return err
	})
	if err == nil {
		t.Error("an Update went on after its context ended")
	}
	docs := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Scan(s.ctx, 0, store.Key{}, 10) })
	equal(t, "kept", len(docs), 0)
	s.put(doc(key(1, 1, 1), "x"))
}
