package onboard

import (
	"context"
	"net/url"
	"slices"
	"testing"

	"concord/standard/fhir"
)

// TestUndoKeepsAStayInWhichSomethingWasRecorded: what was recorded in a loaded stay by
// anybody since stays, and so does the stay, which is named; one in which nothing was
// is deleted.
func TestUndoKeepsAStayInWhichSomethingWasRecorded(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, folder(t, "", map[string]string{
		"patients.csv":   people + "L1,EXAMPLE,Ada,1961-04-30,F,\n",
		"encounters.csv": "key,patient,class,started\nE1,L1,inpatient,2026-11-20T10:00\nE2,L1,outpatient,2026-11-21T10:00\n",
		"documents.csv":  "key,patient,encounter,kind,title,written,status\nD1,L1,E2,letter,Letter,2026-11-21T11:00,final\n"}), Options{})
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	stay := find(t, e, "Encounter", url.Values{"identifier": {"urn:concord:R1K:visit-number|E1"}})[0]
	file(t, loaderNamed(t, d, "ward", "R1K"), fhir.Obj("resourceType", "Observation", "status", "final", "code", fhir.Obj("text", "Pulse"), "subject", stay.Get("subject"),
		"encounter", fhir.Obj("reference", "Encounter/"+stay.ID()), "valueString", "72"))
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, k := range u.Kept {
		kept = append(kept, k.Ref+" "+k.Why)
	}
	if len(kept) != 2 || kept[0] != "Encounter/"+stay.ID()+" needed" || u.Removed["Encounter"] != 1 || u.Removed["DocumentReference"] != 1 {
		t.Errorf("kept %v, removed %v", kept, u.Removed)
	}
	if len(find(t, e, "Encounter", nil)) != 1 {
		t.Error("what was recorded in the stay hangs in the air")
	}
}

// TestUndoKeepsWhatIsReferredTo: a loaded document whose place another has taken since
// stays and is named with its patient, also
// where what refers to them lies in another trust's entry of the same person; what nothing refers to is deleted, whatever else came since.
func TestUndoKeepsWhatIsReferredTo(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	const number = "9998960312"
	x, _ := profiled(t, s, folder(t, "", map[string]string{
		"patients.csv": "key,nhs_number,family,given,born,sex\nL1,,EXAMPLE,Ada,1961-04-30,F\nL2," + number + ",SAMPLE,Ben,1962-05-01,M\nL3,,OTHER,Cy,1963-06-02,M\n",
		"documents.csv": "key,patient,kind,title,written,status\nD1,L1,letter,Letter,2026-11-21T11:00,final\nD2,L1,letter,Another,2026-11-21T12:00,final\n" +
			"D3,L2,letter,Third,2026-11-21T12:00,final\nD4,L3,letter,Fourth,2026-11-21T12:00,final\nD5,L3,letter,Fifth,2026-11-21T12:00,final\n"}), Options{})
	e, ward := loaderOf(t, d, "R1K"), loaderNamed(t, d, "ward", "RYJ")
	file(t, ward, fhir.Obj("resourceType", "Patient", "identifier", fhir.Arr(fhir.Obj("system", "urn:concord:RYJ:hospital-number", "value", "W2"),
		fhir.Obj("system", "https://fhir.nhs.uk/Id/nhs-number", "value", number)),
		"name", fhir.Arr(fhir.Obj("family", "Sample", "given", fhir.Arr("Ben"))), "gender", "male", "birthDate", "1962-05-01"))
	if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	of := func(key string) *fhir.Value {
		return find(t, e, "DocumentReference", url.Values{"identifier": {IdentifierSystem("R1K", "documents") + "|" + key}})[0]
	}
	other := find(t, ward, "Patient", url.Values{"identifier": {"urn:concord:RYJ:hospital-number|W2"}})[0]
	replaces := func(subject *fhir.Value, key string) *fhir.Value {
		return fhir.Obj("resourceType", "DocumentReference", "status", "current", "subject", subject, "type", fhir.Obj("text", "Letter"),
			"relatesTo", fhir.Arr(fhir.Obj("code", "replaces", "target", fhir.Obj("reference", "DocumentReference/"+of(key).ID()))),
			"content", fhir.Arr(fhir.Obj("attachment", fhir.Obj("title", "Later"))))
	}
	file(t, loaderNamed(t, d, "ward", "R1K"), replaces(of("D1").Get("subject"), "D1"))
	file(t, ward, replaces(fhir.Obj("reference", "Patient/"+other.ID()), "D3"))
	want := []string{"DocumentReference/" + of("D1").ID(), "DocumentReference/" + of("D3").ID(), of("D1").StrAt("subject.reference"), of("D3").StrAt("subject.reference")}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, k := range u.Kept {
		if kept = append(kept, k.Ref); k.Why != "needed" {
			t.Errorf("%s is kept since it is %s", k.Ref, k.Why)
		}
	}
	slices.Sort(want)
	if !slices.Equal(kept, want) || u.Removed["DocumentReference"] != 3 {
		t.Errorf("kept %v, not %v; removed %v", kept, want, u.Removed)
	}
}
