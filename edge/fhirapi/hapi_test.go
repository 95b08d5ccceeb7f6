package fhirapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAsHAPISends: requests as the HAPI FHIR client (Java, 8.8) writes them, where other
// clients write them otherwise.
func TestAsHAPISends(t *testing.T) {
	s := newStage(t)
	s.stored(map[string]string{"Organization/o": `"name":"One"`})
	org := `{"resourceType":"Organization","name":"Two"}`
	nameless := func(typ, method, resource string) string {
		return `{"resourceType":"Bundle","type":"` + typ + `","total":1,"entry":[{"resource":` + resource + `,"request":{"method":"` + method + `"}}]}`
	}
	s.holds([]interop{
		{"_since with the plus of its offset as it is", "GET", "_history?_since=2020-11-27T10:32:04.132+00:00&_count=5", "", nil, 200, `"id":"o"`, ""},
		{"_at too", "GET", "Organization/o/_history?_at=2036-11-27T10:32:04.132+01:00", "", nil, 200, `"type":"history"`, ""},
		{"a search by GET at _search", "GET", "Organization/_search?name=one", "", nil, 200, `"total":1`, ""},
		{"of the system", "GET", "_search?_type=Organization&name=one", "", nil, 200, `"total":1`, ""},
		{"of the audit log", "GET", "AuditEvent/_search?_count=1", "", nil, 403, "", "fhir.route"},
		{"a POST of a transaction without its type", "POST", "", nameless("transaction", "POST", org), nil, 200, `"201 Created"`, ""},
		{"of a batch", "POST", "", nameless("batch", "POST", org), nil, 200, `"201 Created"`, ""},
		{"a PUT without its address", "POST", "", nameless("transaction", "PUT", org), nil, 400, "Bundle.entry[0].request.url", ""},
		{"an entry of no type at all", "POST", "", nameless("transaction", "POST", `{"name":"x"}`), nil, 400, "Bundle.entry[0].request.url", ""},
	})
	w := s.send(call{method: "PUT", path: "Organization/o", body: `{"resourceType":"Organization","id":"o","name":"Three"}`})
	if at := w.Header().Get("Content-Location"); w.Code != http.StatusOK || !strings.HasSuffix(at, "/Organization/o/_history/2") {
		t.Errorf("an update: %d, Content-Location %q", w.Code, at)
	}
	w = s.send(call{method: "PATCH", path: "Organization/o", body: `[{"op":"replace","path":"/name","value":"Four"}]`, header: headers("Content-Type", "application/json-patch+json")})
	if at := w.Header().Get("Content-Location"); w.Code != http.StatusOK || !strings.HasSuffix(at, "/Organization/o/_history/3") {
		t.Errorf("a patch: %d, Content-Location %q", w.Code, at)
	}
}
