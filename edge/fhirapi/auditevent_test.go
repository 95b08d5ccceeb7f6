package fhirapi_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/validate"
)

const auditScope = "system/AuditEvent.rs"

// asks sends a GET about the audit log and expects its trace: of a search that
// is answered, refused, or failed after the decision.
func (s *stage) asks(path, scopes string, status int) *fhir.Value {
	s.t.Helper()
	trace := map[int]trail{200: {"read-audit": 1}, 403: {"!read-audit": 1}, 404: {"read-audit?": 1}}[status]
	if strings.Contains(path, "_page=x") {
		trace = trail{"read-audit?": 1}
	}
	return s.step(call{name: path, path: path, scopes: scopes, status: status, audit: trace})
}

// looked makes a patient whom two clinicians have looked at; the token of the
// stage is of RYJ, whose patient it is.
func (s *stage) looked() (id string) {
	s.t.Helper()
	v := s.step(call{name: "a patient", method: "POST", path: "Patient", status: 201, audit: trail{"create": 1},
		body: `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Bell"}],"birthDate":"1950-01-02"}`})
	for _, who := range []string{"dr.a", "dr.b"} {
		e := s.desk.For(access.Requester{ID: who, Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare, Text: "clinic " + who})
		if _, err := e.Read(context.Background(), "Patient", v.ID()); err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.desk.Sequencer(nil).Once(context.Background()); err != nil {
			s.t.Fatal(err)
		}
	}
	return v.ID()
}

// staffOf are who asked in a Bundle's events, in order, but for the readings of
// the log itself.
func staffOf(v *fhir.Value) string {
	var out []string
	for e := range v.Get("entry").Each() {
		if e.Path("resource.type").StrAt("code") == "110101" {
			continue
		}
		for a := range e.Path("resource.agent").Each() {
			if id := a.Path("who.identifier"); a.Get("requestor").Bool() {
				out = append(out, id.StrAt("value"))
			}
		}
	}
	return strings.Join(out, " ")
}

// TestAuditEventSearch: each parameter finds what it should, every event is
// valid, and the search is itself in the log.
func TestAuditEventSearch(t *testing.T) {
	s := newStage(t)
	id := s.looked()
	for query, want := range map[string]string{
		"patient=" + id + "&action=R":                                  "dr.b dr.a",
		"patient=Patient/" + id + "&agent=dr.a":                        "dr.a",
		"entity=Patient/" + id + "&altid=dr.b":                         "dr.b",
		"patient=" + id + "&agent:identifier=urn:concord:account|dr.a": "dr.a",
		"patient=" + id + "&agent=Organization/RQM":                    "dr.b dr.a",
		"patient=" + id + "&agent=Organization/RAS":                    "",
		"patient=" + id + "&action=C":                                  "client",
		"patient=" + id + "&action=R,C":                                "dr.b dr.a client",
		"patient=" + id + "&reason=CLINIC+dr.b":                        "dr.b",
		"patient=" + id + "&purpose=BTG":                               "",
		"patient=" + id + "&purpose=http://terminology.hl7.org/CodeSystem/v3-ActReason|TREAT&action=R": "dr.b dr.a",
		"patient=" + id + "&outcome=8":                                    "",
		"patient=" + id + "&date=2026-11-22&action=R":                     "dr.b dr.a",
		"patient=" + id + "&date=lt2026-11-22":                            "",
		"patient=" + id + "&date=ge2026-11-22&date=lt2026-11-23&action=R": "dr.b dr.a",
		"patient=" + id + "&date=gt2026-11-22":                            "",
	} {
		v := s.asks("AuditEvent?_count=1000&"+strings.ReplaceAll(query, "|", "%7C"), auditScope, 200)
		if got := staffOf(v); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		for e := range v.Get("entry").Each() {
			if e.Path("resource.type").StrAt("code") == "110101" {
				continue
			}
			for _, is := range validate.Base().Check(e.Get("resource")) {
				if is.Severity == "error" {
					t.Errorf("%s: %+v", query, is)
				}
			}
			one := s.asks("AuditEvent/"+e.Path("resource.id").Str(), auditScope, 200)
			if !fhir.Equal(one, e.Get("resource")) {
				t.Errorf("%s reads %s\nfound %s", query, one.JSON(), e.Get("resource").JSON())
			}
		}
	}
	posted := s.step(call{name: "posted", method: "POST", path: "AuditEvent/_search", body: "_count=1000&action=R&patient=" + id,
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, scopes: auditScope, status: 200, audit: trail{"read-audit": 1}})
	if staffOf(posted) != "dr.b dr.a" {
		t.Error(staffOf(posted))
	}
	inCompartment := s.asks("Patient/"+id+"/AuditEvent?_count=1000&action=R", auditScope, 200)
	if staffOf(inCompartment) != "dr.b dr.a" {
		t.Error(staffOf(inCompartment))
	}
	s.step(call{name: "among other types", path: "?_type=Patient,AuditEvent", status: 400})
	for _, query := range []string{"colour=red", "patient=", "action=Z", "outcome=9", "entity=x", "date=soon", "date=ap2026", "_count=0", "_page=x", "agent=", "patient=a&patient=b"} {
		s.asks("AuditEvent?"+query, auditScope, 400)
	}
	s.asks("AuditEvent?patient=nobody", auditScope, 404)
	s.asks("AuditEvent/999999", auditScope, 404)
}

