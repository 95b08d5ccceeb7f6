package grant

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"

	"concord/fault"
	"concord/record/access"
)

// State is how an app stands.
type State string

// The states. Only an approved app is let do anything.
const (
	Waiting   State = "waiting" // for an administrator
	Approved  State = "approved"
	Refused   State = "refused"
	Withdrawn State = "withdrawn" // was approved before
)

// App is one registered app (https://www.rfc-editor.org/rfc/rfc7591).
type App struct {
	ID   string `json:"id"`
	Name string `json:"name"` // to show: "Growth chart"
	// Redirects are where a browser may be sent back to, compared whole.
	Redirects []string `json:"redirects,omitempty"`
	// Launch is where the app begins when it is opened from a patient's page,
	// "" = it begins by itself alone.
	Launch string `json:"launch,omitempty"`
	// Scopes are the most that it may ask for.
	Scopes string `json:"scopes"`
	// Keys are its public keys (a JWKS), KeysURL where they are; with neither
	// it is a public client, which keeps no secret.
	Keys    json.RawMessage `json:"keys,omitempty"`
	KeysURL string          `json:"keysURL,omitempty"`
	// Service says that it acts for itself, with nobody at it: a backend
	// service.
	Service bool   `json:"service,omitempty"`
	Sign    string `json:"sign,omitempty"` // algorithm of its identity tokens, "" = RS256
	Contact string `json:"contact,omitempty"`

	State   State     `json:"state"`
	Org     string    `json:"org,omitempty"` // ODS code of those who may use it; the domain's = all
	Made    time.Time `json:"made"`
	By      string    `json:"by,omitempty"` // who decided
	Decided time.Time `json:"decided,omitzero"`
}

// Confidential tells an app that proves who it is by its key.
func (a *App) Confidential() bool { return len(a.Keys) > 0 || a.KeysURL != "" }

// For tells whether people who act for an organisation may use the app.
func (a *App) For(org string) bool {
	return a.State == Approved && (a.Org == org || a.Org == access.Domain)
}

// Redirect tells whether a browser may be sent back there: the very text that
// was registered, no prefix, no pattern
// (https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3).
func (a *App) Redirect(to string) bool {
	for _, r := range a.Redirects {
		if r == to {
			return true
		}
	}
	return false
}

// Origins are the web origins at which the app runs.
func (a *App) Origins() []string {
	var out []string
	for _, to := range append([]string{a.Launch}, a.Redirects...) {
		if u, err := url.Parse(to); err == nil && u.Host != "" {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}

// SignAlgorithms are those of identity tokens.
func SignAlgorithms() []string { return []string{"RS256", "RS384", "ES384"} }

const (
	mostRedirects = 10
	mostScopes    = 100
	mostKeys      = 16 << 10
)

// check refuses an app that makes no sense. Errors: Invalid grant.app, with
// the member at fault.
func (a *App) check() error {
	wrong := func(at, format string, args ...any) error {
		return fault.New(fault.Invalid, "grant.app", format, args...).In(at)
	}
	a.Name, a.Contact = strings.TrimSpace(a.Name), strings.TrimSpace(a.Contact)
	if n := utf8.RuneCountInString(a.Name); n == 0 || n > 80 || strings.ContainsFunc(a.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return wrong("client_name", "an app has a name of up to 80 characters")
	}
	if utf8.RuneCountInString(a.Contact) > 200 || strings.ContainsFunc(a.Contact, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return wrong("contacts", "the contact has up to 200 characters")
	}
	if len(a.Keys) > mostKeys {
		return wrong("jwks", "the keys are larger than %d bytes", mostKeys)
	}
	if a.Confidential() {
		if err := a.checkKeys(); err != nil {
			return err
		}
	}
	s := ParseScopes(a.Scopes)
	if len(s.Words()) > mostScopes {
		return wrong("scope", "an app has up to %d scopes", mostScopes)
	}
	if a.Service {
		return a.checkService(s)
	}
	return a.checkUsed(s)
}

func (a *App) checkService(s Scopes) error {
	wrong := fault.New(fault.Invalid, "grant.app", "a backend service has keys, system/ scopes, and no addresses to go back to")
	if !a.Confidential() || len(a.Redirects) > 0 || a.Launch != "" {
		return wrong.In("jwks")
	}
	own := Scopes{Data: s.OfContext(access.OfSystem).Data}
	if len(own.Data) == 0 || own.String() != s.String() {
		return wrong.In("scope")
	}
	a.Scopes = own.String()
	return nil
}

func (a *App) checkUsed(s Scopes) error {
	if len(s.Data) != len(s.OfContext(access.OfPatient, access.OfUser).Data) {
		return fault.New(fault.Invalid, "grant.app", "system/ scopes are for backend services").In("scope")
	}
	if a.Scopes = s.String(); a.Scopes == "" {
		return fault.New(fault.Invalid, "grant.app", "an app names the scopes that it may ask for").In("scope")
	}
	if len(a.Redirects) == 0 || len(a.Redirects) > mostRedirects {
		return fault.New(fault.Invalid, "grant.app", "an app has 1 to %d addresses to go back to", mostRedirects).In("redirect_uris")
	}
	for _, to := range a.Redirects {
		if !web(to) {
			return fault.New(fault.Invalid, "grant.app", "an address to go back to is an https URL without fragment; http is for this machine alone").In("redirect_uris")
		}
	}
	if a.Launch != "" && !web(a.Launch) {
		return fault.New(fault.Invalid, "grant.app", "the launch address is an https URL without fragment").In("initiate_login_uri")
	}
	switch a.Sign {
	case "", "RS256", "RS384", "ES384":
		return nil
	}
	return fault.New(fault.Invalid, "grant.app", "identity tokens are signed RS256, RS384 or ES384").In("id_token_signed_response_alg")
}

func (a *App) checkKeys() error {
	wrong := fault.New(fault.Invalid, "grant.app", "keys are a JWKS of public RSA or P-384 keys, or an https URL of one, not both")
	if len(a.Keys) > 0 && a.KeysURL != "" {
		return wrong.In("jwks_uri")
	}
	if a.KeysURL != "" {
		if !web(a.KeysURL) {
			return wrong.In("jwks_uri")
		}
		return nil
	}
	var set jose.JSONWebKeySet
	if json.Unmarshal(a.Keys, &set) != nil || len(set.Keys) == 0 {
		return wrong.In("jwks")
	}
	for _, k := range set.Keys {
		if !k.Valid() || !k.IsPublic() {
			return wrong.In("jwks") // also a private key that was sent by mistake
		}
	}
	return nil
}

// web tells an address that a browser may be sent to: https, or http on this
// machine for development; no user, no fragment, no wildcard.
func web(to string) bool {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(to, "#*\\ \t\r\n\"'<>;,") || len(to) > 500 {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
