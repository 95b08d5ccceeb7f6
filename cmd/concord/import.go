package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"

	"concord/fault"
)

type importCmd struct {
	where
	To      string   `help:"Base URL of a FHIR server to import into instead." placeholder:"FHIR-URL"`
	Token   string   `help:"Bearer token for --to; better in the variable, where no list of processes shows it." env:"CONCORD_TOKEN" placeholder:"T"`
	Org     string   `help:"ODS code of the organisation that controls what is imported." default:"QRV"`
	Bulk    bool     `help:"Trade durability for speed until the import ends; not beside a running server."`
	Again   bool     `help:"Import also what an earlier run has imported."`
	Resume  string   `help:"With --to: file that remembers what was accepted, so that a second run goes on." placeholder:"FILE"`
	Workers int      `help:"Transactions at a time; 0 = two a core."`
	Paths   []string `arg:"" help:"Files or folders: Bundles (.json), NDJSON (.ndjson), either .gz." name:"path"`
}

func (c *importCmd) Run(ctx context.Context) error {
	files, size, err := listFiles(c.Paths)
	if err != nil {
		return err
	}
	sink, err := c.sink(ctx)
	if err != nil {
		return err
	}
	rep := newReport()
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("importing"), progressbar.OptionSetVisibility(isTerminal(os.Stderr)), progressbar.OptionClearOnFinish())
	im := &importer{sink: sink, report: rep, workers: c.Workers, progress: func(n int) { bar.Add(n) }}
	if im.workers <= 0 {
		im.workers = 2 * runtime.NumCPU()
	}
	err = im.run(ctx, files)
	bar.Finish()
	if cerr := sink.close(); err == nil {
		err = cerr
	}
	rep.print(os.Stdout)
	if err != nil {
		return err
	}
	if rep.refused() > 0 {
		return errFindings
	}
	return nil
}

// sink chooses where the resources go: a server at a URL, the server that runs
// on the data folder, or the store itself.
func (c *importCmd) sink(ctx context.Context) (sink, error) {
	if c.To != "" {
		if c.Token == "" {
			return nil, fault.New(fault.Invalid, "cli.token", "--to needs --token")
		}
		return newHTTPSink(c.To, c.Token, c.Resume)
	}
	dir, err := c.folder()
	if err != nil {
		return nil, err
	}
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err == nil {
		return newStoreSink(ctx, h, c.Org, c.Bulk, c.Again)
	}
	if fault.Of(err).Code != "store.locked" {
		return nil, err
	}
	if c.Bulk {
		return nil, fault.New(fault.Conflict, "cli.bulk", "a server runs on %s: stop it, or import without --bulk", dir)
	}
	return c.serverSink(ctx, dir)
}

// serverSink imports through the front door of the server on a data folder.
func (c *importCmd) serverSink(ctx context.Context, dir string) (sink, error) {
	var base, token strings.Builder
	if err := askServer(ctx, dir, request{Command: "where"}, &base); err != nil {
		return nil, err
	}
	req := request{Command: "token", Client: "import", Org: c.Org, Scope: "system/*.cruds", Hours: 24}
	if err := askServer(ctx, dir, req, &token); err != nil {
		return nil, err
	}
	return newHTTPSink(strings.TrimSpace(base.String())+"/fhir", strings.TrimSpace(token.String()), c.Resume)
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// importer reads files and hands their bundles to a sink, several at a time.
type importer struct {
	sink     sink
	report   *report
	workers  int
	progress func(bytes int)
}

// run imports the files that others refer to first (organisations and
// practitioners), then the rest; what failed because it refers to something
// not yet there is tried again while that helps.
func (im *importer) run(ctx context.Context, files []string) error {
	first, rest := splitReferenced(files)
	var deferred []piece
	for _, group := range [][]string{first, rest} {
		late, err := im.files(ctx, group)
		if err != nil {
			return err
		}
		deferred = append(deferred, late...)
	}
	for len(deferred) > 0 {
		late, err := im.pieces(ctx, func(yield func(piece, error) bool) {
			for _, p := range deferred {
				if !yield(p, nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		if len(late) == len(deferred) {
			for _, p := range late {
				im.report.refuse(p, p.failed)
			}
			return nil
		}
		deferred = late
	}
	return nil
}

func (im *importer) files(ctx context.Context, names []string) ([]piece, error) {
	return im.pieces(ctx, func(yield func(piece, error) bool) {
		for _, name := range names {
			for p, err := range readPieces(name, im.progress) {
				if !yield(p, err) {
					return
				}
			}
		}
	})
}

// pieces imports a stream of pieces and returns those to try again.
func (im *importer) pieces(ctx context.Context, stream func(yield func(piece, error) bool)) ([]piece, error) {
	work := make(chan piece)
	var mu sync.Mutex
	var late []piece
	var stopped error
	var wg sync.WaitGroup
	for range im.workers {
		wg.Go(func() {
			for p := range work {
				again, err := im.one(ctx, p)
				mu.Lock()
				if again {
					p.failed = err
					late = append(late, p)
				} else if err != nil && stopped == nil {
					stopped = err
				}
				mu.Unlock()
			}
		})
	}
	for p, err := range stream {
		if err != nil {
			im.report.refuse(p, err)
			continue
		}
		mu.Lock()
		stop := stopped != nil
		mu.Unlock()
		if stop || ctx.Err() != nil {
			break
		}
		work <- p
	}
	close(work)
	wg.Wait()
	if stopped == nil {
		stopped = ctx.Err()
	}
	return late, stopped
}

// one imports one piece. again tells that it may succeed later; an error
// without again stops the import.
func (im *importer) one(ctx context.Context, p piece) (again bool, err error) {
	outcome, err := im.sink.put(ctx, p)
	switch f := fault.Of(err); {
	case err == nil:
		im.report.accept(p, outcome)
	case f.Code == "record.once":
		im.report.skip(p)
	case f.Code == "record.reference" && p.failed == nil:
		return true, err
	case f.Kind == fault.Busy || f.Kind == fault.Internal || f.Kind == fault.Unauthenticated || f.Kind == fault.Denied:
		return false, fmt.Errorf("%s: %w", p.name(), err)
	case f.Code == "record.reference":
		return true, err
	case p.loose && p.size() > 1:
		for _, single := range p.split() {
			if again, err := im.one(ctx, single); again {
				im.report.refuse(single, err)
			} else if err != nil {
				return false, err
			}
		}
	default:
		im.report.refuse(p, err)
	}
	return false, nil
}
