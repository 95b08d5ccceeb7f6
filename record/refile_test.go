package record_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// filing is an entry with visits and what was recorded during them.
type filing struct {
	*stage
	feed *record.Errand
}

func (f *filing) entry(number string) string {
	return f.create(f.feed, `{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"`+number+`"}],"name":[{"family":"Filed`+number+`"}]}`).ID
}

// visit files a visit with an observation, a report on it and a letter, and
// gives their references.
func (f *filing) visit(entry, number string) []string {
	f.t.Helper()
	subject := `"subject":{"reference":"Patient/` + entry + `"}`
	ops := []record.Op{
		{Kind: record.Create, Type: "Encounter", FullURL: "urn:v", Key: "visit|" + number, Resource: f.json(`{"resourceType":"Encounter","identifier":[{"system":"urn:concord:R1K:visit-number","value":"` + number + `"}],"status":"finished","class":{"code":"IMP"},` + subject + `}`)},
		{Kind: record.Create, Type: "Observation", FullURL: "urn:o", Resource: f.json(`{"resourceType":"Observation","status":"final","code":{"text":"Hb ` + number + `"},` + subject + `,"effectiveDateTime":"2026-11-01T10:00:00Z"}`)},
		{Kind: record.Create, Type: "DiagnosticReport", FullURL: "urn:r", Resource: f.json(`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"FBC"},` + subject + `,"encounter":{"reference":"urn:v"},"result":[{"reference":"urn:o"}]}`)},
		{Kind: record.Create, Type: "DocumentReference", Resource: f.json(`{"resourceType":"DocumentReference","status":"current",` + subject + `,"content":[{"attachment":{"title":"Letter"}}],"context":{"encounter":[{"reference":"urn:v"}]}}`)},
	}
	res, err := f.feed.Transact(f.ctx, ops, record.Commit{})
	if err != nil {
		f.t.Fatal(err)
	}
	var refs []string
	for _, r := range res {
		refs = append(refs, r.Type+"/"+r.ID)
	}
	return refs
}

func visitOf(number string) func(*fhir.Value) bool {
	return func(v *fhir.Value) bool {
		return slices.ContainsFunc(v.All("identifier.value"), func(x *fhir.Value) bool { return x.Str() == number })
	}
}

func (f *filing) move(from, into string, visit func(*fhir.Value) bool) error {
	ops, err := f.feed.Refile(f.ctx, record.RefileAsked{From: from, Into: into, Visit: visit, Why: "filed under the wrong number"})
	if err != nil || len(ops) == 0 {
		return err
	}
	_, err = f.feed.Transact(f.ctx, ops, record.Commit{})
	return err
}

// read gives what a reference leads to, and as what.
func (f *filing) read(ref string) *record.Item {
	f.t.Helper()
	typ, id, _ := strings.Cut(ref, "/")
	it, err := f.feed.Read(f.ctx, typ, id)
	if err != nil {
		f.t.Fatalf("%s: %v", ref, err)
	}
	return it
}

// chart lists what an entry's own chart shows: references and what they say.
func (f *filing) chart(entry string) map[string]string {
	f.t.Helper()
	var sections []record.Section
	for _, typ := range []string{"Encounter", "Observation", "DiagnosticReport", "DocumentReference", "AllergyIntolerance"} {
		sections = append(sections, record.Section{Type: typ})
	}
	c, err := f.as(access.Clinician).Chart(f.ctx, entry, record.ChartQuery{Sections: sections})
	if err != nil {
		f.t.Fatal(err)
	}
	out := map[string]string{}
	for _, s := range c.Sections {
		for _, it := range s {
			out[it.Ref()] = string(it.Resource.Without("id", "meta").JSON())
		}
	}
	return out
}

func newFiling(t *testing.T) *filing {
	s := newStage(t)
	return &filing{s, s.client("R1K")}
}

// TestMoveRefiles: what a visit has goes along under new ids, the old ids lead
// to it, the old versions say why, and what stays stays.
func TestMoveRefiles(t *testing.T) {
	f := newFiling(t)
	wrong, right := f.entry("1"), f.entry("2")
	moved, stays := f.visit(wrong, "V1"), f.visit(wrong, "V2")
	allergy := f.create(f.feed, `{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/`+wrong+`"},"code":{"text":"Penicillin"}}`)
	before := f.chart(wrong)
	if err := f.move(wrong, right, visitOf("V1")); err != nil {
		t.Fatal(err)
	}
	here, there := f.chart(wrong), f.chart(right)
	for _, ref := range append(stays, "AllergyIntolerance/"+allergy.ID) {
		if here[ref] != before[ref] {
			t.Errorf("%s was touched: %s", ref, here[ref])
		}
	}
	if len(here) != 5 || len(there) != 4 {
		t.Fatalf("%d stayed, %d moved: %v %v", len(here), len(there), slices.Collect(maps.Keys(here)), slices.Collect(maps.Keys(there)))
	}
	for _, ref := range moved {
		it := f.read(ref)
		if it.Ref() == ref || there[it.Ref()] == "" {
			t.Errorf("%s leads to %s", ref, it.Ref())
		}
		for _, s := range it.Resource.All("subject.reference") {
			if s.Str() != "Patient/"+right {
				t.Errorf("%s is of %s", it.Ref(), s.Str())
			}
		}
		typ, id, _ := strings.Cut(ref, "/")
		hist, err := f.feed.History(f.ctx, record.AskedHistory{Type: typ, ID: id})
		if err != nil || len(hist.Versions) != 2 {
			t.Fatalf("the history of %s: %v", ref, err)
		}
		last := hist.Versions[0].Resource
		if last.StrAt("status") != "entered-in-error" || fhir.Extension(fhir.Extension(last, record.MovedExtension), "why").StrAt("valueString") == "" {
			t.Errorf("the old version: %s", last.JSON())
		}
	}
	report := f.read(moved[2]).Resource
	if got, want := report.StrAt("result.0.reference"), f.read(moved[1]).Ref(); got != want {
		t.Errorf("the report's result is %s, moved to %s", got, want)
	}
	found, err := f.feed.Search(f.ctx, record.Asked{Types: []string{"Observation"}, Form: url.Values{"code:text": {"Hb"}, "patient": {wrong}}})
	if err != nil || found.Total != 1 {
		t.Errorf("a search in the wrong record finds %d: %v", found.Total, err)
	}
	f.clean()
}

