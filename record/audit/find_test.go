package audit_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// crowd appends entries of a few people about a few patients, several to a
// commit, and gives them as they lie in the log.
func (s *stage) crowd(r *rand.Rand, n int) []audit.Entry {
	s.t.Helper()
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	var out []audit.Entry
	for len(out) < n {
		s.now = s.now.Add(time.Duration(1+r.IntN(90)) * time.Second)
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
			for range 1 + r.IntN(40) {
				e := audit.Entry{Who: pick("ann", "bob", "cy"), Role: access.Clinician, Org: pick("RQM", "RYJ", ""), Purpose: access.Purpose(pick("TREAT", "TREAT", "BTG")),
					Action: access.Action(pick("read", "search", "update")), Rule: "clinician.read", Allowed: r.IntN(10) > 0, What: []string{pick("Observation", "Observation/o1")}}
				for range r.IntN(3) {
					if p := fmt.Sprint("p", r.IntN(30)); !slices.Contains(e.Records, p) {
						e.Records = append(e.Records, p)
					}
				}
				if r.IntN(8) == 0 {
					e.Outcome = "record.unknown"
				}
				if e.Purpose == "BTG" {
					e.Reason = "Collapsed in the ward"
				}
				if err := audit.Append(s.ctx, tx, &e); err != nil {
					return err
				}
				out = append(out, e)
			}
			return nil
		}))
	}
	return out
}

// expected is what a query should find, by looking at everything.
func expected(all []audit.Entry, q audit.Query) []int64 {
	var out []int64
	for i, e := range slices.Backward(all) {
		any := func(r string) bool { return slices.Contains(q.Records, r) }
		if q.Below > 0 && int64(i) >= q.Below || len(q.Records) > 0 && !slices.ContainsFunc(e.Records, any) || q.Who != "" && e.Who != q.Who ||
			q.Org != "" && e.Org != q.Org || q.Purpose != "" && e.Purpose != q.Purpose || len(q.Actions) > 0 && !slices.Contains(q.Actions, e.Action) ||
			q.Outcome != "" && e.Ended() != q.Outcome || q.Thing != "" && (!slices.Contains(e.What, q.Thing) || len(q.Records) == 0 && len(e.Records) > 0) ||
			!strings.Contains(strings.ToLower(e.Reason), strings.ToLower(q.Words)) || e.At.Before(q.From) || !q.To.IsZero() && !e.At.Before(q.To) {
			continue
		}
		out = append(out, int64(i))
	}
	return out
}

// found pages through everything that a query finds.
func (s *stage) found(q audit.Query) []int64 {
	s.t.Helper()
	var out []int64
	for pages := 0; ; pages++ {
		var f *audit.Found
		s.must(s.e.View(s.ctx, func(r store.Reader) error {
			var err error
			f, err = audit.Find(s.ctx, r, q)
			return err
		}))
		for _, h := range f.Hits {
			out = append(out, h.Seq)
		}
		if f.Next == 0 || pages > 2000 {
			return out
		}
		q.Below = f.Next
	}
}

// TestFind: the index finds exactly what looking at every entry finds, whether
// all is indexed, some of it, or nothing yet.
func TestFind(t *testing.T) {
	s := newStage(t)
	r := rand.New(rand.NewPCG(7, 9))
	all := s.crowd(r, 600)
	check := func(name string) {
		t.Helper()
		middle := all[len(all)/2].At
		for i, q := range []audit.Query{
			{}, {Records: []string{"p3"}}, {Records: []string{"p1", "p2", "none"}}, {Who: "ann"}, {Org: "RQM", Actions: []access.Action{access.Update}},
			{Who: "bob", Records: []string{"p4"}}, {Outcome: audit.Refused}, {Outcome: audit.Failed, Purpose: "BTG"}, {Words: "COLLAPSED", Org: "RYJ"},
			{From: middle}, {To: middle}, {From: middle, To: middle.Add(time.Hour), Who: "cy"}, {Thing: "Observation/o1"}, {Thing: "Observation/o1", Records: []string{"p5"}},
			{Actions: []access.Action{access.Read, access.Search}, Who: "cy", Outcome: audit.Done}, {Who: "nobody"}, {Below: 100, Who: "ann"}, {From: s.now.Add(time.Hour)},
		} {
			for _, limit := range []int{0, 1, 7, 1000} {
				q.Limit = limit
				if limit == 1 && i < 3 {
					continue // hundreds of pages of one
				}
				if got, want := s.found(q), expected(all, q); !slices.Equal(got, want) {
					t.Fatalf("%s, %+v: %d found, want %d\n%v\n%v", name, q, len(got), len(want), got, want)
				}
			}
		}
	}
	check("nothing indexed")
	s.sequence()
	check("all indexed")
	for range 3 { // small batches, so that terms have many keys
		all = append(all, s.crowd(r, 50)...)
		s.sequence()
	}
	all = append(all, s.crowd(r, 100)...)
	check("some indexed")
	s.sequence()
	check("all indexed again")
	if v, found := s.verify(s.e); len(found) > 0 || v.Rows != int64(len(all)) {
		t.Error(v, found)
	}
	if found := s.verifyIndex(s.e); len(found) > 0 {
		t.Error(found)
	}
}

