package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// The scans of a chart: one record, one type, in key order. The now form
// reads current documents; the then form every row, as one of its earlier
// versions may be the one that stood.
const (
	chartNow  = "SELECT id, " + columns + ", tok, body FROM rec WHERE id >= ?1 AND id < ?2 AND del = 0"
	chartThen = "SELECT id, " + columns + ", tok, body FROM rec WHERE id >= ?1 AND id < ?2"
	chartHist = "SELECT id, " + columns + ", tok, body FROM rec_hist WHERE id = ?1 AND upd <= ?2 ORDER BY ver DESC LIMIT 1"
)

// Columns of those scans.
const (
	colVer  = 1
	colUpd  = 3
	colDel  = 4
	colDate = 7
	colTok  = 8
	colBody = 9
)

// chart is one Chart under way.
type chart struct {
	s      *snapshot
	asAt   int64 // microseconds, 0 = now
	ranges []store.Range
	out    [][]*store.Doc
	best   [][]candidate // of ranges that want the newest few
}

// candidate is a document that may be among the newest; its body is read when
// it is known to be.
type candidate struct {
	row  int64
	date int64
}

// latest orders candidates: later date first, then the later key.
func latest(a, b candidate) int {
	return cmp.Or(cmp.Compare(b.date, a.date), cmp.Compare(b.row, a.row))
}

// Chart answers every range over all the records. Ranges of one type share
// one scan. A document without a date is outside every date filter.
func (s *snapshot) Chart(ctx context.Context, pks []int64, ranges []store.Range, asAt time.Time) ([][]*store.Doc, error) {
	c := &chart{s: s, ranges: ranges, out: make([][]*store.Doc, len(ranges)), best: make([][]candidate, len(ranges))}
	if !asAt.IsZero() {
		c.asAt = asAt.UnixMicro()
	}
	pks = slices.Compact(slices.Sorted(slices.Values(pks)))
	byType := map[uint16][]int{}
	for i, r := range ranges {
		byType[r.Type] = append(byType[r.Type], i)
	}
	for i, r := range ranges {
		if byType[r.Type][0] != i {
			continue
		}
		for _, pk := range pks {
			if err := ctx.Err(); err != nil {
				return nil, cancelled(err)
			}
			if err := c.scan(pk, r.Type, byType[r.Type]); err != nil {
				return nil, err
			}
		}
	}
	for i := range ranges {
		if err := c.fetch(i); err != nil {
			return nil, err
		}
	}
	return c.out, nil
}

// scan walks one type of one record for the ranges that want it.
func (c *chart) scan(pk int64, typ uint16, want []int) error {
	first, end, err := rowsOf(pk, typ)
	if err != nil {
		return err
	}
	query, tokens := chartThen, []uint32(nil)
	if c.asAt == 0 {
		query, tokens = c.filtered(want)
	}
	st, err := c.s.prepare(query)
	if err != nil {
		return err
	}
	st.BindInt64(1, first)
	st.BindInt64(2, end)
	for i, t := range tokens {
		st.BindBytes(3+i, store.PackTokens([]uint32{t}))
	}
	return c.s.traced(query, st, func(st *sqlite.Stmt) error {
		row := st.ColumnInt64(0)
		if c.asAt == 0 {
			return c.row(st, row, want)
		}
		if st.ColumnInt64(colUpd)+epoch <= c.asAt {
			return c.standing(st, row, want)
		}
		if st.ColumnInt64(colVer) == 1 {
			return nil
		}
		return c.earlier(row, want)
	})
}

// maxFiltered is how many tokens of a group are worth a look by SQLite.
const maxFiltered = 4

// filtered is the scan of current documents that leaves out most of those
// without the tokens that all the ranges need, and these tokens. What it lets
// through is looked at again: four bytes may straddle two tokens.
func (c *chart) filtered(want []int) (query string, tokens []uint32) {
	var b strings.Builder
	b.WriteString(chartNow)
	for _, group := range c.ranges[want[0]].Need {
		if len(group) == 0 || len(group) > maxFiltered || !c.shared(group, want[1:]) {
			continue
		}
		for i, t := range group {
			b.WriteString([]string{" AND (", " OR "}[min(i, 1)])
			tokens = append(tokens, t)
			b.WriteString("instr(tok, ?" + strconv.Itoa(2+len(tokens)) + ")")
		}
		b.WriteString(")")
	}
	return b.String(), tokens
}

