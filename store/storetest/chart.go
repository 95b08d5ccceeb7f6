package storetest

import (
	"fmt"
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
)

// chartOf asks and tells each group as "record.sequence body".
func chartOf(s *stage, pks []int64, asAt time.Time, ranges ...store.Range) [][]string {
	s.t.Helper()
	groups := read(s, func(r store.Reader) ([][]*store.Doc, error) { return r.Chart(s.ctx, pks, ranges, asAt) })
	out := make([][]string, len(groups))
	for i, g := range groups {
		for _, d := range g {
			if d.Deleted {
				s.t.Errorf("%v is deleted and in a chart", d.Key)
			}
			out[i] = append(out[i], fmt.Sprintf("%d.%d %s", d.PK, d.Seq(), d.Body))
		}
	}
	return out
}

func testChart(t *testing.T, s *stage) {
	s.update(func(tx store.Tx) error {
		for pk := int64(1); pk <= 3; pk++ {
			for typ := uint16(1); typ <= 3; typ++ {
				for seq := uint32(1); seq <= 4; seq++ {
					p := doc(key(pk, typ, seq), fmt.Sprintf("t%d", typ))
					p.Index = search.Entries{Tokens: []uint32{seq, seq + 10, uint32(typ) + 100}, Date: int64(1000*pk) + int64(seq)}
					if seq == 4 {
						p.Index.Date = 0
					}
					if _, err := tx.Put(s.ctx, p); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	for _, c := range []struct {
		name   string
		pks    []int64
		ranges []store.Range
		want   [][]string
	}{
		{"one type of one record, in key order", []int64{2}, []store.Range{{Type: 1}},
			[][]string{{"2.1 t1", "2.2 t1", "2.3 t1", "2.4 t1"}}},
		{"two types, and one that is not there", []int64{1}, []store.Range{{Type: 3, To: 1002}, {Type: 9}, {Type: 2, To: 1002}},
			[][]string{{"1.1 t3"}, {}, {"1.1 t2"}}},
		{"several records, given twice and out of order", []int64{3, 1, 3, 77}, []store.Range{{Type: 1, From: 1003}},
			[][]string{{"1.3 t1", "3.1 t1", "3.2 t1", "3.3 t1"}}},
		{"from and to; no date passes neither", []int64{2}, []store.Range{{Type: 1, From: 2002}, {Type: 1, To: 2002}, {Type: 1, From: 2002, To: 2003}},
			[][]string{{"2.2 t1", "2.3 t1"}, {"2.1 t1"}, {"2.2 t1"}}},
		{"tokens: one of each group", []int64{2}, []store.Range{{Type: 1, Need: [][]uint32{{1, 2, 3}, {12, 13}}}, {Type: 1, Need: [][]uint32{{1}, {12}}}, {Type: 1, Need: [][]uint32{{}}}},
			[][]string{{"2.2 t1", "2.3 t1"}, {}, {}}},
		{"every type, in key order", []int64{3, 1}, []store.Range{{Need: [][]uint32{{4}}}, {Type: 2, Need: [][]uint32{{4}}}},
			[][]string{{"1.4 t1", "1.4 t2", "1.4 t3", "3.4 t1", "3.4 t2", "3.4 t3"}, {"1.4 t2", "3.4 t2"}}},
		{"no records", nil, []store.Range{{Type: 1}}, [][]string{{}}},
		{"no ranges", []int64{1}, nil, [][]string{}},
	} {
		equal(t, c.name, chartOf(s, c.pks, time.Time{}, c.ranges...), c.want)
	}
	groups := read(s, func(r store.Reader) ([][]*store.Doc, error) {
		return r.Chart(s.ctx, []int64{2}, []store.Range{{Type: 1, Tokens: true}, {Bare: true, Need: [][]uint32{{4}}}}, time.Time{})
	})
	for i, d := range groups[0] {
		seq := uint32(i + 1)
		equal(t, "with its tokens", store.HasToken(d.Tokens, []uint32{seq}) && store.HasToken(d.Tokens, []uint32{seq + 10}) && len(d.Tokens) == 12 && len(d.Body) > 0, true)
	}
	equal(t, "bare", len(groups[1]) == 3 && groups[1][2].Seq() == 4 && groups[1][2].Version == 1, true)
}

func testChartNewest(t *testing.T, s *stage) {
	s.update(func(tx store.Tx) error {
		for i := range 90 {
			p := doc(key(int64(i%3+1), 1, uint32(i/3+1)), "x")
			p.Index = search.Entries{Date: int64(i*37%90 + 1), Tokens: []uint32{uint32(i % 2)}}
			if i == 50 {
				p.Index.Date = 0
			}
			if _, err := tx.Put(s.ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	dates := func(asAt time.Time, r store.Range) (out []int64) {
		for _, d := range read(s, func(rd store.Reader) ([][]*store.Doc, error) {
			return rd.Chart(s.ctx, []int64{1, 2, 3}, []store.Range{r}, asAt)
		})[0] {
			out = append(out, d.Date)
		}
		return out
	}
	equal(t, "newest three of three records", dates(time.Time{}, store.Range{Type: 1, Newest: 3}), []int64{90, 89, 88})
	equal(t, "newest before", dates(time.Time{}, store.Range{Type: 1, Newest: 2, To: 50}), []int64{49, 48})
	// i*37 mod 90 + 1 for odd i is an even number.
	equal(t, "newest with a token", dates(time.Time{}, store.Range{Type: 1, Newest: 3, Need: [][]uint32{{1}}}), []int64{90, 88, 86})
	equal(t, "as it is now, by time", dates(s.clock.Now(), store.Range{Type: 1, Newest: 3, Need: [][]uint32{{1}}}), []int64{90, 88, 86})
	all := dates(time.Time{}, store.Range{Type: 1, Newest: 1000})
	equal(t, "more than there are", len(all), 90)
	equal(t, "without a date comes last", all[89], 0)
}

// testChartAsAt holds the chart against what it was, moment for moment, for
// documents changed, deleted, brought back and made since.
func testChartAsAt(t *testing.T, s *stage) {
	var moments []time.Time
	var then [][][]string
	look := func() {
		s.clock.move(time.Second)
		moments = append(moments, s.clock.Now())
		then = append(then, chartOf(s, []int64{1, 2}, time.Time{}, store.Range{Type: 1}, store.Range{Type: 1, Need: [][]uint32{{7}}}))
		s.clock.move(time.Second)
	}
	first := s.clock.Now().Add(-time.Hour)
	kept, changed, deleted, later := doc(key(1, 1, 1), "kept"), doc(key(1, 1, 2), "changed 1"), doc(key(2, 1, 1), "deleted"), doc(key(2, 1, 2), "later")
	changed.Index.Tokens = []uint32{7}
	s.put(kept)
	s.put(changed)
	s.put(deleted)
	look()
	changed = next(changed, 1, "changed 2", search.Entries{Tokens: []uint32{8}})
	s.put(changed)
	look()
	deleted = gone(deleted, 1)
	s.put(deleted)
	s.put(later)
	look()
	changed = next(changed, 2, "changed 3", search.Entries{Tokens: []uint32{7}})
	s.put(changed)
	s.put(next(deleted, 2, "brought back", search.Entries{}))
	look()
	// Two versions in one Update: only the second ever stood.
	s.update(func(tx store.Tx) error {
		if _, err := tx.Put(s.ctx, next(changed, 3, "never seen", search.Entries{})); err != nil {
			return err
		}
		_, err := tx.Put(s.ctx, next(changed, 4, "changed 5", search.Entries{}))
		return err
	})
	look()
	equal(t, "what was seen first", then[0], [][]string{{"1.1 kept", "1.2 changed 1", "2.1 deleted"}, {"1.2 changed 1"}})
	for i, m := range moments {
		equal(t, fmt.Sprintf("as at moment %d", i), chartOf(s, []int64{1, 2}, m, store.Range{Type: 1}, store.Range{Type: 1, Need: [][]uint32{{7}}}), then[i])
		newest := chartOf(s, []int64{1, 2}, m, store.Range{Type: 1, Newest: 1000})
		equal(t, fmt.Sprintf("newest as at moment %d", i), len(newest[0]), len(then[i][0]))
	}
	equal(t, "before everything", chartOf(s, []int64{1, 2}, first, store.Range{Type: 1}), [][]string{{}})
}
