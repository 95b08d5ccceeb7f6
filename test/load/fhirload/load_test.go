package fhirload_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/test/load/fhirload"
)

const hospital = `{
  "resourceType": "Bundle", "type": "transaction", "entry": [
    {"fullUrl": "urn:uuid:0a000000-0000-4000-8000-00000000000a", "request": {"method": "POST", "url": "Organization"},
     "resource": {"resourceType": "Organization", "id": "0a000000-0000-4000-8000-00000000000a", "name": "Somewhere"}}]}`

// record is one patient's transaction; %[1]d makes them differ.
const record = `{"resourceType": "Bundle", "type": "transaction", "entry": [
  {"fullUrl": "urn:uuid:%[1]d1000000-0000-4000-8000-000000000001", "request": {"method": "POST", "url": "Patient"}, "resource":
    {"resourceType": "Patient", "identifier": [{"system": "urn:oid:1.2.3", "value": "999-00-000%[1]d"}], "name": [{"family": "Étienne%[1]d", "given": ["Ada"]}], "birthDate": "195%[1]d-02-03"}},
  {"fullUrl": "urn:uuid:%[1]d2000000-0000-4000-8000-000000000002", "request": {"method": "POST", "url": "Practitioner"}, "resource": {"resourceType": "Practitioner", "name": [{"family": "House"}]}},
  {"fullUrl": "urn:uuid:%[1]d3000000-0000-4000-8000-000000000003", "request": {"method": "POST", "url": "Encounter"}, "resource":
    {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, "subject": {"reference": "urn:uuid:%[1]d1000000-0000-4000-8000-000000000001"},
     "participant": [{"individual": {"reference": "urn:uuid:%[1]d2000000-0000-4000-8000-000000000002"}}], "period": {"start": "2020-01-0%[1]dT10:00:00Z", "end": "2020-01-0%[1]dT11:00:00Z"}}},
  {"fullUrl": "urn:uuid:%[1]d4000000-0000-4000-8000-000000000004", "request": {"method": "POST", "url": "Observation"}, "resource":
    {"resourceType": "Observation", "status": "final", "category": [{"coding": [{"code": "laboratory"}]}], "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
     "subject": {"reference": "urn:uuid:%[1]d1000000-0000-4000-8000-000000000001"}, "encounter": {"reference": "urn:uuid:%[1]d3000000-0000-4000-8000-000000000003"},
     "effectiveDateTime": "2020-01-0%[1]dT10:30:00Z", "valueQuantity": {"value": 13%[1]d.5, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"}}},
  {"fullUrl": "urn:uuid:%[1]d5000000-0000-4000-8000-000000000005", "request": {"method": "POST", "url": "Condition"}, "resource":
    {"resourceType": "Condition", "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
     "code": {"coding": [{"system": "http://snomed.info/sct", "code": "3834100%[1]d"}]}, "subject": {"reference": "urn:uuid:%[1]d1000000-0000-4000-8000-000000000001"}}},
  {"fullUrl": "urn:uuid:%[1]d6000000-0000-4000-8000-000000000006", "request": {"method": "POST", "url": "MedicationRequest"}, "resource":
    {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "medicationCodeableConcept": {"text": "x"},
     "requester": {"reference": "urn:uuid:%[1]d2000000-0000-4000-8000-000000000002"}, "subject": {"reference": "urn:uuid:%[1]d1000000-0000-4000-8000-000000000001"}}}]}`

