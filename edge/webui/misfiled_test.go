package webui_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// misfiled are two patients of a trust; what lies under the first is the
// second's.
func (s *stage) misfiled() (wrong, right, stay, letter string) {
	s.t.Helper()
	wrong = s.write("RAS", "REG-1", patientJSON("p", "RAS", "500001", "9990000018", "01", "Okonkwo", "Adaeze", "Mrs", "1948-03-14", "female", home))[0].ID
	right = s.write("RAS", "REG-2", patientJSON("q", "RAS", "500002", "9990000026", "01", "Whitby", "Tom", "Mr", "1950-01-02", "male", home))[0].ID
	stay = s.write("RAS", "ADT-1", encounterJSON(wrong, "finished", "STAYCANARY", ""))[0].ID
	letter = s.write("RAS", "MDM-1", `{"resourceType":"DocumentReference","status":"current","subject":{"reference":"Patient/`+wrong+`"},"date":"2026-11-21T10:00:00Z","type":{"text":"LETTERCANARY"},"content":[{"attachment":{"title":"LETTERCANARY","contentType":"text/plain"}}],"context":{"encounter":[{"reference":"Encounter/`+stay+`"}]}}`)[0].ID
	s.write("RAS", "ORU-1", `{"resourceType":"Observation","status":"final","code":{"text":"RESULTCANARY"},"subject":{"reference":"Patient/`+wrong+`"},"encounter":{"reference":"Encounter/`+stay+`"}}`)
	return wrong, right, stay, letter
}

// TestStewardMovesOnPages: what was filed under the wrong patient is chosen by
// kind and time alone, shown beside the patient to whom it goes and no other,
// moved, and taken back.
func TestStewardMovesOnPages(t *testing.T) {
	s := newStage(t)
	wrong, right, stay, letter := s.misfiled()
	g := s.as("steward")
	way := `href="/mpi/` + s.whoIs(wrong) + `"`
	g.get("/p/"+s.whoIs(wrong)+"/demographics").has(t, way)
	s.as("registrar").get("/p/"+s.whoIs(wrong)+"/demographics").lacks(t, way)
	g.get("/mpi/moves").has(t, "No steward has moved anything yet", "from the patient")
	g.get("/mpi/"+s.whoIs(wrong)).has(t, `href="/mpi/`+wrong+`/filed"`)
	page := g.get("/mpi/" + wrong + "/filed")
	page.has(t, "OKONKWO, Adaeze (Mrs)", "In-patient stay", "Letter or document", `value="Encounter/`+stay+`"`, `value="DocumentReference/`+letter+`"`, "2 items")
	page.lacks(t, "CANARY", "WHITBY", "999 000 0026")
	for name, c := range map[string]struct {
		pairs []string
		words string
	}{
		"nothing chosen": {[]string{"into", "500002", "why", "mixed up"}, "Choose what moves."},
		"no number":      {[]string{"item", "Encounter/" + stay, "why", "mixed up"}, "Give the hospital number of the right patient."},
		"no reason":      {[]string{"item", "Encounter/" + stay, "into", "500002"}, "Say why it is moved."},
		"unknown number": {[]string{"item", "Encounter/" + stay, "into", "9", "why", "mixed up"}, "This trust knows no patient by that hospital number."},
		"the same":       {[]string{"item", "Encounter/" + stay, "into", "500001", "why", "mixed up"}, "Choose another patient of the same trust."},
	} {
		r := g.post("/mpi/"+wrong+"/filed", c.pairs...)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, r.status, r.to)
		}
		r.has(t, c.words, "There is a problem")
		r.lacks(t, "CANARY", "WHITBY")
	}
	ask := []string{"item", "Encounter/" + stay, "into", "500002", "why", "typed into <b>the wrong</b> record"}
	check := g.post("/mpi/"+wrong+"/filed", ask...)
	check.has(t, "Check what moves", "1 stay or contact and 2 items recorded with them", "WHITBY, Tom (Mr)", "999 000 0026", `value="`+right+`"`, "Move to WHITBY")
	check.lacks(t, "OKONKWO", "999 000 0018", "CANARY", "<b>the")
	if r := s.as("registrar").get("/p/" + s.whoIs(right) + "/encounters"); strings.Contains(r.body, "STAYCANARY") {
		t.Fatal("it moved before it was asked for")
	}
	if r := g.post("/mpi/"+wrong+"/filed", append(ask, "seen", "99", "sure", "yes")...); r.status != http.StatusConflict {
		t.Errorf("the right patient has changed meanwhile: %d", r.status)
	}
	done := g.post("/mpi/"+wrong+"/filed", append(ask, "sure", "yes")...)
	if !strings.HasPrefix(done.to, "/mpi/"+wrong+"/filed?done=") {
		t.Fatalf("%d %s", done.status, done.to)
	}
	g.get(done.to).has(t, "your decision is kept", "Undo it", "Nothing that can be moved")
	b := s.as("registrar")
	b.get("/p/"+s.whoIs(right)+"/encounters").has(t, "STAYCANARY")
	b.get("/p/"+s.whoIs(right)+"/documents").has(t, "LETTERCANARY")
	b.get("/p/"+s.whoIs(wrong)+"/encounters").lacks(t, "STAYCANARY")
	moves := g.get("/mpi/moves")
	moves.has(t, "1 stay or contact", "RAS/steward", "typed into &lt;b&gt;the wrong&lt;/b&gt; record", wrong, right)
	moves.lacks(t, "OKONKWO", "WHITBY", "CANARY")
	id := done.to[strings.Index(done.to, "done=")+5:]
	back := g.post("/mpi/moves", "of", id)
	back.has(t, "go back to this patient", "OKONKWO, Adaeze (Mrs)")
	back.lacks(t, "WHITBY")
	if r := g.post("/mpi/moves", "of", id, "sure", "yes"); r.to != "/mpi/moves?undone=yes" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	g.get("/mpi/moves?undone=yes").has(t, "It is undone", "Undone by RAS/steward")
	b.get("/p/"+s.whoIs(wrong)+"/encounters").has(t, "STAYCANARY")
	b.get("/p/"+s.whoIs(right)+"/encounters").lacks(t, "STAYCANARY")
	if r := g.post("/mpi/moves", "of", id, "sure", "yes"); r.status != http.StatusConflict {
		t.Errorf("undone twice: %d", r.status)
	}
}

