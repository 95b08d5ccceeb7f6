package webui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestStewardCompares: a steward lays any two people side by side, whom the model has
// not put before them too, joins them, and comes back to what was ruled not the same.
func TestStewardCompares(t *testing.T) {
	s := newStage(t)
	a, _ := s.duplicate()
	b := s.write("RYJ", "RYJ800003", `{"resourceType":"Patient","id":"x","identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"800003"}],`+
		`"active":true,"name":[{"use":"official","family":"Trelawney","given":["Bob"]}],"gender":"male","birthDate":"1950-01-02"}`)[0].ID
	p, q := s.whoIs(a), s.whoIs(b)
	g := s.as("steward")
	g.get("/mpi/review").has(t, `href="/mpi/compare"`)
	g.get("/mpi/"+p).has(t, `href="/mpi/compare?a=`+p)
	at := "/mpi/compare?a=" + url.QueryEscape("999 000 0409") + "&b=" + b
	page := g.get(at)
	page.has(t, "How the likelihood adds up", `value="join"`, `value="part"`, `value="`+b+`"`)
	page.lacks(t, "Penicillin", "already")
	for _, bad := range []string{"/mpi/compare?a=" + a + "&b=nobody-1", "/mpi/compare?a=" + a + "&b=" + a, "/mpi/compare?a=" + a + "&b=" + url.QueryEscape("999 000 0999")} {
		if r := g.get(bad); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
	for field, bad := range map[string]string{"a": "?a=nobody-1&b=" + b, "b": "?a=" + a + "&b=nobody-1"} {
		g.get("/mpi/compare"+bad).has(t, `href="#`+field+`"`, "Nobody with that number or id is known here.")
	}
	for _, role := range []string{"registrar", "reception", "engineer", "admin"} {
		if r := s.as(role).get(at); r.status != http.StatusForbidden {
			t.Errorf("%s compares: %d", role, r.status)
		}
	}
	if r := g.post("/mpi/review", "do", "part", "a", a, "b", b, "why", "a child", "sure", "yes"); r.status >= 400 {
		t.Fatalf("parted: %d", r.status)
	}
	page = g.get(at)
	page.has(t, "Decided on the two", "Not the same person", "a child")
	_, id, _ := strings.Cut(page.body, `name="of" value="`)
	id, _, _ = strings.Cut(id, `"`)
	if r := g.post("/mpi/review", "do", "take-back", "of", id, "sure", "yes"); r.status >= 400 {
		t.Fatalf("taken back: %d", r.status)
	}
	g.get(at).lacks(t, "Decided on the two")
	if r := g.post("/mpi/review", "do", "join", "a", a, "b", b, "why", "a slip before", "sure", "yes"); r.status >= 400 || s.whoIs(b) != p && s.whoIs(a) != q {
		t.Fatalf("joined after that: %d %s, %s and %s", r.status, r.body, s.whoIs(a), s.whoIs(b))
	}
	g.get(at).has(t, "one person already")
}
