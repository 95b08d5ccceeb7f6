package record_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
)

func (f *filing) steward(org string) *record.Errand {
	return f.desk.For(access.Requester{ID: "steward-" + org, Role: access.Steward, Org: org}, access.Reason{Purpose: access.Integrity})
}

func refsOf(list []record.Filed) []string {
	var out []string
	for _, x := range list {
		out = append(out, x.Ref)
	}
	slices.Sort(out)
	return out
}

// TestStewardMovesWhatWasFiled: a visit with what was recorded during it, and a
// letter of another visit, go to the right patient; the old ids lead on, the
// decision is kept; undone, both records say what they said before.
func TestStewardMovesWhatWasFiled(t *testing.T) {
	f := newFiling(t)
	wrong, right := f.entry("1"), f.entry("2")
	goes, stays := f.visit(wrong, "V1"), f.visit(wrong, "V2")
	letter := stays[3]
	e := f.steward("R1K")
	list, err := e.FiledUnder(f.ctx, wrong)
	if err != nil || list.Trust != "R1K" || list.Kept != 0 {
		t.Fatalf("%+v %v", list, err)
	}
	want := []string{goes[0], goes[3], stays[0], stays[3]}
	slices.Sort(want)
	if got := refsOf(list.Items); !slices.Equal(got, want) {
		t.Errorf("it lists %v, want %v", got, want)
	}
	before, nothing := f.chart(wrong), f.chart(right)
	ask := record.MoveAsked{From: wrong, Into: "2", Refs: []string{goes[0], letter}, Why: "typed into the wrong record", Preview: true}
	p, err := e.MoveFiled(f.ctx, ask)
	if err != nil || p.Into.ID != right || p.Visits != 1 || p.Docs != 1 || p.Total != 5 || p.Torn != 0 || p.ID != "" {
		t.Fatalf("%+v %v", p, err)
	}
	if got := f.chart(wrong); len(got) != len(before) || len(f.chart(right)) != len(nothing) {
		t.Error("a preview moves")
	}
	ask.Preview = false
	if p, err = e.MoveFiled(f.ctx, ask); err != nil || p.ID == "" {
		t.Fatalf("%+v %v", p, err)
	}
	there := f.chart(right)
	if len(there) != 5 {
		t.Errorf("%d resources came", len(there))
	}
	for ref, text := range there {
		if strings.Contains(text, wrong) || strings.Contains(text, stays[0]) || strings.Contains(text, "entered-in-error") {
			t.Errorf("%s still points to the other patient: %s", ref, text)
		}
	}
	for _, ref := range append(goes[:4:4], letter) {
		it := f.read(ref)
		if it.Ref() == ref || there[it.Ref()] == "" {
			t.Errorf("%s leads to %s", ref, it.Ref())
		}
	}
	moves, err := e.Moves(f.ctx, 10)
	if err != nil || len(moves) != 1 || moves[0].ID != p.ID || moves[0].Who != "R1K/steward-R1K" || moves[0].Why != ask.Why || len(moves[0].Moved) != 5 || moves[0].Undone != "" {
		t.Fatalf("%+v %v", moves, err)
	}
	if _, err := f.steward("RAS").MoveFiled(f.ctx, record.MoveAsked{Of: p.ID, Why: "no"}); !fault.Is(err, fault.Denied) {
		t.Errorf("another trust's steward undoes it: %v", err)
	}
	if back, err := e.MoveFiled(f.ctx, record.MoveAsked{Of: p.ID, Preview: true}); err != nil || back.Total != 5 || back.Into.ID != wrong {
		t.Errorf("preview of the undoing: %+v %v", back, err)
	}
	if _, err := e.MoveFiled(f.ctx, record.MoveAsked{Of: p.ID, Why: "it was right"}); err != nil {
		t.Fatal(err)
	}
	after := f.chart(wrong)
	for ref, text := range before {
		if after[ref] != text {
			t.Errorf("%s was\n%s\nand is\n%s", ref, text, after[ref])
		}
	}
	for ref, text := range f.chart(right) {
		if !strings.Contains(text, "entered-in-error") && !strings.HasPrefix(ref, "Observation") {
			t.Errorf("%s is left: %s", ref, text)
		}
	}
	if _, err := e.MoveFiled(f.ctx, record.MoveAsked{Of: p.ID, Why: "again"}); codeOf(err) != "record.move-undone" {
		t.Errorf("undone twice: %v", err)
	}
	if moves, _ = e.Moves(f.ctx, 10); len(moves) != 1 || moves[0].Undone != "R1K/steward-R1K" {
		t.Errorf("%+v", moves)
	}
	f.clean()
}

