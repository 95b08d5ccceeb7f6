package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

func testPut(t *testing.T, s *stage) {
	k := key(7, 3, 1)
	p := doc(k, "one")
	p.Index.Date = 4711
	equal(t, "first version", s.put(p), 1)
	got := read(s, func(r store.Reader) (*store.Doc, error) { return r.Get(s.ctx, k) })
	want := store.Doc{Key: k, Version: 1, Change: got.Change, Updated: s.clock.Now(), Org: "RQM", Feed: "test", Date: 4711, Body: []byte("one")}
	equal(t, "document", *got, want)
	if got.Change <= 0 {
		t.Fatalf("change number %d", got.Change)
	}

	for _, c := range []struct {
		name      string
		ifVersion int64
		key       store.Key
		version   int64 // 0 = refused
	}{
		{"must not exist, and does", 0, k, 0},
		{"wrong version", 2, k, 0},
		{"a version of nothing", 1, key(7, 3, 2), 0},
		{"right version", 1, k, 2},
		{"the version before", 1, k, 0},
		{"any version of something", store.AnyVersion, k, 3},
		{"any version of nothing", store.AnyVersion, key(7, 3, 9), 1},
	} {
		q := doc(c.key, c.name)
		q.IfVersion = c.ifVersion
		var v int64
		err := s.e.Update(s.ctx, func(tx store.Tx) (err error) { v, err = tx.Put(s.ctx, q); return err })
		if c.version == 0 {
			if !fault.Is(err, fault.Conflict) || fault.Of(err).Code != "store.version" {
				t.Errorf("%s: want Conflict store.version, got %v", c.name, err)
			}
			continue
		}
		if err != nil || v != c.version {
			t.Errorf("%s: version %d, %v; want %d", c.name, v, err, c.version)
		}
	}
	err := s.e.View(s.ctx, func(r store.Reader) error { _, err := r.Get(s.ctx, key(7, 4, 1)); return err })
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("a document that is not there: %v", err)
	}
	many := read(s, func(r store.Reader) ([]*store.Doc, error) {
		return r.GetMany(s.ctx, []store.Key{key(7, 3, 9), key(1, 1, 1), k, k})
	})
	equal(t, "keys of GetMany", keysOf(many), []store.Key{key(7, 3, 9), k, k})
}

func keysOf(docs []*store.Doc) []store.Key {
	keys := []store.Key{}
	for _, d := range docs {
		keys = append(keys, d.Key)
	}
	return keys
}

func testVersions(t *testing.T, s *stage) {
	p := doc(key(2, 1, 1), "v1")
	p.Index.Date = 100
	s.put(p)
	for v := int64(1); v < 6; v++ {
		s.clock.move(time.Minute)
		p = next(p, v, fmt.Sprintf("v%d", v+1), search.Entries{Date: 100 + v})
		p.Org, p.Feed = fmt.Sprintf("ORG%d", v+1), fmt.Sprintf("feed%d", v+1)
		s.put(p)
	}
	all := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Versions(s.ctx, p.Key) })
	equal(t, "number of versions", len(all), 6)
	for i, d := range all {
		v := int64(6 - i)
		if d.Version != v || string(d.Body) != fmt.Sprintf("v%d", v) || d.Date != 99+v || d.Key != p.Key {
			t.Errorf("version %d: %+v", v, d)
		}
		if v > 1 && (d.Org != fmt.Sprintf("ORG%d", v) || d.Feed != fmt.Sprintf("feed%d", v)) {
			t.Errorf("version %d was written by %s %s", v, d.Org, d.Feed)
		}
		if want := s.clock.Now().Add(-time.Duration(i) * time.Minute); !d.Updated.Equal(want) {
			t.Errorf("version %d at %v, want %v", v, d.Updated, want)
		}
		if i > 0 && d.Change >= all[i-1].Change {
			t.Errorf("change numbers do not grow: %d, %d", d.Change, all[i-1].Change)
		}
	}
	none := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Versions(s.ctx, key(2, 1, 2)) })
	equal(t, "versions of nothing", len(none), 0)
}

func testTombstone(t *testing.T, s *stage) {
	p := doc(key(2, 1, 1), "here")
	p.Index = search.Entries{Idents: []uint64{5}, Tokens: []uint32{1}, Code: 3, Date: 9}
	s.put(p)
	equal(t, "version of the tombstone", s.put(gone(p, 1)), 2)
	d := read(s, func(r store.Reader) (*store.Doc, error) { return r.Get(s.ctx, p.Key) })
	if !d.Deleted || len(d.Body) != 0 || d.Version != 2 {
		t.Errorf("tombstone: %+v", d)
	}
	groups := read(s, func(r store.Reader) ([][]*store.Doc, error) {
		return r.Chart(s.ctx, []int64{2}, []store.Range{{Type: 1}}, time.Time{})
	})
	equal(t, "chart without the deleted", len(groups[0]), 0)
	again := doc(p.Key, "again")
	err := s.e.Update(s.ctx, func(tx store.Tx) error { _, err := tx.Put(s.ctx, again); return err })
	expect(t, err, fault.Conflict, "store.version")
	again.IfVersion = 2
	equal(t, "version after the tombstone", s.put(again), 3)
	d = read(s, func(r store.Reader) (*store.Doc, error) { return r.Get(s.ctx, p.Key) })
	if d.Deleted || string(d.Body) != "again" {
		t.Errorf("brought back: %+v", d)
	}
}