// shared tells whether other ranges need a group too.
func (c *chart) shared(group []uint32, others []int) bool {
	return !slices.ContainsFunc(others, func(i int) bool {
		return !slices.ContainsFunc(c.ranges[i].Need, func(g []uint32) bool { return slices.Equal(g, group) })
	})
}

// earlier finds the version that stood at the moment asked for.
func (c *chart) earlier(row int64, want []int) error {
	st, err := c.s.prepare(chartHist)
	if err != nil {
		return err
	}
	st.BindInt64(1, row)
	st.BindInt64(2, c.asAt-epoch)
	return rows(st, func(st *sqlite.Stmt) error { return c.standing(st, row, want) })
}

func (c *chart) standing(st *sqlite.Stmt, row int64, want []int) error {
	if st.ColumnInt64(colDel) != 0 {
		return nil
	}
	return c.row(st, row, want)
}

// row offers one version to the ranges of its type. Its body is touched only
// when a range keeps it.
func (c *chart) row(st *sqlite.Stmt, row int64, want []int) error {
	var doc *store.Doc
	date := st.ColumnInt64(colDate)
	var tok []byte
	read := false
	for _, i := range want {
		r := &c.ranges[i]
		if (r.From != 0 || r.To != 0) && (date == 0 || date < r.From || r.To != 0 && date >= r.To) {
			continue
		}
		if len(r.Need) > 0 {
			if !read {
				tok, read = c.s.tokens(st), true
			}
			if !hasAll(tok, r.Need) {
				continue
			}
		}
		if r.Newest > 0 {
			c.offer(i, candidate{row: row, date: date})
			continue
		}
		if doc == nil {
			var err error
			if doc, err = c.s.header(st, keyOf(row), colVer); err != nil {
				return err
			}
		}
		if doc.Body == nil && !r.Bare {
			doc.Body = blob(st, colBody)
		}
		if doc.Tokens == nil && r.Tokens {
			doc.Tokens = blob(st, colTok)
		}
		c.out[i] = append(c.out[i], doc)
	}
	return nil
}

// tokens reads the token column into the snapshot's scratch.
func (s *snapshot) tokens(st *sqlite.Stmt) []byte {
	n := st.ColumnLen(colTok)
	if cap(s.tok) < n {
		s.tok = make([]byte, max(n, 1024))
	}
	return s.tok[:st.ColumnBytes(colTok, s.tok[:n])]
}

func hasAll(packed []byte, need [][]uint32) bool {
	for _, group := range need {
		if !store.HasToken(packed, group) {
			return false
		}
	}
	return true
}

// offer keeps the best few of a range: twice as many as wanted are gathered
// before the worse half is dropped, so that each costs little.
func (c *chart) offer(i int, n candidate) {
	c.best[i] = append(c.best[i], n)
	if keep := c.ranges[i].Newest; len(c.best[i]) >= 2*keep+16 {
		slices.SortFunc(c.best[i], latest)
		c.best[i] = c.best[i][:keep]
	}
}

// fetch reads the documents of a range that wanted the newest few.
func (c *chart) fetch(i int) error {
	keep := c.ranges[i].Newest
	if keep <= 0 {
		return nil
	}
	best := c.best[i]
	slices.SortFunc(best, latest)
	for _, b := range best[:min(keep, len(best))] {
		d, err := c.s.versionAt(b.row, c.asAt)
		if err != nil {
			return err
		}
		if d != nil {
			c.out[i] = append(c.out[i], d)
		}
	}
	return nil
}

// versionAt is the current version, or that of a moment.
func (s *snapshot) versionAt(row, asAt int64) (*store.Doc, error) {
	if asAt == 0 {
		return s.get(row)
	}
	return s.at(row, asAt)
}
