package fhirapi_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// resting is the resource by which an operator takes the index over all records
// from a parameter of R4.
const resting = `{"resourceType":"SearchParameter","id":"rest","url":"urn:example:rest","name":"rest","status":"active","description":"no index","code":"method","base":["Observation"],"type":"token","extension":[{"url":"urn:concord:index","valueCode":"off"}]}`

// TestIndexPolicy: an operator switches the index of a parameter off; searches
// by it give the same by looking at every resource, also while the index is
// rebuilt and others write; the statement says so; switched on again, the index
// is complete.
func TestIndexPolicy(t *testing.T) {
	s := newStage(t)
	s.step(givenPatient())
	method := func(i int, code string) {
		t.Helper()
		text := fmt.Sprintf(`{"resourceType":"Observation","id":"m%d","status":"final","code":{"text":"x"},"method":{"coding":[{"system":"urn:m","code":%q}]},"subject":{"reference":"Patient/{p}"}}`, i, code)
		if w := s.send(call{method: "PUT", path: "Observation/m" + strconv.Itoa(i), body: text}); w.Code > 201 {
			t.Fatalf("put: %d %s", w.Code, w.Body.String())
		}
	}
	const n = 400
	for i := range n {
		method(i, []string{"a", "b"}[i%2])
	}
	count := func(step, query string, want int) {
		t.Helper()
		w := s.send(call{path: "Observation?" + query + "&_summary=count"})
		if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, `"total":`+strconv.Itoa(want)+"}") && !strings.Contains(body, `"total":`+strconv.Itoa(want)+",") {
			t.Errorf("%s, %s: %d %s, want %d", step, query, w.Code, body, want)
		}
	}
	plan := func() string { return s.send(call{path: "Observation?method=a&_explain=true&_count=1"}).Body.String() }
	all := func(step string, a, b int) {
		t.Helper()
		count(step, "method=a", a)
		count(step, "method=urn:m|b", b)
		count(step, "method=a&patient={p}", a)
		count(step, "method:not=a", b)
		count(step, "method=a,b&status=final", a+b)
	}
	rebuild := func() {
		t.Helper()
		if w := s.send(call{method: "POST", path: "$reindex"}); w.Code != 202 {
			t.Fatalf("%d %s", w.Code, w.Body.String())
		}
	}
	all("before", n/2, n/2)
	if !strings.Contains(plan(), "and [method]") {
		t.Fatalf("before: %s", plan())
	}
	if w := s.send(call{method: "PUT", path: "SearchParameter/rest", body: resting}); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	rebuild()
	method(n, "a") // is filed without an entry already
	count("while it goes", "method=a", n/2+1)
	s.work()
	s.reindexed()
	method(n+1, "b")
	all("off", n/2+1, n/2+1)
	if strings.Contains(plan(), "and [method]") {
		t.Errorf("off: %s", plan())
	}
	if body := s.send(call{path: "$reindex"}).Body.String(); !strings.Contains(body, `"name":"notIndexed","valueString":"Observation.method"`) {
		t.Errorf("%s", body)
	}
	if body := s.send(call{path: "metadata"}).Body.String(); strings.Count(body, "index over all records is switched off") != 1 {
		t.Error("the statement does not say it of one parameter")
	}
	s.clean()
	if w := s.send(call{method: "DELETE", path: "SearchParameter/rest"}); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	rebuild()
	method(n+2, "a")
	count("while it comes", "method=a", n/2+2)
	s.reindexed()
	all("on again", n/2+2, n/2+1)
	if !strings.Contains(plan(), "and [method]") {
		t.Errorf("on again: %s", plan())
	}
	if body := s.send(call{path: "metadata"}).Body.String(); strings.Contains(body, "index over all records is switched off") {
		t.Error("the statement still says it is off")
	}
	s.clean()
}

// TestIndexThatStays: what the record relies on cannot be switched off.
func TestIndexThatStays(t *testing.T) {
	s := newStage(t)
	for name, change := range map[string][2]string{
		"a patient's name":       {`"code":"method","base":["Observation"],"type":"token"`, `"code":"family","base":["Patient"],"type":"string"`},
		"who it is about":        {`"code":"method","base":["Observation"],"type":"token"`, `"code":"subject","base":["Observation"],"type":"reference"`},
		"a consent":              {`"code":"method","base":["Observation"],"type":"token"`, `"code":"category","base":["Consent"],"type":"token"`},
		"one without an index":   {`"code":"method","base":["Observation"],"type":"token"`, `"code":"value-string","base":["Observation"],"type":"string"`},
		"some types have it":     {`"base":["Observation"]`, `"base":["Observation","Basic"]`},
		"neither on nor off":     {`"valueCode":"off"`, `"valueCode":"perhaps"`},
		"R4's, without the word": {`"extension":[{"url":"urn:concord:index","valueCode":"off"}]`, `"expression":"Observation.method"`},
	} {
		text := strings.Replace(resting, change[0], change[1], 1)
		if text == resting {
			t.Fatalf("%s changes nothing", name)
		}
		w := s.send(call{method: "PUT", path: "SearchParameter/rest", body: text})
		if w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), "search.definition") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body.String())
		}
	}
}
