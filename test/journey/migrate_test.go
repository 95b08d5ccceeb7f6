package journey

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"concord/store/postgres/pgtest"
)

// shared is a folder of the shared corpora, or the test is skipped.
func shared(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	dir, err := filepath.Abs(filepath.Join(root, "corpora", name))
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err != nil {
		t.Skipf("SKIP: no shared corpora at %s (set CONCORD_SHARED)", dir)
	}
	return dir
}

// databaseURL is the address of a server of pgtest as the commands take it.
func databaseURL(dsn string) string {
	words := map[string]string{}
	for _, w := range strings.Fields(dsn) {
		k, v, _ := strings.Cut(w, "=")
		words[k] = v
	}
	return fmt.Sprintf("postgres://%s@/%s?host=%s&port=%s&sslmode=disable", words["user"], words["dbname"], words["host"], words["port"])
}

// questions are searches of each way to search; what they give is compared.
var questions = []string{
	"Patient?_count=500&_sort=_id", "Patient?name=a&_count=200&_sort=family,_id", "Patient?gender=female&_summary=count", "Observation?_summary=count",
	"Observation?code=http://loinc.org|8302-2&_count=300&_sort=date,_id", "Observation?code=http://loinc.org|8302-2&value-quantity=gt150||cm&_count=300&_sort=_id",
	"Condition?_count=100&_sort=-recorded-date,_id", "Encounter?date=ge2012-01-01&date=lt2014-01-01&_summary=count",
	"MedicationRequest?status=active&_count=100&_sort=_id", "Procedure?_summary=count", "Organization?name=hosp&_count=50&_sort=_id",
	"Patient?_has:Observation:patient:code=http://loinc.org|8302-2&_count=100&_sort=_id", "Claim?_summary=count&patient.gender=male",
}

// ask gives the answers to all questions, but for what names this answer.
func (s *server) ask(token string) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, q := range questions {
		var body map[string]any
		code := s.get(token, q, &body)
		for _, own := range []string{"id", "meta", "timestamp", "link"} {
			delete(body, own)
		}
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		if code != 200 {
			s.t.Errorf("%s: %d %s", q, code, text)
		}
		out[q] = fmt.Sprint(code, " ", strings.ReplaceAll(string(text), s.http, "BASE"))
	}
	return out
}

// TestMigrate: a store that was imported and sent to moves to PostgreSQL and
// back; every table is equal, the same questions have the same answers, and
// verify, which holds the audit log against its hashes, is clean.
func TestMigrate(t *testing.T) {
	synthea := shared(t, "fhir/synthea-r4-v3")
	url := databaseURL(pgtest.Start(t, pgtest.Options{NoSync: true}).DSN())
	dir := filepath.Join(t.TempDir(), "data")
	if out, code := run(t, "import", "--data", dir, "--bulk", synthea); code > 1 {
		t.Fatalf("import: %d %s", code, out)
	}
	migrate := []string{"migrate", "--from", "sqlite", "--data", dir, "--to", "postgres", "--database", url}
	s := start(t, dir, "serve")
	token := s.token()
	many := file(t, t.TempDir(), "m.hl7", fmt.Sprintf(aMessage, "m1", "1")+fmt.Sprintf(aMessage, "m2", "2"))
	play(t, []step{
		{"send", []string{"send", "--to", s.mllp, many}, 0, []string{`2 accepted`}, nil},
		{"beside a server", migrate, 2, nil, []string{"store.locked"}},
	})
	s.settled(30 * time.Second)
	before := s.ask(token)
	if code := s.stop(); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}
	whole, code := run(t, "verify", "--data", dir)
	if code != 0 {
		t.Fatalf("verify: %s", whole)
	}
	steps := []step{
		{"migrate", migrate, 0, []string{`^rec +\d{4,} .* equal$`, `^log +\d+ .* equal$`, `^journal +2 .* equal$`, `^every table is equal$`}, nil},
		{"again", migrate, 2, nil, []string{"store.not-empty"}},
	}
	play(t, steps)
	if err := os.Rename(filepath.Join(dir, "concord.db"), filepath.Join(dir, "old.db")); err != nil {
		t.Fatal(err)
	}
	there, code := run(t, "verify", "--data", dir, "--database", url)
	if code != 0 || resources(whole) == "" || resources(there) != resources(whole) {
		t.Fatalf("verify: %d\n%s%s", code, whole, there)
	}
	s = start(t, dir, "serve", "--database", url)
	after := s.ask(token) // the token of before
	for q, want := range before {
		if after[q] != want {
			t.Errorf("%s:\n%.400s\n%.400s", q, want, after[q])
		}
	}
	play(t, []step{{"send again", []string{"send", "--to", s.mllp, many}, 0, []string{`2 accepted`}, nil}})
	s.settled(30 * time.Second)
	if code := s.stop(); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}
	play(t, []step{
		{"verify later", []string{"verify", "--data", dir, "--database", url}, 0, []string{cleanStore}, nil},
		{"back", []string{"migrate", "--from", "postgres", "--data", dir, "--to", "sqlite", "--database", url}, 0, []string{`^journal +4 .* equal$`, `^every table is equal$`}, nil},
		{"verify at home", []string{"verify", "--data", dir}, 0, []string{cleanStore}, nil},
	})
	s = start(t, dir, "serve")
	home := s.ask(token)
	for q, want := range before {
		if home[q] != want {
			t.Errorf("%s, back:\n%.400s\n%.400s", q, want, home[q])
		}
	}
}

var resourcesPattern = regexp.MustCompile(`(?m)^\d+ resources`)

func resources(verified string) string { return resourcesPattern.FindString(verified) }
