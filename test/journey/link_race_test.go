package journey

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	index "concord/record/person"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// identity is what a store holds on who is who.
type identity struct {
	person map[int64]int64 // of each entry that is in a pair
	tied   map[int64][]int64
	ruled  map[index.Verb]int
}

// TestProcessesMergeAtOnce: four processes on one PostgreSQL merge and unmerge the same
// patients, and bring copies of them, at once. Afterwards each answer that said so has
// its ruling, each entry is one person's, entries are one exactly if ties hold them
// together, each pair stands where its last decision left it, and verify is clean.
func TestProcessesMergeAtOnce(t *testing.T) {
	const processes, patients, each = 4, 12, 30
	dsn := pgtest.Start(t, pgtest.Options{NoSync: true}).DSN()
	url, root := databaseURL(dsn), t.TempDir()
	first := filepath.Join(root, "0")
	token := strings.TrimSpace(must(t, "token", "--data", first, "--database", url, "--client", "journey", "--org", "R1K", "--scope", "system/*.cruds"))
	var servers []*server
	for i := range processes {
		dir := filepath.Join(root, fmt.Sprint(i))
		if i > 0 {
			if err := os.CopyFS(dir, os.DirFS(first)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range processes {
		servers = append(servers, start(t, filepath.Join(root, fmt.Sprint(i)), "serve", "--database", url))
	}
	ids := make([]string, patients)
	for i := range ids {
		ids[i] = servers[0].made(t, token, i, "0")
	}
	done := map[string]*atomic.Int64{"$merge": {}, "$unmerge": {}}
	var wg sync.WaitGroup
	for i, s := range servers {
		for j := range 3 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), uint64(j)))
				for n := range each {
					if n%20 == 19 {
						s.made(t, token, r.IntN(patients), fmt.Sprint(i, j, n))
						continue
					}
					what := []string{"$merge", "$unmerge"}[r.IntN(2)]
					if s.merges(t, token, what, ids[r.IntN(patients)], ids[r.IntN(patients)]) {
						done[what].Add(1)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, s := range servers {
		if code := s.stop(); code != 0 {
			t.Errorf("a process ended with %d: %s", code, s.said())
		}
	}
	now := identityOf(t, dsn)
	merged, undone := int(done["$merge"].Load()), int(done["$unmerge"].Load())
	t.Logf("%d merged, %d unmerged, %d entries in pairs", merged, undone, len(now.person))
	if merged == 0 || undone == 0 || now.ruled[index.Join] != merged || now.ruled[index.TakeBack] != undone {
		t.Errorf("%d merged and %d unmerged by the answers, %v by the rulings", merged, undone, now.ruled)
	}
	for a, who := range now.person {
		group := now.group(a)
		for b, other := range now.person {
			if (who == other) != slices.Contains(group, b) {
				t.Fatalf("entries %d and %d: one person %v, tied %v", a, b, who == other, slices.Contains(group, b))
			}
		}
	}
	if out, code := run(t, "verify", "--data", first, "--database", url); code != 0 {
		t.Errorf("verify: %s", out)
	}
}

// tell sends a body and gives status and answer.
func (s *server) tell(t *testing.T, token, path, body string) (int, string) {
	req, err := http.NewRequest(http.MethodPost, s.http+"/fhir/"+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/fhir+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(text)
}

// made brings an entry of somebody: all of one number say the same but for their
// hospital number.
func (s *server) made(t *testing.T, token string, who int, number string) string {
	name := strings.Repeat(string(rune('a'+who)), 3)
	code, body := s.tell(t, token, "Patient", fmt.Sprintf(`{"resourceType":"Patient","active":true,"identifier":[{"system":"urn:concord:R1K:hospital-number","value":"%d-%s"}],`+
		`"name":[{"family":"Q%sworth","given":["%slin"]}],"gender":"female","birthDate":"19%02d-03-0%d","address":[{"line":["%d Mill Lane"],"postalCode":"HA%d 1AA"}]}`,
		who, number, name, strings.ToUpper(name), 20+who*5, who%9+1, who, who%9+1))
	var p struct{ ID string }
	if err := json.Unmarshal([]byte(body), &p); err != nil || code != 201 {
		t.Errorf("a patient comes: %d %s", code, body)
	}
	return p.ID
}

// merges tells whether it was done; a refusal is an answer, a failure is not.
func (s *server) merges(t *testing.T, token, what, source, target string) bool {
	code, body := s.tell(t, token, "Patient/"+what, `{"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/`+source+
		`"}},{"name":"target-patient","valueReference":{"reference":"Patient/`+target+`"}}]}`)
	if code >= 500 || code < 200 {
		t.Errorf("%s: %d %s", what, code, body)
	}
	return code == 200
}

func (i identity) group(a int64) []int64 {
	list, seen := []int64{a}, map[int64]bool{a: true}
	for n := 0; n < len(list); n++ {
		for _, b := range i.tied[list[n]] {
			if !seen[b] {
				seen[b] = true
				list = append(list, b)
			}
		}
	}
	return list
}

// identityOf reads a store, and holds what is kept of each entry against the pairs.
func identityOf(t *testing.T, dsn string) identity {
	t.Helper()
	engine, err := postgres.Open(t.Context(), dsn, postgres.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	out := identity{person: map[int64]int64{}, tied: map[int64][]int64{}, ruled: map[index.Verb]int{}}
	err = engine.View(t.Context(), func(r store.Reader) error {
		pairs, err := r.ListKeys(t.Context(), "person-pair", "", 100_000)
		if err != nil {
			return err
		}
		for _, kv := range pairs {
			var p index.Pair
			if err := json.Unmarshal(kv.Value, &p); err != nil {
				return err
			}
			out.person[p.A], out.person[p.B] = 0, 0
			if p.Now().Outcome == index.Joined {
				out.tied[p.A], out.tied[p.B] = append(out.tied[p.A], p.B), append(out.tied[p.B], p.A)
			}
		}
		for pk := range maps.Clone(out.person) {
			if out.person[pk], err = r.PersonOf(t.Context(), pk, time.Time{}); err != nil {
				return err
			}
			if astray, err := index.Astray(t.Context(), r, pk); err != nil || astray || out.person[pk] == 0 {
				t.Errorf("entry %d is of person %d, astray %v, %v", pk, out.person[pk], astray, err)
			}
		}
		rulings, err := index.Rulings(t.Context(), r, 100_000)
		for _, one := range rulings {
			out.ruled[one.Verb]++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
