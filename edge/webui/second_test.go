package webui_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"concord/record/account"
)

func (s *stage) code(key string) string {
	s.t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(key, " ", ""), s.now)
	s.must(err)
	return code
}

// addApp adds an authenticator app through the pages, as they work without
// script, and returns its key and the recovery codes.
func (b *browser) addApp() (key string, codes []string) {
	b.s.t.Helper()
	page := b.get("/me/security/app")
	m := regexp.MustCompile(`c-key">([A-Z2-7 ]+)<`).FindStringSubmatch(page.body)
	if m == nil {
		b.s.t.Fatal("no key on the page")
	}
	wrong := b.post("/me/security/app", "code", "000000")
	if wrong.status != http.StatusUnprocessableEntity {
		b.s.t.Errorf("wrong code: %d", wrong.status)
	}
	wrong.has(b.s.t, m[1], "That is not the code that the app shows now.")
	done := b.post("/me/security/app", "code", b.s.code(m[1]))
	for _, c := range regexp.MustCompile(`<li><code>([A-Z2-7-]+)</code>`).FindAllStringSubmatch(done.body, -1) {
		codes = append(codes, c[1])
	}
	if done.status != http.StatusOK || len(codes) != 8 {
		b.s.t.Fatalf("%d with %d recovery codes", done.status, len(codes))
	}
	b.s.now = b.s.now.Add(time.Minute)
	return m[1], codes
}

func TestSecondFactorPages(t *testing.T) {
	s := newStage(t)
	key, codes := s.as("registrar").addApp()
	b := s.as("")
	r := b.post("/sign-in", "name", "registrar", "password", password, "next", "/help")
	if r.to != "/sign-in/second?next=%2Fhelp" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	if r := b.get("/help"); r.status != http.StatusSeeOther {
		t.Errorf("the password alone opens a page: %d", r.status)
	}
	b.get(r.to).has(t, "Code of your authenticator app, or a recovery code", `autocomplete="one-time-code"`)
	if r := b.post("/sign-in/second", "code", "000000", "next", "/help"); r.status != http.StatusUnauthorized {
		t.Errorf("wrong code: %d", r.status)
	} else {
		r.has(t, "That code is wrong or was used before.", `href="#code"`)
	}
	for next, want := range map[string]string{"//evil.example": "/", "https://evil.example/": "/", "/help": "/help"} {
		s.now = s.now.Add(time.Minute)
		b := s.as("")
		b.post("/sign-in", "name", "registrar", "password", password)
		if r := b.post("/sign-in/second", "code", s.code(key), "next", next); r.to != want {
			t.Errorf("next %q leads to %d %q", next, r.status, r.to)
		}
	}
	b = s.as("")
	b.post("/sign-in", "name", "registrar", "password", password)
	if r := b.post("/sign-in/second", "code", codes[0]); r.to != "/" {
		t.Errorf("recovery code: %d %s", r.status, r.to)
	}
	if r := b.post("/me/security", "do", "app-gone"); r.to != "/me/security?done=app-gone" {
		t.Errorf("removing: %d %s", r.status, r.to)
	}
	s.as("registrar") // by password alone again
	if r := s.as("").get("/sign-in/second"); r.status != http.StatusUnauthorized {
		t.Errorf("a second step without a first: %d", r.status)
	}
}

// TestMustEnrol: who lacks what their organisation asks for reaches the page
// to add it, and no other.
func TestMustEnrol(t *testing.T) {
	s := newStage(t)
	s.tell()
	s.must(s.office().SetSecondFactor(s.ctx, "RQM", account.SecondAny))
	b := s.as("")
	b.post("/sign-in", "name", "registrar", "password", password)
	for _, path := range []string{"/", "/find?q=okonkwo", "/p/" + s.people["adaeze"] + "/results", "/help"} {
		if r := b.get(path); r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, "/me/security") {
			t.Errorf("%s: %d %s", path, r.status, r.to)
		}
	}
	b.get("/me/security").has(t, "Your organisation asks for a second factor.")
	b.addApp()
	if r := b.get("/find?q=okonkwo"); r.status != http.StatusOK {
		t.Errorf("after adding: %d", r.status)
	}
	s.as("reception") // another organisation asks for nothing
}

// TestSecurityAsksAnew: a session that was left open does not let somebody
// else add their own factor.
func TestSecurityAsksAnew(t *testing.T) {
	s := newStage(t)
	b := s.as("registrar")
	for range 3 { // in use, but the password was a while ago
		s.now = s.now.Add(5 * time.Minute)
		b.get("/help")
	}
	for _, r := range []reply{b.get("/me/security/app"), b.post("/me/security", "do", "codes")} {
		if r.status != http.StatusLocked {
			t.Errorf("%d", r.status)
		}
		r.has(t, "Confirm that it is you")
		r.lacks(t, "c-key")
	}
	if r := b.post("/unlock", "unlock", password, "next", "/me/security/app"); r.to != "/me/security/app" {
		t.Errorf("%d %s", r.status, r.to)
	}
	b.addApp()
}

