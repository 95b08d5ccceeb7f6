package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"concord/test/load/fhirload"
)

// called is how the document calls a server.
var called = map[string]string{"hapi": "HAPI FHIR, PostgreSQL", "postgres": "Concord, PostgreSQL", "sqlite": "Concord, SQLite"}

// column is what was measured of one server, run by run.
type column struct {
	name string
	runs []*outcome
}

// columns are those of the servers that were measured, in the order of the
// document.
func columns(all []*outcome) []column {
	var out []column
	for _, name := range []string{"hapi", "postgres", "sqlite"} {
		c := column{name: name}
		for _, o := range all {
			if o.Server == name {
				c.runs = append(c.runs, o)
			}
		}
		if len(c.runs) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// row is one figure of a run.
type row struct {
	what string
	unit string
	of   func(o *outcome) float64
}

const megabyte = 1 << 20

func rows() []row {
	out := []row{
		{"import, 4 workers, resources", "/s", func(o *outcome) float64 { return o.Few.PerSecond }},
		{"import, 20 workers, resources", "/s", func(o *outcome) float64 { return o.Many.PerSecond }},
	}
	names := map[string]string{"crud": "CRUD-36", "search": "search", "chart": "chart", "mixed": "mixed, half reads, half writes"}
	for _, name := range scenarios() {
		of := func(f func(*fhirload.Report) float64) func(*outcome) float64 {
			return func(o *outcome) float64 { return f(o.Scenarios[name]) }
		}
		out = append(out,
			row{names[name] + ", requests", "/s", of(func(r *fhirload.Report) float64 { return r.PerSecond })},
			row{names[name] + ", p50", " ms", of(func(r *fhirload.Report) float64 { return r.All.P50 })},
			row{names[name] + ", p95", " ms", of(func(r *fhirload.Report) float64 { return r.All.P95 })},
			row{names[name] + ", p99", " ms", of(func(r *fhirload.Report) float64 { return r.All.P99 })})
	}
	return append(out,
		row{"memory of the server at most, importing", " MB", func(o *outcome) float64 { return float64(o.LoadPeak) / megabyte }},
		row{"the same, in all", " MB", func(o *outcome) float64 { return float64(o.Peak) / megabyte }},
		row{"disk, indexes included, bytes a resource", "", func(o *outcome) float64 { return o.Disk }},
		row{"answers that were wrong", "", func(o *outcome) float64 { return float64(o.errors()) }})
}

// values are a figure of each run, smallest first.
func (c column) values(of func(*outcome) float64) []float64 {
	var out []float64
	for _, o := range c.runs {
		out = append(out, of(o))
	}
	slices.Sort(out)
	return out
}

// middle is the median.
func middle(values []float64) float64 {
	n := len(values)
	return (values[n/2] + values[(n-1)/2]) / 2
}

// span gives the smallest and the largest.
func span(values []float64, unit string) string {
	low, high := number(values[0]), number(values[len(values)-1])
	if low == high {
		return low + unit
	}
	return low + "–" + high + unit
}

func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// times says how much the one is of the other.
func times(ours, theirs float64) string {
	if theirs == 0 {
		return ""
	}
	return number(ours/theirs) + " times"
}

// writeDocument writes what stands between the marks of docs/performance.md.
func writeDocument(out io.Writer, all []*outcome) {
	cs := columns(all)
	if len(cs) == 0 {
		return
	}
	last := all[len(all)-1]
	fmt.Fprintf(out, "Measured %s on %d cores, %s/%s, %s: %d clients, %s a scenario; %d resources; smallest and largest of the runs",
		last.At.Format("02-Jan-2006"), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), last.Bounds.Clients, last.Bounds.Lasts, last.Resources)
	for _, c := range cs {
		fmt.Fprintf(out, "; %s: %d, after %s of warm-up", called[c.name], len(c.runs), c.runs[0].Warm)
	}
	fmt.Fprint(out, ".\n\n")
	head(out, "what", cs)
	for _, r := range rows() {
		line(out, r.what, cs, r.unit, r.of)
	}
	writeKinds(out, cs)
}

func head(out io.Writer, what string, cs []column) {
	fmt.Fprintf(out, "| %s |", what)
	for _, c := range cs {
		fmt.Fprintf(out, " %s |", called[c.name])
	}
	if compared(cs) {
		fmt.Fprint(out, " Concord to HAPI, both on PostgreSQL |")
	}
	fmt.Fprintln(out, "\n|---|"+strings.Repeat("---|", len(cs))+map[bool]string{true: "---|"}[compared(cs)])
}

// compared: the first two columns are the peer and ours on the same database.
func compared(cs []column) bool {
	return len(cs) > 1 && cs[0].name == "hapi" && cs[1].name == "postgres"
}

func line(out io.Writer, what string, cs []column, unit string, of func(*outcome) float64) {
	fmt.Fprintf(out, "| %s |", what)
	for _, c := range cs {
		fmt.Fprintf(out, " %s |", span(c.values(of), unit))
	}
	if compared(cs) {
		fmt.Fprintf(out, " %s |", times(middle(cs[1].values(of)), middle(cs[0].values(of))))
	}
	fmt.Fprintln(out)
}

// writeKinds shows the middle of each kind of search and chart, and what was
// refused.
func writeKinds(out io.Writer, cs []column) {
	for _, name := range []string{"search", "chart"} {
		fmt.Fprintln(out)
		head(out, name+", p50", cs)
		for _, l := range cs[0].runs[0].Scenarios[name].Lines {
			line(out, l.Name, cs, " ms", func(o *outcome) float64 { return o.Scenarios[name].Line(l.Name).P50 })
		}
	}
	for _, c := range cs {
		if kinds := refusedBy(c.runs); len(kinds) > 0 {
			fmt.Fprintf(out, "\nNot answered by %s, and so asked of none: %s.\n", called[c.name], strings.Join(kinds, ", "))
		}
	}
}
