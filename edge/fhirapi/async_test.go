package fhirapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"concord/edge/fhirapi"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/validate"
	"concord/store/dictionary"
)

// client is the errand of the stage's client, as its tokens have it.
func (s *stage) client() *record.Errand {
	scopes, err := access.ParseScopes(everyScope)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.desk.For(access.Requester{ID: "client", Role: access.System, Org: "RYJ", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
}

// deferred begins a request that is answered later and never comes back.
func (s *stage) deferred(id string) *record.Errand {
	s.t.Helper()
	e, err := s.client().Defer(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func (s *stage) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func noteOf(text, at string) record.Op {
	v, err := fhir.ParseObject([]byte(`{"resourceType":"Basic","code":{"text":"` + text + `"}}`))
	if err != nil {
		panic(err)
	}
	return record.Op{Kind: record.Create, Type: "Basic", Resource: v, At: at}
}

// TestAsyncCutOff: of a request whose process has ended its address says what was
// written; from then on nothing of it is, whoever comes back.
func TestAsyncCutOff(t *testing.T) {
	s := newStage(t)
	ctx := context.Background()
	write := func(e *record.Errand, ops ...record.Op) error {
		_, err := e.Transact(ctx, ops, record.Commit{})
		return err
	}
	whole, parts, none, dropped := s.deferred("whole"), s.deferred("parts"), s.deferred("none"), s.deferred("dropped")
	parts.InParts()
	for _, err := range []error{write(whole, noteOf("w", "Bundle.entry[0]"), noteOf("w", "Bundle.entry[1]")), write(parts, noteOf("p", "Bundle.entry[3]"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.step(call{name: "under way", path: "$async/whole/answer", status: 202, heads: map[string]string{"X-Progress": "*"}})
	s.pass(15 * time.Second)
	if going, err := none.Beat(ctx); err != nil || !going {
		t.Fatal(going, err)
	}
	s.step(call{name: "silent, but not for long", path: "$async/whole/answer", status: 202})
	s.step(call{name: "dropped", method: "DELETE", path: "$async/dropped/answer", status: 202})
	s.pass(15 * time.Second)
	s.step(call{name: "alive", path: "$async/none/answer", status: 202})
	s.pass(15 * time.Second)
	s.play([]call{
		{name: "whole", path: "$async/whole/answer", status: 200, has: []string{"async.cut-off", "do not send it again", "201 Created: Basic/", "Bundle.entry[1]"}, heads: map[string]string{"Expires": "*"}},
		{name: "parts", path: "$async/parts/answer", status: 500, has: []string{"async.cut-off", "1 of its writes", "Bundle.entry[3]"}},
		{name: "nothing", path: "$async/none/answer", status: 500, has: []string{"nothing of it was written"}},
		{name: "told once more", path: "$async/whole/answer", status: 200, has: []string{"201 Created: Basic/"}},
		{name: "nobody's", path: "$async/nobody/answer", status: 404, has: []string{"async.unknown"}},
		{name: "an id that is none", path: "$async/whole%7C00000001/answer", status: 404, has: []string{"async.unknown"}},
	})
	for name, late := range map[string]*record.Errand{"whole": whole, "parts": parts, "none": none, "dropped": dropped} {
		if err := write(late, noteOf("late", "")); fault.Of(err) == nil || fault.Of(err).Code != "answer.ended" {
			t.Errorf("%s wrote after it was given up: %v", name, err)
		}
		if going, err := late.Beat(ctx); going || err != nil {
			t.Errorf("%s goes on: %v", name, err)
		}
		if err := late.Finish(ctx, []byte(`{"status":200}`), nil); err != nil {
			t.Error(err)
		}
	}
	s.play([]call{
		{name: "it stays so", path: "$async/none/answer", status: 500, has: []string{"nothing of it was written"}},
		{name: "three were written", path: "Basic?_summary=count", status: 200, has: []string{`"total":3`}, audit: trail{"search": 1}},
		{name: "dropped for good", path: "$async/dropped/answer", status: 404},
	})
	s.pass(2 * time.Hour)
	s.tokens = map[string]string{}
	s.step(call{name: "expired", path: "$async/whole/answer", status: 404})
	s.clean()
}

// asked sends a request for later and waits for the address of its answer to have one.
func (s *stage) asked(c call) string {
	s.t.Helper()
	c.header = map[string]string{"Prefer": "respond-async"}
	w := s.send(c)
	_, address, found := strings.Cut(w.Header().Get("Content-Location"), "/fhir/")
	if w.Code != http.StatusAccepted || !found {
		s.t.Fatalf("%d %s", w.Code, w.Body)
	}
	for range 400 {
		if w := s.send(call{method: "HEAD", path: address}); w.Code != http.StatusAccepted {
			return address
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal("no answer comes")
	return ""
}

// TestAsyncAnswerDecidedAnew: an answer is given to who may still have what is in it,
// each time with its audit entry, by any process.
func TestAsyncAnswerDecidedAnew(t *testing.T) {
	s := newStage(t)
	s.play([]call{
		givenPatient(),
		{name: "given an observation", method: "PUT", path: "Observation/o", body: withID(observation, "o", "", ""), status: 201, audit: trail{"update": 1}},
	})
	search, patient, batch := s.asked(call{path: "Observation?code=718-7"}), s.asked(call{path: "Patient/{p}"}), s.asked(call{method: "POST", path: "", body: bundleOf("batch", entry("", "GET", "Observation/o", ""), entry("", "GET", "AuditEvent?_count=1", ""))})
	created := s.asked(call{method: "POST", path: "Basic", body: `{"resourceType":"Basic","code":{"text":"mine"}}`})
	s.handler, _ = s.another()
	s.play([]call{
		{name: "by another process", path: search, status: 200, has: []string{"100.10"}, heads: map[string]string{"Expires": "*"}, audit: trail{"read": 1}},
		{name: "again", path: search, status: 200, audit: trail{"read": 1}},
		{name: "a batch", path: batch, status: 200, has: []string{"100.10"}, audit: trail{"read": 1}},
		{name: "a write", path: created, status: 201, has: []string{"mine"}, audit: trail{"read": 1}},
		{name: "with narrower scopes", path: search, scopes: "system/Patient.rs", status: 403, hasNot: []string{"100.10"}, audit: trail{"!search": 1}},
		{name: "who may write no more", path: created, scopes: "system/Basic.rs", status: 403, hasNot: []string{"mine"}, audit: trail{"!create": 1}},
	})
	seal := `{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"security":[{"system":"` + access.Confidentiality + `","code":"V"}]}}]}`
	w := s.as(t, "R1K", http.MethodPut, "/Observation/of-r1k", withID(s.fill(observation), "of-r1k", "", ""))
	if w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	theirs := s.asked(call{path: "Observation?code=718-7"})
	s.step(call{name: "both are seen", path: theirs, status: 200, has: []string{"of-r1k"}, audit: trail{"read": 1}})
	if w := s.as(t, "R1K", http.MethodPost, "/Observation/of-r1k/$meta-add", seal); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	s.play([]call{
		{name: "sealed since", path: theirs, status: 404, hasNot: []string{"100.10"}, audit: trail{"read?": 1}},
		{name: "the other answer has nothing of it", path: search, status: 200, audit: trail{"read": 1}},
		{name: "deleted since", method: "DELETE", path: "Observation/o", status: 204, audit: trail{"delete": 1}},
		{name: "an answer may tell of what was", path: search, status: 200, has: []string{"100.10"}, audit: trail{"read": 1}},
		{name: "the patient", path: patient, status: 200, has: []string{"Okonkwo"}, audit: trail{"read": 1}},
	})
	s.clean()
}

// another is the front door of another process over the same store, which has these
// addresses too.
func (s *stage) another(bases ...string) (http.Handler, *record.Desk) {
	s.t.Helper()
	codec, err := dictionary.Codec()
	if err != nil {
		s.t.Fatal(err)
	}
	desk, err := record.Open(context.Background(), record.Options{Engine: s.engine, Codec: codec, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: s.options.Now, Check: validate.Base().Check, Bases: bases})
	if err != nil {
		s.t.Fatal(err)
	}
	o := s.options
	o.Desk = desk
	return fhirapi.New(o), desk
}

// TestAsyncEndsWithServer: a server that ends says of what is under way that it was cut
// off, at once.
func TestAsyncEndsWithServer(t *testing.T) {
	s := newStage(t)
	s.grow(8<<20, 20_000)
	s.options.Async = fhirapi.NewAsync()
	s.handler = fhirapi.New(s.options)
	entries := make([]string, 2000)
	for i := range entries {
		entries[i] = entry("", "POST", "Basic", fmt.Sprintf(`{"resourceType":"Basic","code":{"text":"n%d"}}`, i))
	}
	w := s.send(call{method: "POST", body: bundleOf("batch", entries...), header: map[string]string{"Prefer": "respond-async"}})
	_, address, _ := strings.Cut(w.Header().Get("Content-Location"), "/fhir/")
	var answer *httptest.ResponseRecorder
	for range 2000 {
		if strings.Contains(s.send(call{path: "Basic?_summary=count"}).Body.String(), `"total":0`) {
			continue
		}
		break
	}
	s.options.Async.End(t.Context())
	answer = s.send(call{path: address})
	total := s.send(call{path: "Basic?_summary=count"}).Body.String()
	n := strings.Count(answer.Body.String(), "async.written")
	if answer.Code == http.StatusOK && strings.Contains(answer.Body.String(), "batch-response") {
		t.Skip("the batch was done before the server ended")
	}
	if answer.Code != 500 || !strings.Contains(answer.Body.String(), "async.cut-off") || n == 0 || !strings.Contains(total, fmt.Sprintf(`"total":%d`, n)) && n < 1000 {
		t.Errorf("%d %.500s: %d told, %s there", answer.Code, answer.Body, n, total)
	}
	s.clean()
}
