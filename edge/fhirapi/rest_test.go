package fhirapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"concord/standard/fhir"
)

const jsonPatch = "application/json-patch+json"

func TestPatch(t *testing.T) {
	s := newStage(t)
	one := trail{"update": 1}
	h := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	byPath := `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.status"},{"name":"value","valueCode":"corrected"}]}]}`
	s.play([]call{
		givenPatient(),
		{name: "given an observation", method: "PUT", path: "Observation/o", body: withID(observation, "o", "", ""), status: 201, audit: one},
		{name: "JSON Patch", method: "PATCH", path: "Observation/o", body: `[{"op":"test","path":"/status","value":"final"},{"op":"replace","path":"/status","value":"amended"}]`, header: h("Content-Type", jsonPatch), status: 200,
			has: []string{`"amended"`, `"value":100.10`}, heads: map[string]string{"ETag": `W/"2"`}, audit: one},
		{name: "a test that fails", method: "PATCH", path: "Observation/o", body: `[{"op":"test","path":"/status","value":"final"},{"op":"remove","path":"/status"}]`, header: h("Content-Type", jsonPatch), status: 422, has: []string{"patch.test"}, audit: trail{"update?": 1}},
		{name: "a patch that breaks a rule", method: "PATCH", path: "Observation/o", body: `[{"op":"remove","path":"/status"}]`, header: h("Content-Type", jsonPatch), status: 422, has: []string{"Observation.status"}, audit: trail{"update?": 1}},
		{name: "a patch that changes the id", method: "PATCH", path: "Observation/o", body: `[{"op":"replace","path":"/id","value":"x"}]`, header: h("Content-Type", jsonPatch), status: 422, has: []string{"record.identity"}, audit: trail{"update?": 1}},
		{name: "FHIRPath Patch", method: "PATCH", path: "Observation/o", body: byPath, status: 200, has: []string{`"corrected"`}, audit: one},
		{name: "of another version", method: "PATCH", path: "Observation/o", body: byPath, header: h("If-Match", `W/"1"`), status: 412, audit: trail{"update?": 1}},
		{name: "of this version", method: "PATCH", path: "Observation/o", body: byPath, header: h("If-Match", `W/"3"`), status: 200, audit: one},
		{name: "by a condition", method: "PATCH", path: "Observation?code=718-7&patient={p}", body: byPath, status: 200, audit: one},
		{name: "by a condition that nothing meets", method: "PATCH", path: "Observation?code=1", body: byPath, status: 404, audit: trail{"update?": 1}},
		{name: "of nobody", method: "PATCH", path: "Observation/none", body: byPath, status: 404, audit: trail{"update?": 1}},
		{name: "plain JSON", method: "PATCH", path: "Observation/o", body: `{}`, header: h("Content-Type", "application/json"), status: 415},
		{name: "in a batch", method: "POST", path: "", status: 200, body: bundleOf("batch",
			entry("", "PATCH", "Observation/o", byPath),
			entry("", "PATCH", "Observation/o", `{"resourceType":"Binary","contentType":"application/json-patch+json","data":"`+base64.StdEncoding.EncodeToString([]byte(`[{"op":"replace","path":"/status","value":"final"}]`))+`"}`)),
			has: []string{`"200 OK"`, `W/\"6\"`, `W/\"7\"`}, audit: trail{"update": 2}},
		{name: "and so it is", path: "Observation/o", status: 200, has: []string{`"final"`}, audit: trail{"read": 1}},
		{name: "only if it is new", method: "PUT", path: "Observation/o", body: withID(observation, "o", "", ""), header: h("If-None-Match", "*"), status: 412, has: []string{"record.exists"}, audit: trail{"update?": 1}},
	})
	s.clean()
}

