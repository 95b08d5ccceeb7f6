package journey

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/store/postgres/pgtest"
)

// asyncAnswer is what an address of an asynchronous request says.
type asyncAnswer struct {
	status int
	body   string
}

// written are the resources that an answer tells of: of a batch that is done, or of
// a request that was cut off.
func (a asyncAnswer) written(t *testing.T) []string {
	t.Helper()
	var v struct {
		Entry []struct {
			Response struct{ Status, Location string }
		}
		Issue []struct{ Details struct{ Text string } }
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%d %.300s", a.status, a.body)
	}
	var out []string
	for _, e := range v.Entry {
		if strings.HasPrefix(e.Response.Status, "201") {
			out = append(out, e.Response.Location)
		}
	}
	for _, is := range v.Issue {
		if ref, ok := strings.CutPrefix(is.Details.Text, "201 Created: "); ok {
			out = append(out, ref)
		}
	}
	return out
}

// later sends a request whose answer is to come later, and gives its address.
func (s *server) later(method, path, token, body string) string {
	s.t.Helper()
	req, err := http.NewRequest(method, s.http+"/fhir"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Prefer", "respond-async")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	_, address, ok := strings.Cut(res.Header.Get("Content-Location"), "/fhir/")
	if res.StatusCode != http.StatusAccepted || !ok {
		text, _ := io.ReadAll(res.Body)
		s.t.Fatalf("%d %.300s", res.StatusCode, text)
	}
	return address
}

// answer waits for what an address says in the end.
func (s *server) answer(token, address string) asyncAnswer {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		req, err := http.NewRequest(http.MethodGet, s.http+"/fhir/"+address, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			s.t.Fatal(err)
		}
		if res.StatusCode != http.StatusAccepted {
			return asyncAnswer{res.StatusCode, string(text)}
		}
	}
	s.t.Fatal("the request stands as under way for ever")
	return asyncAnswer{}
}

// basics is a Bundle of n resources under one tag.
func basics(kind, tag string, n int) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf(`{"request":{"method":"POST","url":"Basic"},"resource":{"resourceType":"Basic","meta":{"tag":[{"system":"urn:async","code":%q}]},"code":{"text":"n%d"}}}`, tag, i)
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

func (s *server) tagged(token, tag string) int {
	s.t.Helper()
	var found struct{ Total int }
	if code := s.get(token, "Basic?_tag=urn:async|"+tag+"&_summary=count", &found); code != http.StatusOK {
		s.t.Fatalf("the count of %s gave %d", tag, code)
	}
	return found.Total
}

// TestAsyncSurvivesKill kills the server, on each engine, while asynchronous requests
// are under way: what was answered is still answered, and of what was cut off its
// address tells exactly what was written. On PostgreSQL another process, which was
// never killed, says so too.
func TestAsyncSurvivesKill(t *testing.T) {
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
			done := s.later(http.MethodPost, "", token, basics("transaction", "done", 3))
			if a := s.answer(token, done); a.status != http.StatusOK || len(a.written(t)) != 3 {
				t.Fatalf("%d %.300s", a.status, a.body)
			}
			const many = 15_000
			batch := s.later(http.MethodPost, "", token, basics("batch", "batch", many))
			for s.tagged(token, "batch") == 0 {
				time.Sleep(5 * time.Millisecond)
			}
			whole := s.later(http.MethodPost, "", token, basics("transaction", "whole", 5000))
			read := s.later(http.MethodGet, "/Basic?_count=1000", token, "")
			time.Sleep(200 * time.Millisecond)
			if name == "postgres" {
				other := start(t, alike(t, dir), args...)
				s.kill()
				other.cut(t, token, batch, "batch", many)
				other.stop()
			}
			s.kill()
			s = start(t, dir, args...)
			if a := s.answer(token, done); a.status != http.StatusOK || len(a.written(t)) != 3 {
				t.Errorf("an answer that was there is %d %.300s", a.status, a.body)
			}
			s.cut(t, token, batch, "batch", many)
			s.cut(t, token, whole, "whole", 5000)
			if a := s.answer(token, read); a.status != http.StatusOK && !strings.Contains(a.body, "nothing of it was written") {
				t.Errorf("a search that was cut off: %d %.300s", a.status, a.body)
			}
			s.verified(args[1:])
		})
	}
}

// cut holds what the address of a request says against what is there.
func (s *server) cut(t *testing.T, token, address, tag string, most int) {
	t.Helper()
	a := s.answer(token, address)
	there, told := s.tagged(token, tag), a.written(t)
	t.Logf("%s: %d, %d told of, %d there", tag, a.status, len(told), there)
	more := strings.Contains(a.body, fmt.Sprintf(`"%d more"`, there-1000))
	switch {
	case there == most && a.status == http.StatusOK && (len(told) == most || more):
	case there == 0 && a.status == http.StatusInternalServerError && strings.Contains(a.body, "nothing of it was written"):
	case tag == "batch" && a.status == http.StatusInternalServerError && (len(told) == there || there > 1000 && len(told) == 1000 && more):
	default:
		t.Errorf("%s: %d tells of %d, %d of %d are there: %.400s", tag, a.status, len(told), there, most, a.body)
	}
	if len(told) > 0 {
		slices.Sort(told)
		ref, _, _ := strings.Cut(told[0], "/_history")
		if code := s.get(token, ref, nil); code != http.StatusOK {
			t.Errorf("%s is told of and gives %d", ref, code)
		}
	}
}

// alike is a folder of another process on the same database: with its secret and keys.
func alike(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, f.Name()), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}
