package onboard

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/demo/linked"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

func loaderOf(t testing.TB, d *record.Desk, trust string) *record.Errand {
	t.Helper()
	return loaderNamed(t, d, "load", trust)
}

// shown is everything that the record shows, by reference: each resource as it
// is served but for when it was, and how many pairs wait for a steward.
func shown(t testing.TB, d *record.Desk) map[string]string {
	t.Helper()
	ctx := context.Background()
	e := d.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	out := map[string]string{}
	for _, typ := range append(undoOrder(), "Person") {
		for _, v := range find(t, e, typ, url.Values{"_count": {"1000"}}) {
			out[typ+"/"+v.ID()] = string(v.JSON())
		}
	}
	s := d.For(access.Requester{ID: "steward", Role: access.Steward, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	list, err := s.Conflicts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out["conflicts"] = fmt.Sprint(len(list))
	return out
}

// find are all matches of a search.
func find(t testing.TB, e *record.Errand, typ string, form url.Values) (out []*fhir.Value) {
	t.Helper()
	for items, err := range e.Pages(context.Background(), record.Asked{Types: []string{typ}, Form: form}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range items {
			v, err := it.Full()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, v)
		}
	}
	return out
}

// content is what the record shows without ids: to compare two loads.
func content(all map[string]string, load string) []string {
	var out []string
	for ref, text := range all {
		typ, _, _ := strings.Cut(ref, "/")
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			continue
		}
		v = v.Without("id", "meta", "link", "subject", "patient", "for", "participant")
		if in := v.Get("contained").At(0); in != nil {
			v = v.With("contained", fhir.Arr(in.Without("subject")))
		}
		out = append(out, typ+" "+strings.ReplaceAll(string(v.JSON()), load, ""))
	}
	slices.Sort(out)
	return out
}

func differences(a, b map[string]string) (out []string) {
	for k, v := range a {
		if b[k] != v {
			out = append(out, "- "+k+" "+v, "+ "+k+" "+b[k])
		}
	}
	for k, v := range b {
		if _, ok := a[k]; !ok {
			out = append(out, "+ "+k+" "+v)
		}
	}
	return out
}

