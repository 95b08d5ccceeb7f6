package journey

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/test/load"
)

// TestLoadSurvivesKill kills the server again and again while it loads a trust's extract,
// and while it takes the load back, with another trust's messages coming in: it goes on
// where it was, the reconciliation is equal, and nothing of it is left.
func TestLoadSurvivesKill(t *testing.T) {
	rounds, patients := setting("CONCORD_CRASH_ROUNDS", 3), "800"
	if testing.Short() {
		rounds, patients = 2, "500"
	}
	dir, sample := t.TempDir(), filepath.Join(t.TempDir(), "extract")
	s := start(t, dir, "serve")
	does := func(code int, args ...string) string {
		t.Helper()
		out, got := run(t, args...)
		if got != code {
			t.Fatalf("concord %s: exit %d, not %d:\n%s", strings.Join(args, " "), got, code, out)
		}
		return out
	}
	of := []string{"--data", dir, "--org", "RAS"}
	on := func(step ...string) []string { return append(append([]string{"onboard"}, step...), of...) }
	does(0, "org", "apply", "--data", dir, "../../demo/packs/RAS")
	does(0, "onboard", "sample", "--org", "RAS", "--patients", patients, sample)
	does(1, append(on("stage"), sample)...)
	does(1, on("profile")...)

	messages := load.Results("RYJ", "K", 4000, 60, time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC))
	killing := func(step ...string) {
		t.Helper()
		for range rounds {
			ctx, cancel := context.WithCancel(context.Background())
			sent, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(sent)
				load.Load(ctx, s.mllp, 4, 0, messages[:min(len(messages), 250)])
			}()
			go func() {
				defer close(done)
				run(t, step...)
			}()
			time.Sleep(time.Duration(50+rand.IntN(900)) * time.Millisecond)
			s.kill()
			cancel()
			<-sent
			<-done
			messages = messages[min(len(messages), 250):]
			s = start(t, dir, "serve")
		}
	}
	loads := on("load", "--p95-factor", "0", "--as-sent", "a test")
	killing(loads...)
	if out := does(0, loads...); strings.Contains(out, "refused") {
		t.Errorf("the load refuses rows:\n%s", out)
	}
	report := does(1, on("reconcile")...) // no clinician has looked at the sample
	classes := 0
	for line := range strings.Lines(report) {
		if !strings.Contains(line, " to load, ") {
			continue
		}
		if classes++; !strings.Contains(line, "0 there before, 0 differ, 0 absent, 0 extra") {
			t.Errorf("after %d kills: %s", rounds, line)
		}
	}
	if classes != 9 {
		t.Fatalf("%d classes are reconciled:\n%s", classes, report)
	}
	undo := on("undo", "--p95-factor", "0")
	killing(undo...)
	if out, code := run(t, undo...); code == 1 || strings.Contains(out, "kept: ") || code != 0 && !strings.Contains(out, "is not loaded") {
		t.Errorf("exit %d:\n%s", code, out) // the last round may have come to its end
	}
	if out := does(0, on("match")...); !strings.Contains(out, "100.0%  new") {
		t.Errorf("something of the load is left:\n%s", out)
	}
	s.settled(time.Minute)
	s.stop()
	if out := does(0, "verify", "--data", dir); !strings.Contains(out, "clean") {
		t.Error(out)
	}
}
