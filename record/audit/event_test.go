package audit_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"concord/record/access"
	"concord/record/audit"
	"concord/standard/fhir"
	"concord/standard/validate"
)

const (
	dcm   = "http://dicom.nema.org/resources/ontology/DCM|"
	part  = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType|"
	prov  = "http://terminology.hl7.org/CodeSystem/provenance-participant-type|"
	types = "http://terminology.hl7.org/CodeSystem/audit-entity-type|"
	roles = "http://terminology.hl7.org/CodeSystem/object-role|"
)

// pattern is what a BALP profile demands: https://profiles.ihe.net/ITI/BALP/
// (StructureDefinition IHE.BasicAudit.… 1.1.4).
type pattern struct {
	action, subtype, client, server, user string
	query                                 bool
}

var patterns = map[string]pattern{
	"Read":   {"R", "read vread", dcm + "110152", dcm + "110153", part + "IRCP", false},
	"Query":  {"E", "search search-type search-system", dcm + "110153", dcm + "110152", part + "IRCP", true},
	"Create": {"C", "create", dcm + "110153", dcm + "110152", part + "AUT", false},
	"Update": {"U", "update patch", dcm + "110153", dcm + "110152", part + "AUT", false},
	"Delete": {"D", "delete", dcm + "110150", prov + "custodian", part + "AUT", false},
}

func token(v *fhir.Value) string { return v.StrAt("system") + "|" + v.StrAt("code") }

// slices gives the elements of a list by the coding of their type.
func slicesBy(v *fhir.Value, list string) map[string][]*fhir.Value {
	out := map[string][]*fhir.Value{}
	for x := range v.Get(list).Each() {
		c := x.Get("type")
		if c.Get("coding") != nil {
			c = c.Path("coding.0")
		}
		out[token(c)] = append(out[token(c)], x)
	}
	return out
}

// keeps tells in what an event breaks the pattern that it claims.
func keeps(v *fhir.Value) (wrong []string) {
	name := strings.TrimPrefix(v.StrAt("meta.profile.0"), "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.")
	base, patient := strings.CutPrefix(name, "Patient")
	p, known := patterns[base]
	demand := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, name+": "+what)
		}
	}
	demand(known, "no such profile")
	demand(token(v.Get("type")) == "http://terminology.hl7.org/CodeSystem/audit-event-type|rest", "type")
	demand(v.StrAt("subtype.0.system") == "http://hl7.org/fhir/restful-interaction" && strings.Contains(" "+p.subtype+" ", " "+v.StrAt("subtype.0.code")+" "), "subtype")
	demand(v.StrAt("action") == p.action && v.StrAt("outcome") == "0" && v.StrAt("recorded") != "", "action, outcome, recorded")
	agents := slicesBy(v, "agent")
	for slice, typ := range map[string]string{"client": p.client, "server": p.server} {
		a := agents[typ]
		demand(len(a) == 1 && a[0].Get("who") != nil && a[0].Get("network") != nil && a[0].Get("media") == nil, "agent "+slice)
	}
	if u := agents[p.user]; len(u) > 0 {
		demand(len(u) == 1 && u[0].Get("who") != nil && u[0].Get("requestor").Bool() && u[0].Get("network") == nil && u[0].Get("media") == nil, "agent user")
	}
	entities := slicesBy(v, "entity")
	data := entities[types+"2"]
	demand(len(data) == 1, "one entity that is data or query")
	for _, d := range data {
		if p.query {
			demand(token(d.Get("role")) == roles+"24" && d.StrAt("query") != "" && d.Get("what") == nil && d.Get("detail") == nil && d.Get("lifecycle") == nil, "entity query")
		} else {
			demand(token(d.Get("role")) == roles+"4" && d.Get("what") != nil, "entity data")
		}
	}
	pat := entities[types+"1"]
	demand(len(pat) == map[bool]int{true: 1, false: 0}[patient], "entity patient")
	for _, x := range pat {
		demand(token(x.Get("role")) == roles+"1" && strings.HasPrefix(x.StrAt("what.reference"), "Patient/"), "entity patient")
	}
	return wrong
}

