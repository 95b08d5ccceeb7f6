package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestBenchOnboardLive: with live traffic a load and its undo are measured in four
// phases, nothing fails, and all that was loaded is taken away.
func TestBenchOnboardLive(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: it waits for live traffic")
	}
	c := &benchOnboardCmd{where: where{Data: t.TempDir()}, Live: 200, Patients: 200, Seed: 1, Memory: 64, Load: true,
		liveRates: liveRates{Messages: 50, Views: 30, Apart: time.Second}, Factor: 1.5}
	out, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out.Loaded == 0 || out.Removed != out.Loaded || out.Kept != 0 || len(out.Phases) != 4 {
		t.Fatalf("%+v", out)
	}
	if out.LoadPaced == nil || out.LoadPaced.Probes == 0 || out.UndoPaced == nil {
		t.Errorf("the load was not held to anything: %+v", out.LoadPaced)
	}
	for i, p := range out.Phases {
		if want := []string{"quiet", "load", "after", "undo"}[i]; p.Name != want || p.wrong() > 0 {
			t.Errorf("%s: %+v", want, p)
		}
		if p.Acknowledged.Count == 0 || p.Applied.Count != p.Acknowledged.Count || p.Viewed.Count == 0 {
			t.Errorf("%s: %d acknowledged, %d applied, %d charts", p.Name, p.Acknowledged.Count, p.Applied.Count, p.Viewed.Count)
		}
	}
	if r := out.Phases[0].Ratio["viewed"]; r != 1 {
		t.Errorf("a phase against itself is %v", r)
	}
	var table bytes.Buffer
	if err := printPhases(&table, out.Phases); err != nil || !strings.Contains(table.String(), "undo, acknowledged") {
		t.Errorf("%v: %s", err, &table)
	}
}

// TestOpenLoop: what is due does not wait for what was due before, and a stall is
// seen by all who came into it.
func TestOpenLoop(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var f felt
	stalled, n := false, 0
	openLoop(ctx, 200, rand.New(rand.NewPCG(1, 1)), func(due time.Time, _ *rand.Rand) {
		if !stalled {
			stalled = true
			time.Sleep(200 * time.Millisecond)
		}
		if f.took(due, nil); n == 40 {
			stop()
		}
		n++
	})
	f.took(time.Now(), errors.New("refused"))
	if q := f.sum("all"); q.Count < 40 || q.Errors != 1 || q.P50 < 20 {
		t.Errorf("%+v", q)
	}
}
