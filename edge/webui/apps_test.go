package webui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"concord/record/access"
	"concord/record/grant"
)

const appBack = "https://app.example/back"

// withApps is a stage whose pages know apps: one that is approved for
// everybody.
func withApps(t *testing.T) (*stage, *grant.Registry, *grant.App) {
	t.Helper()
	s := newStage(t)
	s.now = today
	grants := s.grants
	app, err := grants.Register(s.ctx, grant.App{Name: "Growth <b>chart", Redirects: []string{appBack}, Launch: "https://app.example/launch",
		Scopes: "openid launch launch/patient launch/encounter offline_access patient/*.rs"})
	s.must(err)
	s.must(grants.Office(s.desk.For(access.Requester{ID: "cli", Role: access.Operator}, access.Reason{Purpose: access.Administration})).Approve(s.ctx, app.ID, access.Domain))
	app, err = grants.App(s.ctx, app.ID)
	s.must(err)
	return s, grants, app
}

func asks(app *grant.App, pairs ...string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {app.ID}, "redirect_uri": {appBack}, "scope": {"launch/patient patient/Observation.rs?category=laboratory patient/Patient.r offline_access"},
		"state": {"0123456789abcdef"}, "aud": {"https://concord.example/fhir"}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/smart/authorize?" + q.Encode()
}

// patient is somebody whom the story knows, with the id of their person.
func (s *stage) appPatient() string {
	s.write("R1K", "REG-1", patientJSON("p", "R1K", "1002345", "9990000018", "01", "Okonkwo", "Adaeze", "Mrs", "1948-03-14", "female", home))
	return s.personOf("9990000018")
}

func TestConsentPages(t *testing.T) {
	s, grants, app := withApps(t)
	id := s.appPatient()
	stranger := s.as("")
	if r := stranger.get(asks(app)); r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, "/sign-in?next=%2Fsmart%2Fauthorize%3F") {
		t.Fatalf("who is not signed in: %d %s", r.status, r.to)
	}
	b := s.as("registrar")
	r := b.get(asks(app))
	if r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, "/smart/consent/") {
		t.Fatalf("%d %s", r.status, r.to)
	}
	consent := r.to
	pick := b.get(consent + "?q=okonkwo+14/3/48")
	pick.has(t, "Choose a patient for Growth &lt;b&gt;chart", "OKONKWO, Adaeze (Mrs)", `value="`+id+`"`)
	if r := b.post(consent, "do", "allow", "scope", "patient/Patient.r"); r.status == http.StatusSeeOther {
		t.Errorf("let in without a patient: %s", r.to)
	}
	if r := b.post(consent, "do", "choose", "patient", id); r.to != consent {
		t.Fatalf("%d %s", r.status, r.to)
	}
	page := b.get(consent)
	page.has(t, "Let Growth &lt;b&gt;chart in?", "OKONKWO, Adaeze (Mrs)", "Choose another patient", "You act as Dr Maya Sharma, Clinician, Chelsea and Westminster",
		"See observations and results in this patient’s record, only where category is laboratory", "Go on for up to 90 days, also when you are signed out", "https://app.example")
	page.lacks(t, "<b>chart")
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://app.example;") || strings.Contains(csp, "script-src 'self' https") {
		t.Errorf("policy %q", csp)
	}
	if r := b.post(consent, "do", "allow"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("nothing is ticked: %d %s", r.status, r.to)
	}
	done := b.post(consent, "do", "allow", "scope", "patient/Patient.r", "scope", "system/*.cruds")
	u, err := url.Parse(done.to)
	s.must(err)
	if done.status != http.StatusSeeOther || !strings.HasPrefix(done.to, appBack+"?") || u.Query().Get("code") == "" || u.Query().Get("state") != "0123456789abcdef" {
		t.Fatalf("%d %s", done.status, done.to)
	}
	tokens, err := grants.Redeem(s.ctx, app, u.Query().Get("code"), appBack, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	s.must(err)
	if tokens.Patient != id || tokens.Scopes.String() != "launch/patient patient/Patient.r" || tokens.Who.ID != "registrar" {
		t.Errorf("%+v", tokens)
	}
	b.get("/me/apps").has(t, "Growth &lt;b&gt;chart", "See who one patient is", "You sign out")
	all, err := grants.Grants(s.ctx, "registrar")
	s.must(err)
	s.as("reception").post("/me/apps", "id", all[0].ID)
	if _, err := grants.Look(s.ctx, tokens.Access); err != nil {
		t.Error("somebody else ended what the registrar granted")
	}
	b.post("/me/apps", "id", all[0].ID)
	if _, err := grants.Look(s.ctx, tokens.Access); err == nil {
		t.Error("the token opens after the person took it back")
	}
}

