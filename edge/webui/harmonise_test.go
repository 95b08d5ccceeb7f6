package webui_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/demo/packs"
	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
	"concord/exchange/onboard/harmonise"
	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/record/person"
	"concord/standard/uk"
)

// harmonyOf is the harmonisation over a real stage of Hillingdon.
type harmonyOf struct {
	dir string
	now func() time.Time
}

func (h harmonyOf) stage(org string) *onboard.Stage {
	return &onboard.Stage{Dir: filepath.Join(h.dir, org), Trust: org, Now: h.now}
}

func catalogue(org string, domain bool) (*harmonise.Catalogue, error) {
	dir, err := fs.Sub(packs.FS, org+"/catalogue")
	if err != nil {
		return nil, err
	}
	files, err := harmonise.Files(dir)
	if err != nil {
		return nil, err
	}
	c, _ := harmonise.Read(org, files, domain)
	return c, nil
}

func (h harmonyOf) Build(ctx context.Context, org, extract string) (*harmonise.Build, *onboard.Stage, error) {
	if !uk.ODSCode(org) { // as the program's own
		return nil, nil, fault.New(fault.Invalid, "test.org", "an ODS code is wanted")
	}
	s := h.stage(org)
	in := harmonise.Inputs{Catalogue: &harmonise.Catalogue{Org: org}, Now: h.now()}
	domain, err := catalogue("QRV", true)
	if err != nil {
		return nil, nil, err
	}
	in.Domain = harmonise.NewDomain(domain.Entries)
	if in.Decisions, err = harmonise.DecisionsOf(s); err != nil {
		return nil, nil, err
	}
	if x, err := s.Find(extract); err == nil {
		if in.Used, err = s.Codes(ctx, x); err != nil {
			return nil, nil, err
		}
	}
	return harmonise.New(org, in), s, nil
}

func (h harmonyOf) Published(context.Context, string) (*crosswalk.Kept, error) { return nil, nil }

func (h harmonyOf) Publish(context.Context, string, string, string, bool) (bool, error) {
	return false, nil
}

func (h harmonyOf) Matches(ctx context.Context, org string, ask onboard.ReviewAsked) (*onboard.Stage, *onboard.Review, error) {
	s := h.stage(org)
	x, err := s.Find("")
	if err != nil {
		return nil, nil, err
	}
	v, err := s.Review(ctx, x, ask)
	return s, v, err
}

// joins stages an extract of Hillingdon, in which somebody whom Imperial knows
// stands under another NHS number, and matches it.
func (s *stage) joins() {
	s.t.Helper()
	live := `{"resourceType":"Patient","identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"77"},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000026"}],"name":[{"family":"Quillfeather","given":["Ann","Rosalind"]}],
	"gender":"female","birthDate":"1971-06-12","telecom":[{"system":"phone","value":"000 1234 5678"}],"address":[{"use":"home","line":["4 Made Up Lane"],"city":"Harrow","postalCode":"HA1 3ZZ"}]}`
	s.people["ann"] = s.write("RYJ", "j1", live)[0].ID
	dir := s.t.TempDir()
	for name, text := range map[string]string{
		"extract.yaml":  "trust: RAS\nsource: PAS\ntaken: 2023-12-31T02:00:00Z\n",
		"patients.csv":  "key,nhs_number,family,given,born,sex,address_1,town,postcode,mobile\nUX-1,9990000069,Quillfeather,Ann Rosalind,1971-06-12,F,4 Made Up Lane,Harrow,HA1 3ZZ,000 1234 5678\n",
		"results.csv":   "key,patient,code,name,value,unit,status,taken\nR1,UX-1,GLX,Glucose,126,mg/dL,final,2023-01-02 10:00\nR2,UX-1,ODD,Frobnication,1,kg,final,2023-01-02 10:00\n",
		"medicines.csv": "key,patient,code,text,status,started\nM1,UX-1,HX,Hydroxyzine 25mg tablets,active,2023-01-02\n",
	} {
		s.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	st := s.harmony.stage("RAS")
	x, err := st.Add(s.ctx, dir, false)
	s.must(err)
	_, err = st.Profile(s.ctx, x, onboard.Options{})
	s.must(err)
	_, err = st.Match(s.ctx, x, s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity}), onboard.MatchOptions{})
	s.must(err)
}

