package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"concord/test/load/fhirload"
)

// row is one figure: its value on each store.
type row struct {
	what, bars string
	of         func(o *outcome) string
}

func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/(1<<20)) }

// rows are the figures that the document shows, with their bars on PostgreSQL
// and on SQLite.
func rows(times int) []row {
	rate := func(r *fhirload.Report) string { return number(r.PerSecond) + "/s" }
	three := func(l fhirload.Line) string {
		return fmt.Sprintf("%.2f / %.2f / %.2f ms", l.P50, l.P95, l.P99)
	}
	large := func(name string, f func(*fhirload.Report) string) func(*outcome) string {
		return func(o *outcome) string { return f(o.Large[name]) }
	}
	latency := func(r *fhirload.Report) string { return three(r.All) }
	out := []row{
		{"import, 4 workers, resources", "≥ 3,000/s, ≥ 6,000/s", func(o *outcome) string { return rate(o.Few) }},
		{"import, 20 workers, resources", "≥ 3,000/s, ≥ 6,000/s", func(o *outcome) string { return rate(o.Many) }},
		{"CRUD-36, requests", "≥ 2,500/s, ≥ 5,000/s", large("crud", rate)},
		{"CRUD-36, p50 / p95 / p99", "", large("crud", latency)},
		{"search by 22 parameters, requests", "≥ 2,000/s, ≥ 4,000/s", large("search", rate)},
		{"search, p50 / p95 / p99", "", large("search", latency)},
		{"chart, requests", "", large("chart", rate)},
		{"chart, p50 / p95 / p99", "p95 ≤ 15 ms, ≤ 7.5 ms", large("chart", latency)},
		{"mixed, half reads, half writes, requests", "", large("mixed", rate)},
		{"mixed, p50 / p95 / p99", "", large("mixed", latency)},
	}
	for _, name := range fhirload.Scenarios()[1:] {
		out = append(out, row{fmt.Sprintf("%s: p50 with %d times the data", name, times), "≤ 1.5 times", func(o *outcome) string {
			return fmt.Sprintf("%.2f → %.2f ms, %s", o.Small[name].All.P50, o.Large[name].All.P50, ratio(o.Large[name].All.P50, o.Small[name].All.P50))
		}})
	}
	return append(out,
		row{"memory at most, importing with 20 workers", "≤ 300 MB", func(o *outcome) string { return megabytes(o.LoadPeak) }},
		row{"memory at most, and after, the other scenarios", "", func(o *outcome) string { return megabytes(o.ServePeak) + ", " + megabytes(o.Served) }},
		row{"disk, indexes included, bytes a resource", "≤ 650, ≤ 500", func(o *outcome) string { return number(o.LargeDisk) }},
		row{"the same, of the corpus once", "", func(o *outcome) string { return number(o.SmallDisk) }},
		row{"the load's own share of the cores", "", func(o *outcome) string { return fmt.Sprintf("%.0f %%", 100*o.ClientShare) }},
		row{"answers that were wrong", "0", func(o *outcome) string { return fmt.Sprint(o.errors()) }})
}

func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f times", a/b)
}

// called is how the document calls a store.
func called(store string) string {
	if store == "postgres" {
		return "PostgreSQL"
	}
	return "SQLite"
}

// writeDocument writes what stands between the marks of docs/performance.md.
func writeDocument(out io.Writer, s *settings, resources int, outcomes []*outcome) {
	if len(outcomes) == 0 {
		return
	}
	fmt.Fprintf(out, "Measured %s on %d cores, %s/%s, %s: %d clients, %s a scenario after %s of warm-up; %d resources, %d in the large store.\n\n",
		time.Now().Format("02-Jan-2006"), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(),
		s.bounds.Clients, s.bounds.Lasts, s.bounds.WarmUp, resources, s.times*resources)
	fmt.Fprint(out, "| what | bar: PostgreSQL, SQLite |")
	for _, o := range outcomes {
		fmt.Fprintf(out, " %s |", called(o.Store))
	}
	fmt.Fprintln(out, "\n|---|---|"+strings.Repeat("---|", len(outcomes)))
	for _, r := range rows(s.times) {
		fmt.Fprintf(out, "| %s | %s |", r.what, r.bars)
		for _, o := range outcomes {
			fmt.Fprintf(out, " %s |", r.of(o))
		}
		fmt.Fprintln(out)
	}
	for _, name := range alone() {
		writeKinds(out, s, name, outcomes)
	}
}

// writeKinds shows each kind of request of a scenario, of one client.
func writeKinds(out io.Writer, s *settings, scenario string, outcomes []*outcome) {
	fmt.Fprintf(out, "\n| %s, one client |", scenario)
	for _, o := range outcomes {
		fmt.Fprintf(out, " %s p50, once → %d times | p95 |", called(o.Store), s.times)
	}
	fmt.Fprintln(out, "\n|---|"+strings.Repeat("---|---|", len(outcomes)))
	for _, l := range outcomes[0].LargeAlone[scenario].Lines {
		fmt.Fprintf(out, "| %s |", l.Name)
		for _, o := range outcomes {
			small, large := o.SmallAlone[scenario].Line(l.Name), o.LargeAlone[scenario].Line(l.Name)
			fmt.Fprintf(out, " %.2f → %.2f ms | %.2f ms |", small.P50, large.P50, large.P95)
		}
		fmt.Fprintln(out)
	}
}

func writeJSON(file string, outcomes []*outcome) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", "  ")
	return errors.Join(e.Encode(outcomes), f.Close())
}
