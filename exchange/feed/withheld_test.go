package feed

import (
	"strings"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// TestWithheld: a channel takes what the policies show a system of its
// organisation, document by document: what another organisation has sealed, sealed
// and locked, or recorded under a sensitive code, and what a patient objects to
// sharing, never goes, in whatever a channel asks for; its own goes.
func TestWithheld(t *testing.T) {
	s, a := newStage(t), newLegacy(t)
	s.apply(strings.Replace(setOf(map[string]string{"one": a.addr}, ""), "source: {changes: record}", "source: {changes: record}\n    filter: {organisations: [RQM, RYJ], types: [Encounter]}", 1))
	s.run()
	write := func(org, number string, security ...any) {
		t.Helper()
		e := s.desk.For(access.Requester{ID: "pas-" + org, Role: access.System, Org: org, Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, access.Reason{Purpose: access.DirectCare})
		enc := fhir.Obj("resourceType", "Encounter", "identifier", fhir.Arr(fhir.Obj("system", uk.VisitNumber.System(org), "value", "V"+number)), "status", "in-progress",
			"class", fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", "IMP"), "subject", fhir.Obj("reference", "urn:p"))
		objects := len(security) == 1
		if len(security) == 2 {
			enc = enc.With("meta", fhir.Obj("security", fhir.Arr(fhir.Obj("system", security[0], "code", security[1]))))
		}
		ops := []record.Op{
			{Kind: record.Create, Type: "Patient", FullURL: "urn:p", Resource: fhir.Obj("resourceType", "Patient", "identifier", fhir.Arr(fhir.Obj("system", uk.HospitalNumber.System(org), "value", number)))},
			{Kind: record.Create, Type: "Encounter", Resource: enc},
		}
		if objects { // the Consent comes before what it keeps back
			category := fhir.Obj("coding", fhir.Arr(fhir.Obj("system", access.ObjectionSystem, "code", security[0])))
			ops = append(ops, record.Op{Kind: record.Create, Type: "Consent", Resource: fhir.Obj("resourceType", "Consent", "status", "active", "scope", fhir.Obj("text", "privacy"),
				"category", fhir.Arr(category), "policyRule", fhir.Obj("text", "opt-out"), "patient", fhir.Obj("reference", "urn:p"))})
		}
		if _, err := e.Transact(s.ctx, ops, record.Commit{}); err != nil {
			t.Fatal(err)
		}
	}
	write("RYJ", "400000001")
	write("RYJ", "400000002", access.Confidentiality, "V")
	write("RYJ", "400000003", access.Confidentiality, "R")
	write("RYJ", "400000004", access.ActCode, "HIV")
	write("RYJ", "400000005", access.SharedRecord)
	write("RQM", "0000001A", access.Confidentiality, "V")
	write("RQM", "0000002A")
	s.eventually("three are sent", func() bool { return s.states("one")[record.Sent] == 3 })
	time.Sleep(400 * time.Millisecond)
	var numbers []string
	for _, r := range a.all() {
		numbers = append(numbers, r.number)
	}
	if got := strings.Join(numbers, " "); strings.Contains(got, "400000002") || strings.Contains(got, "400000003") || strings.Contains(got, "400000004") || strings.Contains(got, "400000005") || len(numbers) != 3 {
		t.Errorf("sent were %s", got)
	}
	entry := s.lastAudit(access.Forward)
	if entry == nil || entry.Org != "RQM" || len(entry.Records) == 0 || !strings.Contains(strings.Join(entry.What, " "), "channel all to one") {
		t.Errorf("the audit entry is %+v", entry)
	}
}
