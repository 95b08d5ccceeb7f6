package storetest

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
)

// testOwnWrites: a transaction sees what it wrote, in every part.
func testOwnWrites(t *testing.T, s *stage) {
	s.update(func(tx store.Tx) error {
		if err := everything(s.ctx, tx, 1); err != nil {
			return err
		}
		if err := everything(s.ctx, tx, 4); err != nil {
			return err
		}
		docs, err := tx.Scan(s.ctx, 0, store.Key{}, 10)
		if err != nil {
			return err
		}
		equal(t, "documents", len(docs), 2)
		equal(t, "names", docs[0].Org+docs[1].Feed, "n1n4")
		changes, err := tx.Changes(s.ctx, 0, 10)
		if err != nil {
			return err
		}
		equal(t, "changes", len(changes), 2)
		tally, err := tx.Tally(s.ctx)
		if err != nil {
			return err
		}
		equal(t, "tally", fmt.Sprint(len(tally), tally[0].Feed, tally[0].ByState[store.Received]), "3all2")
		hours, err := tx.Counts(s.ctx, "all", time.Time{})
		if err != nil {
			return err
		}
		equal(t, "counts", fmt.Sprint(len(hours), hours[0].N), "1 2")
		pending, err := tx.Pending(s.ctx, 0, 10)
		if err != nil {
			return err
		}
		equal(t, "pending", len(pending), 4)
		size, err := tx.LogSize(s.ctx, "log")
		if err != nil {
			return err
		}
		equal(t, "log", size, 2)
		if _, err := tx.LogHashes(s.ctx, "log", []int64{1}); err != nil {
			return err
		}
		person, err := tx.PersonOf(s.ctx, docs[0].PK, time.Time{})
		if err != nil {
			return err
		}
		equal(t, "person", person, 1<<20)
		persons, err := tx.PersonsOf(s.ctx, []int64{1 << 19, docs[0].PK})
		if err != nil {
			return err
		}
		equal(t, "persons", persons, []int64{0, 1 << 20})
		last, err := tx.LastChange(s.ctx)
		equal(t, "last change", last, tx.Change())
		return err
	})
	changes := read(s, func(r store.Reader) ([]store.Change, error) { return r.Changes(s.ctx, 0, 10) })
	equal(t, "changes after the commit", len(changes), 2)
}

// testSnapshot: a View does not see what is committed while it reads.
func testSnapshot(t *testing.T, s *stage) {
	p := doc(key(1, 1, 1), "before")
	s.put(p)
	s.view(func(r store.Reader) error {
		d, err := r.Get(s.ctx, p.Key)
		if err != nil {
			return err
		}
		q := next(p, 1, "after", p.Index)
		q.Feed = "another"
		s.put(q)
		s.put(doc(key(2, 1, 1), "new"))
		again, err := r.Get(s.ctx, p.Key)
		if err != nil {
			return err
		}
		equal(t, "the same document", *again, *d)
		docs, err := r.Scan(s.ctx, 0, store.Key{}, 10)
		equal(t, "documents", len(docs), 1)
		return err
	})
	d := read(s, func(r store.Reader) (*store.Doc, error) { return r.Get(s.ctx, p.Key) })
	equal(t, "afterwards", string(d.Body)+d.Feed, "afteranother")
}

// testLostUpdate counts with optimistic retries on several goroutines.
func testLostUpdate(t *testing.T, s *stage) {
	const workers, each = 6, 25
	p := doc(key(1, 1, 1), "0")
	s.put(p)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for n := 0; n < each; {
				var d *store.Doc
				err := s.e.View(s.ctx, func(r store.Reader) (err error) { d, err = r.Get(s.ctx, p.Key); return err })
				if err != nil {
					t.Error(err)
					return
				}
				v, _ := strconv.Atoi(string(d.Body))
				err = s.e.Update(s.ctx, func(tx store.Tx) error {
					_, err := tx.Put(s.ctx, next(p, d.Version, strconv.Itoa(v+1), p.Index))
					return err
				})
				if err == nil {
					n++
				} else if !fault.Is(err, fault.Conflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	d := read(s, func(r store.Reader) (*store.Doc, error) { return r.Get(s.ctx, p.Key) })
	equal(t, "count and version", fmt.Sprint(string(d.Body), d.Version), fmt.Sprint(strconv.Itoa(workers*each), workers*each+1))
}
