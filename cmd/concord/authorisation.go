package main

import (
	"context"
	"time"

	"concord/edge/smart"
	"concord/edge/transport"
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
	})
}

// appRate is how many requests a second one address may make where tokens are
// given out.
const appRate = 50
