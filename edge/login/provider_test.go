package login

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
)

// TestProviderDown: a provider that does not answer is a reason to try again,
// is asked again after a while, and is believed only under its own name.
func TestProviderDown(t *testing.T) {
	var asked atomic.Int32
	issuer := ""
	answer := func(w http.ResponseWriter) { http.Error(w, "not now", http.StatusBadGateway) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); answer(w) }))
	defer s.Close()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	p := &provider{Provider: Provider{Name: "x", Title: "X", Issuer: s.URL, ClientID: "c", Secret: "s", Level: 2},
		client: s.Client(), now: func() time.Time { return now }}
	down := func(why string, times int32) {
		t.Helper()
		if _, err := p.discover(t.Context()); !fault.Is(err, fault.Busy) || asked.Load() != times {
			t.Errorf("%s: %v, asked %d times", why, err, asked.Load())
		}
	}
	down("it fails", 1)
	down("at once again", 1)
	now = now.Add(downFor)
	issuer = "https://evil.example"
	answer = func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"issuer":"` + issuer + `","authorization_endpoint":"` + issuer + `/a","token_endpoint":"` + issuer + `/t","jwks_uri":"` + issuer + `/j"}`))
	}
	down("it gives another issuer", 2)
	now = now.Add(downFor)
	issuer = s.URL
	if _, err := p.discover(t.Context()); err != nil {
		t.Errorf("it is back: %v", err)
	}
}
