package chart

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// Cumulative shows tests by rows and times by columns, the newest at the
// right.
type Cumulative struct {
	Columns  []Column
	Groups   []Group
	Reports  []Document // reports of these results that have words of their own
	Older    string     // FHIR dateTime before which the earlier page begins, "" = no earlier
	Withheld bool
}

// Column is one time at which specimens were taken.
type Column struct {
	When When
	Org  Organisation
}

// Group is the tests of one report, or those without.
type Group struct {
	Name  string
	Tests []Test
}

// Test is one row.
type Test struct {
	Key    string // of the trend page
	Name   string
	Unit   string
	Range  string
	Cells  []Cell // one per column
	Points []Point
	Low    *float64
	High   *float64
}

// Cell is one result, or an empty place (Text "").
type Cell struct {
	Text   string
	Flag   Flag
	Note   string // "Preliminary", "Corrected", "Withdrawn"
	Source Source
	When   When
}

// Point is one value to draw.
type Point struct {
	At    time.Time
	Value float64
	Text  string
	Flag  Flag
}

// cumulativeColumns fits beside names and ranges on a screen of 1366 pixels
// without scrolling.
const cumulativeColumns = 7

// newestResults bounds one page of the cumulative table.
const newestResults = 400

// ResultSections is the query of the results page. before is a FHIR dateTime
// or "".
func ResultSections(before string) []record.Section {
	where := ""
	if before != "" {
		where = "&date=lt" + url.QueryEscape(before)
	}
	return append(BannerSections(),
		record.Section{Type: "Observation", Where: "category=laboratory" + where, Newest: newestResults},
		record.Section{Type: "DiagnosticReport", Where: strings.TrimPrefix(where, "&"), Newest: 60})
}

// TrendSections is the query of one test's page.
func TrendSections(key string) []record.Section {
	where := "category=laboratory"
	if code, ok := strings.CutPrefix(key, "code:"); ok {
		where = "code=" + url.QueryEscape(code)
	}
	return append(BannerSections(), record.Section{Type: "Observation", Where: where, Newest: 1000})
}

// result is one observation or component on its way into the table.
type result struct {
	key, name, unit, rng, group string
	place                       int
	cell                        Cell
	measured                    Measured
	at                          time.Time
	org                         Organisation
	low, high                   *float64
}

// Results reads the cumulative table.
func (l Lens) Results(c *record.Chart) *Cumulative {
	items, ok := list(c, bannerSections)
	t := &Cumulative{Withheld: !ok}
	reports, _ := list(c, bannerSections+1)
	places := placesOf(reports)
	var all []result
	for _, i := range items {
		all = append(all, l.results(i, places[i.Ref()])...)
	}
	found := len(all)
	t.Columns, all = columns(all, cumulativeColumns)
	dropped := len(all) < found
	if dropped || len(items) == newestResults {
		if len(t.Columns) > 0 {
			t.Older = t.Columns[0].When.At.UTC().Format(time.RFC3339)
		}
	}
	t.Groups = group(all, t.Columns)
	for _, i := range reports {
		if d := l.document(i); d.HasText {
			t.Reports = append(t.Reports, d)
		}
	}
	return t
}

// inReport is where a result stands in the report that holds it.
type inReport struct {
	name  string
	place int // from 1, in the order of the laboratory
}

// placesOf maps an observation to its place in a report.
func placesOf(reports []*record.Item) map[string]inReport {
	places := make(map[string]inReport)
	for _, i := range reports {
		name, n := fhir.ConceptText(i.Resource.Get("code")), 0
		for ref := range i.Resource.Get("result").Each() {
			n++
			if r, ok := fhir.ParseReference(ref.StrAt("reference")); ok {
				places[r.Type+"/"+r.ID] = inReport{name, n}
			}
		}
	}
	return places
}

// results reads one observation; components become tests of their own.
func (l Lens) results(i *record.Item, place inReport) []result {
	r := i.Resource
	source, when := l.source(i), l.observed(r)
	note := map[string]string{"preliminary": "Preliminary", "registered": "Not final", "corrected": "Corrected",
		"amended": "Amended", "cancelled": "Cancelled", "entered-in-error": "Withdrawn"}[r.StrAt("status")]
	var all []result
	add := func(o, code *fhir.Value) {
		m := l.measured(o)
		if m.Text == "" {
			return
		}
		x := result{key: testKey(code), name: testName(code), unit: m.Unit, rng: rangeText(o),
			group: place.name, place: place.place, measured: m, at: when.At.Truncate(time.Minute), org: source.Org}
		x.low, x.high, _ = limits(o)
		x.cell = Cell{Text: m.Text, Flag: flag(o, m), Note: note, Source: source, When: when}
		if x.name == "" {
			x.name = "Test without a name"
		}
		all = append(all, x)
	}
	add(r, r.Get("code"))
	for comp := range r.Get("component").Each() {
		add(comp, comp.Get("code"))
	}
	return all
}

func (l Lens) observed(r *fhir.Value) When {
	return l.firstWhen(r, "effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued")
}