func testClaim(t *testing.T, s *stage) {
	a, b := key(1, 1, 1), key(2, 1, 1)
	s.put(doc(a, "a"))
	s.put(doc(b, "b"))
	claim := func(h uint64, k store.Key) store.Key {
		var owner store.Key
		s.update(func(tx store.Tx) (err error) { owner, err = tx.Claim(s.ctx, h, k); return err })
		return owner
	}
	h := uint64(1<<63 + 17)
	equal(t, "first claim", claim(h, a), a)
	equal(t, "the same again", claim(h, a), a)
	equal(t, "claim of another", claim(h, b), a)
	err := s.e.Update(s.ctx, func(tx store.Tx) error {
		if _, err := tx.Claim(s.ctx, 99, a); err != nil {
			return err
		}
		return errRefused
	})
	if err != errRefused {
		t.Fatal(err)
	}
	equal(t, "claim after one that was taken back", claim(99, b), b)

	// Many at the same time for one hash: one owner, and all are told so.
	var wg sync.WaitGroup
	var owners sync.Map
	for i := range 16 {
		wg.Go(func() {
			k := key(int64(i+10), 1, 1)
			err := s.e.Update(s.ctx, func(tx store.Tx) error {
				if _, err := tx.Put(s.ctx, doc(k, "x")); err != nil {
					return err
				}
				owner, err := tx.Claim(s.ctx, 4242, k)
				owners.Store(owner, true)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	owners.Range(func(any, any) bool { n++; return true })
	equal(t, "owners of one hash", n, 1)
	found := read(s, func(r store.Reader) ([]store.Key, error) { return r.Find(s.ctx, h, 10) })
	equal(t, "found by the claim", found, []store.Key{a})
}

func testNextSeq(t *testing.T, s *stage) {
	nextSeq := func(pk int64, typ uint16) uint32 {
		return read(s, func(r store.Reader) (uint32, error) { return r.NextSeq(s.ctx, pk, typ) })
	}
	equal(t, "in an empty record", nextSeq(5, 2), 1)
	s.put(doc(key(5, 2, 1), ""))
	s.put(doc(key(5, 2, 7), ""))
	s.put(doc(key(5, 3, 90), ""))
	s.put(doc(key(6, 2, 50), ""))
	equal(t, "after 7", nextSeq(5, 2), 8)
	equal(t, "of a type that is not there", nextSeq(5, 1), 1)
	s.put(gone(doc(key(5, 2, 7), ""), 1))
	equal(t, "a tombstone keeps its number", nextSeq(5, 2), 8)

	var last int64
	for range 3 {
		s.update(func(tx store.Tx) error {
			for range 10 {
				pk, err := tx.NewRecord(s.ctx)
				if err != nil || pk <= last {
					return fmt.Errorf("record key %d after %d: %w", pk, last, err)
				}
				last = pk
			}
			return nil
		})
		s.reopen()
	}
}

// testScan walks every type and each type, in pages of several sizes.
func testScan(t *testing.T, s *stage) {
	var all []store.Key
	s.update(func(tx store.Tx) error {
		for pk := int64(1); pk <= 30; pk++ {
			for typ := uint16(1); typ <= 5; typ++ {
				// Record 7 holds many of a type, so that a walk for another has to
				// jump; type 4 is rare.
				n := 2
				if pk == 7 && typ == 2 {
					n = 60
				} else if typ == 4 && pk%13 != 0 {
					n = 0
				}
				for seq := range n {
					k := key(pk, typ, uint32(seq+1))
					if _, err := tx.Put(s.ctx, doc(k, "x")); err != nil {
						return err
					}
					all = append(all, k)
				}
			}
		}
		return nil
	})
	s.put(gone(doc(key(3, 2, 1), "x"), 1))
	for typ := uint16(0); typ <= 6; typ++ {
		want := []store.Key{}
		for _, k := range all {
			if typ == 0 || k.Type() == typ {
				want = append(want, k)
			}
		}
		for _, page := range []int{1, 7, 1000} {
			if typ == 0 && page == 1 {
				continue
			}
			got := []store.Key{}
			var after store.Key
			for {
				docs := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Scan(s.ctx, typ, after, page) })
				if len(docs) == 0 {
					break
				}
				got = append(got, keysOf(docs)...)
				after = got[len(got)-1]
			}
			equal(t, fmt.Sprintf("scan of type %d by %d", typ, page), got, want)
		}
	}
}

// testScanWhileWriting: what stands from the beginning to the end of a walk is
// seen exactly once, whatever is written meanwhile.
func testScanWhileWriting(t *testing.T, s *stage) {
	const n = 200
	s.update(func(tx store.Tx) error {
		for i := range n {
			if _, err := tx.Put(s.ctx, doc(key(int64(2*i+2), 1, 1), "stands")); err != nil {
				return err
			}
		}
		return nil
	})
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; !stop.Load(); i++ {
			pk := int64(2*(i%n) + 1)
			p := doc(key(pk, 1, uint32(i/n+1)), "meanwhile")
			u := doc(key(int64(2*(i*7%n)+2), 1, 1), "stands")
			u.IfVersion = store.AnyVersion
			err := s.e.Update(s.ctx, func(tx store.Tx) error {
				if _, err := tx.Put(s.ctx, p); err != nil {
					return err
				}
				_, err := tx.Put(s.ctx, u)
				return err
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 5 {
		seen := map[store.Key]int{}
		var after store.Key
		for {
			docs := read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Scan(s.ctx, 1, after, 13) })
			if len(docs) == 0 {
				break
			}
			for _, d := range docs {
				seen[d.Key]++
			}
			after = docs[len(docs)-1].Key
		}
		for i := range n {
			if k := key(int64(2*i+2), 1, 1); seen[k] != 1 {
				t.Errorf("%v seen %d times", k, seen[k])
			}
		}
	}
	stop.Store(true)
	wg.Wait()
}
