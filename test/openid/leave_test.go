package openid

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestSignOutThere: signing out here leads on to the provider, and the
// provider's sign-out ends the sessions here that came of it.
func TestSignOutThere(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.arrive(staff, "ada")
	elsewhere := s.browser() // the same person in another browser: another session there
	elsewhere.arrive(staff, "ada")
	csp := b.get("/help").header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "form-action 'self' "+s.issuer) {
		t.Errorf("the browser would not follow: %s", csp)
	}
	session, err := s.relyingSession(b)
	s.must(err)
	r := b.post("/sign-out")
	to, err := url.Parse(r.to)
	s.must(err)
	if !strings.HasPrefix(r.to, s.issuer+"/session/end") || to.Query().Get("id_token_hint") != session.Hint || session.Hint == "" ||
		to.Query().Get("post_logout_redirect_uri") != s.base+"/sign-in" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	if _, err := s.relyingSession(b); err == nil {
		t.Error("still signed in here")
	}
	// The provider asks, and sends the browser back.
	if back := b.leave(r.to); back != s.base+"/sign-in" {
		t.Errorf("back at %s", back)
	}
	if r := elsewhere.get("/help"); r.status != http.StatusOK {
		t.Errorf("another session of the person ended: %d", r.status)
	}
	// The person signs out at the provider: it tells us by the back channel.
	session, err = s.relyingSession(elsewhere)
	s.must(err)
	elsewhere.leave(s.issuer + "/session/end?id_token_hint=" + session.Hint)
	if _, err := s.relyingSession(elsewhere); err == nil {
		t.Error("the provider's sign-out does not count here")
	}
	local := s.browser()
	local.post("/sign-in", "name", "local", "password", "correct horse battery")
	if r := local.post("/sign-out"); r.to != s.base+"/sign-in" {
		t.Errorf("a local account is sent to %s", r.to)
	}
}

// leave says yes to the provider's question whether to sign out.
func (b *browser) leave(address string) string {
	b.s.t.Helper()
	r := b.get(address)
	form := []string{"logout", "yes"}
	for _, m := range hidden.FindAllStringSubmatch(strings.ReplaceAll(r.body, `/>`, `>`), -1) {
		form = append(form, m[1], m[2])
	}
	m := action.FindStringSubmatch(r.body)
	if m == nil {
		b.s.t.Fatalf("%d %.1000s", r.status, r.body)
	}
	return b.post(m[1], form...).to
}

// TestUnlockThere: a locked session opens by the same person's proof at the
// provider, given anew, and by nobody else's; a form that was sent goes on.
func TestUnlockThere(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.arrive(staff, "ada")
	b.post("/lock")
	page := b.get("/find?q=x")
	link := "/sign-in/with/cis2?next=%2Ffind%3Fq%3Dx&amp;unlock=1&amp;kept="
	if page.status != http.StatusLocked || !strings.Contains(page.body, link) || strings.Contains(page.body, `name="unlock"`) {
		t.Fatalf("%d %.2000s", page.status, page.body)
	}
	r := b.post("/help/keys", "keys", "off")
	kept := r.body[strings.Index(r.body, "kept=")+5:]
	kept = kept[:strings.IndexAny(kept, `"&`)]
	unlock := staff + "?next=%2F&unlock=1&kept=" + kept
	s.browser().arrive(staff, "both")
	s.forging(func(path string, body map[string]any) {
		if path == "/me" {
			body["sub"] = "both"
			return
		}
		c := claimsOf(t, body["id_token"].(string))
		body["id_token"] = sign(t, "RS256", s.key, "k", with(c, "sub", "both"))
	})
	if r := b.arrive(unlock, "ada"); r.status != http.StatusLocked || !strings.Contains(r.body, "somebody else") {
		t.Errorf("somebody else's proof: %d", r.status)
	}
	if r := b.get("/help"); r.status != http.StatusLocked {
		t.Fatalf("and the session is open: %d", r.status)
	}
	s.forging(nil)
	r = b.arrive(unlock, "ada")
	if r.status != http.StatusOK || !strings.Contains(r.body, "not saved yet") {
		t.Fatalf("%d %.500s", r.status, r.body)
	}
	if r := b.post("/resume", "kept", kept); r.to != s.base+"/help" {
		t.Errorf("%d %s", r.status, r.to)
	}
	if r := b.get("/help"); !strings.Contains(r.body, `data-keys="off"`) {
		t.Error("the form did not arrive")
	}
	// A proof of long ago, though signed by the provider, does not unlock.
	b.post("/lock")
	s.forging(func(path string, body map[string]any) {
		if path == "/token" {
			c := claimsOf(t, body["id_token"].(string))
			body["id_token"] = sign(t, "RS256", s.key, "k", with(c, "auth_time", c["iat"].(float64)-7200))
		}
	})
	if r := b.arrive(staff+"?unlock=1", "ada"); r.status != http.StatusUnauthorized {
		t.Errorf("not asked anew: %d", r.status)
	}
}