// TestWhoHasLooked: the operation lists looks alone, pages, and is closed to a
// wildcard.
func TestWhoHasLooked(t *testing.T) {
	s := newStage(t)
	id := s.looked()
	path := "Patient/" + id + "/$who-has-looked"
	v := s.asks(path, auditScope, 200)
	if staffOf(v) != "dr.b dr.a" || v.StrAt("type") != "searchset" {
		t.Error(staffOf(v))
	}
	var got []string
	for next, n := path+"?_count=1", 0; next != "" && n < 9; n++ {
		v := s.asks(next, auditScope, 200)
		got, next = append(got, staffOf(v)), ""
		for l := range v.Get("link").Each() {
			if l.StrAt("relation") == "next" {
				next = strings.TrimPrefix(l.StrAt("url"), "https://concord.example/fhir/")
			}
		}
	}
	// Their own questions are looks too, so that the first page is one of them.
	if text := strings.Join(got, " "); !strings.Contains(text, "dr.b") || !strings.HasSuffix(strings.TrimSpace(text), "dr.a") {
		t.Errorf("pages: %q", got)
	}
	since := url.QueryEscape(fhir.FormatInstant(s.now))
	if v := s.asks(path+"?_since="+since, auditScope, 200); strings.Contains(staffOf(v), "dr.") {
		t.Error(staffOf(v))
	}
	for _, bad := range []string{"?_since=soon", "?colour=red", "?_count=x"} {
		s.asks(path+bad, auditScope, 400)
	}
	for _, scope := range []string{everyScope, "system/Patient.rs", "system/AuditEvent.r", "system/AuditEvent.s"} {
		for _, p := range []string{path, "AuditEvent?patient=" + id, "AuditEvent/0", "Patient/" + id + "/AuditEvent"} {
			s.asks(p, scope, 403)
		}
	}
}

// TestAuditEventsAreNotWritten: by no way into the front door.
func TestAuditEventsAreNotWritten(t *testing.T) {
	s := newStage(t)
	body := `{"resourceType":"AuditEvent","id":"a","type":{"system":"x:y","code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"x"}}}`
	s.step(call{name: "create", method: "POST", path: "AuditEvent", body: strings.Replace(body, `"id":"a",`, "", 1), scopes: everyScope, status: 405, audit: trail{"create?": 1}})
	s.step(call{name: "update", method: "PUT", path: "AuditEvent/a", body: body, scopes: everyScope, status: 405, audit: trail{"update?": 1}})
	s.step(call{name: "transaction", method: "POST", body: fmt.Sprintf(`{"resourceType":"Bundle","type":"transaction","entry":[{"resource":%s,"request":{"method":"PUT","url":"AuditEvent/a"}}]}`, body), scopes: everyScope, status: 405, audit: trail{"update?": 1}})
}
