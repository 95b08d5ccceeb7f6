package main

import (
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"
)

// livePhase is what was felt while something went on: from the moment when a
// message was due to its acknowledgement, by which it is durable, and until it is
// in the record; and from the moment when a chart was asked for until it is shown.
// Times are milliseconds.
type livePhase struct {
	Name         string   `json:"name"`
	Seconds      float64  `json:"seconds"`
	Acknowledged question `json:"acknowledged"`
	Applied      question `json:"applied"`
	Viewed       question `json:"viewed"`
	// Ratio is the 95th percentile of each against that of the first phase.
	Ratio map[string]float64 `json:"p95Ratio,omitempty"`

	acknowledged, applied, viewed felt
}

// felt gathers how long things took.
type felt struct {
	mu     sync.Mutex
	times  []time.Duration
	errors int
	first  error
}

// took notes one that was due then, and is done now.
func (f *felt) took(due time.Time, err error) {
	d := time.Since(due)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.times = append(f.times, d)
		return
	}
	if f.errors++; f.first == nil {
		f.first = err
	}
}

func (f *felt) sum(name string) question {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := question{Name: name, Errors: f.errors}
	if f.first != nil {
		q.Note = f.first.Error()
	}
	q.sum(f.times)
	f.times = nil
	return q
}

func (p *livePhase) sum() {
	p.Acknowledged, p.Applied, p.Viewed = p.acknowledged.sum("acknowledged"), p.applied.sum("applied"), p.viewed.sum("viewed")
}

func (p *livePhase) questions() []*question {
	return []*question{&p.Acknowledged, &p.Applied, &p.Viewed}
}

// against sets the ratios of phases to the first one.
func against(phases []*livePhase) {
	for _, p := range phases {
		p.Ratio = map[string]float64{}
		for i, q := range p.questions() {
			if was := phases[0].questions()[i].P95; was > 0 && q.Count > 0 {
				p.Ratio[q.Name] = q.P95 / was
			}
		}
	}
}

// wrong counts what failed.
func (p *livePhase) wrong() int {
	n := 0
	for _, q := range p.questions() {
		n += q.Errors
	}
	return n
}

func printPhases(out io.Writer, phases []*livePhase) error {
	if len(phases) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "seconds\tcount\terrors\tp50 ms\tp95 ms\tp99 ms\tmax ms\tp95 ratio\t  what\t")
	for _, p := range phases {
		for _, q := range p.questions() {
			if q.Count+q.Errors > 0 {
				fmt.Fprintf(w, "%.1f\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t  %s, %s\t\n", p.Seconds, q.Count, q.Errors, q.P50, q.P95, q.P99, q.Max, p.Ratio[q.Name], p.Name, q.Name)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, p := range phases {
		for _, q := range p.questions() {
			if q.Note != "" {
				fmt.Fprintf(out, "  %s, %s: %s\n", p.Name, q.Name, q.Note)
			}
		}
	}
	return nil
}