// corpus writes three small Bundles.
func corpus(t *testing.T) *fhirload.Corpus {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"hospital1.json": hospital, "a.json": fmt.Sprintf(record, 1), "b.json": fmt.Sprintf(record, 2)}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := fhirload.ReadCorpus(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func target(t *testing.T, s *standIn) *fhirload.Target {
	t.Helper()
	at, err := fhirload.NewTarget("stand-in", s.base(), s.token)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// clean fails on a report with errors, or without requests.
func clean(t *testing.T, r *fhirload.Report, err error) *fhirload.Report {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors > 0 || r.Requests == 0 || r.PerSecond <= 0 {
		t.Fatalf("%s: %d requests, %d errors: %s", r.Scenario, r.Requests, r.Errors, strings.Join(r.Notes, "\n"))
	}
	return r
}

// TestScenarios: every scenario runs against a server that has nothing of ours.
func TestScenarios(t *testing.T) {
	s := newStandIn(t, "secret")
	at, ctx := target(t, s), t.Context()
	r, err := at.Import(ctx, corpus(t), 0, 3, 2)
	if clean(t, r, err); r.Resources != 39 || len(s.kept) != 39 {
		t.Errorf("%d resources were imported, %d are there", r.Resources, len(s.kept))
	}
	pool, err := at.Harvest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	before := len(s.kept)
	if _, err := at.Harvest(ctx); err != nil || len(s.kept) != before {
		t.Errorf("a second harvest makes %d resources: %v", len(s.kept)-before, err)
	}
	b := fhirload.Bounds{Clients: 3, Rounds: 132, Seed: 7}
	r, err = at.Search(ctx, pool, b)
	if clean(t, r, err); len(r.Lines) != 22 || r.Lines[0].Name != "token" || r.Requests != 132 {
		t.Errorf("%d requests of %d kinds", r.Requests, len(r.Lines))
	}
	r, err = at.Chart(ctx, pool, b)
	clean(t, r, err)
	b.Rounds = 6
	before = len(s.kept)
	r, err = at.CRUD(ctx, b)
	if clean(t, r, err); r.Requests != 6*36 || r.Line("delete").Count != 54 || len(s.kept) != before {
		t.Errorf("%d requests, %d resources are left", r.Requests, len(s.kept)-before)
	}
	r, err = at.Mixed(ctx, pool, b)
	clean(t, r, err)
	if w, o := r.Line("create").Count+r.Line("update").Count, r.Line("read").Count+r.Line("search").Count; w != o {
		t.Errorf("%d writes, %d reads", w, o)
	}
}

// TestCopiesAreOtherPeople: a copy has other identifiers and names, and its
// references lead to what it holds itself.
func TestCopiesAreOtherPeople(t *testing.T) {
	s := newStandIn(t, "")
	r, err := target(t, s).Import(t.Context(), corpus(t), 0, 4, 1)
	clean(t, r, err)
	numbers, names := map[string]bool{}, map[string]bool{}
	for _, v := range s.kept {
		if v.Type() == "Patient" {
			numbers[v.StrAt("identifier.value")] = true
			names[v.StrAt("name.family")] = true
		}
		if ref := patientOf(v); ref != "" && s.kept[ref] == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	}
	if len(numbers) != 8 || len(names) != 8 {
		t.Errorf("%d numbers, %d names of 8 people: %v %v", len(numbers), len(names), numbers, names)
	}
}

// TestErrorsAreCounted: what is wrong with an answer is told, whatever the
// status.
func TestErrorsAreCounted(t *testing.T) {
	s := newStandIn(t, "")
	at, ctx, c := target(t, s), t.Context(), corpus(t)
	r, err := at.Import(ctx, c, 0, 1, 1)
	clean(t, r, err)
	pool, err := at.Harvest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b := fhirload.Bounds{Clients: 1, Rounds: 22, Seed: 7}
	for name, body := range map[string]string{
		"nothing found": `{"resourceType":"Bundle","type":"searchset"}`,
		"another type":  `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Basic","id":"1"},"search":{"mode":"match"}}]}`,
		"no match":      `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"1"},"search":{"mode":"match"}}]}`,
		"no JSON":       `"searchset" "match"`,
	} {
		s.broken = func(*http.Request) (int, string) { return http.StatusOK, body }
		r, err := at.Search(ctx, pool, b)
		if err != nil || r.Errors < 17 || len(r.Notes) == 0 {
			t.Errorf("%s: %v %d errors: %v", name, err, r.Errors, r.Notes)
		}
	}
	s.broken = func(r *http.Request) (int, string) {
		if r.Method == "PUT" {
			return http.StatusConflict, "busy"
		}
		return 0, ""
	}
	r, err = at.CRUD(ctx, fhirload.Bounds{Clients: 1, Rounds: 1})
	if err != nil || r.Errors != 9 || r.Line("update").Errors != 9 {
		t.Errorf("%v: %d errors", err, r.Errors)
	}
	s.broken = func(*http.Request) (int, string) { return http.StatusBadRequest, "no" }
	if r, err = at.Import(ctx, c, 0, 1, 1); err != nil || r.Errors != 3 || r.Resources != 0 {
		t.Errorf("%v: %d errors, %d resources", err, r.Errors, r.Resources)
	}
}

// TestRunEndsByTime: a run without rounds ends when its time is up, and warm-up
// is not counted.
func TestRunEndsByTime(t *testing.T) {
	s := newStandIn(t, "")
	at := target(t, s)
	r, err := at.CRUD(t.Context(), fhirload.Bounds{Clients: 2, WarmUp: time.Hour, Lasts: -time.Hour + time.Millisecond})
	if err == nil {
		t.Errorf("a run without end: %v", r)
	}
	r, err = at.CRUD(t.Context(), fhirload.Bounds{Clients: 2, WarmUp: 30 * time.Millisecond, Lasts: 30 * time.Millisecond})
	clean(t, r, err)
}

// TestTables: a report and the ratios of two are written out.
func TestTables(t *testing.T) {
	ours := &fhirload.Report{Scenario: "chart", Target: "server", PerSecond: 300, Unit: "requests/s", Lines: []fhirload.Line{{Name: "results", P50: 2}}, All: fhirload.Line{Name: "all", P50: 3}}
	peer := &fhirload.Report{Scenario: "chart", Target: "peer", PerSecond: 100, Lines: []fhirload.Line{{Name: "results", P50: 8}}, All: fhirload.Line{Name: "all", P50: 6}}
	var b bytes.Buffer
	fhirload.WriteTable(&b, ours)
	fhirload.WriteRatios(&b, ours, peer)
	fhirload.WriteJSON(&b, []*fhirload.Report{ours})
	for _, want := range []string{"server : peer", "0.25x", "0.50x", "3.00x of the requests/s", `"scenario": "chart"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// TestPeer: the same plan runs on two servers, and the ratios are written.
func TestPeer(t *testing.T) {
	ours, peer := newStandIn(t, "one"), newStandIn(t, "two")
	p := fhirload.Plan{Scenarios: fhirload.Scenarios(), Corpus: corpus(t), Workers: []int{1, 2}, Copies: 2,
		Bounds: fhirload.Bounds{Clients: 2, Rounds: 22, Seed: 3}}
	second, err := fhirload.NewTarget("peer", peer.base(), peer.token)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	reports, err := p.Compare(t.Context(), target(t, ours), second, &b)
	if err != nil || len(reports) != 12 {
		t.Fatalf("%v: %d reports", err, len(reports))
	}
	for i, r := range reports {
		clean(t, r, nil)
		if want := []string{"stand-in", "peer"}[i/6]; r.Target != want {
			t.Errorf("%s: of %s, not %s", r.Scenario, r.Target, want)
		}
	}
	if n := strings.Count(b.String(), "stand-in : peer"); n != 6 {
		t.Errorf("%d scenarios are compared in\n%s", n, &b)
	}
	p.Scenarios = []string{"dance"}
	if _, err := p.Run(t.Context(), second, &b); err == nil {
		t.Error("dance is a scenario")
	}
}

// TestRefused: what a server says that it does not do is named with its words;
// what it fails at is not.
func TestRefused(t *testing.T) {
	s := newStandIn(t, "")
	at := target(t, s)
	r, err := at.Import(t.Context(), corpus(t), 0, 1, 1)
	clean(t, r, err)
	pool, err := at.Harvest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.broken = func(r *http.Request) (int, string) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/Patient/"):
			return http.StatusBadRequest, "not-supported"
		case r.URL.Query().Get("_lastUpdated") != "":
			return http.StatusInternalServerError, "oops"
		}
		return 0, ""
	}
	refused, err := at.Refused(t.Context(), pool)
	if err != nil || len(refused) != 1 || !strings.Contains(refused["compartment"], "not-supported") {
		t.Errorf("%v, %v", refused, err)
	}
	if kinds := fhirload.Kinds(); len(kinds) != 22 {
		t.Errorf("%d kinds of search", len(kinds))
	}
}
