package journey

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/store/postgres/pgtest"
)

// batchSize is how many entries a transaction of these tests has.
const batchSize = 14

// bundle is transaction i of a worker: a patient with what is about them, and the
// next version of the worker's own List, all under one tag.
func bundle(i, worker, turn int) string {
	var b strings.Builder
	entry := func(url, method, at, resource string) {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"fullUrl":%q,"resource":%s,"request":{"method":%q,"url":%q}}`, url, resource, method, at)
	}
	tag := fmt.Sprintf(`"meta":{"tag":[{"system":"urn:crash","code":"t%d"}]}`, i)
	patient := fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i)
	for k := range batchSize - 2 { // before the patient to whom they refer
		entry(fmt.Sprintf("urn:uuid:00000000-0000-4000-8001-%06d%06d", i, k), "POST", "Observation", fmt.Sprintf(
			`{"resourceType":"Observation",%s,"status":"final","code":{"coding":[{"system":"urn:crash","code":"k%d"}]},"subject":{"reference":%q},"valueInteger":%d}`, tag, k, patient, i))
	}
	entry(patient, "POST", "Patient", fmt.Sprintf(`{"resourceType":"Patient",%s,"name":[{"family":"Crash%d"}]}`, tag, i))
	entry(fmt.Sprintf("https://concord.test/List/worker-%d", worker), "PUT", fmt.Sprintf("List/worker-%d", worker), fmt.Sprintf(
		`{"resourceType":"List","id":"worker-%d",%s,"status":"current","mode":"working","title":"%d"}`, worker, tag, turn))
	return `{"resourceType":"Bundle","type":"transaction","entry":[` + b.String() + `]}`
}

// tried is what became of a transaction, as its client knows it.
type tried struct {
	number, worker, turn int
	status               int // 0 = the connection broke
}

// hammer posts transactions until ctx ends, over some connections, and tells what
// became of each. pause is how long a worker waits after a failure.
func hammer(ctx context.Context, base, token string, first int, pause time.Duration) []tried {
	const workers = 8
	var mu sync.Mutex
	var out []tried
	next := first
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for turn := 0; ctx.Err() == nil; turn++ {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				status := postBundle(base, token, bundle(i, w, first+turn))
				mu.Lock()
				out = append(out, tried{i, w, first + turn, status})
				mu.Unlock()
				if status != http.StatusOK {
					time.Sleep(pause)
				}
			}
		})
	}
	wg.Wait()
	return out
}

func postBundle(base, token, body string) int {
	req, err := http.NewRequest(http.MethodPost, base+"/fhir", strings.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/fhir+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0 // the answer did not come whole
	}
	return res.StatusCode
}

// whole holds what is in the record against what clients were told: what was
// acknowledged is there with all its entries, and of what failed or was never
// answered there is all or nothing.
func (s *server) whole(token string, all []tried) (kept, lost int) {
	s.t.Helper()
	for _, x := range all {
		switch x.status {
		case 0, http.StatusOK, http.StatusInternalServerError, http.StatusServiceUnavailable:
		default:
			s.t.Fatalf("transaction %d was answered with %d", x.number, x.status)
		}
		n := 0
		for _, typ := range []string{"Observation", "Patient"} {
			var found struct {
				Total int
			}
			if code := s.get(token, fmt.Sprintf("%s?_tag=urn:crash|t%d&_summary=count", typ, x.number), &found); code != http.StatusOK {
				s.t.Fatalf("the count of transaction %d gave %d", x.number, code)
			}
			n += found.Total
		}
		list := s.hasVersion(token, x)
		switch there := n == batchSize-1 && list; {
		case n != 0 && n != batchSize-1 || (n != 0) != list:
			s.t.Errorf("transaction %d (answered %d) is halved: %d of %d entries, its List %v", x.number, x.status, n, batchSize-1, list)
		case x.status == http.StatusOK && !there:
			s.t.Errorf("transaction %d was acknowledged and is lost", x.number)
		case there:
			kept++
		default:
			lost++
		}
	}
	return kept, lost
}

// hasVersion tells whether the worker's List ever was as a transaction wrote it.
func (s *server) hasVersion(token string, x tried) bool {
	s.t.Helper()
	var history struct {
		Entry []struct {
			Resource struct {
				Title string
				Meta  struct{ Tag []struct{ Code string } }
			}
		}
	}
	if code := s.get(token, fmt.Sprintf("List/worker-%d/_history?_count=1000", x.worker), &history); code != http.StatusOK && code != http.StatusNotFound {
		s.t.Fatalf("the history of worker %d gave %d", x.worker, code)
	}
	for _, e := range history.Entry {
		for _, tag := range e.Resource.Meta.Tag {
			if tag.Code == fmt.Sprintf("t%d", x.number) && e.Resource.Title == fmt.Sprint(x.turn) {
				return true
			}
		}
	}
	return false
}

// TestTransactionsSurviveKill kills the server, on each engine, while clients post
// transactions, and starts it again.
func TestTransactionsSurviveKill(t *testing.T) {
	rounds := setting("CONCORD_CRASH_TRANSACTION_ROUNDS", 3)
	if testing.Short() {
		rounds = 1
	}
	for name, database := range map[string]func(t *testing.T) []string{
		"sqlite": func(*testing.T) []string { return nil },
		"postgres": func(t *testing.T) []string {
			return []string{"--database", databaseURL(pgtest.Start(t, pgtest.Options{}).DSN())}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, args := t.TempDir(), append([]string{"serve"}, database(t)...)
			s := start(t, dir, args...)
			token := s.token(args[1:]...)
			for round := range rounds {
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan []tried, 1)
				go func() { done <- hammer(ctx, s.http, token, round*1_000_000, 0) }()
				time.Sleep(time.Duration(200+rand.IntN(1500)) * time.Millisecond)
				s.kill()
				cancel()
				all := <-done
				s = start(t, dir, args...)
				kept, lost := s.whole(token, all)
				t.Logf("round %d: %d transactions of %d entries, %d there, %d not", round+1, len(all), batchSize, kept, lost)
				if kept == 0 {
					t.Error("nothing was written before the kill: that proves nothing")
				}
			}
			s.verified(args[1:])
		})
	}
}

// verified stops the server and holds the audit log against the record.
func (s *server) verified(database []string) {
	s.t.Helper()
	if code := s.stop(); code != 0 {
		s.t.Errorf("a graceful stop gave exit code %d", code)
	}
	if out, code := run(s.t, append([]string{"verify", "--data", s.dir}, database...)...); code != 0 {
		s.t.Errorf("verify: %s", out)
	}
}

// TestTransactionsSurvivePostgres kills PostgreSQL, all its processes, under a
// server that goes on, and starts it again: the server finds it by itself.
func TestTransactionsSurvivePostgres(t *testing.T) {
	rounds := setting("CONCORD_CRASH_TRANSACTION_ROUNDS", 3)
	if testing.Short() {
		rounds = 1
	}
	db := pgtest.Start(t, pgtest.Options{})
	database := []string{"--database", databaseURL(db.DSN())}
	s := start(t, t.TempDir(), append([]string{"serve"}, database...)...)
	token := s.token(database...)
	for round := range rounds {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan []tried, 1)
		go func() { done <- hammer(ctx, s.http, token, round*1_000_000, 50*time.Millisecond) }()
		time.Sleep(time.Duration(500+rand.IntN(1500)) * time.Millisecond)
		db.Kill()
		time.Sleep(300 * time.Millisecond) // transactions that find no server
		if err := db.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // and some that find it again
		cancel()
		all := <-done
		kept, lost := s.whole(token, all)
		failed := 0
		for _, x := range all {
			if x.status != http.StatusOK {
				failed++
			}
		}
		t.Logf("round %d: %d transactions of %d entries, %d there, %d not, %d failed", round+1, len(all), batchSize, kept, lost, failed)
		if code := postBundle(s.http, token, bundle(round*1_000_000+999_999, 0, 0)); code != http.StatusOK {
			t.Errorf("with PostgreSQL back a transaction gives %d", code)
		}
	}
	s.verified(database)
}
