package fhirapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"concord/edge/fhirapi"
	"concord/standard/fhir"
	"concord/standard/validate"
)

// routeOf is a request that makes an interaction of a type happen.
func routeOf(interaction, typ string) (method, path string) {
	switch interaction {
	case "read":
		return "GET", typ + "/x"
	case "vread":
		return "GET", typ + "/x/_history/1"
	case "history-instance":
		return "GET", typ + "/x/_history"
	case "update":
		return "PUT", typ + "/x"
	case "delete":
		return "DELETE", typ + "/x"
	case "create":
		return "POST", typ
	case "patch":
		return "PATCH", typ + "/x"
	case "history-type":
		return "GET", typ + "/_history"
	case "search-type":
		return "GET", typ + "?_id=x"
	}
	return "", ""
}

// served sends a request and tells whether a route took it.
func (s *stage) served(method, path string) bool {
	s.t.Helper()
	req := httptest.NewRequest(method, "/fhir"+path, nil)
	req.Header.Set("Authorization", "Bearer "+s.token(everyScope))
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	if w.Code < 400 {
		return true
	}
	v, err := fhir.ParseObject(w.Body.Bytes())
	if err != nil || v.Type() != "OperationOutcome" {
		s.t.Errorf("%s %s: status %d without OperationOutcome: %.200s", method, path, w.Code, w.Body.String())
		return false
	}
	return v.StrAt("issue.0.details.coding.0.code") != "fhir.route"
}

func TestCapabilityStatement(t *testing.T) {
	s := newStage(t)
	s.step(call{name: "of terminology", path: "metadata?mode=terminology", scopes: "-", status: 501, has: []string{"fhir.mode"}})
	s.step(call{name: "normative", path: "metadata?mode=normative", scopes: "-", status: 200})
	v := s.step(call{name: "metadata", path: "metadata", scopes: "-", status: 200})
	rest := v.Path("rest.0")
	listed := map[string]bool{}
	for res := range rest.Get("resource").Each() {
		typ := res.StrAt("type")
		listed[typ] = true
		for in := range res.Get("interaction").Each() {
			method, path := routeOf(in.StrAt("code"), typ)
			if method == "" || !s.served(method, "/"+path) {
				t.Errorf("%s %s is listed and not served", typ, in.StrAt("code"))
			}
		}
		for p := range res.Get("searchParam").Each() {
			if typ == "AuditEvent" {
				continue // TestAuditEventSearch
			}
			if s.desk.Table().Param(typ, p.StrAt("name")) == nil {
				t.Errorf("%s has no parameter %s", typ, p.StrAt("name"))
			}
		}
		for op := range res.Get("operation").Each() {
			name := op.StrAt("name")
			if !s.served("GET", "/"+typ+"/x/$"+name) && !s.served("POST", "/"+typ+"/x/$"+name) && !s.served("GET", "/"+typ+"/$"+name) && !s.served("POST", "/"+typ+"/$"+name) {
				t.Errorf("%s $%s is listed and not served", typ, name)
			}
		}
	}
	for _, typ := range fhir.R4().Names() {
		if !listed[typ] && s.served("GET", "/"+typ+"/x") {
			t.Errorf("%s is served and not listed", typ)
		}
	}
	for op := range rest.Get("operation").Each() {
		if name := op.StrAt("name"); !s.served("GET", "/$"+name) && !s.served("POST", "/$"+name) {
			t.Errorf("$%s is listed and not served", name)
		}
	}
	for in := range rest.Get("interaction").Each() {
		if path := map[string]string{"history-system": "/_history", "search-system": "?_id=x"}[in.StrAt("code")]; path != "" {
			if !s.served("GET", path) {
				t.Errorf("%s is listed and not served", in.StrAt("code"))
			}
			continue
		}
		body := `{"resourceType":"Bundle","type":"` + in.StrAt("code") + `"}`
		s.step(call{name: in.StrAt("code"), method: "POST", path: "", body: body, status: 200})
	}
}

// TestStatementIsValid: the statement passes our own $validate, that of a server
// with apps too.
func TestStatementIsValid(t *testing.T) {
	s := newStage(t)
	s.options.Apps = true
	apps := fhirapi.New(s.options)
	for name, handler := range map[string]http.Handler{"without apps": s.handler, "with apps": apps} {
		s.handler = handler
		v := s.step(call{name: name, path: "metadata", scopes: "-", status: 200})
		seen := map[string]bool{}
		for p := range v.Path("rest.0.searchParam").Each() {
			if n := p.StrAt("name"); seen[n] {
				t.Errorf("%s: %s is listed twice", name, n)
			} else {
				seen[n] = true
			}
		}
		for _, is := range validate.Base().Validate(v, validate.Options{Now: s.now}) {
			if is.Severity == "error" || is.Severity == "fatal" {
				t.Errorf("%s: %s: %s (%s)", name, is.Expression, is.Text, is.Detail)
			}
		}
	}
}

// TestNothingElseIsServed: what FHIR defines and the statement does not list
// has no route, and says so in an OperationOutcome.
func TestNothingElseIsServed(t *testing.T) {
	s := newStage(t)
	for _, c := range []string{
		"PUT /", "DELETE /", "PATCH /", "GET /Parameters/x", "GET /Patient/x/Parameters",
		"POST /Patient/x", "POST /Patient/x/_history", "DELETE /Patient/x/_history/1", "GET /Patient/x/_history/1/2",
		"GET /Observation/x/$everything", "GET /Patient/$match", "POST /Patient/x/$merge",
		"GET /Patient/x/$lastn", "POST /$convert", "OPTIONS /Patient", "TRACE /Patient/x",
		"POST /metadata",
	} {
		method, path, _ := strings.Cut(c, " ")
		if s.served(method, path) {
			t.Errorf("%s is served and not listed", c)
		}
	}
	if w := httptest.NewRecorder(); true {
		s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/fhir/Patient/x/$nothing", nil))
		if w.Code != http.StatusNotFound && w.Code != http.StatusUnauthorized {
			t.Errorf("an operation that is none: %d", w.Code)
		}
	}
}
