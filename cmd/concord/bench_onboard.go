package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"concord/demo/extract"
	"concord/demo/linked"
	"concord/exchange/onboard"
)

// benchOnboardCmd measures what a joining trust costs until its load: a live
// record of Imperial and Chelsea and Westminster, and an extract of London North
// West, of one made-up population.
type benchOnboardCmd struct {
	where    `embed:""`
	Live     int    `help:"Entries in the live record." default:"20000"`
	Patients int    `help:"Patients of the extract; about seven rows each." default:"10000"`
	Seed     uint64 `help:"Seed." default:"1"`
	Memory   int64  `help:"Megabytes for sorting." default:"256"`
	Load     bool   `help:"Load the extract too, and take the load back."`
	JSON     bool   `help:"Print JSON instead of a table." name:"json"`
}

// onboarding is what was measured. Memory is of the whole process, the store's
// caches included.
type onboarding struct {
	Live     int              `json:"live"`
	Patients int              `json:"patients"`
	Rows     int64            `json:"rows"`
	Refused  int64            `json:"refused"`
	Stage    float64          `json:"stageSeconds"`
	Profile  float64          `json:"profileSeconds"`
	Match    float64          `json:"matchSeconds"`
	Load     float64          `json:"loadSeconds,omitempty"`
	Undo     float64          `json:"undoSeconds,omitempty"`
	LoadCPU  float64          `json:"loadProcessorSeconds,omitempty"`
	UndoCPU  float64          `json:"undoProcessorSeconds,omitempty"`
	Loaded   int64            `json:"loaded,omitempty"`
	Removed  int64            `json:"removed,omitempty"`
	Kept     int              `json:"kept,omitempty"`
	Peak     int64            `json:"peakMemory"`
	By       map[string]int64 `json:"by"`
	Waiting  onboard.Waiting  `json:"waiting"`
}

func (c *benchOnboardCmd) Run(ctx context.Context) error {
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(matchMemory)
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer func() { h.close() }()
	out := onboarding{Live: c.Live, Patients: c.Patients, By: map[string]int64{}}
	live, err := c.load(ctx, h)
	if err != nil {
		return err
	}
	if _, err := h.operator().CountNames(ctx, 1); err != nil {
		return err
	}
	h.close()
	if h, err = openHouse(ctx, c.where, nil, quietLog()); err != nil { // by the counts
		return err
	}
	dir := filepath.Join(h.dir, "bench-extract")
	if _, err := extract.Write(dir, extract.Options{Trust: "R1K", Patients: c.Patients, Seed: c.Seed, Faults: extract.Usual()}); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d entries are live, the extract is written; until now %.0f MB at most\n", live, float64(peakMemory())/1e6)
	if err := c.measure(ctx, h, dir, &out); err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(out)
	}
	out.print(os.Stdout)
	return nil
}

// load brings entries of two trusts in, and gives their number.
func (c *benchOnboardCmd) load(ctx context.Context, h *house) (int, error) {
	if err := h.engine.Bulk(ctx, true); err != nil {
		return 0, err
	}
	const batch = 200
	work := make(chan []linked.Row)
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for rows := range work {
				if _, err := h.bring(ctx, rows); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
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
		return 0, failed
	}
	return n, h.engine.Bulk(ctx, false)
}

func (c *benchOnboardCmd) measure(ctx context.Context, h *house, dir string, out *onboarding) error {
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
	err = c.thereAndBack(ctx, h, s, x, out)
	out.Peak = peakMemory()
	return err
}

// thereAndBack loads the extract and takes the load back.
func (c *benchOnboardCmd) thereAndBack(ctx context.Context, h *house, s *onboard.Stage, x *onboard.Extract, out *onboarding) error {
	e, err := h.loaderOf("R1K")
	if err != nil {
		return err
	}
	s.Zone = h.desk.Zone()
	start, busy := time.Now(), processorTime()
	l, err := s.Load(ctx, x, e, onboard.LoadOptions{})
	if err != nil {
		return err
	}
	out.Load, out.LoadCPU = time.Since(start).Seconds(), processorTime()-busy
	for _, p := range l.Classes {
		out.Loaded += p.Created
	}
	start, busy = time.Now(), processorTime()
	u, err := s.Undo(ctx, x, e, onboard.Throttle{})
	if err != nil {
		return err
	}
	out.Undo, out.UndoCPU, out.Kept = time.Since(start).Seconds(), processorTime()-busy, len(u.Kept)
	for _, n := range u.Removed {
		out.Removed += n
	}
	return nil
}

// processorTime is what this process has used, in seconds.
func processorTime() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

func (o *onboarding) print(w io.Writer) {
	fmt.Fprintf(w, "%d entries live, %d patients and %d rows in the extract, %d refused; %.0f MB at most\n", o.Live, o.Patients, o.Rows, o.Refused, float64(o.Peak)/1e6)
	line := func(what string, n int64, took float64) {
		fmt.Fprintf(w, "%8.1f s  %9.0f/s  %s\n", took, float64(n)/max(took, 1e-9), what)
	}
	line("stage, rows", o.Rows, o.Stage)
	line("profile, rows", o.Rows, o.Profile)
	line("match before load, patients", int64(o.Patients), o.Match)
	if o.Loaded > 0 {
		line("load, rows", o.Loaded, o.Load)
		line("undo, rows", o.Removed, o.Undo)
		fmt.Fprintf(w, "processor time: %.0f µs a row loaded, %.0f µs a row undone\n", 1e6*o.LoadCPU/float64(o.Loaded), 1e6*o.UndoCPU/float64(max(1, o.Removed)))
	}
	fmt.Fprintf(w, "certain %d, possible %d, new %d, conflict %d\n", o.By["certain"], o.By["possible"], o.By["new"], o.By["conflict"])
}
