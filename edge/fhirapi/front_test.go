package fhirapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"concord/edge/fhirapi"
	"concord/standard/fhir"
)

// TestFrontOverTheWire: what a server of net/http answers by itself in plain text is an
// OperationOutcome here wherever a handler can have it so, and a slash too many leads
// nowhere else.
func TestFrontOverTheWire(t *testing.T) {
	s := newStage(t)
	s.play([]call{givenPatient()})
	server := httptest.NewUnstartedServer(fhirapi.Meant(s.handler))
	server.Config.MaxHeaderBytes = fhirapi.MaxHeader
	server.Start()
	defer server.Close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, x := range []struct {
		name, method, path string
		header             map[string]string
		code               int
		has                string
	}{
		{"a large header", "GET", "/fhir/Patient", headers("X-Large", strings.Repeat("x", 70<<10)), 431, `"location":["http.x-large"]`},
		{"a long URL", "GET", "/fhir/Patient?family=" + strings.Repeat("x", 33<<10), nil, 414, "_search"},
		{"a method that is none", "BREW", "/fhir/Patient", nil, 404, "fhir.route"},
		{"TRACE", "TRACE", "/fhir/Patient", nil, 404, "fhir.route"},
		{"a slash behind", "GET", "/fhir/Patient/{p}/", nil, 200, `"resourceType":"Patient"`},
		{"a slash behind a type", "GET", "/fhir/Patient/?family=okonkwo", nil, 200, `"total":1`},
		{"a slash twice", "GET", "/fhir//Patient/{p}", nil, 200, `"resourceType":"Patient"`},
		{"a slash behind the base", "GET", "/fhir/?_type=Patient", nil, 200, `"searchset"`},
		{"an odd escape", "GET", "/fhir/Patient?family=%zz", nil, 400, "search.syntax"},
	} {
		req, err := http.NewRequest(x.method, server.URL+s.fill(x.path), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token(everyScope))
		for k, v := range x.header {
			req.Header.Set(k, v)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		v, err := fhir.ParseObject(text)
		if res.StatusCode != x.code || err != nil || !strings.Contains(string(text), x.has) || x.code >= 400 && v.Type() != "OperationOutcome" {
			t.Errorf("%s: %d %.300s", x.name, res.StatusCode, text)
		}
	}
}

// TestPreconditionsNameTheirHeader: a 412 says which header, or which element of an
// entry, did not hold.
func TestPreconditionsNameTheirHeader(t *testing.T) {
	s := newStage(t)
	twice := `{"resourceType":"Basic","identifier":[{"system":"urn:t","value":"1"}],"code":{"text":"x"}}`
	basic := `{"resourceType":"Basic","id":"b","code":{"text":"x"}}`
	conditional := func(kind string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[{"resource":` + twice + `,"request":{"method":"POST","url":"Basic","ifNoneExist":"identifier=urn:t|1"}}]}`
	}
	stale := func(kind string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[{"resource":` + basic + `,"request":{"method":"PUT","url":"Basic/b","ifMatch":"W/\"7\""}}]}`
	}
	refused := trail{"update?": 1}
	s.play([]call{
		{name: "one", method: "POST", path: "Basic", body: twice, status: 201, audit: trail{"create": 1}},
		{name: "two", method: "POST", path: "Basic", body: twice, status: 201, audit: trail{"create": 1}},
		{name: "b", method: "PUT", path: "Basic/b", body: basic, status: 201, audit: trail{"update": 1}},
		{name: "stale", method: "PUT", path: "Basic/b", body: basic, header: headers("If-Match", `W/"7"`), status: 412, has: []string{`"http.if-match"`, "record.if-match"}, audit: refused},
		{name: "odd", method: "PUT", path: "Basic/b", body: basic, header: headers("If-Match", "x"), status: 412, has: []string{`"http.if-match"`}},
		{name: "not new", method: "PUT", path: "Basic/b", body: basic, header: headers("If-None-Match", "*"), status: 412, has: []string{`"http.if-none-match"`}, audit: refused},
		{name: "several exist", method: "POST", path: "Basic", body: twice, header: headers("If-None-Exist", "identifier=urn:t|1"), status: 412, has: []string{`"http.if-none-exist"`, "record.multiple"}, audit: trail{"create?": 1}},
		{name: "several match", method: "DELETE", path: "Basic?identifier=urn:t|1", status: 412, has: []string{`"http.url"`}, audit: trail{"delete?": 1}},
		{name: "stale in a batch", method: "POST", path: "", body: stale("batch"), status: 200, has: []string{"412", `"Bundle.entry[0].request.ifMatch"`}, audit: refused},
		{name: "stale in a transaction", method: "POST", path: "", body: stale("transaction"), status: 412, has: []string{`"Bundle.entry[0].request.ifMatch"`}, audit: refused},
		{name: "several in a batch", method: "POST", path: "", body: conditional("batch"), status: 200, has: []string{"412", `"Bundle.entry[0].request.ifNoneExist"`}, audit: trail{"create?": 1}},
		{name: "several in a transaction", method: "POST", path: "", body: conditional("transaction"), status: 412, has: []string{`"Bundle.entry[0].request.ifNoneExist"`}, audit: trail{"create?": 1}},
	})
	s.clean()
}
