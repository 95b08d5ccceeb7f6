package openid

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"concord/record/access"
	"concord/record/account"
	"concord/test/npm"
)

const staff, patients = "/sign-in/with/cis2", "/sign-in/with/nhs"

func TestLockNamesNoRegistry(t *testing.T) { npm.Pinned(t) }

func TestStaffArrive(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	page := b.get("/sign-in?next=/help")
	if !strings.Contains(page.body, `href="/sign-in/with/cis2?next=%2Fhelp"`) || !strings.Contains(page.body, "Sign in with NHS CIS2") {
		t.Errorf("%.3000s", page.body)
	}
	if r := b.arrive(staff+"?next=%2Fhelp", "ada"); r.to != s.base+"/help" {
		t.Fatalf("%d %s %.2000s", r.status, r.to, r.body)
	}
	if r := b.get("/help"); r.status != http.StatusOK || !strings.Contains(r.body, "Dr Ada Okafor") || !strings.Contains(r.body, "Clinician") {
		t.Errorf("%d %.1000s", r.status, r.body)
	}
	a, err := s.accounts.Get(s.ctx, "555000000001@cis2")
	s.must(err)
	who := a.Requester()
	if who.Role != access.Clinician || who.Org != "RYJ" || who.RoleCode != "R8000" || len(a.Profiles) != 1 ||
		strings.Join(who.Workgroups, " ") != "CARDIO" || strings.Join(who.Activities, " ") != "B0380 B0820 B0825" {
		t.Errorf("%+v", who)
	}
	session, err := s.relyingSession(b)
	if err != nil || session.Level != 3 || session.Requester().AAL != 3 {
		t.Errorf("%+v %v", session, err)
	}
	for next, want := range map[string]string{"//evil.example": "/", "https://evil.example/": "/", "/feeds": "/feeds"} {
		if r := s.browser().arrive(staff+"?next="+next, "ada"); r.to != s.base+want {
			t.Errorf("next %q leads to %q", next, r.to)
		}
	}
}

// relyingSession is the session of a browser.
func (s *stage) relyingSession(b *browser) (*account.Session, error) {
	req, err := http.NewRequest(http.MethodGet, s.base, nil)
	s.must(err)
	for _, c := range b.Jar.Cookies(req.URL) {
		if c.Name == "concord" {
			return s.accounts.Look(s.ctx, c.Value)
		}
	}
	return nil, http.ErrNoCookie
}

// TestRolesFromOutside: what was selected there is taken; else it is chosen
// here. Nobody becomes an administrator by a token.
func TestRolesFromOutside(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.arrive(staff, "two")
	if x, err := s.relyingSession(b); err != nil || x.State != account.Open || x.Account.Role != access.Receptionist || x.Account.Site != "RQM01" {
		t.Errorf("%+v %v", x, err)
	}
	b = s.browser()
	b.arrive(staff, "both")
	if r := b.get("/find?q=x"); r.to != s.base+"/me/role?next=%2Ffind%3Fq%3Dx" {
		t.Errorf("%d %s", r.status, r.to)
	}
	if r := b.post("/me/role", "profile", "out-r7/", "next", "/"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a role that they do not have: %d", r.status)
	}
	if r := b.post("/me/role", "profile", "out-r2/", "next", "/find?q=x"); r.to != s.base+"/find?q=x" {
		t.Errorf("%d %s", r.status, r.to)
	}
	if x, err := s.relyingSession(b); err != nil || x.State != account.Open || x.Account.Org != "RAS" {
		t.Errorf("%+v %v", x, err)
	}
	for _, sub := range []string{"root", "nowhere"} {
		b := s.browser()
		r := b.arrive(staff, sub)
		if r.status != http.StatusForbidden || !strings.Contains(r.body, "You have no role that opens this system") {
			t.Errorf("%s: %d %.500s", sub, r.status, r.body)
		}
		if _, err := s.relyingSession(b); err == nil {
			t.Errorf("%s has a session", sub)
		}
	}
	b = s.browser()
	if r := b.arrive(staff, "strange"); r.status != http.StatusForbidden || !strings.Contains(r.body, "these do not: R0050 Consultant, R9999. Ask who manages accounts") {
		t.Errorf("roles that are not understood: %d %.500s", r.status, r.body)
	}
	b = s.browser()
	b.arrive(staff, "half")
	x, err := s.relyingSession(b)
	s.must(err)
	if who := x.Requester(); who.Role != access.Clinician || !slices.Equal(who.Activities, []string{"B0380", "B0820", "B0825"}) || !slices.Equal(x.Account.Strange, []string{"R0050 Consultant"}) {
		t.Errorf("one role that is understood: %+v %v", who, x.Account.Strange)
	}
	b = s.browser()
	if r := b.arrive(staff, "weak"); r.status != http.StatusForbidden || !strings.Contains(r.body, "more than a password") {
		t.Errorf("AAL1: %d %.500s", r.status, r.body)
	}
	s.must(s.office().SetDisabled(s.ctx, "555000000003@cis2", true))
	if r := s.browser().arrive(staff, "both"); r.status != http.StatusUnauthorized || !strings.Contains(r.body, "barred") {
		t.Errorf("barred here: %d", r.status)
	}
	// What is added here would outlive what the provider takes away.
	b = s.browser()
	b.arrive(staff, "ada")
	for _, r := range []reply{b.get("/me/security/app"), b.post("/me/security/passkey/ask")} {
		if r.status != http.StatusConflict {
			t.Errorf("a factor of one's own: %d", r.status)
		}
	}
	// A password does not open an account that is proved elsewhere.
	if r := s.browser().post("/sign-in", "name", "555000000001@cis2", "password", ""); r.status != http.StatusUnauthorized {
		t.Errorf("%d", r.status)
	}
}

func TestPatientsArrive(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	if r := b.arrive(patients, "patient"); r.to != s.base+"/" {
		t.Fatalf("%d %s %.1000s", r.status, r.to, r.body)
	}
	x, err := s.relyingSession(b)
	s.must(err)
	who := x.Requester()
	if x.State != account.Open || who.Role != access.Patient || who.NHSNumber != "9990000018" || who.AAL != 2 || who.Org != "" {
		t.Errorf("%+v", who)
	}
	if r := b.get("/me/security"); !strings.Contains(r.body, "You sign in with NHS login") || !strings.Contains(r.body, "does not open here yet") {
		t.Errorf("%d %.3000s", r.status, r.body)
	}
	for _, path := range []string{"/find?q=millar", "/p/x/demographics", "/p/x/item/Patient/x", "/feeds", "/mpi/review", "/admin/accounts"} {
		if r := b.get(path); r.status != http.StatusForbidden {
			t.Errorf("a patient on %s: %d", path, r.status)
		}
	}
	for _, sub := range []string{"unproved", "claimed", "onefold", "typo"} {
		b := s.browser()
		if r := b.arrive(patients, sub); r.status != http.StatusForbidden {
			t.Errorf("%s: %d", sub, r.status)
		}
		if _, err := s.relyingSession(b); err == nil {
			t.Errorf("%s has a session", sub)
		}
	}
	// Staff do not come in by the patients' door, nor patients by that of staff.
	if r := s.browser().arrive(patients, "ada"); r.status != http.StatusForbidden {
		t.Errorf("staff at NHS login: %d", r.status)
	}
	if r := s.browser().arrive(staff, "patient"); r.status != http.StatusForbidden {
		t.Errorf("a patient at CIS2: %d", r.status)
	}
}