// TestSignOutEverywhereEndsApps: also those with offline access, and nobody
// else's.
func TestSignOutEverywhereEndsApps(t *testing.T) {
	s, grants, app := withApps(t)
	id := s.appPatient()
	let := func(b *browser) string {
		consent := b.get(asks(app)).to
		b.post(consent, "do", "choose", "patient", id)
		u, err := url.Parse(b.post(consent, "do", "allow", "scope", "patient/Patient.r", "scope", "offline_access").to)
		s.must(err)
		tokens, err := grants.Redeem(s.ctx, app, u.Query().Get("code"), appBack, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
		s.must(err)
		return tokens.Access
	}
	b := s.as("registrar")
	mine, other := let(b), let(s.as("reception"))
	b.post("/sign-out")
	if _, err := grants.Look(s.ctx, mine); err != nil {
		t.Fatalf("offline access ended with one session: %v", err)
	}
	s.as("registrar").post("/me/sessions", "do", "all")
	if _, err := grants.Look(s.ctx, mine); err == nil {
		t.Error("an app acts on after signing out everywhere")
	}
	if _, err := grants.Look(s.ctx, other); err != nil {
		t.Errorf("somebody else's app ended: %v", err)
	}
	s.as("admin").post("/admin/accounts/reception", "do", "end-sessions")
	if _, err := grants.Look(s.ctx, other); err == nil {
		t.Error("an app acts on after an administrator ended the sessions")
	}
}

// TestPatientSeesTheApp: what an app saw in somebody's name is told with the app.
func TestPatientSeesTheApp(t *testing.T) {
	s, grants, app := withApps(t)
	s.tell()
	s.now = today
	id := s.people["adaeze"]
	b := s.as("registrar")
	consent := b.get(asks(app)).to
	b.post(consent, "do", "choose", "patient", id)
	u, err := url.Parse(b.post(consent, "do", "allow", "scope", "patient/Patient.r").to)
	s.must(err)
	tokens, err := grants.Redeem(s.ctx, app, u.Query().Get("code"), appBack, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	s.must(err)
	who, err := grants.Bearer(s.ctx, tokens.Access, "")
	s.must(err)
	_, err = s.desk.For(who, access.Reason{Purpose: access.DirectCare}).Read(s.ctx, "Patient", id)
	s.must(err)
	s.as("patient").get("/me/looked").has(t, "Dr Maya Sharma", "With the app Growth &lt;b&gt;chart")
}

func TestRefuseAnApp(t *testing.T) {
	s, _, app := withApps(t)
	b := s.as("registrar")
	consent := b.get(asks(app)).to
	if r := b.post(consent, "do", "deny"); !strings.HasPrefix(r.to, appBack+"?error=access_denied") {
		t.Errorf("%d %s", r.status, r.to)
	}
	if r := b.post(consent, "do", "deny"); r.status != http.StatusNotFound {
		t.Errorf("answered twice: %d %s", r.status, r.to)
	}
	for what, path := range map[string]string{"an unknown app": asks(app, "client_id", "nobody"), "another address": asks(app, "redirect_uri", "https://evil.example/")} {
		if r := b.get(path); r.status != http.StatusBadRequest || r.to != "" {
			t.Errorf("%s: %d %s", what, r.status, r.to)
		}
	}
}

// TestConsentIsNotForged: no other site, and no other session, agrees.
func TestConsentIsNotForged(t *testing.T) {
	s, grants, app := withApps(t)
	id := s.appPatient()
	b, other := s.as("registrar"), s.as("reception")
	consent := b.get(asks(app)).to
	b.post(consent, "do", "choose", "patient", id)
	for what, header := range map[string][2]string{"another site": {"Sec-Fetch-Site", "cross-site"}, "a subdomain": {"Sec-Fetch-Site", "same-site"}, "another origin": {"Origin", "https://evil.example"}} {
		for _, path := range []string{consent, "/p/" + id + "/apps", "/me/apps", "/admin/apps"} {
			req, err := http.NewRequest(http.MethodPost, s.server.URL+path, strings.NewReader("do=allow&scope=patient/Patient.r&app="+app.ID))
			s.must(err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set(header[0], header[1])
			resp, err := b.client.Do(req)
			if got := b.read(resp, err); got.status != http.StatusForbidden {
				t.Errorf("%s posts to %s: %d %s", what, path, got.status, got.to)
			}
		}
	}
	for _, do := range []string{"allow", "deny", "choose", "another"} {
		if r := other.post(consent, "do", do, "scope", "patient/Patient.r", "patient", id); r.status == http.StatusSeeOther && strings.HasPrefix(r.to, "https://") || r.to == consent {
			t.Errorf("another session does %s: %d %s", do, r.status, r.to)
		}
	}
	if r := other.get(consent); r.status != http.StatusNotFound {
		t.Errorf("another session sees the request: %d", r.status)
	}
	// The browser signs out and somebody else signs in: the page that still
	// stands open agrees to nothing in their name.
	b.post("/sign-out")
	again := b.post("/sign-in", "name", "reception", "password", password)
	if again.status != http.StatusSeeOther {
		t.Fatal(again.status)
	}
	if r := b.post(consent, "do", "allow", "scope", "patient/Patient.r"); r.status != http.StatusNotFound {
		t.Errorf("after another signed in: %d %s", r.status, r.to)
	}
	if all, _ := grants.Grants(s.ctx, "reception"); len(all) != 0 {
		t.Errorf("granted: %v", all)
	}
	// A lock covers the consent page as every other.
	c := s.as("registrar")
	consent = c.get(asks(app)).to
	s.now = s.now.Add(16 * time.Minute)
	if r := c.post(consent, "do", "deny"); r.status != http.StatusLocked {
		t.Errorf("a locked session answers: %d %s", r.status, r.to)
	}
}

func TestOpenAnApp(t *testing.T) {
	s, _, app := withApps(t)
	id := s.appPatient()
	b := s.as("registrar")
	page := b.get("/p/" + id + "/apps")
	page.has(t, "Open Growth &lt;b&gt;chart", "OKONKWO", "Allergies not recorded")
	page.lacks(t, "unavailable")
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://app.example;") {
		t.Errorf("policy %q", csp)
	}
	r := b.post("/p/"+id+"/apps", "app", app.ID)
	u, err := url.Parse(r.to)
	s.must(err)
	if u.Host != "app.example" || u.Query().Get("iss") != "https://concord.example/fhir" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	consent := b.get(asks(app, "launch", u.Query().Get("launch"), "scope", "launch openid patient/*.rs")).to
	b.get(consent).has(t, "OKONKWO, Adaeze (Mrs)", "See everything in this patient’s record", "Recognise you")
	b.get(consent).lacks(t, "Choose another patient")
	if r := b.post("/p/"+id+"/apps", "app", "nobody"); r.status != http.StatusNotFound {
		t.Errorf("an unknown app opens: %d %s", r.status, r.to)
	}
	if r := b.post("/p/nobody/apps", "app", app.ID); r.status != http.StatusNotFound {
		t.Errorf("an unknown patient's app opens: %d %s", r.status, r.to)
	}
}

func TestAdministratorsDecideOnApps(t *testing.T) {
	s, grants, app := withApps(t)
	waits, err := grants.Register(s.ctx, grant.App{Name: "Waiting app", Redirects: []string{"https://w.example/"}, Scopes: "launch/patient patient/Condition.rs"})
	s.must(err)
	admin := s.as("admin")
	admin.get("/admin/apps").has(t, "Waiting app", "Waits for an administrator", "https://w.example/", "See problems in one patient’s record")
	for _, role := range []string{"registrar", "reception", "engineer", "steward", "privacy"} {
		b := s.as(role)
		if r := b.get("/admin/apps"); r.status != http.StatusForbidden {
			t.Errorf("%s sees the apps: %d", role, r.status)
		}
		if r := b.post("/admin/apps", "id", waits.ID, "do", "approve", "org", "RQM"); r.status != http.StatusForbidden {
			t.Errorf("%s approves: %d", role, r.status)
		}
	}
	admin.post("/admin/apps", "id", waits.ID, "do", "approve", "org", "RQM")
	if a, _ := grants.App(s.ctx, waits.ID); a.State != grant.Approved || a.Org != "RQM" || a.By != "admin" {
		t.Errorf("%+v", a)
	}
	admin.post("/admin/apps", "id", app.ID, "do", "refuse")
	if a, _ := grants.App(s.ctx, app.ID); a.State != grant.Withdrawn {
		t.Errorf("%+v", a)
	}
	if r := s.as("registrar").get(asks(app)); r.status != http.StatusBadRequest {
		t.Errorf("a withdrawn app asks: %d %s", r.status, r.to)
	}
}
