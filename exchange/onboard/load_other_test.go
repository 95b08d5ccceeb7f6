package onboard

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

func underNumbers(numbers map[string]string, family, born, gender string) *fhir.Value {
	var ids []*fhir.Value
	for _, trust := range []string{"RYJ", "RQM", "R1K"} {
		if n := numbers[trust]; n != "" {
			ids = append(ids, fhir.Obj("system", uk.HospitalNumber.System(trust), "value", n))
		}
	}
	return fhir.Obj("resourceType", "Patient", "identifier", ids, "name", fhir.Arr(fhir.Obj("family", family, "given", fhir.Arr("Ann"))), "gender", gender, "birthDate", born)
}

func file(t *testing.T, e *record.Errand, v *fhir.Value) string {
	t.Helper()
	res, err := e.Transact(context.Background(), []record.Op{{Kind: record.Create, Type: v.Type(), Resource: v}}, record.Commit{})
	if err != nil {
		t.Fatal(err)
	}
	return res[0].ID
}

// about counts what is filed under an entry, beside the entry.
func about(t *testing.T, e *record.Errand, id string) (n int) {
	t.Helper()
	for _, typ := range []string{"AllergyIntolerance", "Encounter", "MedicationStatement"} {
		n += len(find(t, e, typ, url.Values{"patient": {"Patient/" + id}}))
	}
	return n
}

// TestNumberOnAnotherTrustsEntry: other trusts' entries that carry the joiner's number,
// as letters and laboratories do, are nobody's but theirs: the patient is created, and
// nothing is filed under them.
func TestNumberOnAnotherTrustsEntry(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	theirs := []string{file(t, loaderNamed(t, d, "pas", "RYJ"), underNumbers(map[string]string{"RYJ": "Y1", "R1K": "L1"}, "OTHER", "1944-04-04", "male")),
		file(t, loaderNamed(t, d, "lab", "RQM"), underNumbers(map[string]string{"RQM": "Q1", "R1K": "L1"}, "FURTHER", "1955-05-05", "female"))}
	dir := folder(t, "", map[string]string{
		"patients.csv":  people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,SECOND,Ada,1961-04-30,F,L1\n",
		"alerts.csv":    "key,patient,kind,text,status\nA1,L1,allergy,Penicillin,active\n",
		"medicines.csv": "key,patient,text,status,started\nM1,L1,Amlodipine,active,2025-01-01\n"})
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, dir, Options{})
	e := loaderOf(t, d, "R1K")
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || l.Classes["patients"].Created != 2 || l.Classes["alerts"].Created != 1 || l.Classes["medicines"].Created != 1 {
		t.Fatalf("%+v %+v %v", l.Classes["patients"], l.Classes["alerts"], err)
	}
	for _, id := range theirs {
		if n := about(t, e, id); n > 0 {
			t.Errorf("%d resources lie under another trust's entry", n)
		}
	}
	if p := persons(t, shown(t, d)); len(p) != 3 {
		t.Errorf("the persons are %v", p)
	}
	if u, err := s.Undo(ctx, x, e, UndoOptions{}); err != nil || len(u.Kept) > 0 || u.Removed["Patient"] != 2 {
		t.Errorf("%+v %v", u, err)
	}
}