func (s *stage) verifyIndex(e store.Engine) []string {
	s.t.Helper()
	var found []string
	s.must(e.View(s.ctx, func(r store.Reader) error {
		return audit.VerifyIndex(s.ctx, r, func(f store.Finding) { found = append(found, f.Code+": "+f.Text) })
	}))
	return found
}

func TestFindRefuses(t *testing.T) {
	s := newStage(t)
	for _, q := range []audit.Query{{Limit: -1}, {Limit: audit.MaxLimit + 1}, {Below: -1}, {From: s.now, To: s.now.Add(-time.Hour)}} {
		err := s.e.View(s.ctx, func(r store.Reader) error { _, err := audit.Find(s.ctx, r, q); return err })
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestOldStoreIsIndexed: entries of a store from before the index, which are in
// the tree already, are filed behind the ones that come now.
func TestOldStoreIsIndexed(t *testing.T) {
	s := newStage(t)
	all := s.crowd(rand.New(rand.NewPCG(1, 2)), 200)
	s.sequence()
	var keys []store.KeyValue
	s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
		var err error
		if keys, err = tx.ListKeys(s.ctx, "audit-index", "", 100_000); err != nil {
			return err
		}
		for _, kv := range keys {
			if err := tx.DeleteKey(s.ctx, "audit-index", kv.Key); err != nil {
				return err
			}
		}
		return tx.DeleteKey(s.ctx, "audit", "indexed")
	}))
	if len(keys) == 0 {
		t.Fatal("nothing was indexed")
	}
	all = append(all, s.crowd(rand.New(rand.NewPCG(3, 4)), 50)...)
	q := audit.Query{Who: "ann", Limit: 1000}
	if got, want := s.found(q), expected(all, q); !slices.Equal(got, want) {
		t.Errorf("before it is indexed: %d, want %d", len(got), len(want))
	}
	s.sequence()
	if found := s.verifyIndex(s.e); len(found) > 0 {
		t.Error(found)
	}
	if got, want := s.found(q), expected(all, q); !slices.Equal(got, want) {
		t.Errorf("indexed: %d, want %d", len(got), len(want))
	}
}

// TestRetentionLeavesTheIndex: what retention removes is found no more, and no
// key tells that it was there.
func TestRetentionLeavesTheIndex(t *testing.T) {
	s := newStage(t)
	all := s.crowd(rand.New(rand.NewPCG(5, 6)), 300)
	s.sequence()
	r, err := audit.ParseRetention([]byte("rules:\n  - {name: reads, actions: [read], days: 30}\n"))
	s.must(err)
	s.now = s.now.Add(40 * 24 * time.Hour)
	n, err := r.Apply(s.ctx, s.e, s.now, func() *audit.Entry { return &audit.Entry{Who: "operator", Allowed: true} })
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	s.sequence()
	if found := s.verifyIndex(s.e); len(found) > 0 {
		t.Error(found)
	}
	q := audit.Query{Who: "ann", Limit: 1000}
	var want []int64
	for _, seq := range expected(all, q) {
		if e := all[seq]; e.Action != access.Read || !e.Allowed {
			want = append(want, seq)
		}
	}
	if got := s.found(q); !slices.Equal(got, want) {
		t.Errorf("%d found, want %d", len(got), len(want))
	}
}

// TestIndexTampering: a key taken out of the index, or put in, is found.
func TestIndexTampering(t *testing.T) {
	s := newStage(t)
	s.crowd(rand.New(rand.NewPCG(8, 8)), 100)
	s.sequence()
	var kvs []store.KeyValue
	s.must(s.e.View(s.ctx, func(r store.Reader) error {
		var err error
		kvs, err = r.ListKeys(s.ctx, "audit-index", "", 10_000)
		return err
	}))
	set := func(kv store.KeyValue) {
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error { return tx.SetKey(s.ctx, "audit-index", kv) }))
	}
	for i := 0; i < len(kvs); i += 1 + len(kvs)/12 {
		kv := kvs[i]
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error { return tx.DeleteKey(s.ctx, "audit-index", kv.Key) }))
		if len(s.verifyIndex(s.e)) == 0 {
			t.Errorf("key %d is gone and nobody says so", i)
		}
		set(kv)
		spoilt := kv
		spoilt.Value = append(slices.Clone(kv.Value), 1)
		set(spoilt)
		if len(s.verifyIndex(s.e)) == 0 {
			t.Errorf("key %d says more and nobody says so", i)
		}
		set(kv)
	}
	set(store.KeyValue{Key: "zz", Value: []byte{0}})
	if len(s.verifyIndex(s.e)) == 0 {
		t.Error("a key of another form")
	}
}
