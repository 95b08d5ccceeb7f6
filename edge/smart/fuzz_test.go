package smart_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"concord/edge/smart"
)

// FuzzAsk: whatever an app's page sends a browser with, it is sent to our own
// page of consent, back to the registered address, or nowhere.
func FuzzAsk(f *testing.F) {
	s := newStage(f)
	app, ada := s.app(nil), s.signIn("ada")
	good := request(app).Encode()
	f.Add(good)
	f.Add(good + "&redirect_uri=https%3A%2F%2Fevil.example")
	f.Add(strings.Replace(good, "code_challenge_method=S256", "code_challenge_method=plain", 1))
	f.Add(strings.Replace(good, "app.example%2Fback", "app.example%2Fback%2F..%2Fevil", 1))
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		to, err := s.server.Ask(s.ctx, form, ada)
		if err != nil {
			return
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatalf("sent to %q", to)
		}
		if strings.HasPrefix(to, "/smart/consent/") && !strings.ContainsAny(to, "\\\r\n") {
			if form.Get("code_challenge_method") != "S256" || form.Get("aud") == "" {
				t.Fatalf("asked without PKCE or audience: %q", query)
			}
			return
		}
		if u.Scheme+"://"+u.Host+u.Path != redirect || u.Query().Get("error") == "" || u.Query().Has("code") || u.Query().Get("iss") != base+"/fhir" {
			t.Fatalf("sent to %q", to)
		}
	})
}

// FuzzMetadata: what is read of an app's metadata is a public or a confidential
// app, or a service, and never a mixture.
func FuzzMetadata(f *testing.F) {
	f.Add(`{"client_name":"A","redirect_uris":["https://a.example"],"scope":"openid","token_endpoint_auth_method":"none"}`)
	f.Add(`{"client_name":"A","grant_types":["client_credentials"],"jwks":{"keys":[]},"scope":"system/*.rs"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var m smart.Metadata
		if json.Unmarshal([]byte(text), &m) != nil {
			return
		}
		a, err := m.App()
		if err != nil {
			return
		}
		if m.Auth == "none" && a.Confidential() || m.Auth == "private_key_jwt" && !a.Confidential() || strings.Contains(m.Auth, "secret") {
			t.Fatalf("%q is read as %+v", text, a)
		}
	})
}
