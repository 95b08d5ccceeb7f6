package fhirload_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/standard/fhir"
	"concord/standard/search"
)

// standIn is a FHIR server in memory, with what the load asks for and no more.
type standIn struct {
	*httptest.Server
	mu     sync.Mutex
	kept   map[string]*fhir.Value // by Type/id
	order  []string
	token  string                                          // that opens it; "" = open to all
	broken func(r *http.Request) (status int, body string) // answers instead, when not 0
}

func newStandIn(t *testing.T, token string) *standIn {
	s := &standIn{kept: map[string]*fhir.Value{}, token: token}
	s.Server = httptest.NewServer(http.StripPrefix("/r4", s))
	t.Cleanup(s.Close)
	return s
}

func (s *standIn) base() string { return s.URL + "/r4" }

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		if status, body := s.broken(r); status != 0 {
			w.WriteHeader(status)
			io.WriteString(w, body)
			return
		}
	}
	body, _ := io.ReadAll(r.Body)
	ref := strings.Trim(r.URL.Path, "/")
	parts := strings.Split(ref, "/")
	switch {
	case r.Method == "POST" && ref == "":
		w.Write(s.transaction(body).JSON())
	case r.Method == "POST":
		v, _ := fhir.ParseObject(body)
		ref := s.keep(v)
		w.Header().Set("Location", s.base()+"/"+ref+"/_history/1")
		w.WriteHeader(http.StatusCreated)
	case r.Method == "PUT" && s.kept[ref] != nil:
		s.kept[ref], _ = fhir.ParseObject(body)
		w.Write(body)
	case r.Method == "DELETE" && s.kept[ref] != nil:
		delete(s.kept, ref)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == "GET" && len(parts) == 2 && s.kept[ref] != nil:
		w.Write(s.kept[ref].JSON())
	case r.Method == "GET" && len(parts) == 3:
		form := r.URL.Query()
		form.Set("patient", parts[0]+"/"+parts[1])
		w.Write(s.search(strings.TrimPrefix(parts[2], "$everything"), form).JSON())
	case r.Method == "GET" && len(parts) == 1:
		w.Write(s.search(parts[0], r.URL.Query()).JSON())
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *standIn) keep(v *fhir.Value) string {
	id := fmt.Sprintf("r%d", len(s.order))
	ref := v.Type() + "/" + id
	s.kept[ref] = v.With("id", id).With("meta", fhir.Obj("lastUpdated", "2026-01-02T03:04:05.678Z"))
	s.order = append(s.order, ref)
	return ref
}

func (s *standIn) transaction(body []byte) *fhir.Value {
	b, _ := fhir.ParseObject(body)
	names := map[string]string{}
	var made, entries []*fhir.Value
	for e := range b.Get("entry").Each() {
		once := e.StrAt("request.ifNoneExist")
		if once != "" && s.search(e.StrAt("request.url"), must(url.ParseQuery(once))).Get("entry").Len() > 0 {
			continue
		}
		ref := s.keep(e.Get("resource"))
		names[e.StrAt("fullUrl")] = ref
		made = append(made, fhir.Of(ref))
		entries = append(entries, fhir.Obj("response", fhir.Obj("status", "201 Created", "location", ref+"/_history/1")))
	}
	for _, ref := range made {
		s.kept[ref.Str()] = fhir.Rewrite(s.kept[ref.Str()], func(to string) string {
			if named := names[to]; named != "" {
				return named
			}
			return to
		})
	}
	return fhir.Obj("resourceType", "Bundle", "type", "transaction-response", "entry", entries)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// search answers with everything that matches, the newest effective date first;
// typ "" = all that is the patient's.
func (s *standIn) search(typ string, form url.Values) *fhir.Value {
	conditions := s.linked(form)
	for _, no := range []string{"_include", "_revinclude", "_sort", "_count"} {
		if no != "_include" && no != "_revinclude" {
			form.Del(no)
		}
	}
	include, revinclude := form.Get("_include"), form.Get("_revinclude")
	form.Del("_include")
	form.Del("_revinclude")
	var q *search.Query
	if typ != "" {
		q = must(search.R4().Parse(typ, form, time.UTC, false))
	}
	var found []*fhir.Value
	for _, ref := range s.order {
		v := s.kept[ref]
		if v == nil || typ != "" && v.Type() != typ || slices.ContainsFunc(conditions, func(f func(*fhir.Value) bool) bool { return !f(v) }) {
			continue
		}
		if q == nil || q.Match(search.Subject{Resource: v, ID: v.ID(), Updated: must(time.Parse(time.RFC3339, "2026-01-02T03:04:05.678Z"))}, time.UTC) {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, func(a, b *fhir.Value) int {
		return strings.Compare(b.StrAt("effectiveDateTime"), a.StrAt("effectiveDateTime"))
	})
	found = found[:min(len(found), 20)]
	return bundled(found, s.along(found, include, revinclude))
}

func bundled(found, along []*fhir.Value) *fhir.Value {
	var entries []*fhir.Value
	for i, v := range slices.Concat(found, along) {
		mode := "match"
		if i >= len(found) {
			mode = "include"
		}
		entries = append(entries, fhir.Obj("resource", v, "search", fhir.Obj("mode", mode)))
	}
	return fhir.Obj("resourceType", "Bundle", "type", "searchset", "entry", entries)
}

// linked takes out of a form what looks at other resources.
func (s *standIn) linked(form url.Values) []func(*fhir.Value) bool {
	var out []func(*fhir.Value) bool
	for name := range maps.Clone(form) {
		value := form.Get(name)
		switch name {
		case "patient", "subject":
			out = append(out, func(v *fhir.Value) bool {
				return value == patientOf(v) || v.Type()+"/"+v.ID() == value
			})
		case "subject:Patient.family":
			out = append(out, func(v *fhir.Value) bool { return s.kept[patientOf(v)].StrAt("name.family") == value })
		case "_has:Condition:patient:code":
			out = append(out, func(v *fhir.Value) bool {
				for _, c := range s.kept {
					if c.Type() == "Condition" && patientOf(c) == v.Type()+"/"+v.ID() && c.StrAt("code.coding.code") == value {
						return true
					}
				}
				return false
			})
		default:
			continue
		}
		form.Del(name)
	}
	return out
}

func patientOf(v *fhir.Value) string {
	if ref := v.StrAt("subject.reference"); ref != "" {
		return ref
	}
	return v.StrAt("patient.reference")
}

func (s *standIn) along(found []*fhir.Value, include, revinclude string) []*fhir.Value {
	var out []*fhir.Value
	for _, v := range found {
		for _, path := range []string{"requester.reference", "participant.individual.reference"} {
			if r := s.kept[v.StrAt(path)]; include != "" && r != nil {
				out = append(out, r)
			}
		}
		for _, r := range s.kept {
			if revinclude != "" && r.StrAt("encounter.reference") == v.Type()+"/"+v.ID() {
				out = append(out, r)
			}
		}
	}
	return out
}

// TestStandInIsFHIR: what the stand-in answers is JSON.
func TestStandInIsFHIR(t *testing.T) {
	s := newStandIn(t, "")
	if b := s.search("Patient", url.Values{}).JSON(); !json.Valid(b) {
		t.Errorf("%s", b)
	}
}
