package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"concord/test/load/fhirload"
	"concord/test/load/launch"
)

// settings are the flags.
type settings struct {
	corpus, servers, json, hapi string
	heap                        string        // of the JVM, as -Xmx takes it
	connections                 int           // of HAPI to its database
	runs                        int           // of each server, one after the other
	warm, jvmWarm               time.Duration // before anything is measured
	bounds                      fhirload.Bounds
}

func main() {
	log.SetFlags(log.Ltime)
	var s settings
	flag.StringVar(&s.corpus, "corpus", "../shared/corpora/fhir/synthea-r4", "`folders` of transaction Bundles, separated by commas")
	flag.StringVar(&s.servers, "servers", "hapi,postgres,sqlite", "`names` of what to measure, in turn; none = only the table of the runs that are kept")
	flag.StringVar(&s.json, "json", "", "`FILE` that keeps the runs")
	flag.StringVar(&s.hapi, "hapi", "test/load/peer/hapi", "`folder` of the HAPI server, built")
	flag.StringVar(&s.heap, "heap", "4g", "largest heap of the JVM")
	flag.IntVar(&s.connections, "connections", 10, "connections that HAPI has to its database at most")
	flag.IntVar(&s.runs, "runs", 2, "how many times each server is measured")
	flag.DurationVar(&s.jvmWarm, "jvm-warm", 5*time.Minute, "how long HAPI does all scenarios in turn before anything is measured")
	flag.DurationVar(&s.warm, "warm", 12*time.Second, "the same of Concord")
	flag.DurationVar(&s.bounds.WarmUp, "warm-up", 3*time.Second, "time of a measured scenario before anything is counted")
	flag.DurationVar(&s.bounds.Lasts, "duration", 10*time.Second, "time of a scenario that is counted")
	flag.IntVar(&s.bounds.Clients, "clients", 16, "clients of the scenarios but import")
	flag.Uint64Var(&s.bounds.Seed, "seed", 1, "of what is drawn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.measure(ctx); err != nil {
		log.Fatal(err)
	}
}

func (s *settings) measure(ctx context.Context) error {
	kept, err := s.kept()
	if err != nil {
		return err
	}
	if s.servers != "" {
		if kept, err = s.run(ctx, kept); err != nil {
			return err
		}
	}
	writeDocument(os.Stdout, kept)
	return nil
}

// run measures each server and keeps what was measured as soon as it is.
func (s *settings) run(ctx context.Context, kept []*outcome) ([]*outcome, error) {
	corpus, err := fhirload.ReadCorpus(strings.Split(s.corpus, ",")...)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "peer")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	binary, err := launch.Build(work)
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Split(s.servers, ",") {
		b := &bench{settings: s, corpus: corpus, refused: refusedBy(kept)}
		runs, err := b.measured(ctx, name, binary, work)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		kept = append(kept, runs...)
		if err := s.keep(kept); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

func (s *settings) kept() ([]*outcome, error) {
	if s.json == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.json)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []*outcome
	return out, json.Unmarshal(text, &out)
}

func (s *settings) keep(all []*outcome) error {
	if s.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.json, text, 0o644)
}
