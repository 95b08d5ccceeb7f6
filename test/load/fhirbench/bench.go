package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"concord/store/postgres/pgtest"
	"concord/test/load/fhirload"
	"concord/test/load/launch"
)

// outcome is what was measured on one store.
type outcome struct {
	Store       string
	Few, Many   *fhirload.Report // imports by 4 and by 20 workers
	Small       map[string]*fhirload.Report
	Large       map[string]*fhirload.Report
	SmallAlone  map[string]*fhirload.Report // of one client
	LargeAlone  map[string]*fhirload.Report
	LoadPeak    int64   // bytes of memory at most, while importing
	ServePeak   int64   // in the scenarios on the large store
	Served      int64   // after them
	SmallDisk   float64 // bytes a resource
	LargeDisk   float64
	ClientShare float64 // of the cores' time, used by the load itself
}

func (o *outcome) errors() int {
	n := o.Few.Errors + o.Many.Errors
	for _, reports := range []map[string]*fhirload.Report{o.Small, o.Large, o.SmallAlone, o.LargeAlone} {
		for _, r := range reports {
			n += r.Errors
		}
	}
	return n
}

// bench measures one store.
type bench struct {
	*settings
	corpus *fhirload.Corpus
	binary string
	work   string
	place  launch.Options
	disk   string // folder that holds the data
	server *launch.Server
	target *fhirload.Target
}

const (
	fewWorkers  = 4
	manyWorkers = 20
)

// store makes an empty store of that name and measures it.
func (b *bench) store(ctx context.Context, name string) (*outcome, error) {
	b.place = launch.Options{Binary: b.binary, Data: filepath.Join(b.work, name)}
	b.disk = b.place.Data
	switch name {
	case "sqlite":
	case "postgres":
		pg, err := pgtest.New(pgtest.Options{Settings: launch.DatabaseSettings()})
		if err != nil {
			return nil, err
		}
		defer pg.Stop()
		b.place.Database = launch.URL(pg.DSN())
		for _, pair := range strings.Fields(pg.DSN()) {
			if host, ok := strings.CutPrefix(pair, "host="); ok {
				b.disk = filepath.Join(host, "data", "base")
			}
		}
	default:
		return nil, fmt.Errorf("there is no such store")
	}
	o := &outcome{Store: name}
	defer func() {
		if b.server != nil {
			b.server.Kill()
		}
	}()
	if err := b.small(ctx, o); err != nil {
		return nil, err
	}
	return o, b.large(ctx, o)
}

// small imports the corpus once, and runs the scenarios on it.
func (b *bench) small(ctx context.Context, o *outcome) error {
	empty, err := launch.Size(b.disk)
	if err != nil {
		return err
	}
	if err := b.start(); err != nil {
		return err
	}
	r, err := b.load(ctx, 0, 1, fewWorkers)
	if err != nil {
		return err
	}
	full, err := b.stopped()
	if err != nil {
		return err
	}
	o.SmallDisk = float64(full-empty) / float64(r.Resources)
	if err := b.start(); err != nil {
		return err
	}
	if o.SmallAlone, err = b.alone(ctx); err != nil {
		return err
	}
	if o.Small, err = b.together(ctx, o); err != nil {
		return err
	}
	_, err = b.stopped()
	return err
}

// large brings the data to so many times the corpus, and runs the scenarios
// again.
func (b *bench) large(ctx context.Context, o *outcome) error {
	before, err := launch.Size(b.disk)
	if err != nil {
		return err
	}
	if err := b.start(); err != nil {
		return err
	}
	few := (b.times - 1) / 2
	if o.Few, err = b.load(ctx, 1, few, fewWorkers); err != nil {
		return err
	}
	if o.Many, err = b.load(ctx, 1+few, b.times-1-few, manyWorkers); err != nil {
		return err
	}
	m, err := b.server.Memory()
	if err != nil {
		return err
	}
	o.LoadPeak = m.Peak
	after, err := b.stopped()
	if err != nil {
		return err
	}
	o.LargeDisk = float64(after-before) / float64(o.Few.Resources+o.Many.Resources)
	if err := b.start(); err != nil {
		return err
	}
	if o.LargeAlone, err = b.alone(ctx); err != nil {
		return err
	}
	if o.Large, err = b.together(ctx, o); err != nil {
		return err
	}
	if m, err = b.server.Memory(); err != nil {
		return err
	}
	o.ServePeak, o.Served = m.Peak, m.Now
	_, err = b.stopped()
	return err
}

func (b *bench) load(ctx context.Context, from, copies, workers int) (*fhirload.Report, error) {
	log.Printf("import of %d copies by %d workers", copies, workers)
	r, err := b.target.Import(ctx, b.corpus, from, copies, workers)
	if err != nil {
		return nil, err
	}
	if r.Resources == 0 {
		return nil, fmt.Errorf("nothing was imported: %s", strings.Join(r.Notes, "; "))
	}
	return r, fhirload.WriteTable(os.Stderr, r)
}

// together runs all scenarios but import, with all clients.
func (b *bench) together(ctx context.Context, o *outcome) (map[string]*fhirload.Report, error) {
	used, began := cpu(), time.Now()
	out, err := b.scenarios(ctx, fhirload.Scenarios()[1:], b.bounds)
	o.ClientShare = (cpu() - used).Seconds() / time.Since(began).Seconds() / cores()
	return out, err
}

// alone runs the scenarios that only read, with one client: what a request
// takes when none waits for another.
func (b *bench) alone(ctx context.Context) (map[string]*fhirload.Report, error) {
	one := b.bounds
	one.Clients = 1
	return b.scenarios(ctx, alone(), one)
}

// alone are the scenarios of one client.
func alone() []string { return []string{"search", "chart"} }

func (b *bench) scenarios(ctx context.Context, names []string, bounds fhirload.Bounds) (map[string]*fhirload.Report, error) {
	out := map[string]*fhirload.Report{}
	for _, name := range names {
		log.Printf("%s, %d clients", name, bounds.Clients)
		p := fhirload.Plan{Scenarios: []string{name}, Bounds: bounds}
		reports, err := p.Run(ctx, b.target, os.Stderr)
		if err != nil {
			return nil, err
		}
		out[name] = reports[0]
	}
	return out, nil
}

// start serves the store, with a token that opens it.
func (b *bench) start() error {
	var err error
	if b.server, err = launch.Start(b.place); err != nil {
		return err
	}
	token, err := b.server.Token("fhirbench")
	if err != nil {
		return err
	}
	b.target, err = fhirload.NewTarget("server", b.server.Base, token)
	return err
}

// stopped ends the server, so that its files are whole, and gives their size.
func (b *bench) stopped() (int64, error) {
	s := b.server
	b.server = nil
	if err := s.Stop(); err != nil {
		return 0, err
	}
	return launch.Size(b.disk)
}
