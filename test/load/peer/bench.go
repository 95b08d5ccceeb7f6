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

// outcome is one run of one server.
type outcome struct {
	Server    string
	At        time.Time
	Resources int // in the store before the scenarios
	Few, Many *fhirload.Report
	Scenarios map[string]*fhirload.Report
	LoadPeak  int64   // bytes of memory of its process at most, importing
	Peak      int64   // in all
	Disk      float64 // bytes a resource, indexes included
	Refused   map[string]string
	WarmUp    time.Duration
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

// measured starts a server of that name on an empty store, and ends it.
func (b *bench) measured(ctx context.Context, name, binary, work string) (*outcome, error) {
	bounds := b.bounds
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
			bounds.WarmUp = b.warm
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
	o := &outcome{Server: name, At: time.Now(), Bounds: bounds, Scenarios: map[string]*fhirload.Report{}}
	err := b.all(ctx, o)
	if stopped := b.server.stop(); err == nil {
		err = stopped
	}
	return o, err
}

// all imports the corpus three times and runs the scenarios. The first copy
// warms the server up, a JVM above all.
func (b *bench) all(ctx context.Context, o *outcome) error {
	if err := b.reach(); err != nil {
		return err
	}
	warm, err := b.load(ctx, 0, fewWorkers)
	if err != nil {
		return err
	}
	o.WarmUp = time.Duration(warm.Seconds * float64(time.Second))
	before, err := b.size()
	if err != nil {
		return err
	}
	if o.Few, err = b.load(ctx, 1, fewWorkers); err != nil {
		return err
	}
	if o.Many, err = b.load(ctx, 2, manyWorkers); err != nil {
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
	o.LoadPeak, o.Disk, o.Resources = m.Peak, float64(after-before)/float64(imported), warm.Resources+imported
	if err := b.scenarios(ctx, o); err != nil {
		return err
	}
	m, err = b.server.memory()
	o.Peak = m.Peak
	return err
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

// scenarios are CRUD-36, search by what all servers do, chart and mixed.
func (b *bench) scenarios(ctx context.Context, o *outcome) error {
	pool, err := b.target.Harvest(ctx)
	if err != nil {
		return err
	}
	if o.Refused, err = b.target.Refused(ctx, pool); err != nil {
		return err
	}
	skip := append(refusedBy([]*outcome{o}), b.refused...)
	kinds := slices.DeleteFunc(fhirload.Kinds(), func(k string) bool { return slices.Contains(skip, k) })
	for _, name := range []string{"crud", "search", "chart", "mixed"} {
		log.Printf("%s: %s", o.Server, name)
		var r *fhirload.Report
		switch name {
		case "crud":
			r, err = b.target.CRUD(ctx, o.Bounds)
		case "search":
			r, err = b.target.Search(ctx, pool, o.Bounds, kinds...)
		case "chart":
			r, err = b.target.Chart(ctx, pool, o.Bounds)
		case "mixed":
			r, err = b.target.Mixed(ctx, pool, o.Bounds)
		}
		if err != nil {
			return err
		}
		o.Scenarios[name] = r
		if err := fhirload.WriteTable(os.Stderr, r); err != nil {
			return err
		}
	}
	return nil
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
