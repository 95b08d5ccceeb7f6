package onboard

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// deltaFiles are an extract before the freeze, and the same trust's after it.
func deltaFiles(t *testing.T) (before, after string) {
	t.Helper()
	before = folder(t, "", map[string]string{
		"patients.csv":  people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,1962-02-02,M,\nL3,EXAMPLE,Cyd,1963-03-03,F,\n",
		"alerts.csv":    "key,patient,kind,text,severity,status\nA1,L1,allergy,Penicillin,mild,active\nA2,L2,allergy,Nuts,,active\nA3,L3,allergy,Eggs,,active\n",
		"medicines.csv": "key,patient,text,dose,status,started\nM1,L1,Amlodipine,5 mg,active,2025-01-01\nM2,L2,Ramipril,5 mg,active,2025-01-01\n",
	})
	after = folder(t, "", map[string]string{
		"patients.csv":  people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,1962-02-02,M,\nL3,EXAMPLE,Cyd,1963-03-03,F,\nL4,EXAMPLE,Dee,1964-04-04,F,\n",
		"alerts.csv":    "key,patient,kind,text,severity,status\nA1,L1,allergy,Penicillin,severe,active\nA2,L2,allergy,Nuts,,active\nA4,L4,allergy,Latex,,active\n",
		"medicines.csv": "key,patient,text,dose,status,started\nM1,L1,Amlodipine,10 mg,active,2025-01-01\nM2,L2,Ramipril,10 mg,active,2025-01-01\n",
	})
	manifest := "trust: R1K\nsource: PAS\ntaken: 2026-11-25T20:00:00Z\n"
	if err := os.WriteFile(after+"/extract.yaml", []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	return before, after
}

// TestDelta: after the freeze what changed is loaded and nothing else; what
// somebody changed since is not overwritten; what is gone is told; to undo the
// delta is to be where the base was, and to undo the base where all began.
func TestDelta(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before, after := deltaFiles(t)
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	empty := shown(t, d)
	l1, err := s.Load(ctx, base, e, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := profiled(t, s, after, Options{})
	made, err := s.MakeDelta(ctx, x, base, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p, a, m := *made.Classes["patients"], *made.Classes["alerts"], *made.Classes["medicines"]; p != (DeltaCount{New: 1, Same: 3}) || a != (DeltaCount{New: 1, Changed: 1, Same: 1, Gone: 1}) || m != (DeltaCount{Changed: 2}) {
		t.Errorf("%+v %+v %+v", p, a, m)
	}
	gone, err := os.ReadFile(x.path(goneTable))
	if err != nil || string(gone) != "class,key\nalerts,A3\n" {
		t.Errorf("%q %v", gone, err)
	}
	medicine(t, d, "M2", l1.Load) // a clinician has changed it since
	l2, err := s.Load(ctx, x, e, LoadOptions{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if c := l2.Classes; c["patients"].Created != 1 || c["patients"].Rows != 1 || c["alerts"].Created != 2 || c["medicines"].Created != 1 || c["medicines"].Refused["onboard.changed-since"] != 1 {
		t.Errorf("%+v %+v %+v", *c["patients"], *c["alerts"], *c["medicines"])
	}
	all := strings.Join(slices.Collect(valuesOf(shown(t, d))), "\n")
	for _, want := range []string{`"severity":"severe"`, `10 mg`, "Latex", "Eggs", "by the ward"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in the record", want)
		}
	}
	if strings.Count(all, "10 mg") != 1 {
		t.Error("what was changed since is overwritten")
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil || len(u.Kept) != 0 || u.Restored["AllergyIntolerance"] != 1 || u.Restored["MedicationStatement"] != 1 || u.Removed["Patient"] != 1 || u.Removed["AllergyIntolerance"] != 1 {
		t.Fatalf("%+v %v", u, err)
	}
	if u, err = s.Undo(ctx, base, e, UndoOptions{}); err != nil || len(u.Kept) != 2 { // the medicine that was changed, and whose it is
		t.Fatalf("%+v %v", u, err)
	}
	if diff := differences(empty, shown(t, d)); len(diff) > 3 {
		t.Errorf("to undo both is not where it began: %v", diff)
	}
}

// TestDeltaUndoneIsTheBase: nobody changed anything: to undo a delta shows what was
// shown before it, and to load it again what was shown after it.
func TestDeltaUndoneIsTheBase(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before, after := deltaFiles(t)
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	empty := shown(t, d)
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	first := shown(t, d)
	x, _ := profiled(t, s, after, Options{})
	if _, err := s.MakeDelta(ctx, x, base, Options{}); err != nil {
		t.Fatal(err)
	}
	l := loadCut(t, s, x, e)
	second := shown(t, d)
	if _, err := s.Undo(ctx, x, e, UndoOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := differences(withoutMeta(t, first), withoutMeta(t, shown(t, d))); len(diff) > 0 {
		t.Errorf("to undo the delta is not the base: %v", diff)
	}
	again, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || again.Load == l.Load {
		t.Fatalf("%+v %v", again, err)
	}
	if a, b := content(second, l.Load), content(shown(t, d), again.Load); !slices.Equal(a, b) {
		t.Errorf("the delta loaded again is another")
	}
	for _, one := range []*Extract{x, base} {
		if u, err := s.Undo(ctx, one, e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
			t.Fatalf("%+v %v", u, err)
		}
	}
	if diff := differences(empty, shown(t, d)); len(diff) > 0 {
		t.Errorf("to undo both is not where it began: %v", diff)
	}
}

// TestDeltaNeedsABase: it goes on from an earlier extract whose load stands, and
// counts until the extract is profiled again.
func TestDeltaNeedsABase(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	before, after := deltaFiles(t)
	base, _ := profiled(t, s, before, Options{})
	x, _ := profiled(t, s, after, Options{})
	wants := func(code string, a, b *Extract) {
		t.Helper()
		if _, err := s.MakeDelta(ctx, a, b, Options{}); err == nil || !strings.Contains(err.Error(), code) {
			t.Errorf("%v, not %s", err, code)
		}
	}
	wants("onboard.no-base", x, base)
	if _, err := s.Load(ctx, base, loaderOf(t, d, "R1K"), LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	wants("onboard.no-base", base, base)
	if _, err := s.MakeDelta(ctx, x, base, Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := x.Delta(); err != nil || got == nil || got.Base != base.ID {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := s.Profile(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := x.Delta(); err != nil || got != nil {
		t.Errorf("a delta outlives its profile: %+v %v", got, err)
	}
}

func valuesOf(all map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range all {
			if !yield(v) {
				return
			}
		}
	}
}

func withoutMeta(t testing.TB, all map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for ref, text := range all {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			out[ref] = text
			continue
		}
		out[ref] = string(v.Without("meta").JSON())
	}
	return out
}

// medicine changes a medicine as a ward does.
func medicine(t *testing.T, d *record.Desk, key, load string) {
	t.Helper()
	ctx := context.Background()
	ward := loaderNamed(t, d, "ward", "R1K")
	for _, v := range find(t, ward, "MedicationStatement", url.Values{"_tag": {LoadTag + "|" + load}}) {
		if strings.HasSuffix(v.StrAt("meta.source"), "/"+key) {
			note := v.With("note", fhir.Arr(fhir.Obj("text", "changed by the ward")))
			if _, err := ward.Transact(ctx, []record.Op{{Kind: record.Update, Type: "MedicationStatement", ID: v.ID(), Resource: note}}, record.Commit{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func loaderNamed(t testing.TB, d *record.Desk, id, trust string) *record.Errand {
	t.Helper()
	scopes, err := access.ParseScopes("system/*.cruds")
	if err != nil {
		t.Fatal(err)
	}
	return d.For(access.Requester{ID: id, Role: access.System, Org: trust, Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
}

// loadCut loads with a stop after each few looks at the clock.
func loadCut(t *testing.T, s *Stage, x *Extract, e *record.Errand) *Loading {
	t.Helper()
	for most := 2; most < 60; most++ {
		ctx, stop := context.WithCancel(context.Background())
		n, cut := 0, *s
		cut.Now = func() time.Time {
			if n++; n > most {
				stop()
			}
			return s.Now()
		}
		l, err := cut.Load(ctx, x, e, LoadOptions{Batch: 1})
		stop()
		if err == nil {
			return l
		}
		if ctx.Err() == nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the load never ends")
	return nil
}

// TestUndoNamesWhatAFeedWroteAnew: a resource that was written anew without the
// load's tag, as a feed does, stays and is named.
func TestUndoNamesWhatAFeedWroteAnew(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	before, _ := deltaFiles(t)
	x, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	feed := loaderNamed(t, d, "pas", "R1K")
	found := find(t, feed, "Patient", url.Values{"_tag": {LoadTag + "|" + l.Load}})
	if len(found) != 3 {
		t.Fatalf("%d patients", len(found))
	}
	v := found[0]
	if _, err := feed.Transact(ctx, []record.Op{{Kind: record.Update, Type: "Patient", ID: v.ID(), Resource: v.Without("meta", "link").With("gender", "other")}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil || len(u.Kept) != 1 || u.Kept[0].Ref != "Patient/"+v.ID() || u.Kept[0].By != "pas" || u.Kept[0].Why != "changed" || u.Removed["Patient"] != 2 {
		t.Errorf("%+v %v", u, err)
	}
}

// TestOlderThanTheLoaded: while the load of an extract stands, one that was taken
// before it is not loaded: neither its first time nor when rows of it were mended.
func TestOlderThanTheLoaded(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before, after := deltaFiles(t)
	older, _ := profiled(t, s, before, Options{})
	newer, _ := profiled(t, s, after, Options{})
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, newer, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	first := shown(t, d)
	if _, err := s.Load(ctx, older, e, LoadOptions{}); fault.Of(err).Code != "onboard.older-loaded" {
		t.Errorf("an extract that is older than the one loaded: %v", err)
	}
	if diff := differences(first, shown(t, d)); len(diff) > 0 {
		t.Errorf("it was loaded in part: %v", diff)
	}
	if l, err := s.Load(ctx, newer, e, LoadOptions{}); err != nil || !l.Loaded() {
		t.Errorf("the one that is loaded, again: %+v %v", l, err)
	}
	if _, err := s.Undo(ctx, newer, e, UndoOptions{}); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Load(ctx, older, e, LoadOptions{}); err != nil || !l.Loaded() {
		t.Errorf("after the undo: %+v %v", l, err)
	}
}

// TestDeltaMergesWhatWasMergedMeanwhile: two numbers that the source merged after
// the load are one person's after the delta.
func TestDeltaMergesWhatWasMergedMeanwhile(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	before := folder(t, "", map[string]string{"patients.csv": people + "L1,FIRST,Ada,1961-01-01,F,\nL2,SECOND,Bob,1962-02-02,M,\n"})
	after := folder(t, "", map[string]string{"patients.csv": people + "L1,FIRST,Ada,1961-01-01,F,\nL2,SECOND,Bob,1962-02-02,M,L1\n"})
	if err := os.WriteFile(after+"/extract.yaml", []byte("trust: R1K\nsource: PAS\ntaken: 2026-11-25T20:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	apart := persons(t, shown(t, d))
	x, _ := profiled(t, s, after, Options{})
	if _, err := s.MakeDelta(ctx, x, base, Options{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || l.Classes["patients"].Created != 1 || len(l.Classes["patients"].Refused) > 0 {
		t.Fatalf("%+v %v", l.Classes["patients"], err)
	}
	if got := persons(t, shown(t, d)); !slices.Equal(got, []string{"L1 L2"}) || len(apart) != 2 {
		t.Errorf("persons %v, before %v", got, apart)
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil || len(u.Kept) != 1 || u.Kept[0].Why != "joined" || u.Restored["Patient"] != 1 {
		t.Errorf("a join that stays is not named: %+v %v", u, err)
	}
}
