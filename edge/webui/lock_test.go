package webui_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"concord/record/account"
	"concord/store"
)

// TestIdleLock: a session without use covers every page, and comes back to it.
func TestIdleLock(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	page := "/p/" + s.people["adaeze"] + "/results"
	b.get(page).has(t, "Creatinine")
	s.now = s.now.Add(account.LockAfter)
	for _, path := range []string{page, "/", "/me/sessions", "/me/awake", "/help"} {
		r := b.get(path)
		if r.status != http.StatusLocked {
			t.Errorf("%s: %d", path, r.status)
		}
		r.has(t, "Locked", "Dr Maya Sharma")
		r.lacks(t, "Creatinine", "OKONKWO")
	}
	r := b.post("/unlock", "unlock", "not the password", "next", page)
	if r.status != http.StatusLocked {
		t.Errorf("wrong password: %d", r.status)
	}
	r.has(t, "That is not your password", `value="`+page+`"`)
	if r := b.post("/unlock", "unlock", password, "next", page); r.to != page {
		t.Fatalf("%d %s", r.status, r.to)
	}
	b.get(page).has(t, "Creatinine")
	if r := b.post("/lock", "next", "//evil.example"); r.to != "/unlock?next=%2F" {
		t.Errorf("by hand: %s", r.to)
	}
	if r := b.get(page); r.status != http.StatusLocked {
		t.Errorf("locked by hand: %d", r.status)
	}
	if r := b.post("/unlock", "unlock", password, "next", "//evil.example"); r.to != "/" {
		t.Errorf("leads to %s", r.to)
	}
}

// TestLockKeepsTheForm: what somebody sends to a locked session waits, sealed,
// and goes on its way once they have unlocked it; nobody else gets it.
func TestLockKeepsTheForm(t *testing.T) {
	s := newStage(t)
	b := s.as("admin")
	s.now = s.now.Add(account.LockAfter)
	form := []string{"name", "new.person", "display", "Dr Canary Kept", "role", "clinician", "org", "RYJ", "password", password}
	r := b.post("/admin/accounts", form...)
	if r.status != http.StatusLocked {
		t.Fatalf("%d", r.status)
	}
	r.has(t, "is kept for an hour")
	r.lacks(t, "Canary", password)
	kept := regexp.MustCompile(`name="kept" value="([^"]+)"`).FindStringSubmatch(r.body)[1]
	s.must(s.engine.View(s.ctx, func(v store.Reader) error {
		rows, err := v.ListKeys(s.ctx, "kept-form", "", 10)
		if len(rows) != 1 || strings.Contains(string(rows[0].Value), "Canary") || strings.Contains(rows[0].Key, kept) {
			t.Errorf("kept in the clear: %v", rows)
		}
		return err
	}))
	if r := s.as("registrar").post("/unlock", "unlock", password, "kept", kept); r.status != http.StatusNotFound {
		t.Errorf("another session takes the form: %d", r.status)
	}
	r = b.post("/unlock", "unlock", "wrong", "kept", kept)
	if got := regexp.MustCompile(`name="kept" value="([^"]+)"`).FindStringSubmatch(r.body)[1]; got != kept {
		t.Errorf("a wrong password loses the form")
	}
	if r = b.post("/unlock", "unlock", password, "kept", kept); r.to != "/admin/accounts?done=made" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	s.as("new.person")
	if r = b.post("/unlock", "unlock", password, "kept", kept); r.status != http.StatusNotFound {
		t.Errorf("the form was sent twice: %d %s", r.status, r.to)
	}
	s.now = s.now.Add(account.LockAfter)
	big := b.post("/help/keys", "keys", strings.Repeat("x", 1<<20))
	if big.status != http.StatusUnprocessableEntity {
		t.Errorf("a form too large to keep: %d", big.status)
	}
}

// TestUnlockCannotBeGuessed: a few wrong attempts end the session.
func TestUnlockCannotBeGuessed(t *testing.T) {
	s := newStage(t)
	b := s.as("registrar")
	b.post("/lock")
	var r reply
	for range 5 {
		r = b.post("/unlock", "unlock", "a guess")
	}
	if !strings.HasPrefix(r.to, "/sign-in") {
		t.Errorf("%d %s", r.status, r.to)
	}
	if r := b.post("/unlock", "unlock", password); !strings.HasPrefix(r.to, "/sign-in") {
		t.Errorf("after that: %d %s", r.status, r.to)
	}
}

