package main

import (
	"context"
	"log"
	"os"
	"slices"
	"time"

	"concord/test/load/fhirload"
)

// scenarios are those but import, in order.
func scenarios() []string { return []string{"crud", "search", "chart", "mixed"} }

// scenario runs one of them, the search by some kinds.
func (b *bench) scenario(ctx context.Context, name string, pool *fhirload.Pool, kinds []string, bounds fhirload.Bounds) (*fhirload.Report, error) {
	var r *fhirload.Report
	var err error
	switch name {
	case "crud":
		r, err = b.target.CRUD(ctx, bounds)
	case "search":
		r, err = b.target.Search(ctx, pool, bounds, kinds...)
	case "chart":
		r, err = b.target.Chart(ctx, pool, bounds)
	case "mixed":
		r, err = b.target.Mixed(ctx, pool, bounds)
	}
	if err != nil {
		return nil, err
	}
	return r, fhirload.WriteTable(os.Stderr, r)
}

// turn is how long a scenario is run before the next, warming up.
const turn = 15 * time.Second

// warmUp imports the corpus twice and runs all scenarios in turn, again and
// again: a JVM compiles what it finds busy for minutes. It gives what there is
// to ask, and by which kinds of search.
func (b *bench) warmUp(ctx context.Context, o *outcome) (*fhirload.Pool, []string, error) {
	for i, workers := range []int{fewWorkers, manyWorkers} {
		r, err := b.load(ctx, i, workers)
		if err != nil {
			return nil, nil, err
		}
		o.Warming = append(o.Warming, r)
		o.Resources += r.Resources
	}
	log.Printf("%s: %d resources are there", o.Server, o.Resources)
	pool, err := b.target.Harvest(ctx)
	if err != nil {
		return nil, nil, err
	}
	if o.Refused, err = b.target.Refused(ctx, pool); err != nil {
		return nil, nil, err
	}
	skip := append(refusedBy([]*outcome{o}), b.refused...)
	kinds := slices.DeleteFunc(fhirload.Kinds(), func(k string) bool { return slices.Contains(skip, k) })
	bounds := fhirload.Bounds{Clients: b.bounds.Clients, Lasts: min(turn, o.Warm/time.Duration(len(scenarios()))), Seed: b.bounds.Seed + 100}
	for began := time.Now(); time.Since(began) < o.Warm; {
		for _, name := range scenarios() {
			bounds.Seed++ // other draws, so that no answer is remembered
			r, err := b.scenario(ctx, name, pool, kinds, bounds)
			if err != nil {
				return nil, nil, err
			}
			o.Warming = append(o.Warming, r)
		}
	}
	return pool, kinds, nil
}
