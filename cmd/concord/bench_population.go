package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/schollz/progressbar/v3"

	"concord/fault"
)

type populationCmd struct {
	where
	People  int           `help:"How many people, of about 40 resources each." required:"" placeholder:"N"`
	Seed    uint64        `help:"The same seed makes the same people." default:"1"`
	Org     string        `help:"ODS code of the organisation that controls what is loaded." default:"QRV"`
	Workers int           `help:"Transactions at a time; 0 = two a core."`
	Loaded  bool          `help:"Load nothing: an earlier run did."`
	Clients int           `help:"How many ask at a time." default:"4"`
	Lasts   time.Duration `help:"How long each question is asked." default:"10s"`
	JSON    bool          `help:"Print JSON instead of a table." name:"json"`
}

func (c *populationCmd) Run(ctx context.Context) error {
	if c.People < 1 || c.Clients < 1 {
		return fault.New(fault.Invalid, "cli.people", "--people and --clients are at least 1")
	}
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	f := &figures{People: c.People, Seed: c.Seed, Store: "SQLite", Clients: c.Clients}
	if c.Database != "" {
		f.Store = "PostgreSQL"
	}
	if !c.Loaded {
		if err := c.load(ctx, h, f); err != nil {
			return err
		}
	}
	if f.Bytes, err = h.onDisk(ctx); err != nil {
		return err
	}
	if f.Resources > 0 {
		f.EachBytes = float64(f.Bytes) / float64(f.Resources)
	}
	if err := c.ask(ctx, h, f); err != nil {
		return err
	}
	f.Peak = peakMemory()
	print := f.print
	if c.JSON {
		print = f.write
	}
	if err := print(os.Stdout); err != nil {
		return err
	}
	if f.wrong() > 0 {
		return errFindings
	}
	return nil
}

// onDisk is what the store takes of the disk.
func (h *house) onDisk(ctx context.Context) (int64, error) {
	if st, err := os.Stat(filepath.Join(h.dir, storeFile)); err == nil {
		return st.Size(), nil
	}
	usage, err := h.engine.Usage(ctx)
	var sum int64
	for _, t := range usage {
		sum += t.Bytes
	}
	return sum, err
}

// load brings the people in as concord import --bulk does. It can be
// interrupted and run again: who is there already is left out.
func (c *populationCmd) load(ctx context.Context, h *house, f *figures) error {
	sink, err := newStoreSink(ctx, h, c.Org, true, false)
	if err != nil {
		return err
	}
	rep := newReport()
	im := &importer{sink: sink, report: rep, workers: c.Workers}
	if im.workers <= 0 {
		im.workers = 2 * runtime.NumCPU()
	}
	p := newProgress(c.People, "people")
	late, err := im.pieces(ctx, func(yield func(piece, error) bool) {
		from := time.Now()
		for one := range population(c.Seed, c.People) {
			f.Making += time.Since(from).Seconds()
			if rep.refused() > 0 || !yield(one, nil) {
				return
			}
			p.step()
			from = time.Now()
		}
	})
	p.bar.Finish()
	for _, one := range late {
		rep.refuse(one, one.failed)
	}
	// Its own context: the load ends in order also when it was interrupted.
	if off := h.engine.Bulk(context.WithoutCancel(ctx), false); err == nil {
		err = off
	}
	if err != nil {
		return err
	}
	if rep.refused() > 0 {
		return fault.New(fault.Invalid, "cli.population", "the record refuses made-up people: %s", rep.refusals[0])
	}
	for _, n := range rep.types {
		f.Resources += n
	}
	f.Seconds = time.Since(rep.started).Seconds()
	f.PerSecond = float64(f.Resources) / f.Seconds
	if rep.skipped > 0 {
		fmt.Fprintf(os.Stderr, "%d people were there already: the figures of the load are of the others\n", rep.skipped)
	}
	return nil
}

// progress shows how far a load is: a bar in a terminal, else a line for each
// tenth.
type progress struct {
	bar        *progressbar.ProgressBar
	of         string // what is counted
	done, all  int
	began      time.Time
	onTerminal bool
}

func newProgress(all int, of string) *progress {
	p := &progress{of: of, all: all, began: time.Now(), onTerminal: isTerminal(os.Stderr)}
	p.bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(),
		progressbar.OptionSetDescription("loading "+of), progressbar.OptionSetVisibility(p.onTerminal), progressbar.OptionClearOnFinish())
	return p
}

func (p *progress) step() {
	p.done++
	p.bar.Add(1)
	if !p.onTerminal && p.done%max(1, p.all/10) == 0 {
		fmt.Fprintf(os.Stderr, "%d of %d %s, %.0f s\n", p.done, p.all, p.of, time.Since(p.began).Seconds())
	}
}