// TestWhoMovesNothing: nobody but a steward of that trust is shown what is
// filed, or moves it.
func TestWhoMovesNothing(t *testing.T) {
	s := newStage(t)
	wrong, _, stay, _ := s.misfiled()
	for _, role := range []string{"registrar", "reception", "engineer", "admin", "privacy"} {
		b := s.as(role)
		for _, path := range []string{"/mpi/" + wrong + "/filed", "/mpi/moves"} {
			if r := b.get(path); r.status != http.StatusForbidden {
				t.Errorf("%s on %s: %d", role, path, r.status)
			}
		}
		if r := b.post("/mpi/"+wrong+"/filed", "item", "Encounter/"+stay, "into", "500002", "why", "x", "sure", "yes"); r.status != http.StatusForbidden {
			t.Errorf("%s moves: %d", role, r.status)
		}
		if r := b.post("/mpi/moves", "of", "x", "sure", "yes"); r.status != http.StatusForbidden {
			t.Errorf("%s undoes: %d", role, r.status)
		}
	}
	other := s.write("R1K", "REG-3", patientJSON("r", "R1K", "600001", "9990000034", "01", "Else", "Ann", "Mrs", "1960-03-14", "female", home))[0].ID
	g := s.as("steward")
	if r := g.get("/mpi/" + other + "/filed"); r.status != http.StatusForbidden {
		t.Errorf("another trust's entry: %d", r.status)
	}
	g.get("/mpi/"+s.whoIs(other)).lacks(t, "/filed")
	if r := g.get("/mpi/nobody/filed"); r.status != http.StatusNotFound {
		t.Errorf("an unknown entry: %d", r.status)
	}
}

// TestMovesInBrowser: the pages keep to accessibility rules and fit a narrow
// screen, empty, with things to choose, and with what was moved.
func TestMovesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx := chromium(t)
	s := newStage(t)
	wrong, right, stay, _ := s.misfiled()
	b := s.as("steward")
	n := 0
	look := func(name, path string) {
		n++
		t.Run(name, func(t *testing.T) { s.visit(t, ctx, b, route{"steward", path}, string(axe), 950+n) })
	}
	look("no moves", "/mpi/moves")
	look("to choose from", "/mpi/"+wrong+"/filed")
	look("nothing filed", "/mpi/"+right+"/filed")
	done := b.post("/mpi/"+wrong+"/filed", "item", "Encounter/"+stay, "into", "500002", "why", "typed into the wrong record", "sure", "yes")
	look("moved", done.to)
	look("moves", "/mpi/moves")
	look("entries", "/mpi/"+s.whoIs(wrong))
}
