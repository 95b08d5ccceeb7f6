package journey

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	index "concord/record/person"
	"concord/standard/match"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

// blindModel is a model file by which arrivals are neither joined nor asked about.
func blindModel(t *testing.T) string {
	m := *match.ShippedModel()
	m.Version, m.Possible, m.Probable, m.Certain, m.Unrivalled = "blind", 900, 901, 902, nil
	text, err := m.Write()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "blind.yaml")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// linked is what stands in a store on who is who.
type linked struct {
	outcome map[string]index.Outcome // by pair
	person  map[int64]int64          // by entry
	batch   int                      // decisions of batch linkage
	twice   int                      // pairs that have more than one
}

// TestLinkOverTheIndex: people whom nobody matched as they came are found by concord
// link. By itself it writes nothing. Killed while it reads, compares and again and
// again while it decides, it goes on where it was: the store comes to what a run
// without a stop comes to, and no pair was decided twice.
func TestLinkOverTheIndex(t *testing.T) {
	dir, other := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	must(t, "bench", "arrivals", "--people", "3000", "--probes", "5", "--seed", "7", "--match-model", blindModel(t), "--data", dir)
	must(t, "link", "count", "--data", dir)
	if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	open := func(dir string) store.Engine {
		e, err := sqlite.Open(t.Context(), dir, sqlite.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	before := standing(t, open(dir))
	tried := report(t, must(t, "link", "--json", "--work", filepath.Join(t.TempDir(), "work"), "--data", dir))
	if tried.Became[index.Linked] < 1000 || tried.Became[index.Queued] < 10 {
		t.Fatalf("found: %+v", tried)
	}
	if now := standing(t, open(dir)); now.batch != 0 || !maps.Equal(now.outcome, before.outcome) || !maps.Equal(now.person, before.person) {
		t.Fatalf("a trial has decided on %d pairs", now.batch)
	}
	killed := killedAndGoneOn(t, "link", "--join", "--json", "--memory", "16", "--data", dir)
	whole := report(t, must(t, "link", "--join", "--json", "--data", other))
	if !maps.Equal(killed.Became, whole.Became) || killed.Pairs != whole.Pairs {
		t.Errorf("killed it found %+v, else %+v", killed, whole)
	}
	a, b := standing(t, open(dir)), standing(t, open(other))
	if !maps.Equal(a.outcome, b.outcome) || !maps.Equal(a.person, b.person) {
		t.Errorf("killed: %d pairs, %d persons of entries; else %d and %d", len(a.outcome), len(a.person), len(b.outcome), len(b.person))
	}
	if a.twice != 0 || int64(a.batch) != whole.Became[index.Linked]+whole.Became[index.Queued]+whole.Became[index.Stopped] {
		t.Errorf("%d decisions, %d pairs with several, the report says %+v", a.batch, a.twice, whole.Became)
	}
	if _, err := os.Stat(filepath.Join(dir, "linkage")); !os.IsNotExist(err) {
		t.Errorf("the work folder is left: %v", err)
	}
	again := report(t, must(t, "link", "--join", "--json", "--data", dir))
	if again.Became[index.Linked]+again.Became[index.Queued]+again.Became[index.Stopped] != 0 {
		t.Errorf("a second run decides again: %+v", again)
	}
	must(t, "verify", "--data", dir)
}

// TestLinkBesideAServer: concord link works in the server that runs on the data folder,
// while patients come in and records are read. What it tells and writes is what it would
// alone; killed, the command stops and the server goes on; verify is clean.
func TestLinkBesideAServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	must(t, "bench", "arrivals", "--people", "1500", "--probes", "5", "--seed", "9", "--match-model", blindModel(t), "--data", dir)
	must(t, "link", "count", "--data", dir)
	alone := report(t, must(t, "link", "--json", "--work", filepath.Join(t.TempDir(), "work"), "--data", dir))
	token := strings.TrimSpace(must(t, "token", "--data", dir, "--client", "journey", "--org", "R1K", "--scope", "system/*.cruds"))
	s := start(t, dir, "serve")
	ctx, stop := context.WithCancel(t.Context())
	var came atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			if s.made(t, token, i%12, fmt.Sprint(i)) != "" {
				came.Add(1)
			}
		}
	}()
	pairs := filepath.Join(t.TempDir(), "pairs.csv")
	tried := report(t, must(t, "link", "--json", "--afresh", "--memory", "16", "--out", pairs, "--data", dir))
	if tried.Became[index.Linked] < alone.Became[index.Linked] {
		t.Errorf("beside a server it finds %+v, alone %+v", tried, alone)
	}
	text, err := os.ReadFile(pairs)
	if err != nil || !strings.HasPrefix(string(text), "a,b,became,") || int64(strings.Count(string(text), "\n")) <= tried.Became[index.Linked] {
		t.Errorf("%d pairs told: %v", strings.Count(string(text), "\n"), err)
	}
	killedAt(t, "decide", "link", "--join", "--afresh", "--json", "--memory", "16", "--data", dir)
	var whole linkReport
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		out, code := run(t, "link", "--join", "--json", "--memory", "16", "--data", dir)
		if code == 0 {
			if err := json.NewDecoder(strings.NewReader(out)).Decode(&whole); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			break
		}
		if !strings.Contains(out, "another run") || time.Now().After(end) { // the server has not noticed yet that nobody listens
			t.Fatalf("going on: %d %s", code, out)
		}
	}
	stop()
	<-done
	if whole.Became[index.Linked] < alone.Became[index.Linked] || came.Load() == 0 {
		t.Errorf("joined: %+v, alone %+v; %d patients came", whole, alone, came.Load())
	}
	if code := s.stop(); code != 0 {
		t.Fatalf("the server ended with %d: %s", code, s.said())
	}
	engine, err := sqlite.Open(t.Context(), dir, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if now := standing(t, engine); now.twice != 0 {
		t.Errorf("%d pairs have two decisions", now.twice)
	}
	must(t, "verify", "--data", dir)
}