// TestStewardHarmonises: a steward of the joiner maps a code, is stopped at one
// that does not fit, confirms a drug of another name, and keeps a variance; every
// decision says who, and an older page decides nothing.
func TestStewardHarmonises(t *testing.T) {
	s := newStage(t)
	s.joins()
	b := s.as("steward")
	b.get("/onboard/RAS/build").has(t, "GLX", "Holds the load up", "Frobnication", "Perhaps Glucose", "Looks like Hydralazine")
	b.get("/onboard/RAS/build/code?kind=drugs&code=HX").has(t, "Not the same drug: Hydralazine 25mg tablets.", "Nothing of the domain’s is suggested")
	b.get("/onboard/RAS/build/code?kind=results&code=GLX").has(t, "Glucose (GLU), mmol/L", "the unit mg/dL is not mapped yet")
	decide := func(want int, pairs ...string) reply {
		t.Helper()
		r := b.post("/onboard/RAS/build/code", pairs...)
		if r.status != want {
			t.Fatalf("%v: %d, not %d: %.300s", pairs, r.status, want, r.body)
		}
		return r
	}
	glucose := "urn:concord:QRV:code|GLU"
	decide(http.StatusUnprocessableEntity, "kind", "results", "code", "GLX", "verb", "map", "to", glucose, "why", "the same").has(t, "The unit &#34;mg/dL&#34; is not mapped.")
	decide(http.StatusSeeOther, "kind", "units", "code", "mg/dL", "verb", "map", "to", "http://unitsofmeasure.org|mg/dL", "why", "as written")
	decide(http.StatusUnprocessableEntity, "kind", "results", "code", "GLX", "verb", "map", "to", glucose, "why", " ")
	decide(http.StatusSeeOther, "kind", "results", "code", "GLX", "verb", "map", "to", glucose, "why", "the same test")
	decide(http.StatusConflict, "kind", "results", "code", "GLX", "verb", "map", "to", glucose, "why", "an older page")
	decide(http.StatusUnprocessableEntity, "kind", "results", "code", "ODD", "verb", "map", "other", glucose, "why", "guessed").has(t, "is not mapped")
	hydralazine := "urn:concord:QRV:drug|HYD25"
	if d, err := catalogue("QRV", true); err == nil {
		for _, e := range d.Entries {
			if e.Code == "HYD25" {
				hydralazine = e.System + "|" + e.Code
			}
		}
	}
	decide(http.StatusUnprocessableEntity, "kind", "drugs", "code", "HX", "verb", "map", "other", hydralazine, "why", "looks right").has(t, "the names only look alike", "They are the same product")
	decide(http.StatusUnprocessableEntity, "kind", "drugs", "code", "HX", "verb", "variance", "why", "not in the formulary").has(t, "owner")
	decide(http.StatusSeeOther, "kind", "drugs", "code", "HX", "verb", "variance", "why", "not in the formulary", "owner", "Chief pharmacist")
	b.get("/onboard/RAS/build/variances").has(t, "HX", "Chief pharmacist", "RAS/steward", "It stays")
	b.get("/onboard/RAS/build?show=all").has(t, "values are converted: 1 mg/dL = 0.0555074 mmol/L")
	d, err := harmonise.DecisionsOf(s.harmony.stage("RAS"))
	if err != nil || len(d.List) != 3 || d.List[0].Who != "RAS/steward" {
		t.Errorf("%+v %v", d, err)
	}
}

// TestStewardDecidesOnMatches: a pair is shown with what differs and what each
// decision would change; the decision is kept, and one that was made on what is
// no longer so is refused.
func TestStewardDecidesOnMatches(t *testing.T) {
	s := newStage(t)
	s.joins()
	b := s.as("steward")
	r := b.get("/onboard/RAS/matches")
	r.has(t, "The same person by all else, under another NHS number", "QUILLFEATHER", "999 000 0069", "999 000 0026", "Not in the record yet", "If joined", "If not the same", "How the likelihood adds up")
	value := func(name string) string {
		i := strings.Index(r.body, `name="`+name+`" value="`) + len(`name="`+name+`" value="`)
		return r.body[i : i+strings.IndexByte(r.body[i:], '"')]
	}
	form := []string{"key", value("key"), "entry", value("entry"), "said", value("said"), "live", value("live"), "do", "join"}
	if r := b.post("/onboard/RAS/matches", form...); r.status != http.StatusBadRequest {
		t.Errorf("decided without a reason: %d", r.status)
	}
	stale := append(append([]string{}, form[:6]...), "live", "0123", "do", "join", "why", "the notes agree")
	if r := b.post("/onboard/RAS/matches", stale...); r.status != http.StatusConflict {
		t.Errorf("decided on what is no longer so: %d", r.status)
	}
	if r := b.post("/onboard/RAS/matches", append(form, "why", "the notes agree")...); r.status != http.StatusSeeOther {
		t.Fatalf("%d %.300s", r.status, r.body)
	}
	b.get("/onboard/RAS/matches").has(t, "No pair waits for a decision")
	b.get("/onboard/RAS/matches?show=all").has(t, "Joined as one person, by RAS/steward", "the notes agree", "Take it back")
	if r := b.post("/onboard/RAS/matches", append(form[:8:8], "do", "take-back")...); r.status != http.StatusSeeOther {
		t.Errorf("taken back: %d", r.status)
	}
	b.get("/onboard/RAS/matches").lacks(t, "No pair waits for a decision", "pairs that this extract has not")
	s.must(s.harmony.stage("RAS").KeepRuling(onboard.PairRuling{Key: "UX-9", Entry: s.people["ann"], Said: "x", Verb: person.Part, Who: "RAS/steward", At: time.Now(), Why: "another woman"}))
	b.get("/onboard/RAS/matches").has(t, "1 decision on pairs that this extract has not", "UX-9", "another woman", "The source has no such patient any more")
}

