package storetest

import (
	"cmp"
	"testing"

	"concord/standard/search"
	"concord/store"
)

func testIndex(t *testing.T, s *stage) {
	a := doc(key(1, 1, 1), "a")
	a.Index = search.Entries{
		Idents:  []uint64{10, 11, 1 << 63, 11},
		Strings: []search.StringEntry{{Param: 1, Value: "smith"}, {Param: 2, Value: "john"}},
		Tokens:  []uint32{5}, Code: 77, Unit: 88, Value: 1.5, Date: 10,
	}
	b := doc(key(2, 1, 1), "b")
	b.Index = search.Entries{Idents: []uint64{11}, Strings: []search.StringEntry{{Param: 1, Value: "smith"}}}
	s.put(a)
	s.put(b)
	ident := func(h uint64, limit int) []store.Key {
		found := read(s, func(r store.Reader) ([]store.Key, error) { return r.Find(s.ctx, h, limit) })
		each := read(s, func(r store.Reader) ([][]store.Key, error) { return r.FindIdents(s.ctx, []uint64{77, h}, limit) })
		equal(t, "asked for several", len(each), 2)
		equal(t, "of what nobody has", len(each[0]), 0)
		equal(t, "of several", each[1], found)
		equal(t, "asked for none", len(read(s, func(r store.Reader) ([][]store.Key, error) { return r.FindIdents(s.ctx, nil, limit) })), 0)
		return found
	}
	named := func(h uint64, v string) []store.Key {
		return read(s, func(r store.Reader) ([]store.Key, error) { return r.FindString(s.ctx, h, v, true, 10) })
	}
	equal(t, "one owner", ident(10, 10), []store.Key{a.Key})
	equal(t, "high hash", ident(1<<63, 10), []store.Key{a.Key})
	equal(t, "two owners", ident(11, 10), []store.Key{a.Key, b.Key})
	equal(t, "limit", len(ident(11, 1)), 1)
	equal(t, "nobody", len(ident(12, 10)), 0)

	changed := next(a, 1, "a2", search.Entries{Idents: []uint64{11, 12}, Strings: []search.StringEntry{{Param: 1, Value: "jones"}, {Param: 2, Value: "john"}}})
	s.put(changed)
	equal(t, "entry that went", len(ident(10, 10)), 0)
	equal(t, "entry that stayed", ident(11, 10), []store.Key{a.Key, b.Key})
	equal(t, "entry that came", ident(12, 10), []store.Key{a.Key})
	equal(t, "old name", named(1, "smith"), []store.Key{b.Key})
	equal(t, "new name", named(1, "jones"), []store.Key{a.Key})
	equal(t, "kept name", named(2, "john"), []store.Key{a.Key})
	equal(t, "code that went", len(read(s, func(r store.Reader) ([]store.Dated, error) { return r.FindCode(s.ctx, store.CodeRange{Code: 77}, 9) })), 0)
	equal(t, "value that went", len(read(s, func(r store.Reader) ([]store.Key, error) { return r.FindQuantity(s.ctx, 88, 0, 9, 9) })), 0)

	s.put(gone(changed, 2))
	equal(t, "after the deletion", ident(11, 10), []store.Key{b.Key})
	equal(t, "name after the deletion", len(named(1, "jones")), 0)
}

