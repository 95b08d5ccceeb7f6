package login_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"concord/edge/login"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

const password = "correct horse battery"

// register has one account, "ada", and one token.
func register(t *testing.T) (*account.Register, string) {
	t.Helper()
	ctx, clock := context.Background(), func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: clock})
	must(err)
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	must(err)
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: clock})
	must(err)
	r := account.New(engine, clock)
	office := r.Office(desk.For(access.Requester{ID: "cli", Role: access.Operator}, access.Reason{Purpose: access.Administration}))
	_, err = office.Create(ctx, account.Application{Name: "ada", Display: "Ada", Password: password, Role: access.Clinician, Org: "RYJ"})
	must(err)
	token, _, err := office.Issue(ctx, account.Grant{Client: "loader", Scopes: "system/*.rs", Life: time.Hour})
	must(err)
	return r, token
}

func TestCookieOverTLS(t *testing.T) {
	r, _ := register(t)
	door := login.New(r, true)
	w := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, "/sign-in", nil)
	if _, err := door.SignIn(w, req, "ada", password, unheard); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	if c.Name != "__Host-concord" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
}

// TestFixation: a session that an attacker planted in the browser ends when
// somebody signs in there, and is never taken over.
func TestFixation(t *testing.T) {
	r, _ := register(t)
	door := login.New(r, false)
	sign := func(with *http.Cookie) *http.Cookie {
		w, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/sign-in", nil)
		if with != nil {
			req.AddCookie(with)
		}
		if _, err := door.SignIn(w, req, "ada", password, unheard); err != nil {
			t.Fatal(err)
		}
		return w.Result().Cookies()[0]
	}
	planted := sign(nil)
	own := sign(planted)
	if own.Value == planted.Value {
		t.Fatal("the planted session was taken over")
	}
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.AddCookie(planted)
	if _, err := door.Session(req); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the planted session lives: %v", err)
	}
}

func TestCookieAndTokenDoNotStandForEachOther(t *testing.T) {
	r, token := register(t)
	door := login.New(r, false)
	req := httptest.NewRequest(http.MethodGet, "/fhir/Patient", nil)
	req.Header.Set("Authorization", "bearer "+token)
	who, err := r.Bearer(t.Context(), token, "")
	if err != nil || who.ID != "loader" || who.Role != access.System {
		t.Errorf("%+v %v", who, err)
	}
	if _, err := door.Session(req); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a token opens the pages: %v", err)
	}
	req = httptest.NewRequest(http.MethodGet, "/", nil)
	req.AddCookie(&http.Cookie{Name: "concord", Value: token})
	if _, err := door.Session(req); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a token in the cookie opens the pages: %v", err)
	}
}

func TestGuard(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	no := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	h := login.Guard(ok, no)
	for _, c := range []struct {
		method, site, origin string
		want                 int
	}{
		{"GET", "cross-site", "", 204}, {"POST", "same-origin", "", 204}, {"POST", "", "", 204},
		{"POST", "cross-site", "", 403}, {"POST", "same-site", "", 403}, {"POST", "", "https://elsewhere.example", 403},
	} {
		req := httptest.NewRequest(c.method, "http://concord.test/x", nil)
		if c.site != "" {
			req.Header.Set("Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, req); w.Code != c.want {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}

func unheard(context.Context, *account.Account, error) error { return nil }
