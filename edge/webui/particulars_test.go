package webui_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestFindByParticulars: too little is refused at its field, nobody as written
// leads to the search by sound, and who is found is shown with how well.
func TestFindByParticulars(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	if r := b.get("/find/particulars?family=okonkwo"); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "born-error") {
		t.Errorf("without a date of birth: %d", r.status)
	}
	b.get("/find/particulars?family=okonkwo&born=1948-03-14").has(t, "OKONKWO, Adaeze (Mrs)", "Agrees in everything")
	r := b.get("/find/particulars?family=okonqua&given=adaeze&born=1948-03-14")
	r.has(t, "Nobody found", "sounds=on")
	i := strings.Index(r.body, `href="/find/particulars?`) + len(`href="`)
	wider := strings.ReplaceAll(r.body[i:i+strings.IndexByte(r.body[i:], '"')], "&amp;", "&")
	b.get(wider).has(t, "OKONKWO, Adaeze (Mrs)", "Agrees in part")
	if r := s.as("engineer").get("/find/particulars?family=okonkwo&born=1948-03-14"); r.status != http.StatusForbidden {
		t.Errorf("an engineer finds people: %d", r.status)
	}
}