func testFindString(t *testing.T, s *stage) {
	names := []string{"smith", "smithson", "smit", "smythe", "sm", "šmid", "zz", "smith-jones", "a\x00b"}
	for i, v := range names {
		p := doc(key(int64(i+1), 1, 1), v)
		p.Index.Strings = []search.StringEntry{{Param: 1 << 63, Value: v}, {Param: 4, Value: "other"}}
		s.put(p)
	}
	both := doc(key(50, 1, 1), "both")
	both.Index.Strings = []search.StringEntry{{Param: 1 << 63, Value: "smith"}, {Param: 1 << 63, Value: "smithers"}}
	s.put(both)
	for _, c := range []struct {
		prefix string
		exact  bool
		limit  int
		want   []int64
	}{
		{"smith", true, 10, []int64{1, 50}},
		{"smith", false, 10, []int64{1, 50, 8, 2}}, // smith, smith-jones, smithers, smithson; 50 once
		{"smi", false, 10, []int64{3, 1, 50, 8, 2}},
		{"sm", false, 3, []int64{5, 3, 1}},
		{"š", false, 10, []int64{6}},
		{"a\x00", false, 10, []int64{9}},
		{"nobody", false, 10, []int64{}},
		{"other", true, 10, []int64{}},
		{"", false, 2, []int64{9, 5}},
	} {
		got := []int64{}
		for _, k := range read(s, func(r store.Reader) ([]store.Key, error) {
			return r.FindString(s.ctx, 1<<63, c.prefix, c.exact, c.limit)
		}) {
			got = append(got, k.PK)
		}
		equal(t, c.prefix, got, c.want)
	}
}

func testPopulation(t *testing.T, s *stage) {
	for i := range 20 {
		p := doc(key(int64(i+1), 1, 1), "x")
		p.Index = search.Entries{Code: uint64(i%2+1) << 50, Date: int64(100 + i), Unit: 9 << 45, Value: float64(i) - 5.5}
		s.put(p)
	}
	code := func(r store.CodeRange, limit int) (pks []int64) {
		for _, k := range read(s, func(e store.Reader) ([]store.Dated, error) { return e.FindCode(s.ctx, r, limit) }) {
			equal(t, "date", k.Date, 99+k.PK)
			pks = append(pks, k.PK)
		}
		return pks
	}
	odd := store.CodeRange{Code: 1 << 50}
	equal(t, "all of a code, latest first", code(odd, 100), []int64{19, 17, 15, 13, 11, 9, 7, 5, 3, 1})
	equal(t, "from and to", code(store.CodeRange{Code: 1 << 50, From: 104, To: 110}, 100), []int64{9, 7, 5})
	equal(t, "oldest first", code(store.CodeRange{Code: 1 << 50, From: 104, To: 110, Oldest: true}, 100), []int64{5, 7, 9})
	equal(t, "limit", code(store.CodeRange{Code: 2 << 50}, 2), []int64{20, 18})
	equal(t, "another code", len(code(store.CodeRange{Code: 3 << 50}, 2)), 0)
	testCodePages(t, s)
	var pks []int64
	for _, k := range read(s, func(r store.Reader) ([]store.Key, error) { return r.FindQuantity(s.ctx, 9<<45, -5.5, -2, 100) }) {
		pks = append(pks, k.PK)
	}
	equal(t, "values between", pks, []int64{1, 2, 3, 4})
}

// testCodePages: pages of an index by date give each document once, in order,
// those of one minute and those without a date included.
func testCodePages(t *testing.T, s *stage) {
	for i := range 30 {
		p := doc(key(int64(100+i%4), 2, uint32(i+1)), "x")
		p.Index = search.Entries{Code: 7 << 44, Date: int64(i / 5)}
		s.put(p)
	}
	for _, oldest := range []bool{false, true} {
		r := store.CodeRange{Code: 7 << 44, Oldest: oldest}
		all := read(s, func(e store.Reader) ([]store.Dated, error) { return e.FindCode(s.ctx, r, 100) })
		equal(t, "in all", len(all), 30)
		for i := 1; i < len(all); i++ {
			order := cmp.Or(cmp.Compare(all[i-1].Date, all[i].Date), cmp.Compare(all[i-1].PK, all[i].PK), cmp.Compare(all[i-1].LID, all[i].LID))
			equal(t, "order", order < 0, oldest)
		}
		for step := 1; step < 9; step++ {
			var paged []store.Dated
			for r := r; ; r.After = paged[len(paged)-1] {
				page := read(s, func(e store.Reader) ([]store.Dated, error) { return e.FindCode(s.ctx, r, step) })
				if paged = append(paged, page...); len(page) < step {
					break
				}
			}
			equal(t, "pages", paged, all)
		}
	}
}
