package onboard

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

const numbered = "key,family,given,born,sex,merged_into,hospital_number\n"

// TestHospitalNumberIsAnother: where the source's key is not the hospital number,
// the record knows a patient by the number, as the trust's feed does; what is about
// the patient finds them by the key; a key that is somebody else's number leads
// nobody astray; and all of it goes back.
func TestHospitalNumberIsAnother(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	brought(t, d, "H2") // the feed had this one before
	dir := folder(t, "", map[string]string{
		"patients.csv": numbered + "L1,EXAMPLE,Ada,1961-04-30,F,,H1\nL2,EXAMPLE,Bob,1962-02-02,M,,H2\nL3,EXAMPLE,Cyd,1963-03-03,F,L1,H3\n\"L,4\",EXAMPLE,Dee,1964-04-04,F,,\n" +
			"L5,EXAMPLE,Eve,1965-05-05,F,,L6\nL6,EXAMPLE,Fay,1966-06-06,F,,H6\n",
		"alerts.csv": "key,patient,kind,code,text,status\nA1,L1,allergy,91936005,Penicillin,active\nA2,L2,allergy,,Nuts,active\nA4,\"L,4\",allergy,,Eggs,active\nA5,L5,allergy,,Latex,active\nA6,L6,alert,,Falls,active\n",
	})
	before := shown(t, d)
	x, r := profiled(t, s, dir, Options{})
	if r.Loadable != 11 {
		t.Fatalf("%d of 11 rows can be loaded: %v", r.Loadable, r.Problems)
	}
	e := loaderOf(t, d, "R1K")
	l, err := s.Load(ctx, x, e, LoadOptions{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if p := l.Classes["patients"]; p.Created != 5 || p.There != 1 || len(p.Refused) != 0 {
		t.Fatalf("%+v", p)
	}
	for number, allergy := range map[string]string{"H1": "Penicillin", "H2": "Nuts", "L,4": "Eggs", "L6": "Latex"} {
		about := holds(t, e, number, "AllergyIntolerance", "patient")
		if len(about) != 1 || !strings.Contains(string(about[0].JSON()), allergy) {
			t.Errorf("%s has %d allergies, not %s", number, len(about), allergy)
		}
	}
	if flags := holds(t, e, "H6", "Flag", "subject"); len(flags) != 1 {
		t.Errorf("H6 has %d alerts", len(flags))
	}
	if n := len(find(t, e, "Patient", url.Values{"identifier": {uk.HospitalNumber.System("R1K") + "|L1"}})); n != 0 {
		t.Error("a key passes for a hospital number")
	}
	if n := len(find(t, e, "Patient", url.Values{"identifier": {KeyKind.System("R1K") + "|L1"}})); n != 1 {
		t.Errorf("%d patients have the key", n)
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil || len(u.Kept) != 0 {
		t.Fatalf("%+v %v", u, err)
	}
	if diff := differences(before, shown(t, d)); len(diff) > 0 {
		t.Errorf("to undo is not the identity: %v", diff)
	}
}

// TestSharedHospitalNumberIsRefused: two who have one number between them are
// refused, whichever way it stands there.
func TestSharedHospitalNumberIsRefused(t *testing.T) {
	s := newStage(t, "R1K")
	dir := folder(t, "", map[string]string{
		"patients.csv": numbered + "L1,EXAMPLE,Ada,1961-04-30,F,,H1\nL2,EXAMPLE,Bob,1962-02-02,M,,H1\nL3,EXAMPLE,Cyd,1963-03-03,F,,L4\nL4,EXAMPLE,Dee,1964-04-04,F,,\nL5,EXAMPLE,Eve,1965-05-05,F,,\n",
		"alerts.csv":   "key,patient,kind,text,status\nA1,L1,allergy,Penicillin,active\nA4,L4,allergy,Eggs,active\nA5,L5,allergy,Latex,active\n",
	})
	x, r := profiled(t, s, dir, Options{})
	if r.Loadable != 2 { // L5 and what is about her
		t.Errorf("%d rows can be loaded: %v", r.Loadable, r.Problems)
	}
	text, err := os.ReadFile(x.path("refused", "profile", "patients.csv"))
	if err != nil || strings.Count(string(text), "duplicate,") != 4 {
		t.Errorf("%s %v", text, err)
	}
}

// TestHospitalNumberComesWithADelta: a number that the source gives only later
// changes the patient who is there, and makes no second one.
func TestHospitalNumberComesWithADelta(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before := folder(t, "", map[string]string{"patients.csv": numbered + "L1,EXAMPLE,Ada,1961-04-30,F,,\nL2,EXAMPLE,Bob,1962-02-02,M,,H2\n"})
	after := folder(t, "", map[string]string{"patients.csv": numbered + "L1,EXAMPLE,Ada,1961-04-30,F,,H1\nL2,EXAMPLE,Bob,1962-02-02,M,,H9\n"})
	if err := os.WriteFile(after+"/extract.yaml", []byte("trust: R1K\nsource: PAS\ntaken: 2026-11-25T20:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	first := shown(t, d)
	x, _ := profiled(t, s, after, Options{})
	if _, err := s.MakeDelta(ctx, x, base, Options{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || l.Classes["patients"].Created != 2 || len(l.Classes["patients"].Refused) != 0 {
		t.Fatalf("%+v %v", l.Classes["patients"], err)
	}
	if all := find(t, e, "Patient", url.Values{}); len(all) != 2 {
		t.Errorf("%d patients", len(all))
	}
	for _, number := range []string{"H1", "H9"} {
		if n := len(find(t, e, "Patient", url.Values{"identifier": {uk.HospitalNumber.System("R1K") + "|" + number}})); n != 1 {
			t.Errorf("%d patients have the number %s", n, number)
		}
	}
	if _, err := s.Undo(ctx, x, e, UndoOptions{}); err != nil {
		t.Fatal(err)
	}
	if was, is := content(first, ""), content(shown(t, d), ""); !slices.Equal(was, is) {
		t.Errorf("to undo the delta is not the base: %v, %v", was, is)
	}
}

// brought writes a patient as the trust's feed does.
func brought(t *testing.T, d *record.Desk, number string) {
	t.Helper()
	e := loaderNamed(t, d, "feed", "R1K")
	v := fhir.Obj("resourceType", "Patient", "identifier", fhir.Arr(fhir.Obj("system", uk.HospitalNumber.System("R1K"), "value", number)),
		"name", fhir.Arr(fhir.Obj("family", "EXAMPLE", "given", fhir.Arr("Bob"))), "birthDate", "1962-02-02", "gender", "male")
	if _, err := e.Transact(context.Background(), []record.Op{{Kind: record.Create, Type: "Patient", Resource: v}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
}

// holds are resources about the patient of a hospital number.
func holds(t *testing.T, e *record.Errand, number, typ, param string) []*fhir.Value {
	t.Helper()
	who := find(t, e, "Patient", url.Values{"identifier": {uk.HospitalNumber.System("R1K") + "|" + searchEscaped(number)}})
	if len(who) != 1 {
		t.Fatalf("%d patients have the number %s", len(who), number)
	}
	return find(t, e, typ, url.Values{param: {"Patient/" + who[0].ID()}})
}