// TestStewardMovesNothingElse: what is asked wrongly, by somebody else, or of
// what has changed meanwhile moves nothing.
func TestStewardMovesNothingElse(t *testing.T) {
	f := newFiling(t)
	wrong, right := f.entry("1"), f.entry("2")
	v := f.visit(wrong, "V1")
	lock := `"meta":{"security":[{"system":"` + access.Confidentiality + `","code":"V"}]},`
	sealed := f.create(f.feed, `{"resourceType":"DocumentReference",`+lock+`"status":"current","subject":{"reference":"Patient/`+wrong+`"},"content":[{"attachment":{"title":"LOCKED"}}]}`).ID
	elsewhere := f.create(f.client("RAS"), `{"resourceType":"Patient","identifier":[{"system":"urn:concord:RAS:hospital-number","value":"9"}],"name":[{"family":"Else"}]}`).ID
	e := f.steward("R1K")
	if list, err := e.FiledUnder(f.ctx, wrong); err != nil || list.Kept != 1 || len(list.Items) != 2 {
		t.Errorf("what is locked is listed: %+v %v", list, err)
	}
	before := f.chart(wrong)
	good := record.MoveAsked{From: wrong, Into: "2", Refs: []string{v[0]}, Why: "wrong record"}
	for name, c := range map[string]struct {
		by   *record.Errand
		ask  func(a *record.MoveAsked)
		code string
	}{
		"no reason":             {e, func(a *record.MoveAsked) { a.Why = " " }, "record.move-why"},
		"nothing chosen":        {e, func(a *record.MoveAsked) { a.Refs = nil }, "record.move-none"},
		"to themselves":         {e, func(a *record.MoveAsked) { a.Into = wrong }, "record.move-same"},
		"an unknown number":     {e, func(a *record.MoveAsked) { a.Into = "777" }, "record.number"},
		"another trust's entry": {f.steward("QRV"), func(a *record.MoveAsked) { a.Into = elsewhere }, "record.move-same"},
		"what is not there":     {e, func(a *record.MoveAsked) { a.Refs = append(a.Refs, "Encounter/00000000-9") }, "record.move-changed"},
		"what is locked":        {e, func(a *record.MoveAsked) { a.Refs = []string{"DocumentReference/" + sealed} }, "record.move-changed"},
		"a result by itself":    {e, func(a *record.MoveAsked) { a.Refs = []string{v[1]} }, "record.move-changed"},
		"an unknown move":       {e, func(a *record.MoveAsked) { a.Of = "nothing" }, "record.move"},
		"another's steward":     {f.steward("RAS"), func(*record.MoveAsked) {}, "access.controller"},
	} {
		ask := good
		c.ask(&ask)
		if _, err := c.by.MoveFiled(f.ctx, ask); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for _, role := range []access.Role{access.Clinician, access.Receptionist, access.Administrator, access.Engineer, access.Privacy, access.Patient} {
		if _, err := f.as(role).MoveFiled(f.ctx, good); !fault.Is(err, fault.Denied) {
			t.Errorf("%s moves: %v", role, err)
		}
		if _, err := f.as(role).FiledUnder(f.ctx, wrong); !fault.Is(err, fault.Denied) {
			t.Errorf("%s is shown what is filed: %v", role, err)
		}
	}
	if after := f.chart(wrong); len(after) != len(before) || len(f.chart(right)) != 0 {
		t.Error("something moved")
	}
	p, err := e.MoveFiled(f.ctx, good)
	if err != nil {
		t.Fatal(err)
	}
	third := f.entry("3")
	if err := f.move(right, third, visitOf("V1")); err != nil { // the trust itself moves it on
		t.Fatal(err)
	}
	if _, err := e.MoveFiled(f.ctx, record.MoveAsked{Of: p.ID, Why: "back"}); codeOf(err) != "record.move-changed" {
		t.Errorf("undone after it was moved on: %v", err)
	}
	f.clean()
}

// TestIncludeFollowsMoves: what refers to a visit by the id that it had brings
// along the visit where it is now, and is brought along by it, also after it
// was moved on, and back.
func TestIncludeFollowsMoves(t *testing.T) {
	f := newFiling(t)
	wrong, right, third := f.entry("1"), f.entry("2"), f.entry("3")
	visit := f.visit(wrong, "V1")[0]
	task := f.create(f.client("RAS"), `{"resourceType":"Task","status":"requested","intent":"order","code":{"text":"call"},"encounter":{"reference":"`+visit+`"}}`).ID
	check := func(step string) {
		t.Helper()
		now := f.read(visit)
		found, err := f.feed.Search(f.ctx, record.Asked{Types: []string{"Task"}, Form: url.Values{"_id": {task}, "_include": {"Task:encounter"}}})
		if err != nil || len(found.Included) != 1 || found.Included[0].Ref() != now.Ref() {
			t.Errorf("%s: it brings along %v, want %s (%v)", step, found.Included, now.Ref(), err)
		}
		found, err = f.feed.Search(f.ctx, record.Asked{Types: []string{"Encounter"}, Form: url.Values{"_id": {now.ID}, "_revinclude": {"Task:encounter"}}})
		if err != nil || len(found.Included) != 1 || found.Included[0].ID != task {
			t.Errorf("%s: it is brought along with %v (%v)", step, found.Included, err)
		}
	}
	check("before")
	e := f.steward("R1K")
	p, err := e.MoveFiled(f.ctx, record.MoveAsked{From: wrong, Into: "2", Refs: []string{visit}, Why: "wrong record"})
	if err != nil {
		t.Fatal(err)
	}
	check("moved")
	if err := f.move(right, third, visitOf("V1")); err != nil {
		t.Fatal(err)
	}
	check("moved on")
	if err := f.move(third, right, visitOf("V1")); err != nil {
		t.Fatal(err)
	}
	if _, err := e.MoveFiled(f.ctx, record.MoveAsked{Of: p.ID, Why: "it was right"}); err != nil {
		t.Fatal(err)
	}
	check("back")
	f.clean()
}