// TestLinkOverPostgres is the same on PostgreSQL.
func TestLinkOverPostgres(t *testing.T) {
	dsn := pgtest.Start(t, pgtest.Options{NoSync: true}).DSN()
	at := []string{"--database", databaseURL(dsn), "--data", filepath.Join(t.TempDir(), "data")}
	must(t, append([]string{"bench", "arrivals", "--people", "3000", "--probes", "5", "--seed", "8", "--match-model", blindModel(t)}, at...)...)
	must(t, append([]string{"link", "count"}, at...)...)
	r := killedAndGoneOn(t, append([]string{"link", "--join", "--json", "--memory", "16"}, at...)...)
	engine, err := postgres.Open(t.Context(), dsn, postgres.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	now := standing(t, engine)
	if now.twice != 0 || r.Became[index.Linked] < 1000 || int64(now.batch) != r.Became[index.Linked]+r.Became[index.Queued]+r.Became[index.Stopped] {
		t.Errorf("%d decisions, %d pairs with several, the report says %+v", now.batch, now.twice, r.Became)
	}
	must(t, append([]string{"verify"}, at...)...)
}

// must runs the binary to its end and gives what it says.
func must(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("concord %s: %v\n%s%s", strings.Join(args, " "), err, out, errs.String())
	}
	return string(out)
}

type linkReport struct {
	Entries int
	Pairs   int64
	Became  map[index.Fate]int64
}

func report(t *testing.T, text string) linkReport {
	t.Helper()
	var r linkReport
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return r
}

// killedAndGoneOn runs a command that is killed when it first says that it reads,
// then that it compares, then six times that it decides; then it may end.
func killedAndGoneOn(t *testing.T, args ...string) linkReport {
	t.Helper()
	for _, at := range []string{"read", "keys", "compare", "decide", "decide", "decide", "decide", "decide", "decide"} {
		killedAt(t, at, args...)
	}
	return report(t, must(t, args...))
}

// killedAt kills a command when it first says that it does a step.
func killedAt(t *testing.T, at string, args ...string) {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	met := false
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), at) {
			met = true
			cmd.Process.Signal(syscall.SIGKILL)
		}
	}
	if err := cmd.Wait(); !met || err == nil {
		t.Fatalf("it was not killed at %s: %v", at, err)
	}
}

// standing reads what was decided, and closes the store.
func standing(t *testing.T, engine store.Engine) linked {
	t.Helper()
	defer engine.Close()
	out := linked{outcome: map[string]index.Outcome{}, person: map[int64]int64{}}
	err := engine.View(context.Background(), func(r store.Reader) error {
		kvs, err := r.ListKeys(t.Context(), "person-pair", "", 100_000)
		if err != nil {
			return err
		}
		for _, kv := range kvs {
			var p index.Pair
			if err := json.Unmarshal(kv.Value, &p); err != nil {
				return err
			}
			out.outcome[kv.Key] = p.Now().Outcome
			n := 0
			for _, d := range p.Decisions {
				if d.Who == index.BatchLinkage {
					n++
				}
			}
			out.batch += n
			if n > 1 {
				out.twice++
			}
			for _, pk := range [...]int64{p.A, p.B} {
				if out.person[pk], err = r.PersonOf(t.Context(), pk, time.Time{}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
