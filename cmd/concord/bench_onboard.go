package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"concord/demo/extract"
	"concord/demo/linked"
	"concord/exchange/onboard"
	"concord/record"
)

// benchOnboardCmd measures what a joining trust costs until its load: a live
// record of Imperial and Chelsea and Westminster, and an extract of London North
// West, of one made-up population.
type benchOnboardCmd struct {
	where     `embed:""`
	Live      int    `help:"Entries in the live record." default:"20000"`
	Patients  int    `help:"Patients of the extract; about seven rows each." default:"10000"`
	Seed      uint64 `help:"Seed." default:"1"`
	Memory    int64  `help:"Megabytes for sorting." default:"256"`
	Load      bool   `help:"Load the extract too, and take the load back."`
	liveRates `embed:""`
	Factor    float64 `help:"With live traffic: hold the load and its undo to so many times the 95th percentile of what others waited before; 0 = to nothing." name:"p95-factor" default:"1.5"`
	JSON      bool    `help:"Print JSON instead of a table." name:"json"`
}

func (c *benchOnboardCmd) Run(ctx context.Context) error {
	out, err := c.run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(out)
	}
	out.print(os.Stdout)
	return printPhases(os.Stdout, out.Phases)
}

func (c *benchOnboardCmd) run(ctx context.Context) (*onboarding, error) {
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(matchMemory)
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return nil, err
	}
	defer func() { h.close() }()
	out := &onboarding{Live: c.Live, Patients: c.Patients, By: map[string]int64{}}
	live, people, err := c.load(ctx, h)
	if err != nil {
		return nil, err
	}
	if _, err := h.operator().CountNames(ctx, 1); err != nil {
		return nil, err
	}
	h.close()
	if h, err = openHouse(ctx, c.where, nil, quietLog()); err != nil { // by the counts
		return nil, err
	}
	dir := filepath.Join(h.dir, "bench-extract")
	if _, err := extract.Write(dir, extract.Options{Trust: "R1K", Patients: c.Patients, Seed: c.Seed, Faults: extract.Usual()}); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d entries are live, the extract is written; until now %.0f MB at most\n", live, float64(peakMemory())/1e6)
	if err := c.measure(ctx, h, dir, people, out); err != nil {
		return nil, err
	}
	return out, nil
}

// load brings entries of two trusts in, and gives their number and some of them.
func (c *benchOnboardCmd) load(ctx context.Context, h *house) (int, []livePerson, error) {
	if err := h.engine.Bulk(ctx, true); err != nil {
		return 0, nil, err
	}
	const batch = 200
	work := make(chan []linked.Row)
	var mu sync.Mutex
	var failed error
	var people []livePerson
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for rows := range work {
				got, err := h.bring(ctx, rows)
				mu.Lock()
				if err != nil {
					failed = err
				}
				for i := 0; i < len(got) && len(people) < mostLive; i++ {
					people = append(people, livePerson{rows[i], got[i]})
				}
				mu.Unlock()
			}
		})
	}
	waiting, n := map[string][]linked.Row{}, 0
	for row := range linked.New(c.Seed, linked.Frozen()).Rows(1 << 30) {
		trust := row.Record.Numbers[0].Scope
		if trust != "RYJ" && trust != "RQM" {
			continue
		}
		if n == c.Live || ctx.Err() != nil {
			break
		}
		n++
		if waiting[trust] = append(waiting[trust], row); len(waiting[trust]) == batch {
			work <- waiting[trust]
			waiting[trust] = nil
		}
	}
	for _, rows := range waiting {
		if len(rows) > 0 {
			work <- rows
		}
	}
	close(work)
	wg.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	if failed != nil {
		return 0, nil, failed
	}
	return n, people, h.engine.Bulk(ctx, false)
}

func (c *benchOnboardCmd) measure(ctx context.Context, h *house, dir string, people []livePerson, out *onboarding) error {
	s := &onboard.Stage{Dir: filepath.Join(h.dir, "stage", "R1K"), Trust: "R1K", Now: time.Now}
	start := time.Now()
	x, err := s.Add(ctx, dir, false)
	if err != nil {
		return err
	}
	out.Stage = time.Since(start).Seconds()
	r, err := s.Profile(ctx, x, onboard.Options{Memory: c.Memory << 20})
	if err != nil {
		return err
	}
	out.Rows, out.Refused, out.Profile, out.Waiting = r.Rows, r.Refused, r.Seconds, r.Waiting
	m, err := s.Match(ctx, x, h.operator(), onboard.MatchOptions{})
	if err != nil {
		return err
	}
	out.Match, out.Peak = m.Seconds, peakMemory()
	for k, n := range m.By {
		out.By[string(k)] = n
	}
	if !c.Load {
		return nil
	}
	debug.SetGCPercent(gcPercent) // as the process that loads has it
	var t *liveTraffic
	if !c.liveRates.none() {
		if t, err = startLive(ctx, h, c.Seed, c.liveRates, people); err != nil {
			return err
		}
		defer t.close()
	}
	err = c.thereAndBack(ctx, h, t, s, x, out)
	out.Peak = peakMemory()
	return err
}

// thereAndBack loads the extract and takes the load back, live traffic or none
// beside it.
func (c *benchOnboardCmd) thereAndBack(ctx context.Context, h *house, t *liveTraffic, s *onboard.Stage, x *onboard.Extract, out *onboarding) error {
	e, err := h.loaderOf("R1K")
	if err != nil {
		return err
	}
	s.Zone = h.desk.Zone()
	var held onboard.Throttle
	if t != nil {
		held = h.throttle(c.Factor)
	}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"quiet", wait(c.Apart)},
		{"load", func(ctx context.Context) error { return out.load(ctx, s, x, e, held) }},
		{"after", wait(c.Apart)},
		{"undo", func(ctx context.Context) error { return out.undo(ctx, s, x, e, held) }},
	}
	for _, step := range steps {
		if t == nil && (step.name == "quiet" || step.name == "after") {
			continue
		}
		p, err := t.during(ctx, step.name, step.do)
		if err != nil {
			return err
		}
		if p != nil {
			out.Phases = append(out.Phases, p)
		}
	}
	against(out.Phases)
	return nil
}

func (o *onboarding) load(ctx context.Context, s *onboard.Stage, x *onboard.Extract, e *record.Errand, t onboard.Throttle) error {
	defer roomy()()
	start, busy := time.Now(), processorTime()
	l, err := s.Load(ctx, x, e, onboard.LoadOptions{Throttle: t})
	if err != nil {
		return err
	}
	o.Load, o.LoadCPU, o.LoadPaced = time.Since(start).Seconds(), processorTime()-busy, l.Paced
	for _, p := range l.Classes {
		o.Loaded += p.Created
	}
	return nil
}

func (o *onboarding) undo(ctx context.Context, s *onboard.Stage, x *onboard.Extract, e *record.Errand, t onboard.Throttle) error {
	defer roomy()()
	start, busy := time.Now(), processorTime()
	u, err := s.Undo(ctx, x, e, onboard.UndoOptions{Throttle: t})
	if err != nil {
		return err
	}
	o.Undo, o.UndoCPU, o.UndoPaced, o.Kept = time.Since(start).Seconds(), processorTime()-busy, u.Paced, len(u.Kept)
	for _, n := range u.Removed {
		o.Removed += n
	}
	return nil
}
