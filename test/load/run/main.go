// Command run puts the load of test/load/fhirload on a FHIR R4 server:
//
//	go run ./test/load/run --base http://localhost:8080/fhir --token T --corpus DIR import search chart
//
// and on a second one with --peer, to print the ratios. It ends with 1 when an
// answer was wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/test/load/fhirload"
)

// options are the flags.
type options struct {
	base, token, peer, peerToken string
	corpus, json, workers, only  string
	plan                         fhirload.Plan
}

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	f.StringVar(&o.base, "base", "", "FHIR base `URL` of the server")
	f.StringVar(&o.token, "token", "", "bearer token")
	f.StringVar(&o.peer, "peer", "", "FHIR base `URL` of a second server to compare with")
	f.StringVar(&o.peerToken, "peer-token", "", "bearer token of the second server")
	f.StringVar(&o.corpus, "corpus", "../shared/corpora/fhir/synthea-r4", "`folders` of transaction Bundles to import, separated by commas")
	f.StringVar(&o.workers, "workers", "4,20", "`numbers` of import workers, separated by commas; each imports copies of its own")
	f.IntVar(&o.plan.From, "from", 0, "number of the first copy of the corpus; 0 = the files themselves")
	f.IntVar(&o.plan.Copies, "copies", 1, "how many copies of the corpus to import, each of other people")
	f.IntVar(&o.plan.Bounds.Clients, "clients", 16, "clients of the scenarios but import")
	f.DurationVar(&o.plan.Bounds.WarmUp, "warm-up", 2*time.Second, "time before anything is counted")
	f.DurationVar(&o.plan.Bounds.Lasts, "duration", 15*time.Second, "time that is counted; 0 = until --rounds are done")
	f.IntVar(&o.plan.Bounds.Rounds, "rounds", 0, "rounds in all; 0 = until the time is up")
	f.Uint64Var(&o.plan.Bounds.Seed, "seed", 1, "of what is drawn")
	f.StringVar(&o.only, "only", "", "`names` of search parameters to keep to, separated by commas")
	f.StringVar(&o.json, "json", "", "`FILE` to write the reports to as JSON")
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "run [flags] SCENARIO…   all, or some of %s\n", strings.Join(fhirload.Scenarios(), ", "))
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := o.complete(f.Args()); err != nil {
		return err
	}
	reports, err := o.load(ctx, out)
	if err != nil {
		return err
	}
	return o.conclude(reports)
}

// complete makes the plan of what the flags say.
func (o *options) complete(scenarios []string) error {
	o.plan.Scenarios = scenarios
	if len(scenarios) == 0 || scenarios[0] == "all" {
		o.plan.Scenarios = fhirload.Scenarios()
	}
	if o.only != "" {
		o.plan.Only = strings.Split(o.only, ",")
	}
	if !slices.Contains(o.plan.Scenarios, "import") {
		return nil
	}
	for _, w := range strings.Split(o.workers, ",") {
		n, err := strconv.Atoi(w)
		if err != nil {
			return fmt.Errorf("%q is no number of workers", w)
		}
		o.plan.Workers = append(o.plan.Workers, n)
	}
	var err error
	o.plan.Corpus, err = fhirload.ReadCorpus(strings.Split(o.corpus, ",")...)
	return err
}

func (o *options) load(ctx context.Context, out io.Writer) ([]*fhirload.Report, error) {
	server, err := fhirload.NewTarget("server", o.base, o.token)
	if err != nil {
		return nil, err
	}
	if o.peer == "" {
		return o.plan.Run(ctx, server, out)
	}
	peer, err := fhirload.NewTarget("peer", o.peer, o.peerToken)
	if err != nil {
		return nil, err
	}
	return o.plan.Compare(ctx, server, peer, out)
}

// conclude writes the JSON, and fails when there were errors.
func (o *options) conclude(reports []*fhirload.Report) error {
	if o.json != "" {
		f, err := os.Create(o.json)
		if err != nil {
			return err
		}
		if err := errors.Join(fhirload.WriteJSON(f, reports), f.Close()); err != nil {
			return err
		}
	}
	for _, r := range reports {
		if r.Errors > 0 {
			return fmt.Errorf("%s, %s: %d errors", r.Scenario, r.Target, r.Errors)
		}
	}
	return nil
}
