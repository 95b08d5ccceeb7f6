package onboard

import (
	"cmp"
	"slices"
)

// columnStats gathers what a column holds.
type columnStats struct {
	kind     Kind
	of       []string
	filled   int64
	earliest day
	latest   day
	days     map[day]int64    // of a Date or Moment
	codes    map[string]int64 // of a Code or Choice
}

const (
	mostDistinct = 10_000
	mostCodes    = 50
	longestCode  = 40
)

func newColumnStats(col *Column) *columnStats {
	c := &columnStats{kind: col.Kind, of: col.Of}
	switch col.Kind {
	case Date, Moment:
		c.days = map[day]int64{}
	case Code, Choice:
		c.codes = map[string]int64{}
	}
	return c
}

func (c *columnStats) add(v []byte) {
	if len(v) == 0 {
		return
	}
	c.filled++
	switch c.kind {
	case Date, Moment:
		y, m, d, n := dayIn(v)
		if n == 0 || !isDay(y, m, d) {
			return
		}
		at := dayNumber(y, m, d)
		if c.earliest == 0 || at < c.earliest {
			c.earliest = at
		}
		c.latest = max(c.latest, at)
		c.days[at]++
	case Code, Choice:
		if c.of != nil && !slices.Contains(c.of, string(v)) {
			return
		}
		if _, known := c.codes[string(v)]; (known || len(c.codes) < mostDistinct) && len(v) <= longestCode {
			c.codes[string(v)]++
		}
	}
}

func (c *columnStats) report(name string, rows int64) ColumnReport {
	r := ColumnReport{Column: name, Filled: c.filled, Distinct: len(c.codes)}
	if rows > 0 {
		r.Share = float64(c.filled) / float64(rows)
	}
	if c.earliest != 0 {
		r.Earliest, r.Latest = c.earliest.time().Format("2006-01-02"), c.latest.time().Format("2006-01-02")
	}
	for d, n := range c.days {
		if n > leastHeap && n*50 > c.filled {
			r.Heaps = append(r.Heaps, Counted{d.time().Format("2006-01-02"), n})
		}
	}
	for v, n := range c.codes {
		if n >= leastShown {
			r.Codes = append(r.Codes, Counted{v, n})
		}
	}
	slices.SortFunc(r.Heaps, byRows)
	slices.SortFunc(r.Codes, byRows)
	r.Codes = r.Codes[:min(mostCodes, len(r.Codes))]
	return r
}

// leastShown is from how many rows on a code is shown: what slipped into a
// column of codes once, such as a name, is not.
const leastShown = 5

// leastHeap is how many rows on one day are no chance.
const leastHeap = 100

func byRows(a, b Counted) int {
	if a.Rows != b.Rows {
		return cmp.Compare(b.Rows, a.Rows)
	}
	return cmp.Compare(a.Value, b.Value)
}
