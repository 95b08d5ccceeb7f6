package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"concord/record/account"
	"concord/record/audit"
	"concord/store"
)

// entries are the audit's entries of signing in and out, the oldest first,
// each as "who rule outcome".
func (s *stage) entries() []string {
	s.t.Helper()
	var out []string
	s.must(s.engine.View(s.ctx, func(r store.Reader) error {
		size, err := r.LogSize(s.ctx, audit.Log)
		if err != nil {
			return err
		}
		rows, err := r.LogEntries(s.ctx, audit.Log, 0, int(size))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if strings.Contains(string(row.Body), "CANARYTYPED") {
				s.t.Errorf("what was typed is in the audit: %s", row.Body)
			}
			e, err := audit.Decode(row.Body)
			if err != nil {
				return err
			}
			if strings.HasPrefix(string(e.Action), "sign-") {
				if len(e.What) != 1 || e.What[0] != "from 127.0.0.1" {
					s.t.Errorf("from where: %q", e.What)
				}
				out = append(out, strings.TrimSpace(e.Who+" "+e.Rule+" "+e.Outcome))
			}
		}
		return nil
	}))
	return out
}

func TestSignInIsAudited(t *testing.T) {
	s := newStage(t)
	b := s.as("registrar")
	b.post("/sign-out")
	b.post("/sign-out") // nobody is signed in any more: nothing to tell
	s.as("").post("/sign-in", "name", "CANARYTYPED-password", "password", password)
	for range account.FailuresPerAccount + 1 {
		s.as("").post("/sign-in", "name", "Engineer", "password", "not the password")
	}
	want := []string{"registrar clinician.sign-in", "registrar clinician.sign-out", "unknown no-role account.sign-in"}
	for range account.FailuresPerAccount {
		want = append(want, "engineer engineer.sign-in account.sign-in")
	}
	want = append(want, "engineer engineer.sign-in account.locked")
	if got := strings.Join(s.entries(), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("audit:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// TestNoSignInWithoutAudit: what cannot be audited does not happen; leaving
// always does.
func TestNoSignInWithoutAudit(t *testing.T) {
	s := newStage(t)
	b := s.as("registrar")
	s.engine.down.Store(true)
	eve := s.as("")
	if r := eve.post("/sign-in", "name", "registrar", "password", password); r.status != http.StatusServiceUnavailable || r.header.Get("Set-Cookie") != "" {
		t.Errorf("signed in without audit: %d", r.status)
	}
	if r := eve.get("/"); r.status != http.StatusSeeOther {
		t.Errorf("and came in: %d", r.status)
	}
	if r := b.post("/sign-out"); r.status != http.StatusServiceUnavailable {
		t.Errorf("sign out: %d", r.status)
	}
	s.engine.down.Store(false)
	if r := b.get("/help"); r.status != http.StatusSeeOther {
		t.Errorf("still signed in: %d", r.status)
	}
}
