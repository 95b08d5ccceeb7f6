package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"concord/record/access"
	"concord/record/account"
)

// trustAdmin makes an administrator of one trust and signs them in.
func (s *stage) trustAdmin(name, org string) *browser {
	s.t.Helper()
	_, err := s.office().Create(s.ctx, account.Application{Name: name, Display: "Admin of " + org, Password: password, Role: access.Administrator, Org: org})
	s.must(err)
	return s.as(name)
}

func TestPersonPage(t *testing.T) {
	s := newStage(t)
	b := s.as("admin")
	if r := b.post("/admin/workgroups", "org", "RQM", "code", "CARDIO", "group", "Cardiology team"); r.to != "/admin/workgroups?done=group" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	if r := b.post("/admin/workgroups", "do", "cover", "org", "RQM", "code", "CARDIO", "covers", "bed:7"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("responsible for a bed: %d", r.status)
	}
	if r := b.post("/admin/workgroups", "do", "cover", "org", "RQM", "code", "CARDIO", "covers", " ward: Jenner ,service:320,"); r.to != "/admin/workgroups?done=covers" {
		t.Errorf("responsible for: %d %s", r.status, r.to)
	}
	b.get("/admin/workgroups").has(t, `value="service:320, ward:JENNER"`, "Responsible for")
	page := b.get("/admin/accounts/registrar")
	page.has(t, "Dr Maya Sharma", "Clinical Practitioner", "R8000", "Cardiology team (RQM)", "Has no second factor.", `<option value="RQM" selected>`)
	r := b.post("/admin/accounts/registrar/profiles", "role", "receptionist", "jobrole", "R8009", "org", "RQM", "site", "RQM91",
		"workgroup", "RQM/CARDIO", "activity", "B0083", "from", "2024-01-01", "to", "2023-12-31")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("an end before the beginning: %d", r.status)
	}
	r.has(t, "The last day is before the first.", `value="2023-12-31"`)
	r = b.post("/admin/accounts/registrar/profiles", "role", "receptionist", "jobrole", "R8009", "org", "R1K", "workgroup", "RQM/CARDIO")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("a workgroup of another organisation: %d", r.status)
	}
	r = b.post("/admin/accounts/registrar/profiles", "role", "receptionist", "jobrole", "R8009", "org", "R1K", "site", "R1K01", "activity", "B0083", "to", "2024-01-01")
	if r.to != "/admin/accounts/registrar?done=granted" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	b.get("/admin/accounts/registrar").has(t, "Receptionist, R8009", "Northwick Park", "01-Jan-2024", "B0083")

	// She chooses at the next sign-in, and switches later.
	x := s.as("registrar")
	if r := x.get("/find?q=okonkwo"); r.to != "/me/role?next=%2Ffind%3Fq%3Dokonkwo" {
		t.Errorf("%d %s", r.status, r.to)
	}
	x.get("/me/role").has(t, "Choose your role", "Clinician (Clinical Practitioner, R8000)", "Receptionist (Receptionist, R8009)", "Northwick Park")
	if r := x.post("/me/role", "profile", "2/", "next", "//evil.example"); r.to != "/" {
		t.Errorf("%d %s", r.status, r.to)
	}
	x.get("/help").has(t, "Receptionist · Northwick Park", `href="/me/role"`)
	s.now = s.now.AddDate(0, 0, 1) // the role's last day is over, and so is the session
	x = s.as("registrar")
	x.get("/help").has(t, "Clinician · Chelsea and Westminster")
	b = s.as("admin")
	if r := b.post("/admin/accounts/registrar/profiles/1"); r.to != "/admin/accounts/registrar?done=ended" {
		t.Errorf("%d %s", r.status, r.to)
	}
	if r := x.get("/help"); r.to != "/me/role?next=%2Fhelp" {
		t.Errorf("a role that has ended: %d %s", r.status, r.to)
	}
	x.get("/me/role").has(t, "You have no role today")
	if r := b.get("/admin/accounts/nobody"); r.status != http.StatusNotFound {
		t.Errorf("%d", r.status)
	}
}

// TestOtherTrustsPages: what an administrator of another trust sees and does
// not get to do.
func TestOtherTrustsPages(t *testing.T) {
	s := newStage(t)
	b := s.trustAdmin("adm.hillingdon", "RAS")
	accounts := b.get("/admin/accounts")
	accounts.has(t, "Grace Obi")
	accounts.lacks(t, "Dr Maya Sharma", "Helen Carter")
	if r := b.get("/admin/find?name=REGISTRAR"); r.to != "/admin/accounts/registrar" {
		t.Errorf("%d %s", r.status, r.to)
	}
	if r := b.get("/admin/find?name=nobody"); r.status != http.StatusNotFound {
		t.Errorf("%d", r.status)
	}
	page := b.get("/admin/accounts/registrar")
	page.has(t, "Dr Maya Sharma", "Only an administrator of the whole system", "Grant a role")
	page.lacks(t, "New password", `value="bar"`, ">End<", `value="RQM"`)
	for path, form := range map[string][]string{
		"/admin/accounts/registrar":            {"do", "bar"},
		"/admin/accounts/registrar/profiles":   {"role", "clinician", "org", "RQM"},
		"/admin/accounts/registrar/profiles/1": nil,
		"/admin/accounts":                      {"name", "eve.two", "display", "Eve", "role", "administrator", "org", "QRV", "password", password},
		"/admin/second-factor":                 {"org", "RQM", "second", "none"},
		"/admin/workgroups":                    {"org", "RQM", "code", "XX", "group", "X"},
		"/admin/workgroups?":                   {"do", "cover", "org", "RQM", "code", "CARDIO", "covers", "ward:A"},
	} {
		if r := b.post(path, form...); r.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, r.status, r.to)
		}
	}
	for _, do := range [][]string{{"do", "password", "password", "another long password"}, {"do", "reset-factors"}, {"do", "end-sessions"}} {
		if r := b.post("/admin/accounts/registrar", do...); r.status != http.StatusForbidden {
			t.Errorf("%v: %d", do, r.status)
		}
	}
	if r := b.post("/admin/accounts/adm.hillingdon/profiles", "role", "clinician", "org", "RAS"); r.status != http.StatusForbidden {
		t.Errorf("to themselves: %d", r.status)
	}
	if r := b.post("/admin/accounts/registrar/profiles", "role", "clinician", "org", "RAS"); !strings.HasSuffix(r.to, "done=granted") {
		t.Errorf("in their own: %d", r.status)
	}
	for _, role := range []string{"registrar", "reception", "engineer", "steward"} {
		x := s.as(role)
		if role == "registrar" {
			x.post("/me/role", "profile", "1/")
		}
		for _, path := range []string{"/admin/accounts/steward", "/admin/find?name=steward", "/admin/workgroups"} {
			if r := x.get(path); r.status != http.StatusForbidden {
				t.Errorf("%s on %s: %d", role, path, r.status)
			}
		}
	}
}
