package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"concord/store/postgres/pgtest"
	"concord/test/load/fhirload"
	"concord/test/load/launch"
)

// settings are the flags.
type settings struct {
	corpus, stores, json string
	times                int // how many copies of the corpus the large store holds
	bounds               fhirload.Bounds
}

func main() {
	log.SetFlags(log.Ltime)
	var s settings
	flag.StringVar(&s.corpus, "corpus", "../shared/corpora/fhir/synthea-r4", "`folders` of transaction Bundles, separated by commas")
	flag.StringVar(&s.stores, "stores", "sqlite,postgres", "`names` of stores to measure")
	flag.StringVar(&s.json, "json", "", "`FILE` to write everything to as JSON")
	flag.IntVar(&s.times, "times", 16, "how many times the data of the small store the large one holds")
	flag.IntVar(&s.bounds.Clients, "clients", 16, "clients of the scenarios but import")
	flag.DurationVar(&s.bounds.WarmUp, "warm-up", 2*time.Second, "time of a scenario before anything is counted")
	flag.DurationVar(&s.bounds.Lasts, "duration", 10*time.Second, "time of a scenario that is counted")
	flag.Uint64Var(&s.bounds.Seed, "seed", 1, "of what is drawn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.measure(ctx); err != nil {
		log.Fatal(err)
	}
}

func (s *settings) measure(ctx context.Context) error {
	if s.times < 3 {
		return fmt.Errorf("-times %d: the large store holds at least three times the small one", s.times)
	}
	corpus, err := fhirload.ReadCorpus(strings.Split(s.corpus, ",")...)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "fhirbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	binary, err := launch.Build(work)
	if err != nil {
		return err
	}
	var outcomes []*outcome
	for _, name := range strings.Split(s.stores, ",") {
		b := &bench{settings: s, corpus: corpus, binary: binary, work: work}
		o, err := b.store(ctx, name)
		if errors.Is(err, pgtest.ErrMissing) {
			log.Printf("SKIP: %v: the column of %s is left out", err, name)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		outcomes = append(outcomes, o)
	}
	writeDocument(os.Stdout, s, corpus.Resources(), outcomes)
	if s.json != "" {
		if err := writeJSON(s.json, outcomes); err != nil {
			return err
		}
	}
	for _, o := range outcomes {
		if n := o.errors(); n > 0 {
			return fmt.Errorf("%s: %d answers were wrong", o.Store, n)
		}
	}
	return nil
}