func TestHistories(t *testing.T) {
	s := newStage(t)
	s.play([]call{
		givenPatient(),
		{name: "one", method: "PUT", path: "Observation/o", body: withID(observation, "o", "", ""), status: 201, audit: trail{"update": 1}},
		{name: "two", method: "PUT", path: "Observation/o", body: withID(observation, "o", "final", "amended"), status: 200, audit: trail{"update": 1}},
		{name: "gone", method: "DELETE", path: "Observation/o", status: 204, audit: trail{"delete": 1}},
		{name: "again", method: "PUT", path: "Observation/o", body: withID(observation, "o", "", ""), status: 200, audit: trail{"update": 1}},
		{name: "of the type", path: "Observation/_history", status: 200, has: []string{`"type":"history"`, `"method":"DELETE"`, `"amended"`, "Observation/o"}, hasNot: []string{"Okonkwo"}, audit: trail{"read": 1}},
		{name: "of the system", path: "_history", status: 200, has: []string{"Okonkwo", `"amended"`}, audit: trail{"read": 1}},
		{name: "of what may be seen", path: "_history", scopes: "system/Observation.rs", status: 200, hasNot: []string{"Okonkwo"}, has: []string{`"amended"`}, audit: trail{"read": 1}},
		{name: "since", path: "Observation/o/_history?_since=2030", status: 200, has: []string{`"total":0`}, audit: trail{"read": 1}},
		{name: "an odd parameter", path: "Observation/o/_history?colour=red", status: 400},
	})
	versions := map[string]bool{}
	pages := 0
	for path := "Observation/_history?_count=1"; path != ""; pages++ {
		b := s.step(call{name: "page", path: path, status: 200, audit: trail{"read": 1}})
		for e := range b.Get("entry").Each() {
			versions[e.StrAt("response.etag")] = true
		}
		path = next(b)
		if pages == 0 { // what is written meanwhile comes before, not within
			s.step(call{name: "later", method: "PUT", path: "Observation/p", body: withID(observation, "p", "", ""), status: 201, audit: trail{"update": 1}})
		}
	}
	if pages < 4 || pages > 5 || len(versions) != 4 { // the last page may turn out empty
		t.Errorf("%d pages of %v", pages, versions)
	}
	at := s.now.Add(-time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	s.step(call{name: "at a time before", path: "Observation/o/_history?_at=" + at, status: 200, has: []string{`"total":0`}, audit: trail{"read": 1}})
	s.step(call{name: "at this day", path: "Observation/o/_history?_at=" + s.now.Format("2006-01-02"), status: 200, has: []string{`"total":4`}, audit: trail{"read": 1}})
	s.clean()
}

func TestFormats(t *testing.T) {
	s := newStage(t)
	patient := `<Patient xmlns="http://hl7.org/fhir"><extension url="urn:x"><valueDecimal value="1.50"/></extension><name><family value="Okonkwo"/></name><birthDate value="1948-03-14"/></Patient>`
	w := s.send(call{method: "POST", path: "Patient", body: patient, header: map[string]string{"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}})
	if w.Code != 201 || !strings.Contains(w.Body.String(), `<valueDecimal value="1.50"/>`) || w.Header().Get("Content-Type") != "application/fhir+xml; charset=utf-8" {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	id := strings.Split(w.Header().Get("Location"), "/")[5]
	for path, want := range map[string]string{
		"Patient/" + id + "?_format=xml":                     `<family value="Okonkwo"/>`,
		"Patient?family=okonkwo&_format=xml":                 `<Bundle xmlns="http://hl7.org/fhir">`,
		"Patient/" + id + "?_pretty=true":                    "\n  \"resourceType\"",
		"Patient/" + id + "?_elements=birthDate":             "SUBSETTED",
		"Patient/" + id + "?_summary=true":                   "SUBSETTED",
		"Patient/nobody?_format=xml":                         `<OperationOutcome xmlns`,
		"Patient/" + id + "?_format=application/fhir%2Bjson": `"valueDecimal":1.50`,
	} {
		if w := s.send(call{path: path}); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
	}
	if w := s.send(call{method: "HEAD", path: "Patient/" + id}); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("ETag") != `W/"1"` || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	modified := s.send(call{path: "Patient/" + id}).Header().Get("Last-Modified")
	if w := s.send(call{path: "Patient/" + id, header: map[string]string{"If-Modified-Since": modified}}); w.Code != 304 {
		t.Errorf("unchanged since: %d", w.Code)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(okonkwo))
	z.Close()
	if w := s.send(call{method: "POST", path: "Patient", body: packed.String(), header: map[string]string{"Content-Encoding": "gzip"}}); w.Code != 201 {
		t.Errorf("packed: %d %s", w.Code, w.Body.String())
	}
	if w := s.send(call{method: "POST", path: "Patient", body: okonkwo, header: map[string]string{"Content-Encoding": "gzip"}}); w.Code != 400 {
		t.Errorf("not packed: %d", w.Code)
	}
}

func TestOperations(t *testing.T) {
	s := newStage(t)
	s.step(call{name: "the meta of nothing", path: "$meta", status: 200, has: []string{`{"resourceType":"Parameters"}`}, audit: trail{"search": 1}})
	s.play(givenWard())
	meta := `{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"system":"urn:t","code":"red"}],"profile":["http://example.org/p"]}}]}`
	broken := strings.Replace(withID(observation, "x", "", ""), `"status":"final",`, `"status":"finale",`, 1)
	s.play([]call{
		{name: "meta-add", method: "POST", path: "Observation/o1/$meta-add", body: meta, status: 200, has: []string{`"red"`}, audit: trail{"update": 1}},
		{name: "meta", path: "Observation/o1/$meta", status: 200, has: []string{`"valueMeta"`, `"red"`, `"http://example.org/p"`}, audit: trail{"read": 1}},
		{name: "by tag", path: "Observation?_tag=urn:t|red&_profile=http://example.org/p", status: 200, has: []string{`"total":1`, `"id":"o1"`}, audit: trail{"search": 1}},
		{name: "meta of the type", path: "Observation/$meta", status: 200, has: []string{`"red"`}, audit: trail{"search": 1}},
		{name: "meta-delete", method: "POST", path: "Observation/o1/$meta-delete", body: meta, status: 200, hasNot: []string{`"red"`}, audit: trail{"update": 1}},
		{name: "meta of an old version", path: "Observation/o1/_history/2/$meta", status: 200, has: []string{`"red"`}, audit: trail{"read": 1}},
		{name: "diff", path: "Observation/o1/$diff", status: 200, has: []string{`"valueString":"Observation.meta.tag[0]"`, `"delete"`}, audit: trail{"read": 3}},
		{name: "diff of two", path: "$diff?from=Observation/o1&to=Observation/o2", status: 200, has: []string{`"Observation.value.value"`}, audit: trail{"read": 2}},
		{name: "last one of each code, asked with Parameters", method: "POST", path: "Observation/$lastn", status: 200, has: []string{`"total":1`, `"id":"o4"`}, audit: trail{"search": 1},
			body: `{"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":{"reference":"Patient/{p}"}},{"name":"max","valuePositiveInt":1}]}`},
		{name: "everything, asked with Parameters", method: "POST", path: "Patient/{p}/$everything", status: 200, has: []string{`"id":"o0"`}, hasNot: []string{`"id":"e1"`}, audit: trail{"search": 1},
			body: `{"resourceType":"Parameters","parameter":[{"name":"_type","valueCode":"Observation"},{"name":"_count","valueInteger":50}]}`},
		{name: "everything, asked with what is no simple value", method: "POST", path: "Patient/{p}/$everything", status: 400, has: []string{"Parameters.parameter.start"},
			body: `{"resourceType":"Parameters","parameter":[{"name":"start","part":[{"name":"x","valueCode":"y"}]}]}`},
		{name: "everything, asked with another resource", method: "POST", path: "Patient/{p}/$everything", status: 400, has: []string{"an operation is asked with Parameters"},
			body: `{"resourceType":"Basic","code":{"text":"x"}}`},
		{name: "last one of each code", path: "Observation/$lastn?patient={p}", status: 200, has: []string{`"total":1`, `"id":"o4"`}, audit: trail{"search": 1}},
		{name: "last three", path: "Observation/$lastn?patient={p}&max=3", status: 200, has: []string{`"total":3`, `"id":"o2"`}, hasNot: []string{`"id":"o1"`}, audit: trail{"search": 1}},
		{name: "last of everybody", path: "Observation/$lastn", status: 400},
		{name: "validate", method: "POST", path: "Observation/$validate", body: broken, status: 200, has: []string{`"Observation.status"`, `"severity":"error"`}},
		{name: "validate what is good", method: "POST", path: "Observation/$validate", body: withID(observation, "x", "", ""), status: 200, hasNot: []string{`"severity":"error"`}},
		{name: "validate as Parameters", method: "POST", path: "Observation/$validate", status: 200, has: []string{`"severity":"error"`, `"mode"`},
			body: `{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"update"},{"name":"resource","resource":` + strings.Replace(observation, "{", "{", 1) + `}]}`},
		{name: "validate what is kept", path: "Observation/o1/$validate", status: 200, audit: trail{"read": 1}},
		{name: "everything of a patient", path: "Patient/{p}/$everything?_count=3", status: 200, has: []string{`"total":7`, `"relation":"next"`}, audit: trail{"search": 1}},
		{name: "everything since", path: "Patient/{p}/$everything?_since=2030-01-01", status: 200, has: []string{`"total":0`}, audit: trail{"search": 1}},
		{name: "everything from a day on", path: "Patient/{p}/$everything?start=2026-11-04", status: 200, has: []string{`"total":4`, `"id":"o3"`, `"id":"o4"`, `"id":"e1"`, `"id":"{p}"`}, hasNot: []string{`"id":"o2"`}, audit: trail{"search": 1}},
		{name: "everything of two days", path: "Patient/{p}/$everything?start=2026-11-02&end=2026-11-03&_type=Observation", status: 200, has: []string{`"total":2`, `"id":"o1"`, `"id":"o2"`}, audit: trail{"search": 1}},
		{name: "everything of an odd day", path: "Patient/{p}/$everything?start=yesterday", status: 400, has: []string{`"start"`}},
		{name: "everything backwards", path: "Patient/{p}/$everything?start=2026-11-02&end=2026-10-01", status: 400, has: []string{`"end"`}},
		{name: "everything of two types, one outside", path: "Patient/{p}/$everything?_type=Encounter,Organization", status: 200, has: []string{`"id":"e1"`, `"id":"r1k"`}, hasNot: []string{`"resourceType":"Patient"`}, audit: trail{"search": 1}},
		{name: "everything outside", path: "Patient/{p}/$everything?_type=Organization", status: 200, has: []string{`"id":"r1k"`}, hasNot: []string{`"id":"e1"`, `"total"`}, audit: trail{"search": 1}},
		{name: "everything of everybody", path: "Patient/$everything", status: 501, has: []string{"Patient/id/$everything"}},
		{name: "everything of an encounter", path: "Encounter/e1/$everything", status: 200, has: []string{`"id":"e1"`, `"id":"o0"`, `"id":"o1"`, `"id":"r1k"`}, hasNot: []string{`"id":"o2"`}, audit: trail{"search": 1}},
		{name: "everything of no encounter", path: "Encounter/none/$everything", status: 404, audit: trail{"search?": 1}},
	})
	s.clean()
}

func TestAsync(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	w := s.send(call{path: "Observation?patient={p}", header: map[string]string{"Prefer": "respond-async"}})
	address := strings.TrimPrefix(w.Header().Get("Content-Location"), "https://concord.example/fhir/")
	if w.Code != 202 || address == "" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	for range 200 {
		if w = s.send(call{path: address}); w.Code != 202 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"total":5`) {
		t.Errorf("the answer: %d %s", w.Code, w.Body.String())
	}
	if w := s.send(call{method: "DELETE", path: address}); w.Code != 202 {
		t.Errorf("dropped: %d", w.Code)
	}
	if w := s.send(call{path: address}); w.Code != 404 {
		t.Errorf("after it was dropped: %d", w.Code)
	}
}

// TestAsyncWrites: a transaction, a create and what is refused are answered later as
// they would be at once.
func TestAsyncWrites(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	for _, x := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"POST", "", bundleOf("transaction", entry(patientURN, "POST", "Patient", `{"resourceType":"Patient","name":[{"family":"Async"}]}`), entry("", "POST", "Observation", `{"resourceType":"Observation","status":"final","code":{"text":"n"},"subject":{"reference":"`+patientURN+`"}}`)), 200, `"201 Created"`},
		{"POST", "Observation", `{"resourceType":"Observation","status":"final","code":{"text":"alone"}}`, 201, "alone"},
		{"POST", "Observation", `{"resourceType":"Observation","code":{"text":"no status"}}`, 422, "Observation.status"},
		{"POST", "Observation", `{`, 400, "OperationOutcome"},
	} {
		w := s.send(call{method: x.method, path: x.path, body: x.body, header: map[string]string{"Prefer": "respond-async"}})
		address := strings.TrimPrefix(w.Header().Get("Content-Location"), "https://concord.example/fhir/")
		if w.Code != 202 || address == "" {
			t.Fatalf("%s: %d %v", x.body, w.Code, w.Header())
		}
		for range 400 {
			if w = s.send(call{path: address}); w.Code != 202 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if w.Code != x.code || !strings.Contains(w.Body.String(), x.says) {
			t.Errorf("the answer to %s: %d %s", x.body, w.Code, w.Body.String())
		}
	}
	if w := s.send(call{path: "Observation?code:text=n,alone&_summary=count"}); !strings.Contains(w.Body.String(), `"total":2`) {
		t.Errorf("what was written: %s", w.Body.String())
	}
}

// TestGeneralParameters: format, pretty printing and what is left of a resource are
// asked for of a posted search, a history and $everything as of any other.
func TestGeneralParameters(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for _, x := range []struct {
		method, path, body, has, hasNot string
	}{
		{"POST", "Observation/_search", "patient={p}&_format=xml", `<Bundle xmlns="http://hl7.org/fhir">`, "{"},
		{"POST", "Observation/_search", "patient={p}&_format=xml&_pretty=true", "\n      <Observation>\n        <id value=", ""},
		{"POST", "Observation/_search", "patient={p}&_pretty=true", "\n  \"resourceType\"", ""},
		{"GET", "Observation/_history?_elements=code", "", "SUBSETTED", `"subject"`},
		{"GET", "Patient/{p}/_history?_summary=count", "", `"total":`, `"entry"`},
		{"GET", "Patient/{p}/$everything?_elements=id", "", "SUBSETTED", `"valueQuantity"`},
		{"GET", "Patient/{p}/$everything?_summary=count", "", `"total":`, `"entry"`},
		{"GET", "Patient/{p}?_format=xml&_pretty=true", "", "<Patient xmlns=\"http://hl7.org/fhir\">\n  <id value=", ""},
	} {
		c := call{method: x.method, path: x.path, body: x.body}
		if x.body != "" {
			c.header = form
		}
		w := s.send(c)
		if w.Code != 200 || !strings.Contains(w.Body.String(), x.has) || x.hasNot != "" && strings.Contains(w.Body.String(), x.hasNot) {
			t.Errorf("%s %s %s: %d %s", x.method, x.path, x.body, w.Code, w.Body.String())
		}
	}
	for path, code := range map[string]int{"Observation/_history?_summary=colour": 400, "Patient/{p}/$everything?_elements=id&_since=x": 400} {
		if w := s.send(call{path: path}); w.Code != code {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := s.send(call{method: "POST", path: "Observation/_search", body: "patient={p}&_format=turtle", header: form}); w.Code != 406 {
		t.Errorf("an odd format in the form: %d", w.Code)
	}
}

// TestLargeTransaction: 5,500 entries are kept together, or not at all.
func TestLargeTransaction(t *testing.T) {
	s := newStage(t)
	s.grow(64<<20, 20_000)
	const n = 5500
	entries := make([]string, 0, n)
	entries = append(entries, entry(patientURN, "POST", "Patient", okonkwo))
	for i := range n - 1 {
		entries = append(entries, entry(fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i), "POST", "Observation",
			fmt.Sprintf(`{"resourceType":"Observation","status":"final","code":{"text":"n%d"},"subject":{"reference":"%s"}}`, i, patientURN)))
	}
	bad := append(append([]string{}, entries...), entry("", "POST", "Observation", `{"resourceType":"Observation","code":{"text":"no status"}}`))
	if w := s.send(call{method: "POST", body: bundleOf("transaction", bad...)}); w.Code != 422 || !strings.Contains(w.Body.String(), fmt.Sprintf("Bundle.entry[%d]", n)) {
		t.Errorf("a bad last entry: %d %.300s", w.Code, w.Body.String())
	}
	if w := s.send(call{path: "Observation?_summary=count"}); !strings.Contains(w.Body.String(), `"total":0`) {
		t.Errorf("something was kept: %s", w.Body.String())
	}
	w := s.send(call{method: "POST", body: bundleOf("transaction", entries...)})
	v, err := fhir.ParseObject(w.Body.Bytes())
	if err != nil || w.Code != 200 || v.Get("entry").Len() != n {
		t.Fatalf("%d %.300s", w.Code, w.Body.String())
	}
	if w := s.send(call{path: "Observation?_summary=count"}); !strings.Contains(w.Body.String(), fmt.Sprintf(`"total":%d`, n-1)) {
		t.Errorf("not all is there: %s", w.Body.String())
	}
	s.clean()
}

// TestTransactionLinks: every form of link within a transaction is resolved.
func TestTransactionLinks(t *testing.T) {
	s := newStage(t)
	org := `{"request":{"method":"POST","url":"Organization","ifNoneExist":"identifier=urn:o|1"},"fullUrl":"urn:uuid:33333333-3333-4333-8333-33333333333%d","resource":{"resourceType":"Organization","name":"One","identifier":[{"system":"urn:o","value":"1"}]}}`
	s.play([]call{
		{name: "two that are one, a conditional reference to it, a base, a narrative", method: "POST", status: 200, body: bundleOf("transaction",
			fmt.Sprintf(org, 1), fmt.Sprintf(org, 2),
			entry("http://elsewhere.example/fhir/Patient/77", "POST", "Patient", okonkwo),
			entry("http://elsewhere.example/fhir/Encounter/78", "POST", "Encounter",
				`{"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/77"},"serviceProvider":{"reference":"Organization?identifier=urn:o|1"},
				"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"urn:uuid:33333333-3333-4333-8333-333333333332\">x</a></div>"}}`),
		), has: []string{`"transaction-response"`}, audit: trail{"update": 1}},
		{name: "one organisation", path: "Organization?name=one", status: 200, has: []string{`"total":1`}, keep: map[string]string{"o": "entry.0.resource.id"}, audit: trail{"search": 1}},
		{name: "one patient", path: "Patient?family=okonkwo", status: 200, keep: map[string]string{"p": "entry.0.resource.id"}, audit: trail{"search": 1}},
		{name: "linked", path: "Encounter?patient={p}", status: 200, has: []string{`"total":1`, `"Patient/{p}"`, `"Organization/{o}"`, `href=\"Organization/{o}\"`}, hasNot: []string{"urn:uuid"}, audit: trail{"search": 1}},
		{name: "deleted and made in one", method: "POST", status: 200, body: bundleOf("transaction",
			entry("", "DELETE", "Organization/{o}", ""), fmt.Sprintf(org, 1)), has: []string{`"204 No Content"`, `"201 Created"`}, audit: trail{"update": 1}},
		{name: "a circle", method: "POST", status: 200, body: bundleOf("transaction",
			`{"request":{"method":"PUT","url":"Organization/a"},"resource":{"resourceType":"Organization","id":"a","name":"A","partOf":{"reference":"Organization/b"}}}`,
			`{"request":{"method":"PUT","url":"Organization/b"},"resource":{"resourceType":"Organization","id":"b","name":"B","partOf":{"reference":"Organization/a"}}}`), audit: trail{"update": 1}},
		{name: "a circle brought along ends", path: "Organization?_id=a&_include:iterate=Organization:partof&_revinclude:iterate=Organization:partof", status: 200, has: []string{`"id":"b"`}, audit: trail{"search": 1}},
	})
	s.clean()
}
