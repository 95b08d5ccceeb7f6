package fhirapi_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/edge/fhirapi"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/audit"
	"concord/standard/fhir"
	"concord/standard/validate"
	"concord/store"
	"concord/store/dictionary"
)

// stage is the front door over a real desk and store, with its tokens.
type stage struct {
	t       *testing.T
	mu      sync.Mutex // guards now
	now     time.Time
	engine  store.Engine
	desk    *record.Desk
	handler http.Handler
	office  *account.Office
	tokens  map[string]string // scope → token
	names   map[string]string // what a step kept, for {name} in later ones
	options fhirapi.Options
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageOver(t, func(e store.Engine) store.Engine { return e })
}

func newStageOver(t *testing.T, over func(store.Engine) store.Engine) *stage {
	t.Helper()
	ctx := context.Background()
	s := &stage{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), tokens: map[string]string{}, names: map[string]string{}}
	clock := func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now = s.now.Add(time.Millisecond)
		return s.now
	}
	engine := over(openEngine(t, clock))
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{
		Engine: engine, Codec: codec, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: clock, Check: validate.Base().Check,
	})
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.New(engine, clock)
	s.engine, s.desk = engine, desk
	s.office = accounts.Office(s.operator())
	s.options = fhirapi.Options{
		Desk: desk, Auth: accounts, Base: "https://concord.example/fhir", Version: "test", Now: clock,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), MaxBytes: 64 << 10, MaxEntries: 20,
	}
	s.handler = fhirapi.New(s.options)
	return s
}

func (s *stage) operator() *record.Errand {
	return s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: "QRV"}, access.Reason{Purpose: access.Integrity})
}

// token gives the token of a client with those scopes, good for an hour.
func (s *stage) token(scopes string) string {
	s.t.Helper()
	if scopes == "" || s.tokens[scopes] != "" {
		return s.tokens[scopes]
	}
	secret, _, err := s.office.Issue(context.Background(), account.Grant{Client: "client", Org: "RYJ", Scopes: scopes, Life: time.Hour})
	if err != nil {
		s.t.Fatal(err)
	}
	s.tokens[scopes] = secret
	return secret
}

const everyScope = "system/*.cruds"

// trail counts entries of the audit log: "read" for an access, "!read" for a
// refused one, "read?" for one that was allowed and failed.
type trail map[string]int

// audited are the entries since a sequence.
func (s *stage) audited(from int64) (trail, int64) {
	s.t.Helper()
	out := trail{}
	err := s.engine.View(context.Background(), func(r store.Reader) error {
		entries, err := r.LogEntries(context.Background(), audit.Log, from, 10_000)
		for _, e := range entries {
			entry, err := audit.Decode(e.Body)
			if err != nil {
				return err
			}
			name := string(entry.Action)
			switch {
			case !entry.Allowed:
				name = "!" + name
			case entry.Outcome != "":
				name += "?"
			}
			out[name]++
			from = e.Seq + 1
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out, from
}

// call is one request and what is expected of it.
type call struct {
	name   string
	method string // GET when empty
	path   string // below /fhir, "" for the base
	body   string
	header map[string]string
	scopes string // of the token; "-" sends none

	status int
	has    []string          // texts in the body
	hasNot []string          //
	heads  map[string]string // response headers; a value "*" asks for any
	keep   map[string]string // name → path into the body, or "Location"
	audit  trail
}

// send does one call and expects nothing of it.
func (s *stage) send(c call) *httptest.ResponseRecorder {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, s.request(c))
	return w
}

// play does calls in order; {name} stands for what an earlier one kept.
func (s *stage) play(calls []call) {
	s.t.Helper()
	for _, c := range calls {
		s.step(c)
	}
}

func (s *stage) step(c call) *fhir.Value {
	s.t.Helper()
	req := s.request(c)
	_, from := s.audited(0)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	body := w.Body.String()
	if w.Code != c.status {
		s.t.Errorf("%s: status %d, want %d: %.600s", c.name, w.Code, c.status, body)
	}
	var v *fhir.Value
	if body != "" {
		var err error
		if v, err = fhir.ParseObject([]byte(body)); err != nil {
			s.t.Fatalf("%s: the answer is no JSON: %.200s", c.name, body)
		}
		if ct := w.Header().Get("Content-Type"); ct != "application/fhir+json; charset=utf-8" {
			s.t.Errorf("%s: content type %q", c.name, ct)
		}
	}
	if w.Code >= 400 && v.Type() != "OperationOutcome" {
		s.t.Errorf("%s: an error without OperationOutcome: %.200s", c.name, body)
	}
	if w.Code >= 400 && w.Code < 500 && c.method != "HEAD" {
		for is := range v.Get("issue").Each() {
			if is.StrAt("details.coding.0.code") == "" || is.StrAt("expression.0") == "" && is.StrAt("location.0") == "" {
				s.t.Errorf("%s: an error that names no rule, or neither an element nor a header nor a parameter: %.400s", c.name, body)
			}
		}
	}
	s.expect(c, w, body, v)
	got, _ := s.audited(from)
	want := c.audit
	if want == nil {
		want = trail{}
	}
	if !maps.Equal(got, want) {
		s.t.Errorf("%s: audited %v, want %v", c.name, got, want)
	}
	return v
}

func (s *stage) request(c call) *http.Request {
	method, scopes := c.method, c.scopes
	if method == "" {
		method = http.MethodGet
	}
	if scopes == "" {
		scopes = everyScope
	}
	path := s.fill(c.path)
	if path != "" && !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "?") {
		path = "/" + path
	}
	req := httptest.NewRequest(method, "/fhir"+path, strings.NewReader(s.fill(c.body)))
	if scopes != "-" {
		req.Header.Set("Authorization", "Bearer "+s.token(scopes))
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/fhir+json")
	}
	for k, h := range c.header {
		req.Header.Set(k, s.fill(h))
	}
	return req
}

func (s *stage) expect(c call, w *httptest.ResponseRecorder, body string, v *fhir.Value) {
	s.t.Helper()
	for _, text := range c.has {
		if !strings.Contains(body, s.fill(text)) {
			s.t.Errorf("%s: %q is not in %.900s", c.name, s.fill(text), body)
		}
	}
	for _, text := range c.hasNot {
		if strings.Contains(body, s.fill(text)) {
			s.t.Errorf("%s: %q is in %.900s", c.name, s.fill(text), body)
		}
	}
	for k, want := range c.heads {
		if got := w.Header().Get(k); got != s.fill(want) && (want != "*" || got == "") {
			s.t.Errorf("%s: header %s is %q, want %q", c.name, k, got, s.fill(want))
		}
	}
	for name, from := range c.keep {
		got := v.StrAt(from)
		if from == "Location" {
			got = w.Header().Get(from)
		}
		if got == "" {
			s.t.Fatalf("%s: nothing at %s in %.900s", c.name, from, body)
		}
		s.names[name] = got
	}
}

func (s *stage) fill(text string) string {
	for name, v := range s.names {
		text = strings.ReplaceAll(text, "{"+name+"}", v)
	}
	return text
}

// clean verifies the store after a story.
func (s *stage) clean() {
	s.t.Helper()
	_, err := s.operator().Verify(context.Background(), func(f record.Finding) { s.t.Errorf("verify: %+v", f) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// grow allows larger requests.
func (s *stage) grow(bytes int64, entries int) {
	s.options.MaxBytes, s.options.MaxEntries = bytes, entries
	s.handler = fhirapi.New(s.options)
}
