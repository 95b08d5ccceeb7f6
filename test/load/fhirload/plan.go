package fhirload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Plan is which scenarios a server is put under, and how large they are.
type Plan struct {
	Scenarios []string // of Scenarios()
	Corpus    *Corpus  // of import
	Workers   []int    // of import; each number of them imports copies of its own
	From      int      // number of the first copy; 0 = the corpus itself
	Copies    int
	Bounds    Bounds   // of the others
	Only      []string // search parameters to keep to; none = all
}

// Scenarios are the names that a plan may hold, in the order of a whole run.
func Scenarios() []string { return []string{"import", "search", "chart", "crud", "mixed"} }

// Run puts a server through the plan and writes each table when it is there.
func (p *Plan) Run(ctx context.Context, t *Target, out io.Writer) ([]*Report, error) {
	r := &running{plan: p, target: t, out: out}
	for _, name := range p.Scenarios {
		if err := r.scenario(ctx, name); err != nil {
			return r.reports, err
		}
	}
	return r.reports, nil
}

// Compare puts two servers through the plan, one after the other, and writes
// the ratios. The reports are those of the first server, then of the second.
func (p *Plan) Compare(ctx context.Context, ours, peer *Target, out io.Writer) ([]*Report, error) {
	first, err := p.Run(ctx, ours, out)
	if err != nil {
		return first, err
	}
	second, err := p.Run(ctx, peer, out)
	all := slices.Concat(first, second)
	if err != nil {
		return all, err
	}
	for i := range first {
		if err := WriteRatios(out, first[i], second[i]); err != nil {
			return all, err
		}
	}
	return all, nil
}

// running is a plan on one server.
type running struct {
	plan    *Plan
	target  *Target
	out     io.Writer
	pool    *Pool
	reports []*Report
}

func (r *running) scenario(ctx context.Context, name string) error {
	p := r.plan
	switch name {
	case "import":
		return r.imports(ctx)
	case "crud":
		return r.add(r.target.CRUD(ctx, p.Bounds))
	case "search", "chart", "mixed":
	default:
		return fmt.Errorf("%q is no scenario: they are %v", name, Scenarios())
	}
	if r.pool == nil {
		var err error
		if r.pool, err = r.target.Harvest(ctx); err != nil {
			return err
		}
	}
	switch name {
	case "search":
		return r.add(r.target.Search(ctx, r.pool, p.Bounds, p.Only...))
	case "chart":
		return r.add(r.target.Chart(ctx, r.pool, p.Bounds))
	}
	return r.add(r.target.Mixed(ctx, r.pool, p.Bounds))
}

// add keeps and writes a report.
func (r *running) add(report *Report, err error) error {
	if err != nil {
		return err
	}
	r.reports = append(r.reports, report)
	return WriteTable(r.out, report)
}

func (r *running) imports(ctx context.Context) error {
	p := r.plan
	if p.Corpus == nil || p.Copies < 1 {
		return errors.New("an import has a corpus, and copies of it")
	}
	from := p.From
	for _, n := range p.Workers {
		if n < 1 {
			return fmt.Errorf("%d is no number of workers", n)
		}
		if err := r.add(r.target.Import(ctx, p.Corpus, from, p.Copies, n)); err != nil {
			return err
		}
		from += p.Copies
	}
	return nil
}
