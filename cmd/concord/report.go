package main

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"
	"time"

	"concord/fault"
	"concord/record"
)

// report is what an import did, and what it refused and why.
type report struct {
	mu       sync.Mutex
	started  time.Time
	types    map[string]int
	pieces   int
	skipped  int
	refusals []string
}

func newReport() *report { return &report{started: time.Now(), types: map[string]int{}} }

func (r *report) accept(_ piece, types map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces++
	for t, n := range types {
		r.types[t] += n
	}
}

func (r *report) skip(piece) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skipped++
}

func (r *report) refuse(p piece, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var rejected *record.Rejection
	if errors.As(err, &rejected) {
		for _, is := range rejected.Issues {
			r.refusals = append(r.refusals, fmt.Sprintf("%s\t%s\t%s %s\t%s", p.name(), is.Detail, rejected.At, is.Expression, is.Text))
		}
		return
	}
	f := fault.Of(err)
	r.refusals = append(r.refusals, fmt.Sprintf("%s\t%s\t%s\t%s", p.name(), f.Code, f.At, f.Text))
}

func (r *report) refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.refusals)
}

func (r *report) print(out io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := 0
	names := make([]string, 0, len(r.types))
	for t, n := range r.types {
		names = append(names, t)
		total += n
	}
	sort.Strings(names)
	took := time.Since(r.started)
	fmt.Fprintf(out, "%d resources in %d transactions, %.1f s, %.0f resources/s\n", total, r.pieces, took.Seconds(), float64(total)/took.Seconds())
	for _, t := range names {
		fmt.Fprintf(out, "  %s %d\n", t, r.types[t])
	}
	if r.skipped > 0 {
		fmt.Fprintf(out, "%d transactions were imported before and left out\n", r.skipped)
	}
	if len(r.refusals) == 0 {
		return
	}
	sort.Strings(r.refusals)
	fmt.Fprintf(out, "%d refused (where, rule, place, reason):\n", len(r.refusals))
	for _, line := range r.refusals {
		fmt.Fprintln(out, "  "+line)
	}
}
