package journey

import (
	"bufio"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"concord/test/load"
)

// TestCrashLosesNothing kills the server at random points while messages come
// in over 16 connections. After a restart every acknowledged message is in the
// record exactly once, nothing is parked, and verify is clean.
// CONCORD_CRASH_ROUNDS and CONCORD_CRASH_MESSAGES change its size.
func TestCrashLosesNothing(t *testing.T) {
	rounds, n := setting("CONCORD_CRASH_ROUNDS", 10), setting("CONCORD_CRASH_MESSAGES", 20_000)
	if testing.Short() {
		rounds, n = 1, 2000
	}
	messages := load.Results("R1K", "C", n, 500, time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC))
	acked := 0
	for round := range rounds {
		n := crashRound(t, round, messages)
		t.Logf("round %d: %d acknowledged before the kill, each in the record once", round+1, n)
		acked += n
	}
	t.Logf("%d rounds of %d messages: %d acknowledged before a kill, none lost, none doubled", rounds, n, acked)
}

func setting(name string, or int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return or
}

func crashRound(t *testing.T, round int, messages [][]byte) int {
	dir := t.TempDir()
	s := start(t, dir, "serve")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan load.Result, 1)
	go func() { done <- load.Load(ctx, s.mllp, 16, 0, messages) }()
	var res load.Result
	select {
	case res = <-done:
	case <-time.After(time.Duration(50+rand.IntN(5000)) * time.Millisecond):
		s.kill()
		res = <-done
	}
	s.kill()
	s = start(t, dir, "serve")
	s.settled(2 * time.Minute)
	if code := s.stop(); code != 0 {
		t.Errorf("round %d: a graceful stop gave exit code %d", round, code)
	}
	seen := reports(t, dir)
	for _, id := range res.Acked {
		if seen["F"+id] != 1 {
			t.Fatalf("round %d: message %s was acknowledged and is in the record %d times", round, id, seen["F"+id])
		}
	}
	for id, k := range seen {
		if k != 1 {
			t.Fatalf("round %d: report %s is in the record %d times", round, id, k)
		}
	}
	if out, code := run(t, "verify", "--data", dir); code != 0 {
		t.Fatalf("round %d: verify: %s", round, out)
	}
	return len(res.Acked)
}

// reports counts the DiagnosticReports of the record by filler number.
func reports(t *testing.T, dir string) map[string]int {
	t.Helper()
	cmd := exec.Command(binary(t), "export", "--data", dir, "--type", "DiagnosticReport")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct {
			Identifier []struct{ System, Value string }
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		for _, id := range r.Identifier {
			if strings.HasSuffix(id.System, ":filler-order") {
				seen[id.Value]++
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return seen
}
