package webui_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"golang.org/x/mod/sumdb/note"

	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/standard/fhir"
)

// emergency opens a record by break-glass.
func (s *stage) emergency(id string) {
	locum := s.desk.For(access.Requester{ID: "locum", Role: access.Clinician, Org: "RAS"}, access.Reason{Purpose: access.DirectCare})
	_, err := locum.BreakGlass(s.ctx, id, "vital-interests", "found collapsed in the street")
	s.must(err)
	_, err = locum.Search(s.ctx, record.Asked{Types: []string{"MedicationRequest"}, Form: url.Values{"patient": {id}}})
	s.must(err)
}

// TestPatientSeesWhoHasLooked: names, organisations, reasons and kinds in plain
// words; nothing of anybody else; nothing for who has no record.
func TestPatientSeesWhoHasLooked(t *testing.T) {
	s := newStage(t)
	s.tell()
	s.now = today
	id := s.people["adaeze"]
	s.as("registrar").get("/p/" + id + "/results")
	s.as("reception").get("/p/" + id + "/demographics")
	b := s.as("patient")
	if r := b.get("/"); r.to != "/me/looked" {
		t.Errorf("home is %s", r.to)
	}
	r := b.get("/me/looked")
	r.has(t, "Dr Maya Sharma", "Doctor, nurse or other clinician", "Chelsea and Westminster", "For your care", "est results and observations",
		"Joan Price", "Receptionist or administrative staff", "22 November 2026, 9:05am", `href="/me/looked"`)
	r.lacks(t, "registrar", "clinician.search", "direct-care", id)
	if r := b.get("/me/looked"); !strings.Contains(r.body, "You asked to see it") {
		t.Error("their own look is not told")
	}
	b.get("/me/looked?since=2026-11-23").has(t, "Nobody has looked at your record in this time")
	if r := b.get("/me/looked?since=soon"); r.status != http.StatusBadRequest {
		t.Errorf("a day that is none: %d", r.status)
	}
	for _, path := range []string{"/audit", "/audit?who=registrar", "/audit/0", "/audit/0/proof", "/audit/export?as=csv", "/p/" + id + "/demographics", "/find?q=okonkwo"} {
		if r := b.get(path); r.status != http.StatusForbidden {
			t.Errorf("a patient on %s: %d", path, r.status)
		}
	}
	other := s.as("").arrive("9990009902")
	other.get("/me/looked").has(t, "We hold no record with your NHS number.")
	for _, role := range []string{"registrar", "reception", "engineer", "steward", "admin"} {
		if r := s.as(role).get("/me/looked"); r.status != http.StatusForbidden {
			t.Errorf("%s on the patients' page: %d", role, r.status)
		}
	}
}

