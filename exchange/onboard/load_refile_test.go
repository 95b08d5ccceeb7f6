package onboard

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"concord/record"
	"concord/standard/fhir"
)

// refiledFiles are an extract in which R1, E1 and A1 are filed under L1 and M1 under L2,
// and one taken later in which the source has put them right, and one in which it has
// taken that back.
func refiledFiles(t *testing.T) (before, after, back string) {
	t.Helper()
	const patients = people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,SAMPLE,Ben,1962-05-01,M,\n"
	files := func(a, b, value string) map[string]string {
		return map[string]string{
			"patients.csv":   patients,
			"encounters.csv": "key,patient,class,started\nE1," + a + ",inpatient,2026-11-20T10:00\n",
			"results.csv":    "key,patient,order,code,value,status,taken\nR1," + a + ",O1,GLU," + value + ",final,2026-11-20T10:00\nR2,L1,O2,GLU,6,final,2026-11-20T11:00\n",
			"alerts.csv":     "key,patient,kind,text,severity,status\nA1," + a + ",allergy,Penicillin,mild,active\n",
			"pathways.csv":   "key,patient,pathway,on,status\nP1," + a + ",PW1,2026-10-01,10\n",
			"waiting.csv":    "key,patient,pathway,clock_start,status\nW1," + a + ",PW1,2026-10-01,10\n",
			"documents.csv":  "key,patient,kind,title,written,status\nD1," + a + ",letter,Letter,2026-11-20T12:00,final\n",
			"medicines.csv":  "key,patient,text,dose,status,started,prescriber\nM1," + b + ",Amlodipine,5 mg,active,2025-01-01,C1234567\n"}
	}
	return folder(t, "", files("L1", "L2", "5")), takenAt(t, folder(t, "", files("L2", "L1", "5.5")), "2026-11-25T20:00:00Z"),
		takenAt(t, folder(t, "", files("L1", "L2", "5.6")), "2026-11-25T20:30:00Z")
}

// keyed is what the record has under a row's key.
func keyed(t *testing.T, e *record.Errand, class, typ, key string) *fhir.Value {
	t.Helper()
	found := find(t, e, typ, url.Values{"identifier": {IdentifierSystem("R1K", class) + "|" + key}})
	if len(found) != 1 {
		t.Fatalf("%d %s of %s", len(found), typ, key)
	}
	return found[0]
}

var refiledKeys = [][3]string{{"encounters", "Encounter", "E1"}, {"results", "Observation", "R1"}, {"alerts", "AllergyIntolerance", "A1"},
	{"documents", "DocumentReference", "D1"}, {"medicines", "MedicationStatement", "M1"}}

// refiledTasks lie in nobody's record: they are about another patient under their own ids.
var refiledTasks = [][3]string{{"pathways", "Task", "P1"}, {"waiting", "Task", "W1"}}

// TestDeltaRefiles: what the source has filed under the right patient since the load is
// withdrawn where it was, with its history, and filed with the right one, in one load;
// undone, it is where it was, and the load before can be undone too. So it is however
// often the load is stopped, and when the source moves it back again.
func TestDeltaRefiles(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { deltaRefiles(t, openDesk(t)) })
	t.Run("postgres", func(t *testing.T) { deltaRefiles(t, openPostgres(t)) })
}

func deltaRefiles(t *testing.T, d *record.Desk) {
	ctx := context.Background()
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before, after, again := refiledFiles(t)
	e := loaderOf(t, d, "R1K")
	empty := shown(t, d)
	base, _ := profiled(t, s, before, Options{})
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	first := shown(t, d)
	old := map[string]*fhir.Value{}
	for _, k := range slices.Concat(refiledKeys, refiledTasks) {
		old[k[2]] = keyed(t, e, k[0], k[1], k[2])
	}
	x, _ := profiled(t, s, after, Options{})
	if _, err := s.GoOn(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	l := loadCut(t, s, x, e)
	for _, k := range refiledKeys {
		if p := l.Classes[k[0]]; p.Refiled != 1 || len(p.Refused) > 0 || p.Created != 1 {
			t.Errorf("%s: %+v", k[0], p)
		}
		now := keyed(t, e, k[0], k[1], k[2])
		if was := aboutWhom(old[k[2]]); aboutWhom(now) == was || now.ID() == old[k[2]].ID() {
			t.Errorf("%s is still with %s", k[2], was)
		}
		past, err := e.History(ctx, record.AskedHistory{Type: k[1], ID: old[k[2]].ID(), Count: 10})
		if err != nil || len(past.Versions) != 2 || aboutWhom(past.Versions[0].Resource) != aboutWhom(old[k[2]]) ||
			!strings.Contains(string(past.Versions[0].Resource.JSON()), "entered-in-error") {
			t.Errorf("%s: where it was it is not withdrawn: %v", k[2], err)
		}
		if it, err := e.Read(ctx, k[1], old[k[2]].ID()); err != nil || it.ID != now.ID() {
			t.Errorf("%s: the old id does not lead on: %v", k[2], err)
		}
	}
	if r1 := keyed(t, e, "results", "Observation", "R1"); r1.StrAt("valueQuantity.value") != "5.5" && !strings.Contains(string(r1.JSON()), "5.5") {
		t.Errorf("R1 says %s", r1.JSON())
	}
	for _, k := range refiledTasks {
		p, now := l.Classes[k[0]], keyed(t, e, k[0], k[1], k[2])
		if p.Refiled != 1 || len(p.Refused) > 0 || p.Created != 1 || !Refiled(now, l.Load) {
			t.Errorf("%s: %+v", k[0], p)
		}
		if now.ID() != old[k[2]].ID() || aboutWhom(now) != aboutWhom(keyed(t, e, "results", "Observation", "R1")) {
			t.Errorf("%s is about %s", k[2], aboutWhom(now))
		}
	}
	second := shown(t, d)

	back, _ := profiled(t, s, again, Options{}) // the source moves all of it back
	if _, err := s.GoOn(ctx, back, Options{}); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Load(ctx, back, e, LoadOptions{}); err != nil || l.Classes["results"].Refiled != 1 {
		t.Fatalf("%+v %v", l, err)
	}
	for _, k := range slices.Concat(refiledKeys, refiledTasks) {
		if now := keyed(t, e, k[0], k[1], k[2]); aboutWhom(now) != aboutWhom(old[k[2]]) {
			t.Errorf("%s is not with %s again", k[2], aboutWhom(old[k[2]]))
		}
	}
	for _, step := range []struct {
		x    *Extract
		want map[string]string
	}{{back, second}, {x, first}, {base, empty}} {
		u, err := s.Undo(ctx, step.x, e, UndoOptions{})
		if err != nil || len(u.Kept) > 0 {
			t.Fatalf("%+v %v", u, err)
		}
		if diff := differences(withoutMeta(t, step.want), withoutMeta(t, shown(t, d))); len(diff) > 0 {
			t.Errorf("the undo is not where it was: %v", diff)
		}
	}
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Errorf("loaded anew: %v", err)
	}
}