// testName is the name of a test without what LOINC adds for blood: the kind of
// property and "in Serum or Plasma". Any other specimen stays in the name.
func testName(code *fhir.Value) string {
	name := fhir.ConceptText(code)
	if code.StrAt("coding.0.system") != uk.LOINC {
		return name
	}
	name = strings.ReplaceAll(name, "\u200b", "")
	if from := strings.Index(name, " ["); from >= 0 {
		if to := strings.IndexByte(name[from:], ']'); to > 0 {
			name = name[:from] + name[from+to+1:]
		}
	}
	for _, end := range []string{" by Automated count", " by calculation", " in Serum or Plasma", " in Serum", " in Blood"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

// testKey identifies a test in a URL: by its code, else by its name.
func testKey(code *fhir.Value) string {
	if c := code.StrAt("coding.0.code"); c != "" {
		return "code:" + c
	}
	return "name:" + fhir.ConceptText(code)
}

// columns picks the newest times and drops the results outside them. Two
// trusts at the same minute are two columns.
func columns(all []result, most int) ([]Column, []result) {
	type place struct {
		at  int64
		org string
	}
	seen := make(map[place]Column)
	for _, r := range all {
		seen[place{r.at.Unix(), r.org.Code}] = Column{When: r.cell.When, Org: r.org}
	}
	places := make([]place, 0, len(seen))
	for p := range seen {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.org, b.org))
	})
	if len(places) > most {
		for _, p := range places[:len(places)-most] {
			delete(seen, p)
		}
		places = places[len(places)-most:]
	}
	cols := make([]Column, len(places))
	for n, p := range places {
		cols[n] = seen[p]
	}
	kept := all[:0:0]
	for _, r := range all {
		if _, ok := seen[place{r.at.Unix(), r.org.Code}]; ok {
			kept = append(kept, r)
		}
	}
	return cols, kept
}

// group lays results out in rows. A different unit is a different row: numbers
// of different units never stand in one line.
func group(all []result, cols []Column) []Group {
	type rowKey struct{ key, unit string }
	at := make(map[string]int)
	for n, c := range cols {
		at[c.Org.Code+c.When.At.Truncate(time.Minute).String()] = n
	}
	rows := make(map[rowKey]*Test)
	home := make(map[rowKey]string)
	place := make(map[rowKey]int)
	var order []rowKey
	for _, r := range all { // newest first
		k := rowKey{r.key, r.measured.In}
		t := rows[k]
		if t == nil {
			t = &Test{Key: r.key, Name: r.name, Unit: r.unit, Range: r.rng, Low: r.low, High: r.high,
				Cells: make([]Cell, len(cols))}
			rows[k], home[k], place[k] = t, r.group, r.place
			order = append(order, k)
		}
		if t.Range == "" {
			t.Range, t.Low, t.High = r.rng, r.low, r.high
		}
		n := at[r.org.Code+r.at.String()]
		if t.Cells[n].Text == "" {
			t.Cells[n] = r.cell
		}
		if r.measured.Drawn && !r.cell.Source.Withdrawn {
			t.Points = append(t.Points, Point{r.cell.When.At, r.measured.Number, r.cell.Text, r.cell.Flag})
		}
	}
	slices.SortStableFunc(order, func(a, b rowKey) int { return cmp.Compare(place[a], place[b]) })
	var groups []Group
	for _, k := range order {
		t := rows[k]
		slices.Reverse(t.Points)
		n := slices.IndexFunc(groups, func(g Group) bool { return g.Name == home[k] })
		if n < 0 {
			groups = append(groups, Group{Name: home[k]})
			n = len(groups) - 1
		}
		groups[n].Tests = append(groups[n].Tests, *t)
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Compare(b2i(a.Name == ""), b2i(b.Name == "")) // those without a report last
	})
	for n := range groups {
		if groups[n].Name == "" {
			groups[n].Name = "Other tests"
		}
	}
	return groups
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Trend is the page of one test.
type Trend struct {
	Name     string
	Series   []Series // one per unit
	Rows     []Cell   // every result, newest first, text results included
	Withheld bool
}

// Series is one test in one unit over time.
type Series struct {
	Unit, Range string
	Low, High   *float64
	Points      []Point // oldest first
	in          string  // the unit by which values are put together
}

// Trend reads one test's page.
func (l Lens) Trend(c *record.Chart, key string) *Trend {
	items, ok := list(c, bannerSections)
	t := &Trend{Withheld: !ok}
	for _, i := range items {
		for _, r := range l.results(i, inReport{}) {
			if r.key != key {
				continue
			}
			if t.Name == "" {
				t.Name = r.name
			}
			cell := r.cell
			if r.unit != "" {
				cell.Text += "\u00a0" + r.unit
			}
			t.Rows = append(t.Rows, cell)
			if r.measured.Drawn && !r.cell.Source.Withdrawn {
				t.add(r)
			}
		}
	}
	for n := range t.Series {
		slices.Reverse(t.Series[n].Points)
	}
	return t
}

func (t *Trend) add(r result) {
	n := slices.IndexFunc(t.Series, func(s Series) bool { return s.in == r.measured.In })
	if n < 0 {
		t.Series = append(t.Series, Series{Unit: r.unit, in: r.measured.In, Range: r.rng, Low: r.low, High: r.high})
		n = len(t.Series) - 1
	}
	t.Series[n].Points = append(t.Series[n].Points, Point{r.cell.When.At, r.measured.Number, r.cell.Text, r.cell.Flag})
}