// TestMovedStaysSealed: what was sealed to its team is so in both records after
// a move.
func TestMovedStaysSealed(t *testing.T) {
	f := newFiling(t)
	wrong, right := f.entry("1"), f.entry("2")
	sealed := f.create(f.feed, `{"resourceType":"Observation","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]},"status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/`+wrong+`"}}`)
	_, before := f.as(access.Clinician).Read(f.ctx, "Observation", sealed.ID)
	if !fault.Is(before, fault.Withheld) && !fault.Is(before, fault.NotFound) && !fault.Is(before, fault.Denied) {
		t.Fatalf("it was not sealed: %v", before)
	}
	if err := f.move(wrong, right, nil); err != nil {
		t.Fatal(err)
	}
	f.clock.Add(120_000_000) // what is marked is read anew by then
	_, after := f.as(access.Clinician).Read(f.ctx, "Observation", sealed.ID)
	past, err := f.as(access.Clinician).History(f.ctx, record.AskedHistory{Type: "Observation", ID: sealed.ID})
	if fault.Of(after).Kind != fault.Of(before).Kind || err == nil && len(past.Versions) > 0 {
		t.Errorf("after the move: %v, its history %v", after, past)
	}
	f.clean()
}

// TestMovedIsNotWrittenOver: who still has the old id is told, and a client
// cannot say of its own that something was moved.
func TestMovedIsNotWrittenOver(t *testing.T) {
	f := newFiling(t)
	wrong, right := f.entry("1"), f.entry("2")
	moved := f.visit(wrong, "V1")
	if err := f.move(wrong, right, nil); err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(moved[1], "/")
	op := record.Op{Kind: record.Update, Type: "Observation", ID: id, Resource: f.json(`{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/` + wrong + `"}}`)}
	_, err := f.feed.Transact(f.ctx, []record.Op{op}, record.Commit{})
	if fault.Of(err).Code != "record.moved" {
		t.Errorf("written over: %v", err)
	}
	lie := f.create(f.feed, `{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/`+right+`"},"extension":[{"url":"urn:concord:moved","extension":[{"url":"to","valueReference":{"reference":"`+moved[1]+`"}}]}]}`)
	if it := f.read("Observation/" + lie.ID); it.ID != lie.ID || it.Resource.Get("extension") != nil {
		t.Errorf("a client said where it was moved to: %s", it.Resource.JSON())
	}
	f.clean()
}

// TestMoveThenUndo: any moves, undone the last first, leave every id with what
// it had, and every id that was in between leads there.
func TestMoveThenUndo(t *testing.T) {
	f := newFiling(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 4).Draw(rt, "entries")
		entries, visits := make([]string, n), []string{}
		for i := range entries {
			f.fresh++
			entries[i] = f.entry(fmt.Sprint("m", f.fresh))
			for range rapid.IntRange(0, 2).Draw(rt, "visits") {
				f.fresh++
				visits = append(visits, fmt.Sprint("V", f.fresh))
				f.visit(entries[i], visits[len(visits)-1])
			}
		}
		state := func() string {
			var all []string
			for _, en := range entries {
				for ref, text := range f.chart(en) {
					all = append(all, en+" "+ref+" "+text)
				}
			}
			slices.Sort(all)
			return strings.Join(all, "\n")
		}
		states, undo, ids := []string{state()}, []func() error{}, map[string]bool{}
		for range rapid.IntRange(1, 5).Draw(rt, "moves") {
			a, b := rapid.IntRange(0, n-1).Draw(rt, "from"), rapid.IntRange(0, n-1).Draw(rt, "into")
			if a == b {
				continue
			}
			var pick func(*fhir.Value) bool
			if len(visits) > 0 && rapid.Bool().Draw(rt, "one") {
				pick = visitOf(rapid.SampledFrom(visits).Draw(rt, "visit"))
			} else if len(f.chart(entries[b])) > 0 { // what was there already would come back with it
				continue
			}
			if err := f.move(entries[a], entries[b], pick); err != nil {
				rt.Fatal(err)
			}
			states = append(states, state())
			undo = append(undo, func() error { return f.move(entries[b], entries[a], pick) })
			for _, en := range entries {
				for ref := range f.chart(en) {
					ids[ref] = true
				}
			}
		}
		for i := len(undo) - 1; i >= 0; i-- {
			if state() == states[i] {
				continue // that move moved nothing
			}
			if err := undo[i](); err != nil {
				rt.Fatal(err)
			}
			if got := state(); got != states[i] {
				rt.Fatalf("undone:\n%s\nbefore:\n%s", got, states[i])
			}
		}
		for ref := range ids {
			if it := f.read(ref); !strings.Contains(states[0], it.Ref()) {
				rt.Fatalf("%s leads to %s, which is none of the first", ref, it.Ref())
			}
		}
	})
	f.clean()
}