// TestPasskeyInBrowser adds a passkey in Chromium, with a virtual
// authenticator, and signs in with it alone and as the second factor.
func TestPasskeyInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	b := s.as("registrar")
	base := strings.Replace(s.server.URL, "127.0.0.1", "localhost", 1)
	var held []*network.CookieParam
	for _, c := range b.cookies() {
		c.URL = base
		held = append(held, c)
	}
	var codes, who, alone, second string
	fill := func(path string) chromedp.Tasks {
		return chromedp.Tasks{network.ClearBrowserCookies(), chromedp.Navigate(base + path)}
	}
	s.must(chromedp.Run(ctx,
		webauthn.Enable(),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2,
				Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
				IsUserVerified: true, AutomaticPresenceSimulation: true}).Do(ctx)
			return err
		}),
		network.SetCookies(held), chromedp.Navigate(base+"/me/security"),
		chromedp.WaitVisible(`form[data-passkey] button`),
		chromedp.SetValue(`#title`, "Ward key"), chromedp.Click(`form[data-passkey] button`),
		chromedp.WaitVisible(`.c-codes`), chromedp.Text("h1", &codes),
		chromedp.Navigate(base+"/me/security"), chromedp.Text("main", &who),
		fill("/sign-in"), chromedp.WaitVisible(`form[data-passkey] button`), chromedp.Click(`form[data-passkey] button`),
		chromedp.WaitVisible(`.c-top__who`), chromedp.Text(".c-top__who", &alone),
		fill("/sign-in"), chromedp.SetValue("#name", "registrar"), chromedp.SetValue("#password", password),
		chromedp.Submit(`form[action="/sign-in"]`), chromedp.WaitVisible(`form[data-passkey] button`),
		chromedp.Click(`form[data-passkey] button`), chromedp.WaitVisible(`.c-top__who`), chromedp.Text(".c-top__who", &second),
	))
	if codes != "Recovery codes" || !strings.Contains(who, "Ward key") {
		t.Errorf("%q, %q", codes, who)
	}
	if !strings.Contains(alone, "Maya Sharma") || !strings.Contains(second, "Maya Sharma") {
		t.Errorf("signed in as %q and %q", alone, second)
	}
}

// TestAppWithoutScript adds an authenticator app and signs in with it in
// Chromium with scripts off.
func TestAppWithoutScript(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	var key, who string
	s.must(chromedp.Run(ctx, emulation.SetScriptExecutionDisabled(true), s.signedInAs(s.as("registrar")),
		chromedp.Navigate(s.server.URL+"/me/security/app"), chromedp.Text(".c-key", &key)))
	s.must(chromedp.Run(ctx, chromedp.SendKeys("#code", s.code(key)+"\r"), chromedp.WaitVisible(".c-codes")))
	s.now = s.now.Add(time.Minute)
	s.must(chromedp.Run(ctx, network.ClearBrowserCookies(), chromedp.Navigate(s.server.URL+"/sign-in"),
		chromedp.SendKeys("#name", "registrar"), chromedp.SendKeys("#password", password+"\r"), chromedp.WaitVisible("#code"),
		chromedp.SendKeys("#code", s.code(key)+"\r"), chromedp.WaitVisible(".c-top__who"), chromedp.Text(".c-top__who", &who)))
	if !strings.Contains(who, "Maya Sharma") {
		t.Errorf("signed in as %q", who)
	}
}

// TestStatesInBrowser holds the pages of signing in that no story reaches
// against the rules: axe, no sideways scrolling.
func TestStatesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	s := newStage(t)
	s.must(err)
	ctx := chromium(t)
	admin := s.as("admin")
	admin.post("/admin/workgroups", "org", "RQM", "code", "CARDIO", "group", "Cardiology team")
	admin.post("/admin/accounts/steward/profiles", "role", "clinician", "jobrole", "R8000", "org", "RQM", "site", "RQM01", "workgroup", "RQM/CARDIO")
	choose := s.as("steward")
	s.as("reception").addApp()
	second := s.as("")
	second.post("/sign-in", "name", "reception", "password", password)
	locked := s.as("registrar")
	locked.post("/lock")
	s.must(s.office().SetSecondFactor(s.ctx, "RYJ", account.SecondAny))
	enrol := s.as("")
	enrol.post("/sign-in", "name", "engineer", "password", password)
	for _, c := range []struct {
		name, path string
		who        *browser
	}{
		{"choose", "/me/role", choose}, {"second", "/sign-in/second", second}, {"unlock", "/help", locked}, {"enrol", "/me/security", enrol},
		{"person", "/admin/accounts/steward", admin}, {"workgroups", "/admin/workgroups", admin}, {"accounts", "/admin/accounts", admin},
		{"sessions", "/me/sessions", admin},
	} {
		t.Run(c.name, func(t *testing.T) {
			var result string
			var narrow int
			s.must(chromedp.Run(ctx, s.signedInAs(c.who), emulation.SetDeviceMetricsOverride(1366, 768, 1, false), chromedp.Navigate(s.server.URL+c.path)))
			s.shot(ctx, "state-"+c.name)
			s.must(chromedp.Run(ctx, chromedp.Evaluate(string(axe), nil), chromedp.Evaluate(runAxe, &result, awaited),
				emulation.SetDeviceMetricsOverride(320, 640, 1, false), chromedp.Evaluate(`document.documentElement.scrollWidth`, &narrow)))
			s.report(t, result)
			if narrow > 320 {
				t.Errorf("at 320 pixels the page is %d wide", narrow)
			}
		})
	}
}
