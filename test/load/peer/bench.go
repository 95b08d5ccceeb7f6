package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"concord/test/load/fhirload"
	"concord/test/load/launch"
)

// outcome is one run of one server. The runs after the first go on with its data.
type outcome struct {
	Server    string
	At        time.Time
	Resources int                // in the store before the scenarios
	Warm      time.Duration      // under load before anything was measured, imports not counted
	Warming   []*fhirload.Report // what was done meanwhile, in order
	Few, Many *fhirload.Report
	Scenarios map[string]*fhirload.Report
	LoadPeak  int64   // bytes of memory of its process at most, importing
	Peak      int64   // in all
	Disk      float64 // bytes a resource, indexes included
	Refused   map[string]string
	Bounds    fhirload.Bounds
}

// errors are the answers that were wrong.
func (o *outcome) errors() int {
	n := o.Few.Errors + o.Many.Errors
	for _, r := range o.Scenarios {
		n += r.Errors
	}
	return n
}

// bench measures one server.
type bench struct {
	*settings
	corpus  *fhirload.Corpus
	refused []string // kinds of search that a server of the comparison does not do
	server  server
	disk    string
	target  *fhirload.Target
}

const (
	fewWorkers  = 4
	manyWorkers = 20
)

// refusedBy are the kinds of search that one of the servers refused.
func refusedBy(all []*outcome) []string {
	var out []string
	for _, o := range all {
		for kind := range o.Refused {
			if !slices.Contains(out, kind) {
				out = append(out, kind)
			}
		}
	}
	slices.Sort(out)
	return out
}

// measured starts a server of that name on an empty store, warms it up, measures
// it so many times, and ends it.
func (b *bench) measured(ctx context.Context, name, binary, work string) ([]*outcome, error) {
	warm := b.warm
	place := launch.Options{Binary: binary, Data: filepath.Join(work, name+time.Now().Format("150405"))}
	b.disk = place.Data
	if name != "sqlite" {
		db, err := startDatabase()
		if err != nil {
			return nil, err
		}
		defer db.Stop()
		b.disk, place.Database = db.disk, db.url()
		if name == "hapi" {
			warm = b.jvmWarm
			if b.server, err = startHAPI(b.settings, db.jdbc()); err != nil {
				return nil, err
			}
		}
	}
	if b.server == nil {
		var err error
		if b.server, err = startConcord(place); err != nil {
			return nil, err
		}
	}
	all, err := b.all(ctx, outcome{Server: name, Warm: warm, Bounds: b.bounds})
	if stopped := b.server.stop(); err == nil {
		err = stopped
	}
	return all, err
}

// all warms the server up and does the runs.
func (b *bench) all(ctx context.Context, first outcome) ([]*outcome, error) {
	if err := b.reach(); err != nil {
		return nil, err
	}
	pool, kinds, err := b.warmUp(ctx, &first)
	if err != nil {
		return nil, err
	}
	var all []*outcome
	next := first
	for i := range b.runs {
		log.Printf("%s: run %d", first.Server, i+1)
		o := next
		o.At, o.Scenarios = time.Now(), map[string]*fhirload.Report{}
		if err := b.imports(ctx, &o, 2+2*i); err != nil {
			return nil, err
		}
		for _, name := range scenarios() {
			if o.Scenarios[name], err = b.scenario(ctx, name, pool, kinds, b.bounds); err != nil {
				return nil, err
			}
		}
		m, err := b.server.memory()
		if err != nil {
			return nil, err
		}
		o.Peak = m.Peak
		all = append(all, &o)
		next.Resources, next.Warming = o.Resources, nil
	}
	return all, nil
}

// imports are of two copies of the corpus, by few and by many workers.
func (b *bench) imports(ctx context.Context, o *outcome, copy int) error {
	before, err := b.size()
	if err != nil {
		return err
	}
	if o.Few, err = b.load(ctx, copy, fewWorkers); err != nil {
		return err
	}
	if o.Many, err = b.load(ctx, copy+1, manyWorkers); err != nil {
		return err
	}
	m, err := b.server.memory()
	if err != nil {
		return err
	}
	after, err := b.size()
	if err != nil {
		return err
	}
	imported := o.Few.Resources + o.Many.Resources
	o.LoadPeak, o.Disk = m.Peak, float64(after-before)/float64(imported)
	o.Resources += imported
	return nil
}

func (b *bench) load(ctx context.Context, copy, workers int) (*fhirload.Report, error) {
	r, err := b.target.Import(ctx, b.corpus, copy, 1, workers)
	if err != nil {
		return nil, err
	}
	if r.Resources == 0 {
		return nil, fmt.Errorf("nothing was imported: %s", strings.Join(r.Notes, "; "))
	}
	return r, fhirload.WriteTable(os.Stderr, r)
}

// size is what the store's files hold, settled.
func (b *bench) size() (int64, error) {
	if err := b.server.settle(); err != nil {
		return 0, err
	}
	if err := b.reach(); err != nil {
		return 0, err
	}
	return launch.Size(b.disk)
}

// reach finds out where the server listens now.
func (b *bench) reach() error {
	url, token, err := b.server.base()
	if err != nil {
		return err
	}
	b.target, err = fhirload.NewTarget("server", url, token)
	return err
}