// TestLoadAndUndo: a load brings each row that can be loaded in once, however
// often it is stopped; to undo it is the identity; and to load again equals the
// first load.
func TestLoadAndUndo(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	const seed = 21
	for row := range linked.New(seed, linked.Frozen()).Rows(250) {
		if n := row.Record.Numbers[0]; n.Scope == "RYJ" || n.Scope == "RQM" {
			bring(t, d, row.Record)
		}
	}
	dir, _ := madeUp(t, extract.Options{Trust: "R1K", Patients: 70, Seed: seed, Faults: extract.Usual()})
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	x, r := profiled(t, s, dir, Options{})
	before := shown(t, d)
	e := loaderOf(t, d, "R1K")
	l := loadStopping(t, s, x, e)
	created, refused := int64(0), int64(0)
	for _, c := range l.Classes {
		created += c.Created
		for _, n := range c.Refused {
			refused += n
		}
	}
	if created != r.Loadable || refused != 0 {
		t.Errorf("%d of %d rows are in, %d refused: %+v", created, r.Loadable, refused, l)
	}
	first := shown(t, d)
	if n := int64(len(first) - len(before)); n < r.Loadable || n > r.Loadable+70 { // and new persons, where they are shown
		t.Errorf("the record shows %d more, of %d rows", n, r.Loadable)
	}
	if again, err := s.Load(ctx, x, e, LoadOptions{}); err != nil || again.Load != l.Load || len(differences(first, shown(t, d))) > 0 {
		t.Errorf("to load again changes something: %v", err)
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil || len(u.Kept) > 0 {
		t.Fatalf("%+v, %v", u, err)
	}
	if diff := differences(before, shown(t, d)); len(diff) > 0 {
		t.Errorf("to undo is not the identity, %d differ: %.2000s", len(diff), strings.Join(diff, "\n"))
	}
	second, err := s.Load(ctx, x, e, LoadOptions{Batch: 7})
	if err != nil || second.Load == l.Load {
		t.Fatalf("%+v, %v", second, err)
	}
	if a, b := content(first, l.Load), content(shown(t, d), second.Load); !slices.Equal(a, b) {
		t.Errorf("the second load is another: %d and %d resources", len(a), len(b))
	}
}

// loadStopping loads an extract with many interruptions.
func loadStopping(t *testing.T, s *Stage, x *Extract, e *record.Errand) *Loading {
	t.Helper()
	for try := range 200 {
		ctx, stop := context.WithCancel(context.Background())
		var n atomic.Int64
		s2 := *s
		now := s.Now
		s2.Now = func() time.Time { // the clock is looked at around each transaction
			if n.Add(1) > int64(6+try%5) {
				stop()
			}
			return now()
		}
		l, err := s2.Load(ctx, x, e, LoadOptions{Batch: 15})
		stop()
		if err == nil {
			if try < 3 {
				t.Error("the load was hardly stopped")
			}
			return l
		}
		if ctx.Err() == nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the load never ends")
	return nil
}

// TestUndoKeepsWhatCameLater: what was changed after the load stays, is named,
// and keeps the patient whom it is about.
func TestUndoKeepsWhatCameLater(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	dir := folder(t, "", map[string]string{
		"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,1962-02-02,M,\nL3,EXAMPLE,Ada,1961-04-30,F,L1\n",
		"alerts.csv":   "key,patient,kind,text,status\nA1,L1,allergy,Penicillin,active\nA2,L2,alert,Needs an interpreter,active\nA3,L2,allergy,Nuts,refuted\n",
	})
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, dir, Options{})
	e := loaderOf(t, d, "R1K")
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || l.Classes["patients"].Created != 3 || l.Classes["alerts"].Created != 3 {
		t.Fatalf("%+v %+v, %v", l.Classes["patients"], l.Classes["alerts"], err)
	}
	found, err := e.Search(ctx, record.Asked{Types: []string{"AllergyIntolerance"}, Form: url.Values{"_tag": {LoadTag + "|" + l.Load}, "code:text": {"Penicillin"}}})
	if err != nil || len(found.Matches) != 1 {
		t.Fatal(err)
	}
	it := found.Matches[0]
	v, err := it.Full()
	if err != nil {
		t.Fatal(err)
	}
	if src := v.StrAt("meta.source"); src != "urn:extract:R1K:"+l.Load+"#alerts/A1" {
		t.Errorf("the source is %s", src)
	}
	if _, err := e.Transact(ctx, []record.Op{{Kind: record.Update, Type: it.Type, ID: it.ID, Resource: v.With("criticality", "high")}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, k := range u.Kept {
		typ, _, _ := strings.Cut(k.Ref, "/")
		kept = append(kept, typ+" "+k.Why)
	}
	slices.Sort(kept)
	if !slices.Contains(kept, "AllergyIntolerance changed") || !slices.Contains(kept, "Patient needed") || len(kept) > 3 {
		t.Errorf("kept %v", kept)
	}
	if u.Removed["Flag"] != 1 || u.Removed["AllergyIntolerance"] != 1 || u.Removed["Patient"] < 1 {
		t.Errorf("removed %v", u.Removed)
	}
	if _, err := s.Undo(ctx, x, e, UndoOptions{}); err == nil {
		t.Error("what is undone is undone again")
	}
}

// TestUndoBesideTraffic: records of other trusts that arrive between a load and
// its undo come to the same persons as if there had been no load.
func TestUndoBesideTraffic(t *testing.T) {
	ctx := context.Background()
	for seed := uint64(31); seed < 34; seed++ {
		var early, late []linked.Row
		n := 0
		for row := range linked.New(seed, linked.Frozen().Times(2)).Rows(220) {
			if trust := row.Record.Numbers[0].Scope; trust != "RYJ" && trust != "RQM" {
				continue
			}
			if n++; n%3 == 0 {
				late = append(late, row)
			} else {
				early = append(early, row)
			}
		}
		dir, _ := madeUp(t, extract.Options{Trust: "RAS", Patients: 60, Seed: seed})
		with, without := openDesk(t), openDesk(t)
		for _, row := range early {
			bring(t, with, row.Record)
			bring(t, without, row.Record)
		}
		s := newStage(t, "RAS")
		x, _ := profiled(t, s, dir, Options{})
		e := loaderOf(t, with, "RAS")
		if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, row := range late {
			bring(t, with, row.Record)
			bring(t, without, row.Record)
		}
		if u, err := s.Undo(ctx, x, e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
			t.Fatalf("%+v, %v", u, err)
		}
		a, b := shown(t, with), shown(t, without)
		if x, y := persons(t, a), persons(t, b); !slices.Equal(x, y) || len(x) == 0 {
			t.Errorf("seed %d: the persons are %d and %d: %v", seed, len(x), len(y), onlyIn(x, y))
		}
		if a["conflicts"] != b["conflicts"] {
			t.Errorf("seed %d: %s pairs wait for a steward, not %s", seed, a["conflicts"], b["conflicts"])
		}
		if x, y := content(a, ""), content(b, ""); !slices.Equal(x, y) {
			t.Errorf("seed %d: the record shows %d resources, not %d", seed, len(x), len(y))
		}
	}
}

// persons lists who is one person, by hospital numbers.
func persons(t testing.TB, all map[string]string) []string {
	t.Helper()
	by := map[string][]string{}
	for ref, text := range all {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil || !strings.HasPrefix(ref, "Patient/") {
			continue
		}
		for l := range v.Get("link").Each() {
			if l.StrAt("type") == "refer" {
				to := l.StrAt("other.reference")
				by[to] = append(by[to], v.StrAt("identifier.value"))
			}
		}
	}
	var out []string
	for _, list := range by {
		slices.Sort(list)
		out = append(out, strings.Join(list, " "))
	}
	slices.Sort(out)
	return out
}

func onlyIn(a, b []string) (out []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// TestMergedAtTheSource: a number that was merged into another at the source is
// that person's after the load, wherever its row stands and however many times it
// was merged on; a circle is refused.
func TestMergedAtTheSource(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	dir := folder(t, "", map[string]string{"patients.csv": people +
		"L3,THIRD,Cyd,1963-03-03,M,L2\nL2,SECOND,Bob,1962-02-02,M,L1\nL1,FIRST,Ada,1961-01-01,F,\nL4,OTHER,Dee,1964-04-04,F,\nL8,ROUND,Eve,1968-08-08,F,L9\nL9,AGAIN,Fay,1969-09-09,F,L8\n"})
	x, _ := profiled(t, s, dir, Options{})
	e := loaderOf(t, d, "R1K")
	before := shown(t, d)
	l, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p := l.Classes["patients"]; p.Created != 4 || p.Refused["onboard.merged"] != 2 || p.Rows != 6 {
		t.Errorf("%+v", p)
	}
	person := func(number string) string {
		t.Helper()
		f, err := e.Search(ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"identifier": {"urn:concord:R1K:hospital-number|" + number}}})
		if err != nil || len(f.Matches) != 1 {
			t.Fatalf("%s: %+v %v", number, f, err)
		}
		it, err := e.Read(ctx, "Patient", f.Matches[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		for link := range it.Resource.Get("link").Each() {
			if link.StrAt("type") == "refer" {
				return link.StrAt("other.reference")
			}
		}
		return ""
	}
	if a := person("L1"); a == "" || person("L2") != a || person("L3") != a || person("L4") == a {
		t.Errorf("L1 %s, L2 %s, L3 %s, L4 %s", a, person("L2"), person("L3"), person("L4"))
	}
	if u, err := s.Undo(ctx, x, e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
		t.Fatalf("%+v, %v", u, err)
	}
	if diff := differences(before, shown(t, d)); len(diff) > 0 {
		t.Errorf("to undo is not the identity: %v", diff)
	}
	if l, err = s.Load(ctx, x, e, LoadOptions{}); err != nil || person("L3") != person("L1") {
		t.Errorf("loaded again: %+v %v", l, err)
	}
}