// TestNumberOfSomebodyElse: a patient whose number the trust's own feed has given to
// somebody else is refused with all rows about them, by a load that is stopped on the
// way, by the delta after it too, and until the number is mended.
func TestNumberOfSomebodyElse(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	feed := loaderNamed(t, d, "pas", "R1K")
	nine := file(t, feed, underNumbers(map[string]string{"R1K": "L9"}, "NINE", "1949-09-09", "male"))
	one := file(t, feed, underNumbers(map[string]string{"R1K": "L1"}, "EXAMPLE", "1961-04-30", "female"))
	files := map[string]string{
		"patients.csv": people + "L1,EXAMPLE-BELL,Ann,1961-04-30,F,\nL9,SOMEBODY,Else,1980-01-01,F,\n",
		"alerts.csv":   "key,patient,kind,text,status\nA1,L1,allergy,Penicillin,active\nA9,L9,allergy,Nuts,active\n"}
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	base, _ := profiled(t, s, folder(t, "", files), Options{})
	e := loaderOf(t, d, "R1K")
	if m, err := s.Match(ctx, base, d.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity}), MatchOptions{}); err != nil || m.Reused != 1 {
		t.Errorf("the match does not foretell it: %+v %v", m, err)
	}
	if text, err := os.ReadFile(base.path(reusedTable)); err != nil || string(text) != "key\nL9\n" {
		t.Errorf("%q %v", text, err)
	}
	l := loadCut(t, s, base, e)
	if p, a := l.Classes["patients"], l.Classes["alerts"]; p.There != 1 || p.Refused[codeOtherPerson] != 1 || a.Created != 1 || a.Refused[codePatientRefused] != 1 {
		t.Errorf("%+v %+v", p, a)
	}
	files["alerts.csv"] += "A10,L9,allergy,Eggs,active\n"
	later := folder(t, "", files)
	if err := os.WriteFile(later+"/extract.yaml", []byte("trust: R1K\nsource: PAS\ntaken: 2026-11-25T20:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x, _ := profiled(t, s, later, Options{})
	if _, err := s.MakeDelta(ctx, x, base, Options{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || l.Classes["alerts"].Refused[codePatientRefused] != 1 {
		t.Fatalf("%+v %v", l.Classes["alerts"], err)
	}
	if a, b := about(t, e, nine), about(t, e, one); a != 0 || b != 1 {
		t.Errorf("%d rows lie under somebody else, %d under the patient", a, b)
	}
}

// TestRefusedByLoadSaysWhere: a row that a load refuses says in which file and line of
// the source it stands, so that it can be mended there and sent in again.
func TestRefusedByLoadSaysWhere(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	feed := loaderNamed(t, d, "pas", "R1K")
	file(t, feed, underNumbers(map[string]string{"R1K": "L9"}, "NINE", "1949-09-09", "male"))
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, folder(t, "", map[string]string{
		"patients.csv":        people + "L1,EXAMPLE,Ada,1961-04-30,F,\n",
		"patients-old.csv":    people + "L2,SECOND,Bea,,F,\nL9,\"SOMEBODY\nELSE\",Cyd,1980-01-01,F,\n",
		"alerts-old.csv":      "key,patient,kind,text,status\nA1,L1,allergy,Penicillin,active\nA8,L1,alert,Falls,active\nA9,L9,allergy,Nuts,active\n",
		"appointments.ndjson": "{}\n" + `{"resourceType":"Appointment","id":"P9","status":"booked","start":"2027-01-05T10:00:00Z","serviceType":[{"coding":[{"code":"CLIN"}]}],"participant":[{"actor":{"reference":"Patient/L9"},"status":"accepted"},{"actor":{"reference":"Location/CLIN"},"status":"accepted"}]}` + "\n",
	}), Options{})
	if l, err := s.Load(ctx, x, loaderOf(t, d, "R1K"), LoadOptions{}); err != nil || l.Classes["patients"].Refused[codeOtherPerson] != 1 {
		t.Fatalf("%+v %v", l, err)
	}
	for name, want := range map[string]string{
		"patients.csv":     "record.other-person,patients-old.csv,3,L9,",
		"alerts.csv":       "onboard.patient-refused,alerts-old.csv,4,A9,",
		"appointments.csv": "onboard.patient-refused,appointments.ndjson,2,P9,",
	} {
		text, err := os.ReadFile(x.path("refused", "load", name))
		if _, rows, _ := strings.Cut(string(text), "\n"); err != nil || !strings.HasPrefix(rows, want) {
			t.Errorf("%s is refused as %q, not %q: %v", name, rows, want, err)
		}
	}
}