// TestPrivacyOfficerSearches: form, results, entry, proof and exports, and
// nobody else comes near them.
func TestPrivacyOfficerSearches(t *testing.T) {
	s := newStage(t)
	s.tell()
	s.now = today
	id := s.people["adaeze"]
	s.as("registrar").get("/p/" + id + "/results")
	private, public, err := note.GenerateKey(nil, "concord.test")
	s.must(err)
	signer, err := note.NewSigner(private)
	s.must(err)
	verifier, err := note.NewVerifier(public)
	s.must(err)
	sequencer := s.desk.Sequencer(audit.Signer("concord.test", signer))
	for n := 1; n > 0; {
		n, err = sequencer.Once(s.ctx)
		s.must(err)
	}
	b := s.as("privacy")
	if r := b.get("/"); r.to != "/privacy" {
		t.Errorf("home is %s", r.to)
	}
	b.get("/audit").has(t, "Audit log", `name="patient"`, "Organisation")
	b.get("/find?q=okonkwo").has(t, "/audit?patient="+id)
	r := b.get("/audit?patient=999+000+0018&who=registrar")
	r.has(t, "Dr Maya Sharma", "Direct care", "Export as CSV", "Done")
	r.lacks(t, "Joan Price")
	b.get("/audit?patient=9990009902").has(t, "obody here has that NHS number")
	for path, status := range map[string]int{"/audit?patient=nobody": 422, "/audit?from=soon": 422, "/audit?from=2026-11-22&to=2026-11-21": 422, "/audit/999999": 404,
		"/audit/export": 400, "/audit/export?as=pdf": 400, "/audit?who=nobody": 200, "/audit?page=x-y": 422} {
		if r := b.get(path); r.status != status {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	at := strings.Index(r.body, `href="/audit/`)
	entry := r.body[at+len(`href="/audit/`):]
	entry = entry[:strings.IndexByte(entry, '"')]
	for strings.HasPrefix(entry, "export") {
		rest := r.body[at+10:]
		at += 10 + strings.Index(rest, `href="/audit/`)
		entry = r.body[at+len(`href="/audit/`):]
		entry = entry[:strings.IndexByte(entry, '"')]
	}
	b.get("/audit/"+entry).has(t, "The entry is leaf", "Download the proof", "clinician.relationship")
	file := b.get("/audit/" + entry + "/proof")
	p, err := audit.ParseProof([]byte(file.body))
	s.must(err)
	if e, err := p.Check(note.VerifierList(verifier)); err != nil || e.Who != "registrar" {
		t.Errorf("%+v %v", e, err)
	}
	s.exports(t, b, note.VerifierList(verifier))
	for _, role := range []string{"registrar", "reception", "engineer", "steward", "admin"} {
		for _, path := range []string{"/audit", "/audit?who=x", "/audit/0", "/audit/0/proof", "/audit/export?as=csv"} {
			if r := s.as(role).get(path); r.status != http.StatusForbidden {
				t.Errorf("%s on %s: %d", role, path, r.status)
			}
		}
	}
}

// exports holds both files against each other and the proofs against the key.
func (s *stage) exports(t *testing.T, b *browser, known note.Verifiers) {
	t.Helper()
	r := b.get("/audit/export?as=ndjson&patient=9990000018")
	lines := strings.Split(strings.TrimSpace(r.body), "\n")
	proved := 0
	for _, line := range lines {
		var x struct {
			Resource json.RawMessage
			Proof    string
		}
		s.must(json.Unmarshal([]byte(line), &x))
		v, err := fhir.ParseObject(x.Resource)
		s.must(err)
		if x.Proof == "" {
			continue // behind the checkpoint
		}
		p, err := audit.ParseProof([]byte(x.Proof))
		s.must(err)
		if _, err := p.Check(known); err != nil || !strings.HasPrefix(v.ID(), "") || v.Type() != "AuditEvent" {
			t.Errorf("%v in %.200s", err, line)
		}
		proved++
	}
	if proved < 3 || r.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%d lines are proved, as %s", proved, r.header.Get("Content-Type"))
	}
	table := b.get("/audit/export?as=csv&patient=9990000018").body
	// The searches and exports of the officer came in between.
	if n := strings.Count(table, "\n"); n < len(lines)+1 || !strings.HasPrefix(table, "time,entry,user,name,") {
		t.Errorf("%d rows, %d lines", n, len(lines))
	}
	e := s.desk.For(access.Requester{ID: "registrar", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare, Text: `=HYPERLINK("x")`})
	_, err := e.Chart(s.ctx, s.people["adaeze"], record.ChartQuery{})
	s.must(err)
	if table := b.get("/audit/export?as=csv&reason=hyperlink").body; strings.Contains(table, `,"=HYPERLINK`) || !strings.Contains(table, `'=HYPERLINK`) {
		t.Errorf("a formula in a cell: %s", table)
	}
}

// TestWitnessesOnThePage: a witness that does not answer, or saw another log,
// is told.
func TestWitnessesOnThePage(t *testing.T) {
	s := newStage(t)
	s.must(s.desk.KeepCosigned(s.ctx, nil, []audit.Standing{{Name: "a.example", Size: 12, At: today}, {Name: "b.example", Problem: "witness.unreachable", Since: today},
		{Name: "c.example", Problem: "witness.forked", Since: today}, {Name: "d.example", Problem: "witness.ahead"}}))
	s.as("privacy").get("/audit").has(t, "a.example", "Co-signs", "Does not answer since 22-Nov-2026 09:05", "Has seen another log under our name", "ours was set back")
}

// TestPatientReadsWhoHasLooked is the journey: in a browser, a registrar opens
// the record; the patient sees it, narrows the time, and prints the page.
func TestPatientReadsWhoHasLooked(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(chromium(t), time.Minute)
	defer stop()
	s := newStage(t)
	s.tell()
	s.now = today
	use := func(b *browser) {
		s.must(chromedp.Run(ctx, network.ClearBrowserCookies(), network.SetCookies(b.cookies())))
	}
	check := func(where string) {
		var result string
		s.must(chromedp.Run(ctx, chromedp.Evaluate(string(axe), nil), chromedp.Evaluate(runAxe, &result, awaited)))
		s.report(t, result)
		s.shot(ctx, "looked-"+where)
	}
	use(s.as("registrar"))
	s.must(chromedp.Run(ctx, chromedp.Navigate(s.server.URL+"/p/"+s.people["adaeze"]+"/allergies"), chromedp.WaitVisible("main h1")))
	s.emergency(s.people["adaeze"])
	s.now = today.Add(48 * time.Hour)
	use(s.as("patient"))
	var text, none string
	s.must(chromedp.Run(ctx, chromedp.Navigate(s.server.URL+"/"), chromedp.WaitVisible(".c-looks"), chromedp.Text("main", &text)))
	check("list")
	for _, want := range []string{"Who has looked at your record", "Dr Maya Sharma", "Your allergies", "For your care", "Chelsea and Westminster", "Emergency access.", "Your medicines"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page: %.1500s", want, text)
		}
	}
	var pdf []byte
	s.must(chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
		return err
	})))
	if len(pdf) < 2000 {
		t.Error("the page does not print")
	}
	s.must(chromedp.Run(ctx, chromedp.SetValue("#since", today.Add(24*time.Hour).Format(time.DateOnly)), chromedp.Click(`form[action="/me/looked"] button`),
		chromedp.WaitVisible(`a[href="/me/looked"]:not([aria-current])`), chromedp.Text("main", &none)))
	check("narrowed")
	if strings.Contains(none, "Dr Maya Sharma") || !strings.Contains(none, "You asked to see it") {
		t.Error(none)
	}
}
