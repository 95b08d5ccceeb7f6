package storetest

import (
	"fmt"
	"testing"

	"concord/standard/search"
	"concord/store"
)

// testBulk loads in bulk, into an empty and into a filled store; index and
// feed are whole afterwards.
func testBulk(t *testing.T, s *stage) {
	for round := range 2 {
		if err := s.e.Bulk(s.ctx, true); err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			s.update(func(tx store.Tx) error {
				for j := range 20 {
					p := doc(key(int64(100*round+i+1), 1, uint32(j+1)), "bulk")
					p.Index = search.Entries{Code: 5 << 40, Date: int64(i + 1), Unit: 6 << 40, Value: float64(i), Idents: []uint64{uint64(100*round + i)}}
					if _, err := tx.Put(s.ctx, p); err != nil {
						return err
					}
				}
				return nil
			})
		}
		// What was answered can be seen; what failed cannot.
		last := key(int64(100*round+30), 1, 20)
		read(s, func(r store.Reader) (*store.Doc, error) { return r.Get(s.ctx, last) })
		err := s.e.Update(s.ctx, func(tx store.Tx) error {
			if _, err := tx.Put(s.ctx, doc(key(999, 1, 1), "refused")); err != nil {
				return err
			}
			return errRefused
		})
		if err != errRefused {
			t.Fatal(err)
		}
		s.put(doc(key(int64(1000+round), 2, 1), "after"))
		if err := s.e.Bulk(s.ctx, false); err != nil {
			t.Fatal(err)
		}
		coded := read(s, func(r store.Reader) ([]store.Dated, error) {
			return r.FindCode(s.ctx, store.CodeRange{Code: 5 << 40}, 10_000)
		})
		equal(t, "by code", len(coded), 600*(round+1))
		found := read(s, func(r store.Reader) ([]store.Key, error) { return r.Find(s.ctx, uint64(100*round+3), 100) })
		equal(t, "by identifier", len(found), 20)
	}
	s.reopen()
	docs := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Scan(s.ctx, 0, store.Key{}, 10_000) })
	equal(t, "documents", len(docs), 1202)
}

// testReopen: what was written is there again, and numbers go on.
func testReopen(t *testing.T, s *stage) {
	s.update(func(tx store.Tx) error { return everything(s.ctx, tx, 1) })
	before := read(s, func(r store.Reader) (int64, error) { return r.LastChange(s.ctx) })
	s.reopen()
	equal(t, "last change", read(s, func(r store.Reader) (int64, error) { return r.LastChange(s.ctx) }), before)
	s.update(func(tx store.Tx) error {
		if tx.Change() != before+1 {
			return fmt.Errorf("change %d after %d", tx.Change(), before)
		}
		return everything(s.ctx, tx, 4)
	})
	docs := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Scan(s.ctx, 0, store.Key{}, 10) })
	equal(t, "documents", fmt.Sprint(len(docs), docs[0].Org, docs[1].Org), "2n1n4")
	if err := s.e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.e.Update(s.ctx, func(store.Tx) error { return nil }); err == nil {
		t.Error("a closed store took an Update")
	}
	if err := s.e.View(s.ctx, func(store.Reader) error { return nil }); err == nil {
		t.Error("a closed store gave a View")
	}
	s.e = s.open(t, s.o)
}

func testUsage(t *testing.T, s *stage) {
	s.update(func(tx store.Tx) error { return everything(s.ctx, tx, 1) })
	use, err := s.e.Usage(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var rows, bytes int64
	for _, u := range use {
		rows, bytes = rows+u.Rows, bytes+u.Bytes
		if u.Table == "" || u.Bytes < 0 {
			t.Errorf("%+v", u)
		}
	}
	if rows == 0 || bytes == 0 {
		t.Errorf("usage: %v", use)
	}
}
