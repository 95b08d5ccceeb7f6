package fhirapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"concord/edge/fhirapi"
	"concord/edge/transport"
	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/record/audit"
	"concord/store"
)

// TestRefusedTokensAreAudited: a token that is forged, expired, revoked, of another
// kind or bound to another certificate leaves an entry that says from where and why,
// and nothing of the token; a flood leaves no more than a few.
func TestRefusedTokensAreAudited(t *testing.T) {
	s := newStage(t)
	nobody := func(ctx context.Context, what, code string) error {
		err := s.desk.For(access.Requester{ID: "unknown"}, access.Reason{Purpose: access.Administration}).Note(ctx, access.SignIn, what, fault.New(fault.Unauthenticated, code, "refused"))
		if fault.Is(err, fault.Denied) {
			return nil
		}
		return err
	}
	o := s.options
	o.Refused = transport.NewRefused(nobody, func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) })
	handler := fhirapi.New(o)
	ask := func(address, token string) int {
		r := httptest.NewRequest(http.MethodGet, "/fhir/Patient", nil)
		r.RemoteAddr = address + ":4711"
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	issue := func(g account.Grant) (string, *account.Token) {
		t.Helper()
		g.Client, g.Org, g.Scopes = "lab", "RYJ", everyScope
		secret, row, err := s.office.Issue(context.Background(), g)
		if err != nil {
			t.Fatal(err)
		}
		return secret, row
	}
	expired, _ := issue(account.Grant{Life: time.Nanosecond})
	revoked, row := issue(account.Grant{Life: time.Hour})
	if err := s.office.Revoke(context.Background(), row.ID); err != nil {
		t.Fatal(err)
	}
	bound, _ := issue(account.Grant{Life: time.Hour, Certificate: strings.Repeat("x", 43)})
	good, _ := issue(account.Grant{Life: time.Hour})
	if code := ask("10.0.0.1", good); code != http.StatusOK {
		t.Fatalf("a good token: %d", code)
	}
	_, from := s.audited(0)
	for n, token := range []string{expired, revoked, bound, good[:len(good)-2] + "xx", "eyJhbGciOiJub25lIn0.eyJzdWIiOiI5OTkwMDAwMDE4In0."} {
		if code := ask("10.0.0."+string(rune('1'+n)), token); code != http.StatusUnauthorized {
			t.Errorf("token %d: %d", n, code)
		}
	}
	got, next := s.audited(from)
	if got["!sign-in"] != 5 || len(got) != 1 {
		t.Errorf("audited %v", got)
	}
	err := s.engine.View(context.Background(), func(r store.Reader) error {
		rows, err := r.LogEntries(context.Background(), audit.Log, from, 100)
		for _, x := range rows {
			text := string(x.Body)
			for _, secret := range []string{expired, revoked, bound, "eyJ", "9990000018"} {
				if strings.Contains(text, secret) {
					t.Errorf("an entry holds a token: %s", text)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		ask("10.9.9.9", "concord_guess")
	}
	if got, _ := s.audited(next); got["!sign-in"] != 5 {
		t.Errorf("a flood leaves %v", got)
	}
}
