package grant

import (
	"context"

	"concord/fault"
	"concord/record/access"
)

// Bearer turns an app's token into the requester that it stands for: the
// person, held to what they granted, or the service. Tokens that this room did
// not give out are the register's. certificate is the thumbprint of the client
// certificate that was shown with it, "" if none. Errors: Unauthenticated
// grant.token; those of account.Register.Bearer.
func (r *Registry) Bearer(ctx context.Context, token, certificate string) (access.Requester, error) {
	if Foreign(token) {
		return r.accounts.Bearer(ctx, token, certificate)
	}
	h, err := r.Look(ctx, token)
	if err != nil {
		return access.Requester{}, err
	}
	if h.Refresh {
		return access.Requester{}, fault.New(fault.Unauthenticated, "grant.token", "the token is unknown or has expired")
	}
	who := h.Who
	if h.Grant == "" {
		who.Scopes, who.Limits = access.ForService(h.App.ID, h.Scopes.Data)
		return who, nil
	}
	who.Limits = &access.Limits{App: h.App.ID, Grant: h.Grant, Scopes: h.Scopes.Data, Patient: h.Patient}
	return who, nil
}