// TestDeltaRefusesWhatCannotBeDecided: what somebody changed or referred to since, a row
// whose key says another event, and one whose patient is not known stay where they are,
// and are told.
func TestDeltaRefusesWhatCannotBeDecided(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	const patients, results = people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,SAMPLE,Ben,1962-05-01,M,\n", "key,patient,code,value,status,taken\n"
	base, _ := profiled(t, s, folder(t, "", map[string]string{"patients.csv": patients,
		"results.csv": results + "R1,L1,GLU,5,final,2026-11-20T10:00\nR2,L1,GLU,6,final,2026-11-20T11:00\nR3,L1,GLU,7,final,2026-11-20T12:00\nR4,L1,GLU,8,final,2026-11-20T13:00\n"}), Options{})
	e, ward := loaderOf(t, d, "R1K"), loaderNamed(t, d, "ward", "R1K")
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	r1, r2 := keyed(t, e, "results", "Observation", "R1"), keyed(t, e, "results", "Observation", "R2")
	if _, err := ward.Transact(ctx, []record.Op{{Kind: record.Update, Type: "Observation", ID: r1.ID(), Resource: r1.With("note", fhir.Arr(fhir.Obj("text", "seen")))}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	file(t, ward, fhir.Obj("resourceType", "List", "status", "current", "mode", "working", "entry", fhir.Arr(fhir.Obj("item", fhir.Obj("reference", "Observation/"+r2.ID())))))
	x, _ := profiled(t, s, takenAt(t, folder(t, "", map[string]string{"patients.csv": patients,
		"results.csv": results + "R1,L2,GLU,5,final,2026-11-20T10:00\nR2,L2,GLU,6,final,2026-11-20T11:00\nR3,L2,NA,140,final,2026-11-22T09:00\nR4,L2,GLU,8,final,2026-11-20T13:00\n"}), "2026-11-25T20:00:00Z"), Options{})
	if _, err := s.GoOn(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := l.Classes["results"]
	if p.Refiled != 1 || p.Refused["onboard.changed-since"] != 1 || p.Refused["onboard.in-use"] != 1 || p.Refused["onboard.other-event"] != 1 {
		t.Errorf("%+v", p)
	}
	codes, err := x.RefusedByLoad("results")
	if err != nil || codes["R1"] != "onboard.changed-since" || codes["R2"] != "onboard.in-use" || codes["R3"] != "onboard.other-event" {
		t.Errorf("%v %v", codes, err)
	}
	var with []string
	for _, key := range []string{"R1", "R2", "R3"} {
		with = append(with, aboutWhom(keyed(t, e, "results", "Observation", key)))
	}
	if slices.Sort(with); len(slices.Compact(with)) != 1 || with[0] != aboutWhom(r1) {
		t.Errorf("with %v", with)
	}
}

// TestUndoKeepsWhatWasRefiledAndIsNeeded: what was re-filed and is in use since stays
// where it is, and is named; the rest of the load is undone.
func TestUndoKeepsWhatWasRefiledAndIsNeeded(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before, after, _ := refiledFiles(t)
	e, ward := loaderOf(t, d, "R1K"), loaderNamed(t, d, "ward", "R1K")
	base, _ := profiled(t, s, before, Options{})
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	x, _ := profiled(t, s, after, Options{})
	if _, err := s.GoOn(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	r1, d1 := keyed(t, e, "results", "Observation", "R1"), keyed(t, e, "documents", "DocumentReference", "D1")
	file(t, ward, fhir.Obj("resourceType", "List", "status", "current", "mode", "working", "entry", fhir.Arr(fhir.Obj("item", fhir.Obj("reference", "Observation/"+r1.ID())))))
	if _, err := ward.Transact(ctx, []record.Op{{Kind: record.Update, Type: "DocumentReference", ID: d1.ID(), Resource: d1.With("description", "seen")}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, k := range u.Kept {
		kept = append(kept, k.Ref+" "+k.Why)
	}
	if want := []string{"DocumentReference/" + d1.ID() + " changed", "Observation/" + r1.ID() + " needed"}; !slices.Equal(kept, want) {
		t.Errorf("kept %v", kept)
	}
	if len(u.Restored) != 4 {
		t.Errorf("restored %v", u.Restored)
	}
	for _, key := range []string{"R1", "R2"} {
		keyed(t, e, "results", "Observation", key)
	}
}