// TestUnlockByCode: the authenticator app unlocks too, each code once.
func TestUnlockByCode(t *testing.T) {
	s := newStage(t)
	b := s.as("registrar")
	key, codes := b.addApp()
	b.post("/lock")
	if r := b.post("/unlock", "unlock", codes[0]); r.status != http.StatusLocked {
		t.Errorf("a recovery code: %d", r.status)
	}
	code := s.code(key)
	if r := b.post("/unlock", "unlock", code); r.to != "/" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	b.post("/lock")
	if r := b.post("/unlock", "unlock", code); r.status != http.StatusLocked {
		t.Errorf("the same code again: %d", r.status)
	}
}

// TestCoverInBrowser: after the idle time a page with something typed is
// covered, keeps it, and gives it back; a page with nothing typed is left.
func TestCoverInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t, account.LockIdle(2*time.Second))
	var covered, wrong, kept, left, shown string
	var usable bool
	s.must(chromedp.Run(ctx, s.signedInAs(s.as("admin")), emulation.SetDeviceMetricsOverride(1366, 768, 1, false),
		chromedp.Navigate(s.server.URL+"/admin/accounts"), chromedp.SendKeys("#display", "Dr Half Typed"),
		chromedp.WaitVisible("dialog.c-cover", chromedp.ByQuery), chromedp.Text("dialog.c-cover", &covered),
		chromedp.Evaluate(`getComputedStyle(document.getElementById("main")).visibility`, &shown)))
	s.shot(ctx, "cover")
	s.must(chromedp.Run(ctx,
		chromedp.SendKeys("dialog.c-cover input[name=unlock]", "a guess\r"),
		chromedp.WaitVisible("dialog.c-cover [role=alert]:not(:empty)"), chromedp.Text("dialog.c-cover [role=alert]", &wrong),
		chromedp.SendKeys("dialog.c-cover input[name=unlock]", password+"\r"),
		chromedp.WaitNotPresent("dialog.c-cover"), chromedp.Value("#display", &kept),
		chromedp.Evaluate(`!document.body.classList.contains("c-covered")`, &usable)))
	if !strings.Contains(covered, "Locked") || shown != "hidden" || !strings.Contains(wrong, "not your password") || kept != "Dr Half Typed" || !usable {
		t.Errorf("covered %q (%s), wrong %q, kept %q, usable %v", covered, shown, wrong, kept, usable)
	}
	s.must(chromedp.Run(ctx, chromedp.Navigate(s.server.URL+"/help"), chromedp.WaitVisible(`form[action="/unlock"] #unlock`),
		chromedp.Text("h1", &left)))
	s.shot(ctx, "locked")
	if left != "Locked" {
		t.Errorf("a page with nothing typed: %q", left)
	}
	var after string
	s.must(chromedp.Run(ctx, chromedp.SendKeys("#unlock", password+"\r"), chromedp.WaitVisible(".c-top__who"), chromedp.Location(&after)))
	if !strings.HasSuffix(after, "/help") {
		t.Errorf("unlocked at %s", after)
	}
}

// TestSignOutEverywhere ends every session of the person, in whatever browser.
func TestSignOutEverywhere(t *testing.T) {
	s := newStage(t)
	a, b, c := s.as("registrar"), s.as("registrar"), s.as("registrar")
	other := s.as("reception")
	a.get("/me/sessions").has(t, "(this one)", "127.0.0.1")
	id := regexp.MustCompile(`name="id" value="([0-9a-f]+)"`)
	theirs := id.FindAllStringSubmatch(a.get("/me/sessions").body, -1)
	if len(theirs) != 2 {
		t.Fatalf("%d other sessions", len(theirs))
	}
	own := id.FindAllStringSubmatch(other.get("/me/sessions").body, -1)
	if len(own) != 0 {
		t.Errorf("reception sees %d sessions of others", len(own))
	}
	other.post("/me/sessions", "do", "one", "id", theirs[0][1])
	if b.get("/help").status != http.StatusOK || c.get("/help").status != http.StatusOK {
		t.Errorf("somebody else ended a session")
	}
	a.post("/me/sessions", "do", "others")
	if b.get("/help").status != http.StatusSeeOther || c.get("/help").status != http.StatusSeeOther || a.get("/help").status != http.StatusOK {
		t.Errorf("others are to end, and not this one")
	}
	b = s.as("registrar")
	if r := a.post("/me/sessions", "do", "all"); r.to != "/sign-in" {
		t.Errorf("%d %s", r.status, r.to)
	}
	for _, x := range []*browser{a, b} {
		if r := x.get("/help"); r.status != http.StatusSeeOther {
			t.Errorf("still signed in: %d", r.status)
		}
	}
	if other.get("/help").status != http.StatusOK {
		t.Errorf("somebody else was signed out")
	}
}
