package main

import (
	"context"
	"time"

	"concord/edge/smart"
	"concord/edge/transport"
	"concord/fault"
	"concord/record/access"
)

// apps is the authorisation server of SMART apps.
func (s *server) apps() *smart.Server {
	h := s.house
	return smart.New(smart.Options{
		Grants: h.grants, Accounts: h.accounts, BaseURL: s.baseURL(), Check: h.desk.CheckScope,
		User: smart.Practitioners{Desk: h.desk}.User, Pace: transport.NewPace(appRate, time.Now), Now: time.Now, Log: h.log,
		Note: func(ctx context.Context, who access.Requester, what string) error {
			return h.desk.For(who, access.Reason{Purpose: access.Administration}).Note(ctx, access.SignOut, what, nil)
		},
		Refused: s.refused, Inside: s.opts.KeysInside,
	})
}

// tellsRefused puts tokens and assertions that were refused into the audit log:
// nobody known tried to come in.
func tellsRefused(h *house) *transport.Refused {
	return transport.NewRefused(func(ctx context.Context, what, code string) error {
		nobody := h.desk.For(access.Requester{ID: "unknown"}, access.Reason{Purpose: access.Administration})
		err := nobody.Note(ctx, access.SignIn, what, fault.New(fault.Unauthenticated, code, "refused"))
		if fault.Is(err, fault.Denied) {
			return nil // what nobody tries is refused, and the entry says so
		}
		return err
	}, time.Now)
}

// appRate is how many requests a second one address may make where tokens are
// given out.
const appRate = 50