// TestEvents: every action, role, outcome and shape of an entry is a valid
// AuditEvent of R4, and those that claim a BALP profile keep to it.
func TestEvents(t *testing.T) {
	scene := audit.Scene{Server: "https://concord.example/fhir", Staff: func(id string) string { return map[string]string{"ann": "Dr Ann Lee"}[id] },
		Orgs: func(code string) string { return "Trust " + code }}
	claimed := map[string]int{}
	for _, act := range access.Actions() {
		for _, role := range access.Roles() {
			for _, what := range [][]string{nil, {"Observation"}, {"Observation/o1"}, {"Observation/o1/_history/2"}, {"Patient?name", "Observation"}, {"people by name"}, {"Patient/p-0", "Observation/o1"}} {
				for i, patient := range []string{"", "Patient/k3v9x2ab-0"} {
					e := audit.Entry{At: time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC), Who: "ann", Role: role, Org: "RQM", Purpose: access.DirectCare, Reason: "seen & <b>",
						Action: act, Rule: "r.x", Allowed: true, What: what, Change: int64(7 * i), Message: []string{"", "urn:x#1"}[i]}
					for _, f := range []func(*audit.Entry){func(*audit.Entry) {}, func(e *audit.Entry) { e.Allowed = false }, func(e *audit.Entry) { e.Outcome = "record.unknown" }, func(e *audit.Entry) { e.Who, e.Org = "zed", "" }} {
						x := e
						f(&x)
						h := audit.Hit{Seq: 12, Entry: x}
						for _, plain := range []bool{false, true} {
							scene.Plain = plain
							v := h.Event(scene, patient)
							for _, is := range validate.Base().Check(v) {
								if is.Severity == "error" || is.Severity == "fatal" {
									t.Fatalf("%s %s %v: %+v\n%s", act, role, what, is, v.JSON())
								}
							}
							if p := v.StrAt("meta.profile.0"); p != "" {
								claimed[p]++
								if wrong := keeps(v); len(wrong) > 0 {
									t.Fatalf("%v\n%s", wrong, v.JSON())
								}
							}
							if plain && strings.Contains(string(v.JSON()), `"ann"`) && role != access.System {
								t.Fatalf("the name of an account is shown to a patient: %s", v.JSON())
							}
						}
					}
				}
			}
		}
	}
	if len(claimed) != 10 {
		t.Errorf("profiles claimed: %v", claimed)
	}
}

// TestEventTells: who, for whom, why and what, in the places that BALP gives.
func TestEventTells(t *testing.T) {
	h := audit.Hit{Seq: 42, Entry: audit.Entry{At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Who: "ann", Role: access.Clinician, Org: "RQM",
		Purpose: "BTG", Reason: "collapsed", Action: access.Search, Rule: "clinician.search", Allowed: true, What: []string{"Observation?code"}, Records: []string{"k3v9x2ab"}}}
	v := h.Event(audit.Scene{Server: "https://c.example/fhir", Staff: func(string) string { return "Dr Ann Lee" }, Orgs: func(string) string { return "Chelsea" }}, "Patient/k3v9x2ab-0")
	for path, want := range map[string]string{
		"id": "42.k3v9x2ab-0", "agent.2.who.identifier.value": "ann", "agent.2.name": "Dr Ann Lee", "agent.2.role.0.coding.0.code": "clinician",
		"agent.2.policy.0": "urn:concord:rule:clinician.search", "agent.2.purposeOfUse.0.coding.0.code": "BTG", "agent.2.purposeOfUse.0.text": "collapsed",
		"agent.3.who.identifier.value": "RQM", "agent.3.who.display": "Chelsea", "entity.0.what.reference": "Patient/k3v9x2ab-0",
		"entity.1.description": "Observation?code", "entity.1.query": base64.StdEncoding.EncodeToString([]byte("Observation?code")), "recorded": "2026-03-01T09:00:00.000Z",
	} {
		if got := v.StrAt(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestEventIDs(t *testing.T) {
	for _, c := range []struct {
		id, patient string
		seq         int64
		ok          bool
	}{{"0", "", 0, true}, {"12.k3v9x2ab-0", "k3v9x2ab-0", 12, true}, {"", "", 0, false}, {"x", "", 0, false}, {"-1", "", 0, false}, {"01", "", 0, false}, {"+1", "", 0, false}} {
		seq, patient, ok := audit.ParseEventID(c.id)
		if ok != c.ok || ok && (seq != c.seq || patient != c.patient) {
			t.Errorf("%q: %d %q %v", c.id, seq, patient, ok)
		}
		if ok && audit.EventID(seq, map[bool]string{true: "Patient/" + patient}[patient != ""]) != c.id {
			t.Errorf("%q is written otherwise", c.id)
		}
	}
	for _, letter := range []string{"C", "R", "U", "D", "E"} {
		if len(audit.ActionsOf(letter)) == 0 {
			t.Error("no action is told by", letter)
		}
	}
	if len(audit.ActionsOf("X")) != 0 || fmt.Sprint(audit.ActionsOf("D")) != "[delete]" {
		t.Error(audit.ActionsOf("X"), audit.ActionsOf("D"))
	}
}
