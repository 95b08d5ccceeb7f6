package smart

import (
	"net/http"

	"concord/fault"
	"concord/record/access"
)

// introspect is POST /smart/introspect: what a token stands for now
// (https://www.rfc-editor.org/rfc/rfc7662). Who asks proves who they are: an
// app learns of its own tokens, a backend service of the whole system of all.
// Of any other token nobody learns more than that it is not active.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.fail(w, invalid("the form cannot be read"))
		return
	}
	asks, err := s.client(r)
	if err == nil && !asks.Confidential() {
		err = unknownClient("who introspects proves who they are by private_key_jwt")
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	held, err := s.Grants.Look(r.Context(), r.PostForm.Get("token"))
	if fault.Is(err, fault.Unauthenticated) || err == nil && held.App.ID != asks.ID && !(asks.Service && asks.Org == access.Domain) {
		send(w, http.StatusOK, map[string]bool{"active": false})
		return
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	out := map[string]any{"active": true, "client_id": held.App.ID, "scope": held.Scopes.String(), "iss": s.Issuer(), "aud": s.Issuer(),
		"iat": held.Made.Unix(), "exp": held.Expires.Unix(), "sub": subject(held.Who.ID)}
	if held.Refresh {
		out["token_type"] = "refresh_token"
	} else {
		out["token_type"] = "Bearer"
	}
	if held.Patient != "" {
		out["patient"] = held.Patient
	}
	if held.Encounter != "" {
		out["encounter"] = held.Encounter
	}
	send(w, http.StatusOK, out)
}

// revoke is POST /smart/revoke (https://www.rfc-editor.org/rfc/rfc7009).
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.fail(w, invalid("the form cannot be read"))
		return
	}
	app, err := s.client(r)
	if err == nil {
		err = s.Grants.Revoke(r.Context(), app, r.PostForm.Get("token"))
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}
