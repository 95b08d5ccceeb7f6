package fhirload

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Line sums up one kind of request; times are milliseconds.
type Line struct {
	Name   string  `json:"name"`
	Count  int     `json:"count"`
	Errors int     `json:"errors"`
	P50    float64 `json:"p50"`
	P95    float64 `json:"p95"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
}

// Report is one scenario against one server.
type Report struct {
	Scenario  string   `json:"scenario"`
	Target    string   `json:"target"`
	Clients   int      `json:"clients"`
	Seconds   float64  `json:"seconds"`
	Requests  int      `json:"requests"`
	Resources int      `json:"resources,omitempty"` // written by an import
	Errors    int      `json:"errors"`
	PerSecond float64  `json:"perSecond"`
	Unit      string   `json:"unit"` // what is counted by the second
	Lines     []Line   `json:"lines"`
	All       Line     `json:"all"`
	Notes     []string `json:"notes,omitempty"` // the first errors
}

func (t *Target) report(scenario string, clients int, took time.Duration, all *tally) *Report {
	r := &Report{Scenario: scenario, Target: t.Name, Clients: clients, Seconds: took.Seconds(), Resources: all.resources, Unit: "requests/s", Notes: all.notes}
	total := &series{}
	for _, name := range all.order {
		s := all.series[name]
		r.Lines = append(r.Lines, s.line(name))
		total.took = append(total.took, s.took...)
		total.errors += s.errors
	}
	r.All = total.line("all")
	r.Requests, r.Errors = r.All.Count, r.All.Errors
	r.PerSecond = float64(r.Requests) / r.Seconds
	if r.Resources > 0 {
		r.PerSecond, r.Unit = float64(r.Resources)/r.Seconds, "resources/s"
	}
	return r
}

// Line finds a line by its name; a zero Line when there is none.
func (r *Report) Line(name string) Line {
	for _, l := range r.Lines {
		if l.Name == name {
			return l
		}
	}
	return Line{Name: name}
}

// WriteJSON writes reports as a JSON array.
func WriteJSON(out io.Writer, reports []*Report) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(reports)
}

// WriteTable writes a report for people.
func WriteTable(out io.Writer, r *Report) error {
	fmt.Fprintf(out, "\n%s, %s: %d clients, %.1f s, %.0f %s, %d requests, %d errors\n",
		r.Scenario, r.Target, r.Clients, r.Seconds, r.PerSecond, r.Unit, r.Requests, r.Errors)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "count\terrors\tp50 ms\tp95 ms\tp99 ms\tmax ms\t  what\t")
	for _, l := range append(r.Lines, r.All) {
		fmt.Fprintf(w, "%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t  %s\t\n", l.Count, l.Errors, l.P50, l.P95, l.P99, l.Max, l.Name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, "  error:", n)
	}
	return nil
}

// WriteRatios compares the same scenario on two servers: how many times as
// much a second the first does, and the share of the second's time it takes.
func WriteRatios(out io.Writer, ours, peer *Report) error {
	fmt.Fprintf(out, "\n%s, %s : %s\n", ours.Scenario, ours.Target, peer.Target)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "p50 ratio\tp95 ratio\tp99 ratio\t  what\t")
	for _, l := range append(ours.Lines, ours.All) {
		p := peer.Line(l.Name)
		if l.Name == peer.All.Name {
			p = peer.All
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t  %s\t\n", ratio(l.P50, p.P50), ratio(l.P95, p.P95), ratio(l.P99, p.P99), l.Name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s of the %s; errors %d and %d\n", ratio(ours.PerSecond, peer.PerSecond), ours.Unit, ours.Errors, peer.Errors)
	return err
}

func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", a/b)
}
