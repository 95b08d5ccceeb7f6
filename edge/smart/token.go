package smart

import (
	"context"
	"net/http"

	"concord/fault"
	"concord/record/grant"
)

// answer is what an app gets
// (https://hl7.org/fhir/smart-app-launch/app-launch.html#response-5).
type answer struct {
	Access   string `json:"access_token"`
	Type     string `json:"token_type"`
	Seconds  int    `json:"expires_in"`
	Scope    string `json:"scope"`
	Refresh  string `json:"refresh_token,omitempty"`
	Identity string `json:"id_token,omitempty"`
	grant.Context
	Banner *bool `json:"need_patient_banner,omitempty"`
}

// token is POST /smart/token.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.fail(w, invalid("the form cannot be read"))
		return
	}
	if len(r.URL.RawQuery) > 0 {
		s.fail(w, invalid("parameters are sent in the body, where no log keeps them"))
		return
	}
	app, err := s.client(r)
	if err != nil {
		s.fail(w, err)
		return
	}
	t, err := s.granted(r, app)
	if err != nil {
		s.fail(w, err)
		return
	}
	a, err := s.answered(r.Context(), t)
	if err != nil {
		s.fail(w, err)
		return
	}
	send(w, http.StatusOK, a)
}

// granted gives the tokens that an app has a right to.
func (s *Server) granted(r *http.Request, app *grant.App) (*grant.Tokens, error) {
	form, ctx := r.PostForm, r.Context()
	kind := form.Get("grant_type")
	if app.Service != (kind == "client_credentials") {
		return nil, oauth{http.StatusBadRequest, "unauthorized_client", "this app may not ask in this way"}
	}
	switch kind {
	case "authorization_code":
		t, err := s.Grants.Redeem(ctx, app, form.Get("code"), form.Get("redirect_uri"), form.Get("code_verifier"))
		return t, s.noted(ctx, app, t, "code", err)
	case "refresh_token":
		var asked *grant.Scopes
		if form.Get("scope") != "" {
			scopes := grant.ParseScopes(form.Get("scope"))
			asked = &scopes
		}
		t, err := s.Grants.Refresh(ctx, app, form.Get("refresh_token"), asked)
		return t, s.noted(ctx, app, t, "refresh token", err)
	case "client_credentials":
		asked := grant.ParseScopes(form.Get("scope"))
		for _, x := range asked.Data {
			if s.Check != nil {
				if err := s.Check(x); err != nil {
					return nil, err
				}
			}
		}
		return s.Grants.Serve(ctx, app, asked)
	}
	return nil, oauth{http.StatusBadRequest, "unsupported_grant_type", "grant_type is authorization_code, refresh_token or client_credentials"}
}

// noted puts into the log, and into the audit, that something was used twice:
// somebody else has it.
func (s *Server) noted(ctx context.Context, app *grant.App, t *grant.Tokens, what string, failure error) error {
	if f := fault.Of(failure); f == nil || f.Code != "grant.reused" {
		return failure
	}
	s.Log.Warn("used twice: the grant has ended", "app", app.ID, "what", what)
	if s.Note == nil || t.Who.ID == "" {
		return failure
	}
	if err := s.Note(ctx, t.Who, "app "+app.ID+": a "+what+" was used twice, and what was granted with it has ended"); err != nil {
		return err
	}
	return failure
}

func (s *Server) answered(ctx context.Context, t *grant.Tokens) (*answer, error) {
	a := &answer{Access: t.Access, Type: "Bearer", Seconds: int(t.Life.Seconds()), Scope: t.Scopes.String(), Refresh: t.Refresh, Context: t.Context}
	if t.Patient != "" {
		yes := true // the app stands alone: it shows whose data it is
		a.Banner = &yes
	}
	if !t.Scopes.OpenID {
		return a, nil
	}
	var err error
	a.Identity, err = s.identity(ctx, t)
	return a, err
}
