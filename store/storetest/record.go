package storetest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// testRecords holds the postings against a model: what each document says is
// known, so that every question has an answer to compare with.
func testRecords(t *testing.T, s *stage) {
	random := rand.New(rand.NewPCG(7, 11))
	terms := func() []uint64 {
		var out []uint64
		for h := range uint64(12) {
			if random.IntN(int(h)+2) == 0 {
				out = append(out, h<<40|h+1)
			}
		}
		return out
	}
	docs := map[store.Key]store.Put{}
	for range 60 {
		s.update(func(tx store.Tx) error {
			for range 1 + random.IntN(5) {
				k := key(1+random.Int64N(40), uint16(1+random.IntN(2)), uint32(1+random.IntN(3)))
				p, known := docs[k]
				if !known {
					p = doc(k, "x")
				}
				p.Old, p.Index, p.IfVersion, p.Deleted, p.Body = p.Index, search.Entries{Terms: terms()}, store.AnyVersion, false, []byte("x")
				if known && random.IntN(4) == 0 {
					p.Index, p.Deleted, p.Body = search.Entries{}, true, nil
				}
				if _, err := tx.Put(s.ctx, p); err != nil {
					return err
				}
				docs[k] = p
			}
			return nil
		})
	}
	for h := range uint64(13) {
		want := int64(0)
		for _, p := range docs {
			if slices.Contains(p.Index.Terms, h<<40|h+1) {
				want++
			}
		}
		equal(t, "documents with a term", read(s, func(r store.Reader) (int64, error) { return r.CountTerm(s.ctx, h<<40|h+1) }), want)
	}
	var asks []store.RecordsAsk
	var want [][]int64
	for range 200 {
		groups := make([][]uint64, 1+random.IntN(3))
		for i := range groups {
			for range 1 + random.IntN(3) {
				h := random.Uint64N(13)
				groups[i] = append(groups[i], h<<40|h+1)
			}
		}
		after, limit := random.Int64N(30), 1+random.IntN(20)
		got := read(s, func(r store.Reader) ([]int64, error) { return r.FindRecords(s.ctx, groups, after, limit) })
		equal(t, "records", got, modelRecords(docs, groups, after, limit))
		asks = append(asks, store.RecordsAsk{Groups: groups, After: after, Limit: limit})
		want = append(want, got)
	}
	for n := 0; n < len(asks); n += 4 {
		each := read(s, func(r store.Reader) ([][]int64, error) { return r.FindRecordsEach(s.ctx, asks[n:n+4]) })
		for i := range each {
			equal(t, "records of one among several", each[i], want[n+i])
		}
	}
	equal(t, "nothing asked", len(read(s, func(r store.Reader) ([][]int64, error) { return r.FindRecordsEach(s.ctx, nil) })), 0)
	equal(t, "no group", len(read(s, func(r store.Reader) ([]int64, error) { return r.FindRecords(s.ctx, nil, 0, 5) })), 0)
}

func modelRecords(docs map[store.Key]store.Put, groups [][]uint64, after int64, limit int) []int64 {
	out := []int64{}
	for pk := after + 1; pk <= 40 && len(out) < limit; pk++ {
		every := true
		for _, g := range groups {
			every = every && slices.ContainsFunc(g, func(h uint64) bool {
				for k, p := range docs {
					if k.PK == pk && slices.Contains(p.Index.Terms, h) {
						return true
					}
				}
				return false
			})
		}
		if every {
			out = append(out, pk)
		}
	}
	return out
}

// testRecordsWithin: an Update sees its own postings, and leaves none when it
// fails.
func testRecordsWithin(t *testing.T, s *stage) {
	p := doc(key(5, 1, 1), "x")
	p.Index.Terms = []uint64{1 << 47}
	find := func(r store.Reader) []int64 {
		got, err := r.FindRecords(s.ctx, [][]uint64{{1 << 47}}, 0, 9)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	err := s.e.Update(s.ctx, func(tx store.Tx) error {
		if _, err := tx.Put(s.ctx, p); err != nil {
			return err
		}
		equal(t, "own posting", find(tx), []int64{5})
		n, err := tx.CountTerm(s.ctx, 1<<47)
		equal(t, "own count", n, 1)
		if err != nil {
			return err
		}
		return errRefused
	})
	if err != errRefused {
		t.Fatal(err)
	}
	s.view(func(r store.Reader) error { equal(t, "after the refusal", len(find(r)), 0); return nil })
}

// testIndexAnew: the index of a version moves without a new version.
func testIndexAnew(t *testing.T, s *stage) {
	p := doc(key(3, 1, 1), "x")
	p.Index = search.Entries{Terms: []uint64{1, 2}, Idents: []uint64{10}, Tokens: []uint32{4}, Code: 5 << 40, Date: 9}
	s.put(p)
	fresh := search.Entries{Terms: []uint64{2, 3}, Idents: []uint64{11}, Tokens: []uint32{6}, Code: 7 << 40, Date: 9,
		Strings: []search.StringEntry{{Param: 1, Value: "a"}}}
	s.update(func(tx store.Tx) error { return tx.Index(s.ctx, p.Key, 1, p.Index, fresh) })
	for h, want := range map[uint64]int64{1: 0, 2: 1, 3: 1} {
		equal(t, "term", read(s, func(r store.Reader) (int64, error) { return r.CountTerm(s.ctx, h) }), want)
	}
	equal(t, "ident that went", len(read(s, func(r store.Reader) ([]store.Key, error) { return r.Find(s.ctx, 10, 9) })), 0)
	equal(t, "ident that came", len(read(s, func(r store.Reader) ([]store.Key, error) { return r.Find(s.ctx, 11, 9) })), 1)
	equal(t, "string that came", len(read(s, func(r store.Reader) ([]store.Key, error) { return r.FindString(s.ctx, 1, "a", true, 9) })), 1)
	equal(t, "code that went", len(read(s, func(r store.Reader) ([]store.Dated, error) {
		return r.FindCode(s.ctx, store.CodeRange{Code: 5 << 40}, 9)
	})), 0)
	equal(t, "code that came", len(read(s, func(r store.Reader) ([]store.Dated, error) {
		return r.FindCode(s.ctx, store.CodeRange{Code: 7 << 40}, 9)
	})), 1)
	equal(t, "still one version", len(read(s, func(r store.Reader) ([]*store.Doc, error) { return r.Versions(s.ctx, p.Key) })), 1)
	err := s.e.Update(s.ctx, func(tx store.Tx) error { return tx.Index(s.ctx, p.Key, 2, fresh, p.Index) })
	expect(t, err, fault.Conflict, "store.version")
}
