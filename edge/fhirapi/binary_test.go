package fhirapi_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"concord/record/access"
	"concord/standard/fhir"
)

const page = "<script>alert(document.domain)</script>"

func binaryOf(contentType, content, context string) string {
	if context != "" {
		context = `"securityContext":{"reference":"` + context + `"},`
	}
	return `{"resourceType":"Binary",` + context + `"contentType":"` + contentType + `","data":"` + base64.StdEncoding.EncodeToString([]byte(content)) + `"}`
}

func headers(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// TestBinaryAsItIs: a Binary is given as what it holds unless FHIR is asked for, and
// taken so; no browser runs what is in it.
func TestBinaryAsItIs(t *testing.T) {
	s := newStage(t)
	s.play([]call{givenPatient(),
		{name: "as FHIR", method: "PUT", path: "Binary/page", body: withID(binaryOf("text/html", page, ""), "page", "", ""), status: 201, audit: trail{"update": 1}},
		{name: "raw", method: "PUT", path: "Binary/scan", body: "%PDF-1.7", header: headers("Content-Type", "application/pdf", "X-Security-Context", "Patient/{p}", "Accept", "application/fhir+json"), status: 201,
			has: []string{`"contentType":"application/pdf"`, `"reference":"Patient/{p}"`, `"data":"JVBERi0xLjc="`}, audit: trail{"update": 1}},
		{name: "asked for as FHIR", path: "Binary/page", header: headers("Accept", "application/fhir+json"), status: 200, has: []string{`"contentType":"text/html"`}, audit: trail{"read": 1}},
		{name: "by _format", path: "Binary/page?_format=json", status: 200, has: []string{`"contentType":"text/html"`}, audit: trail{"read": 1}},
		{name: "another picture wanted", path: "Binary/scan", header: headers("Accept", "image/png"), status: 406, has: []string{"fhir.accept", "http.accept"}, audit: trail{"read": 1}},
		{name: "nobody's", path: "Binary/none", header: headers("Accept", "application/pdf"), status: 404, has: []string{"record.unknown"}, audit: trail{"read?": 1}},
		{name: "in a batch it is FHIR", method: "POST", path: "", body: bundleOf("batch", entry("", "GET", "Binary/page", "")), status: 200, has: []string{`"contentType":"text/html"`}, audit: trail{"read": 1}},
		{name: "JSON that is a Binary", method: "PUT", path: "Binary/j", body: withID(binaryOf("text/plain", "x", ""), "j", "", ""), header: headers("Content-Type", "application/json"), status: 201, has: []string{`"text/plain"`}, audit: trail{"update": 1}},
		{name: "JSON that is none", method: "PUT", path: "Binary/j", body: `{"a":1}`, header: headers("Content-Type", "application/json"), status: 200, has: []string{`"contentType":"application/json"`}, audit: trail{"update": 1}},
		{name: "an odd type", method: "POST", path: "Binary", body: "x", header: headers("Content-Type", "/;"), status: 415, has: []string{"http.content-type"}},
		{name: "a context that is nothing", method: "POST", path: "Binary", body: "x", header: headers("Content-Type", "text/plain", "X-Security-Context", "nonsense"), status: 422, audit: trail{"create?": 1}},
	})
	for _, x := range []struct{ path, accept, kind, body string }{
		{"Binary/page", "", "text/html", page}, {"Binary/page", "*/*", "text/html", page}, {"Binary/page", "text/html, */*;q=0.1", "text/html", page},
		{"Binary/scan", "application/pdf", "application/pdf", "%PDF-1.7"}, {"Binary/scan/_history/1", "application/*", "application/pdf", "%PDF-1.7"},
	} {
		w := s.send(call{path: x.path, header: headers("Accept", x.accept)})
		h := w.Header()
		if w.Code != 200 || w.Body.String() != x.body || h.Get("Content-Type") != x.kind || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("ETag") != `W/"1"` {
			t.Errorf("%s as %q: %d %v %.100s", x.path, x.accept, w.Code, h, w.Body)
		}
	}
	if w := s.send(call{path: "Binary/scan"}); w.Header().Get("X-Security-Context") != s.fill("Patient/{p}") {
		t.Error(w.Header())
	}
	if w := s.send(call{method: "HEAD", path: "Binary/scan"}); w.Body.Len() != 0 || w.Header().Get("Content-Length") != "8" {
		t.Error(w.Header())
	}
	s.grow(128<<20, 20)
	large := strings.Repeat("x", 32<<20+1)
	s.play([]call{
		{name: "too large", method: "POST", path: "Binary", body: large, header: headers("Content-Type", "text/plain"), status: 413, has: []string{"fhir.too-large", "33554432 bytes"}},
		{name: "too large, as FHIR", method: "POST", path: "Binary", body: binaryOf("text/plain", large, ""), status: 413, has: []string{"Binary.data"}},
		{name: "too large, in a transaction", method: "POST", path: "", body: bundleOf("transaction", entry("", "POST", "Binary", binaryOf("text/plain", large, ""))), status: 413, has: []string{"Bundle.entry[0].resource.data"}},
	})
	s.clean()
}

// TestBinaryByWhatStandsForIt: a Binary is seen by who may see what its securityContext
// names, or a document that leads to it.
func TestBinaryByWhatStandsForIt(t *testing.T) {
	s := newStage(t)
	document := func(id, url, security string) string {
		return `{"resourceType":"DocumentReference","id":"` + id + `",` + security + `"status":"current","subject":{"reference":"Patient/{p}"},"content":[{"attachment":{"contentType":"text/plain","url":"` + url + `"}}]}`
	}
	sealed := `"meta":{"security":[{"system":"` + access.Confidentiality + `","code":"V"}]},`
	put := func(ref, body string) {
		t.Helper()
		if w := s.as(t, "R1K", http.MethodPut, "/"+ref, s.fill(body)); w.Code != http.StatusCreated {
			t.Fatalf("%s: %d %s", ref, w.Code, w.Body)
		}
	}
	s.names["p"] = s.made(t, "R1K", "Patient", okonkwo)
	put("DocumentReference/secret", document("secret", "http://elsewhere.example/x", sealed))
	put("Binary/of-secret", withID(binaryOf("text/plain", "CANARY", "DocumentReference/secret"), "of-secret", "", ""))
	put("Binary/of-patient", withID(binaryOf("text/plain", "CANARY", "Patient/{p}"), "of-patient", "", ""))
	put("Binary/led", withID(binaryOf("text/plain", "CANARY", ""), "led", "", ""))
	put("DocumentReference/to-led", document("to-led", "Binary/led", sealed))
	put("Binary/both", withID(binaryOf("text/plain", "CANARY", ""), "both", "", ""))
	put("DocumentReference/closed", document("closed", "Binary/both", sealed))
	put("DocumentReference/open", document("open", "Binary/both", ""))
	put("Binary/alone", withID(binaryOf("text/plain", "CANARY", ""), "alone", "", ""))
	put("Binary/own", withID(strings.Replace(binaryOf("text/plain", "CANARY", "Patient/{p}"), `{"resourceType":"Binary",`, `{"resourceType":"Binary",`+sealed, 1), "own", "", ""))
	for id, open := range map[string]bool{"of-secret": false, "of-patient": true, "led": false, "both": true, "alone": true, "own": false} {
		for _, path := range []string{"/Binary/" + id, "/Binary/" + id + "/_history/1", "/Binary/" + id + "?_format=json"} {
			w := s.as(t, "RQM", http.MethodGet, path, "")
			if seen := w.Code == http.StatusOK; seen != open {
				t.Errorf("%s to another organisation: %d, want it seen: %v", path, w.Code, open)
			}
			if w := s.as(t, "R1K", http.MethodGet, path, ""); w.Code != http.StatusOK {
				t.Errorf("%s to who wrote it: %d %s", path, w.Code, w.Body)
			}
		}
		found := strings.Contains(s.as(t, "RQM", http.MethodGet, "/Binary?_id="+id, "").Body.String(), `"match"`)
		if found != open {
			t.Errorf("another organisation finds %s: %v", id, found)
		}
	}
	if w := s.as(t, "R1K", http.MethodPut, "/Binary/alone", withID(binaryOf("text/plain", "CANARY", "DocumentReference/secret"), "alone", "", "")); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	if w := s.as(t, "RQM", http.MethodGet, "/Binary/alone/_history/1", ""); w.Code == http.StatusOK {
		t.Error("a version from before the seal is shown")
	}
	if w := s.as(t, "RQM", http.MethodGet, "/Binary?_summary=count", ""); !strings.Contains(w.Body.String(), `"total":2`) {
		t.Errorf("what may not be seen is counted: %s", w.Body)
	}
	w := s.as(t, "R1K", http.MethodPost, "", s.fill(bundleOf("transaction",
		entry("urn:uuid:11111111-1111-4111-8111-111111111111", "POST", "Binary", binaryOf("text/plain", "with its letter", "")),
		entry("", "POST", "DocumentReference", strings.Replace(strings.Replace(document("x", "urn:uuid:11111111-1111-4111-8111-111111111111", ""), `"id":"x",`, "", 1), "{p}", s.names["p"], 1)))))
	v, err := fhir.ParseObject(w.Body.Bytes())
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	id := strings.Split(v.StrAt("entry.0.response.location"), "/")[1]
	if record, _, _ := strings.Cut(id, "-"); !strings.HasPrefix(s.names["p"], record+"-") {
		t.Errorf("the letter lies at %s, its patient's record is %s", id, s.names["p"])
	}
	s.clean()
}
