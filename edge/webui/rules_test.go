package webui_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"concord/record/access"
)

func engineerOf() access.Requester {
	return access.Requester{ID: "e", Role: access.Engineer, Org: "RYJ"}
}

func reasonOf() access.Reason { return access.Reason{Purpose: access.Integrity} }

// TestEveryPage holds the rules that are the same for all pages.
func TestEveryPage(t *testing.T) {
	s := newStage(t)
	s.tell()
	inline := regexp.MustCompile(`(?i)<script(?:>| [^>]*>[^<]+)|<style|\sstyle=|\son[a-z]+=|javascript:`)
	blank := regexp.MustCompile(`<t[dh][^>]*>\s*</t[dh]>|>\s*\?\s*<`)
	odd := regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}T|\b\d{1,2}/\d{1,2}/\d{4}|\b9990000\d{3}\b`)
	tags := regexp.MustCompile(`<[^>]*>`)
	family := regexp.MustCompile(`<title>[A-Z, a-z-]*[A-Z]{3,}, `)
	for _, r := range s.stories() {
		got := s.as(r.role).get(r.path)
		h := got.header
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", r.path, csp)
		}
		if h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", r.path)
		}
		if m := inline.FindString(got.body); m != "" {
			t.Errorf("%s: inline %q", r.path, m)
		}
		if m := blank.FindString(strings.ReplaceAll(got.body, `class="c-news2__cell"></td>`, "")); m != "" {
			t.Errorf("%s: blank or questioning cell %q", r.path, m)
		}
		words := regexp.MustCompile(`(?s)<pre.*?</pre>`).ReplaceAllString(got.body, "")
		words = tags.ReplaceAllString(words, " ")
		if m := odd.FindString(words); m != "" {
			t.Errorf("%s: %q is not how dates and numbers are shown", r.path, m)
		}
		record := strings.HasPrefix(r.path, "/p/") && got.status == http.StatusOK
		if n := strings.Count(got.body, `aria-label="Patient"`); record != (n == 1) {
			t.Errorf("%s: %d banners", r.path, n)
		}
		if record && !family.MatchString(got.body) {
			t.Errorf("%s: the title does not begin with the family name", r.path)
		}
		if n := strings.Count(got.body, "<h1"); n != 1 && !strings.Contains(r.path, "suggest") {
			t.Errorf("%s: %d main headings", r.path, n)
		}
	}
}

func TestRecordRules(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	home := "/p/" + s.people["adaeze"] + "/"
	c, err := s.clinician().FindPeople(s.ctx, peopleQuery("9990000018"))
	s.must(err)
	former := c.Hits[0].Person.Former
	if len(former) == 0 {
		t.Fatal("no superseded id in the story")
	}
	if r := b.get("/p/" + former[0] + "/results?asat=2026-11-01"); r.status != http.StatusSeeOther || r.to != home+"results?asat=2026-11-01" {
		t.Errorf("superseded id: %d %s", r.status, r.to)
	}
	entry := c.Hits[0].Person.Entries[0]
	b.get("/p/"+entry.ID+"/").has(t, "alone. Other organisations may know more")
	item := s.first("item/")
	if r := b.get("/p/" + s.people["empty"] + "/" + item); r.status != http.StatusNotFound {
		t.Errorf("another patient's item: %d", r.status)
	}
	doc := s.first("documents/DocumentReference~")
	if r := b.get("/p/" + s.people["empty"] + "/" + doc); r.status != http.StatusNotFound {
		t.Errorf("another patient's document: %d", r.status)
	}
	past := b.get(home + "results?asat=2026-10-01")
	past.has(t, "Past record.", "01-Oct-2026", "23-Sep-2026", "?asat=2026-10-01")
	past.lacks(t, "19-Nov-2026", "13-Nov-2026")
	b.get(home+"?asat=2026-11-19").has(t, "3 hours ago", "Diabetes eye screening")
	b.get(home).has(t, "7 hours ago")
	if r := b.get(home + "?asat=yesterday"); r.status != http.StatusBadRequest {
		t.Errorf("odd as-at date: %d", r.status)
	}
	b.get(home+"medicines").has(t, "Sources differ.", "Chelsea and Westminster says 5\u00a0mg once a day", "Imperial says 2.5\u00a0mg once a day")
	b.get(home+"problems").has(t, "Also recorded by Imperial")
	b.get("/p/"+s.people["dead"]+"/").has(t, "c-banner--dead", "Died", "Age at Death", "95y")
	b.get("/p/"+s.people["child"]+"/obs").has(t, "NEWS2 is for people aged 16 and over", "(3d)", "Respiration rate")
	b.get("/p/"+s.people["child"]+"/obs").lacks(t, "c-news2")
	b.get("/p/"+s.people["empty"]+"/").has(t, "Allergies not recorded", "the only organisation that knows this patient", "Not Known")
	b.get("/find?q=okonkwo").has(t, "Similar name", "2 people")
	s.as("steward").get("/mpi/review").has(t, "Sources differ", "PATEL, Meera (Mrs)", "SMITH, John (Mr)")
}

func TestRequestsFromElsewhere(t *testing.T) {
	s := newStage(t)
	b := s.as("admin")
	req, err := http.NewRequest("POST", s.server.URL+"/admin/accounts", strings.NewReader(url.Values{"name": {"eve"}}.Encode()))
	s.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://elsewhere.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := b.client.Do(req)
	if got := b.read(resp, err); got.status != http.StatusForbidden {
		t.Errorf("a request from another site: %d", got.status)
	}
	for next, want := range map[string]string{"/p/x/": "/p/x/", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/"} {
		r := s.as("").post("/sign-in", "name", "admin", "password", password, "next", next)
		if r.to != want {
			t.Errorf("next %q leads to %q", next, r.to)
		}
	}
	r := s.as("").post("/sign-in", "name", "admin", "password", "not the password")
	if r.status != http.StatusUnauthorized {
		t.Errorf("wrong password: %d", r.status)
	}
	r.has(t, "The user name or password is wrong.", `role="alert"`)
	cookie := s.as("").post("/sign-in", "name", "admin", "password", password).header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if r := b.post("/sign-out"); r.to != "/sign-in" {
		t.Errorf("sign out: %d %s", r.status, r.to)
	}
	if r := b.get("/admin/accounts"); r.status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", r.status)
	}
}

func TestAccountsPage(t *testing.T) {
	s := newStage(t)
	b := s.as("admin")
	r := b.post("/admin/accounts", "name", "new.person", "display", "Dr New", "role", "clinician", "org", "RYJ", "password", "short")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("short password: %d", r.status)
	}
	r.has(t, "There is a problem", `href="#password"`, `value="Dr New"`)
	r = b.post("/admin/accounts", "name", "new.person", "display", "Dr New", "role", "clinician", "org", "RYJ", "password", password)
	if r.to != "/admin/accounts?done=made" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	s.as("new.person")
	if r := b.post("/admin/accounts/new.person", "do", "own", "own", "123"); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, `value="123"`) {
		t.Errorf("a number that is none: %d", r.status)
	}
	b.post("/admin/accounts/new.person", "do", "own", "own", "999 000 0018")
	b.get("/admin/accounts/new.person").has(t, `value="9990000018"`)
	if a, err := s.accounts.Get(s.ctx, "new.person"); err != nil || a.OwnNumber != "9990000018" || a.Role != access.Clinician || a.Requester().NHSNumber != "" {
		t.Errorf("the number of a member of staff: %+v %v", a, err)
	}
	b.post("/admin/accounts/new.person", "do", "bar")
	if r := s.as("").post("/sign-in", "name", "new.person", "password", password); r.status != http.StatusUnauthorized {
		t.Errorf("barred: %d", r.status)
	}
	if r := s.as("registrar").post("/help/keys", "keys", "off"); r.to != "/help" {
		t.Errorf("keys: %d", r.status)
	}
	s.as("registrar").get("/help").has(t, `data-keys="off"`)
}