// TestOthersDoNotHarmonise: only stewards of the joiner and of the domain decide
// and see its patients; others of the joiner see the build alone.
func TestOthersDoNotHarmonise(t *testing.T) {
	s := newStage(t)
	s.joins()
	for _, a := range []account.Application{
		{Name: "steward-ryj", Display: "Other Steward", Role: access.Steward, Org: "RYJ"},
		{Name: "steward-qrv", Display: "Domain Steward", Role: access.Steward, Org: access.Domain},
		{Name: "doctor-ras", Display: "Dr Own", Role: access.Clinician, Org: "RAS"},
	} {
		a.Password = password
		_, err := s.office().Create(s.ctx, a)
		s.must(err)
	}
	paths := []string{"/onboard/RAS/build", "/onboard/RAS/build/code?kind=results&code=GLX", "/onboard/RAS/build/variances", "/onboard/RAS/matches"}
	for who, open := range map[string]int{"steward": 4, "steward-qrv": 4, "doctor-ras": 3, "steward-ryj": 0, "registrar": 0, "reception": 0, "engineer": 0, "admin": 3} {
		b, n := s.as(who), 0
		for _, p := range paths {
			switch r := b.get(p); {
			case r.status == http.StatusOK:
				n++
			case r.status != http.StatusForbidden:
				t.Errorf("%s %s: %d", who, p, r.status)
			default:
				r.lacks(t, "Quillfeather", "QUILLFEATHER", "Frobnication")
			}
		}
		if n != open {
			t.Errorf("%s opens %d of %d pages, not %d", who, n, len(paths), open)
		}
		if open == 4 {
			continue
		}
		for path, form := range map[string][]string{"/onboard/RAS/build/code": {"kind", "results", "code", "ODD", "verb", "variance", "owner", "me", "why", "because"}, "/onboard/RAS/matches": {"do", "join", "why", "because"}} {
			if r := b.post(path, form...); r.status != http.StatusForbidden {
				t.Errorf("%s decides at %s: %d", who, path, r.status)
			}
		}
	}
	if r := s.as("").get("/onboard/RAS/matches"); r.status != http.StatusSeeOther || !strings.Contains(r.to, "/sign-in?next="+url.QueryEscape("/onboard/RAS/matches")) {
		t.Errorf("without a session: %d %s", r.status, r.to)
	}
	if d, err := harmonise.DecisionsOf(s.harmony.stage("RAS")); err != nil || len(d.List) != 0 {
		t.Errorf("%+v %v", d, err)
	}
}

// TestHarmonyInBrowser: the pages keep to accessibility rules and fit a narrow
// screen, with what is open and with what is decided.
func TestHarmonyInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx := chromium(t)
	s := newStage(t)
	s.joins()
	b := s.as("steward")
	b.post("/onboard/RAS/build/code", "kind", "results", "code", "ODD", "verb", "variance", "owner", "Laboratory", "why", "nobody knows what it is")
	for n, path := range []string{"/onboard/RAS/build", "/onboard/RAS/build?show=all&kind=results", "/onboard/RAS/build/code?kind=drugs&code=HX", "/onboard/RAS/build/code?kind=results&code=GLX",
		"/onboard/RAS/build/code?kind=results&code=ODD", "/onboard/RAS/build/variances", "/onboard/RAS/matches"} {
		t.Run(strings.ReplaceAll(path, "/", " "), func(t *testing.T) { s.visit(t, ctx, b, route{"steward", path}, string(axe), 900+n) })
	}
}
