package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"concord/record"
	"concord/standard/fhir"
)

// TestStewardExplains: an implausible story is shown with where and when, and is
// gone once it is explained; the numbers are there for stewards alone.
func TestStewardExplains(t *testing.T) {
	s := newStage(t)
	s.tell()
	before := `{"resourceType":"Patient","identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"901"}],"name":[{"family":"Overlay","given":["Una"]}],"gender":"female","birthDate":"1950-01-02"}`
	id := s.write("RYJ", "o1", before)[0].ID
	after, err := fhir.ParseObject([]byte(`{"resourceType":"Patient","id":"` + id + `","identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"901"}],"name":[{"family":"Other","given":["Otto"]}],"gender":"male","birthDate":"1971-06-12"}`))
	s.must(err)
	_, err = s.client("RYJ").Transact(s.ctx, []record.Op{{Kind: record.Update, Type: "Patient", ID: id, Resource: after}}, record.Commit{})
	s.must(err)
	for range 50 {
		if more, err := s.desk.Watch(s.ctx); err != nil {
			t.Fatal(err)
		} else if !more {
			break
		}
	}
	g := s.as("steward")
	r := g.get("/mpi/alarms")
	r.has(t, "Turned into somebody else at once", "OTHER, Otto")
	i := strings.Index(r.body, `name="id" value="`) + len(`name="id" value="`)
	alarm := r.body[i : i+strings.IndexByte(r.body[i:], '"')]
	if r := g.post("/mpi/alarms", "id", alarm, "why", ""); r.status < 400 {
		t.Error("explained without words")
	}
	g.post("/mpi/alarms", "id", alarm, "why", "two registrations were swapped and put right")
	if r := g.get("/mpi/alarms"); strings.Contains(r.body, "OTHER, Otto") {
		t.Error("explained, and still asked")
	}
	g.get("/mpi/numbers").has(t, "False joins found", "Missed joins found", "Pairs as they stand")
	for _, path := range []string{"/mpi/alarms", "/mpi/numbers"} {
		if r := s.as("registrar").get(path); r.status != http.StatusForbidden {
			t.Errorf("a registrar reads %s: %d", path, r.status)
		}
	}
}
