package smart

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/grant"
)

// Metadata is what an app says of itself when it registers
// (https://www.rfc-editor.org/rfc/rfc7591#section-2).
type Metadata struct {
	Name      string          `json:"client_name"`
	Redirects []string        `json:"redirect_uris,omitempty"`
	Launch    string          `json:"initiate_login_uri,omitempty"` // where it begins from a patient's page
	Grants    []string        `json:"grant_types,omitempty"`
	Responses []string        `json:"response_types,omitempty"`
	Auth      string          `json:"token_endpoint_auth_method,omitempty"`
	Scope     string          `json:"scope"`
	Keys      json.RawMessage `json:"jwks,omitempty"`
	KeysURL   string          `json:"jwks_uri,omitempty"`
	Sign      string          `json:"id_token_signed_response_alg,omitempty"`
	Contacts  []string        `json:"contacts,omitempty"`
}

// App makes an app of what it says of itself. Errors: Invalid smart.metadata.
func (m Metadata) App() (grant.App, error) {
	a := grant.App{Name: m.Name, Redirects: m.Redirects, Launch: m.Launch, Scopes: m.Scope, Keys: m.Keys, KeysURL: m.KeysURL,
		Sign: m.Sign, Contact: strings.Join(m.Contacts, ", "), Service: slices.Contains(m.Grants, "client_credentials")}
	wrong := fault.New(fault.Invalid, "smart.metadata", "apps are public (none) or hold a key (private_key_jwt), and ask by authorization_code with refresh_token, or by client_credentials alone")
	if string(a.Keys) == "null" {
		a.Keys = nil
	}
	switch m.Auth {
	case "none", "private_key_jwt":
		if a.Confidential() != (m.Auth == "private_key_jwt") {
			return a, wrong.In("token_endpoint_auth_method")
		}
	case "":
	default:
		return a, wrong.In("token_endpoint_auth_method")
	}
	for _, g := range m.Grants {
		if a.Service && g != "client_credentials" || !a.Service && g != "authorization_code" && g != "refresh_token" {
			return a, wrong.In("grant_types")
		}
	}
	for _, x := range m.Responses {
		if x != "code" {
			return a, wrong.In("response_types")
		}
	}
	return a, nil
}

// register is POST /smart/register: an app asks to be let in. It is let do
// nothing until an administrator has approved it.
func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	refused := func(at, words string) {
		code := "invalid_client_metadata"
		if at == "redirect_uris" {
			code = "invalid_redirect_uri"
		}
		send(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": words})
	}
	var m Metadata
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		refused("", "the body is a JSON object of client metadata")
		return
	}
	a, err := m.App()
	var made *grant.App
	if err == nil {
		made, err = s.Grants.Register(r.Context(), a)
	}
	if fault.Is(err, fault.Invalid) {
		refused(fault.Of(err).At, fault.Of(err).Text)
		return
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	m.Scope, m.Auth = made.Scopes, "none"
	if made.Confidential() {
		m.Auth = "private_key_jwt"
	}
	send(w, http.StatusCreated, struct {
		ID   string `json:"client_id"`
		Made int64  `json:"client_id_issued_at"`
		Metadata
		Standing string `json:"registration_state"`
	}{made.ID, made.Made.Unix(), m, string(made.State)})
}
