package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// benchCmd holds the measurements that work on a store.
type benchCmd struct {
	Arrivals   arrivalCmd      `cmd:"" help:"Bring made-up records of four trusts in, and measure matching as they arrive, against the truth."`
	Feed       benchFeedCmd    `cmd:"" help:"Send changes of a record to three destinations, one of them dead."`
	Find       benchFindCmd    `cmd:"" help:"Look for people of a store by name and date or year of birth: how long, how often too many, how often found."`
	Onboard    benchOnboardCmd `cmd:"" help:"Stage, profile and match a made-up extract of a joining trust against a live record of two others."`
	Population populationCmd   `cmd:"" help:"Load made-up people in bulk, and measure what a record of that size costs."`
}

// figures are what a population costs. Times are milliseconds.
type figures struct {
	People    int        `json:"people"`
	Seed      uint64     `json:"seed"`
	Store     string     `json:"store"`
	Resources int        `json:"resources"`
	Seconds   float64    `json:"seconds"`   // of the load, until it was durable
	PerSecond float64    `json:"perSecond"` // resources
	Making    float64    `json:"making"`    // seconds of the load in which one core made people
	Bytes     int64      `json:"bytes"`     // on the disk, indexes included
	EachBytes float64    `json:"bytesPerResource,omitempty"`
	Peak      int64      `json:"peakMemory"` // bytes of this process at most
	Clients   int        `json:"clients"`
	Questions []question `json:"questions"`
}

// question is what was asked again and again.
type question struct {
	Name   string  `json:"name"`
	Count  int     `json:"count"`
	Errors int     `json:"errors"`
	Note   string  `json:"note,omitempty"` // the first error
	P50    float64 `json:"p50"`
	P95    float64 `json:"p95"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
}

// sum fills in the quantiles.
func (q *question) sum(took []time.Duration) {
	slices.Sort(took)
	at := func(share float64) float64 {
		if len(took) == 0 {
			return 0
		}
		return float64(took[min(len(took)-1, int(share*float64(len(took))))].Microseconds()) / 1000
	}
	q.Count, q.P50, q.P95, q.P99, q.Max = len(took), at(0.50), at(0.95), at(0.99), at(1)
}

func (f *figures) wrong() int {
	n := 0
	for _, q := range f.Questions {
		n += q.Errors
	}
	return n
}

func (f *figures) print(out io.Writer) error {
	fmt.Fprintf(out, "%d people, seed %d, %s\n", f.People, f.Seed, f.Store)
	if f.Resources > 0 {
		fmt.Fprintf(out, "load    %d resources, %.1f s, %.0f resources/s; one core made people for %.1f s of it\n", f.Resources, f.Seconds, f.PerSecond, f.Making)
	}
	fmt.Fprintf(out, "disk    %.1f MB", float64(f.Bytes)/1e6)
	if f.EachBytes > 0 {
		fmt.Fprintf(out, ", %.0f bytes a resource", f.EachBytes)
	}
	fmt.Fprintf(out, "\nmemory  %.0f MB at most\n\n", float64(f.Peak)/1e6)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "count\terrors\tp50 ms\tp95 ms\tp99 ms\tmax ms\t  what\t")
	for _, q := range f.Questions {
		fmt.Fprintf(w, "%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t  %s\t\n", q.Count, q.Errors, q.P50, q.P95, q.P99, q.Max, q.Name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, q := range f.Questions {
		if q.Note != "" {
			fmt.Fprintf(out, "  %s: %s\n", q.Name, q.Note)
		}
	}
	return nil
}

func (f *figures) write(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(f)
}

// peakMemory is the most that this process has held, 0 where the system does
// not tell.
func peakMemory() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
