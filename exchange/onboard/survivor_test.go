package onboard

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestSurvivors(t *testing.T) {
	s := Survivors{"a": "b", "b": "c", "r": "q", "q": "r"}
	for from, to := range map[string]string{"a": "c", "b": "c", "c": "c", "x": "x", "r": "r"} {
		if got := s.Of(from); got != to {
			t.Errorf("%s ended in %s, not %s", from, got, to)
		}
	}
	if got := s.ended(); !slices.Equal(got["c"], []string{"a", "b", "c"}) || len(got["r"]) != 1 {
		t.Errorf("%v", got)
	}
}

// mergedFiles are an extract before the source merges L2 into L1 and files L2's rows
// under L1, and the one after.
func mergedFiles(t *testing.T) (before, after string) {
	t.Helper()
	const alerts = "key,patient,kind,text,severity,status\n"
	before = folder(t, "", map[string]string{
		"patients.csv":   people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPEL,Ada,1961-04-30,F,\nL3,OTHER,Cyd,1963-03-03,F,\n",
		"encounters.csv": "key,patient,class,started\nE1,L2,inpatient,2026-11-20T10:00\n",
		"results.csv":    "key,patient,order,code,value,status,taken\nR1,L2,O1,GLU,5,final,2026-11-20T10:00\n",
		"medicines.csv":  "key,patient,text,dose,status,started,prescriber\nM1,L2,Amlodipine,5 mg,active,2025-01-01,C1234567\n",
		"alerts.csv":     alerts + "A1,L1,allergy,Penicillin,mild,active\nA2,L2,allergy,Nuts,mild,active\nA3,L3,allergy,Eggs,,active\n"})
	after = takenAt(t, folder(t, "", map[string]string{
		"patients.csv":   people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPEL,Ada,1961-04-30,F,L1\nL3,OTHER,Cyd,1963-03-03,F,\n",
		"encounters.csv": "key,patient,class,started\nE1,L1,inpatient,2026-11-20T10:00\n",
		"results.csv":    "key,patient,order,code,value,status,taken\nR1,L1,O1,GLU,5,final,2026-11-20T10:00\n",
		"medicines.csv":  "key,patient,text,dose,status,started,prescriber\nM1,L1,Amlodipine,10 mg,active,2025-01-01,C1234567\n",
		"alerts.csv":     alerts + "A1,L1,allergy,Penicillin,mild,active\nA2,L1,allergy,Nuts,severe,active\nA3,L3,allergy,Eggs,,active\n"}), "2026-11-25T20:00:00Z")
	return before, after
}

// TestRowsMoveWithAMergedPatient: what the source files under the other number after a
// merge is what the record has under the one: it is left where nothing else changed, and
// brought up to date where something did.
func TestRowsMoveWithAMergedPatient(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before, after := mergedFiles(t)
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	first := shown(t, d)
	x, _ := profiled(t, s, after, Options{})
	made, err := s.GoOn(ctx, x, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a, r, m := *made.Classes["alerts"], *made.Classes["results"], *made.Classes["medicines"]; a != (DeltaCount{Changed: 1, Same: 2}) || r != (DeltaCount{Same: 1}) || m != (DeltaCount{Changed: 1}) {
		t.Errorf("%+v %+v %+v", a, r, m)
	}
	l := loadCut(t, s, x, e)
	for _, c := range l.Classes {
		if len(c.Refused) > 0 {
			t.Errorf("%+v", c)
		}
	}
	for typ, want := range map[string]string{"AllergyIntolerance": `"severity":"severe"`, "MedicationStatement": "10 mg"} {
		n := 0
		for _, v := range find(t, e, typ, url.Values{"_count": {"100"}}) {
			n += strings.Count(string(v.JSON()), want)
		}
		if n != 1 {
			t.Errorf("%d %s with %s", n, typ, want)
		}
	}
	if p := persons(t, shown(t, d)); !slices.Equal(p, []string{"L1 L2", "L3"}) {
		t.Errorf("persons %v", p)
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil || len(u.Kept) > 1 || len(u.Kept) == 1 && u.Kept[0].Why != "joined" {
		t.Errorf("%+v %v", u, err)
	}
	for _, diff := range differences(withoutMeta(t, first), withoutMeta(t, shown(t, d))) {
		if !strings.Contains(diff, " conflicts ") && (!strings.Contains(diff, "Patient/") || !strings.Contains(diff, "L2")) { // whose person it is: a steward parts them
			t.Errorf("after the undo: %s", diff)
		}
	}
}

// TestAlertThatBecameAnAllergy: a row whose kind changed is refused, and is not in the
// record as both.
func TestAlertThatBecameAnAllergy(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	files := map[string]string{"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\n", "alerts.csv": "key,patient,kind,text,status\nA1,L1,alert,Latex,active\n"}
	base, _ := profiled(t, s, folder(t, "", files), Options{})
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	files["alerts.csv"] = strings.Replace(files["alerts.csv"], ",alert,", ",allergy,", 1)
	x, _ := profiled(t, s, takenAt(t, folder(t, "", files), "2026-11-25T20:00:00Z"), Options{})
	if _, err := s.GoOn(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || l.Classes["alerts"].Refused["onboard.kind-changed"] != 1 || len(find(t, e, "AllergyIntolerance", nil)) != 0 {
		t.Errorf("%+v %v", l.Classes["alerts"], err)
	}
}
