package grant

import (
	"context"
	"time"

	"concord/fault"
	"concord/record/account"
	"concord/store"
)

// launchLife is how long an app may take from being opened to asking for
// access.
const launchLife = 5 * time.Minute

// Context is of whom, and of which of their encounters, an app is told.
type Context struct {
	Patient   string `json:"patient,omitempty"`   // id of the person, "" = nobody
	Encounter string `json:"encounter,omitempty"` // id of an Encounter in their record, "" = none
}

// launchRow is what an app was opened with.
type launchRow struct {
	App     string `json:"app"`
	Session string `json:"session"` // in which it was opened
	Context
}

// Launch keeps that somebody opens an app from a patient's page, or
// from that of an encounter, and gives the word that the app hands back when it asks for access. Errors: NotFound
// grant.app-unknown, also for an app that is not for the person's organisation.
func (r *Registry) Launch(ctx context.Context, app string, of Context, by *account.Session) (a *App, launch string, err error) {
	launch = newSecret()
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		if a, err = r.app(ctx, tx, app); err != nil {
			return err
		}
		if !a.For(by.Account.Org) || a.Launch == "" {
			return fault.New(fault.NotFound, "grant.app-unknown", "there is no such app")
		}
		return set(ctx, tx, launchSpace, digest(launch), launchRow{App: app, Session: by.ID, Context: of}, r.now().Add(launchLife))
	})
	return a, launch, err
}

// takeLaunch uses up a launch: it must be of this app and of this session.
func takeLaunch(ctx context.Context, tx store.Tx, launch, app, session string) (of Context, err error) {
	wrong := fault.New(fault.Invalid, "grant.launch", "the launch is not known, has been used, or is somebody else's: open the app from the patient's page again")
	var row launchRow
	found, err := get(ctx, tx, launchSpace, digest(launch), &row)
	if err != nil {
		return of, err
	}
	if !found || row.App != app || row.Session != session {
		return of, wrong
	}
	return row.Context, tx.DeleteKey(ctx, launchSpace, digest(launch))
}

// ChooseEncounter puts an encounter of the patient in context into that of a
// request, or says that there is none ("") to tell the app of. That it is one
// of this patient's, whom the person may see, is for the caller to find out.
// Errors: as those of Pending, Conflict grant.chosen when the app was opened
// from a page, Invalid grant.not-ready before a patient is chosen.
func (r *Registry) ChooseEncounter(ctx context.Context, ticket, encounter string, by *account.Session) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		p, err := r.pending(ctx, tx, ticket, by)
		switch {
		case err != nil:
			return err
		case p.Patient == "":
			return fault.New(fault.Invalid, "grant.not-ready", "choose a patient first")
		case !p.Chosen:
			return fault.New(fault.Conflict, "grant.chosen", "the app was opened for a patient: close it to choose another encounter")
		}
		p.Encounter, p.Settled = encounter, true
		return set(ctx, tx, askSpace, digest(ticket), p.Asked, r.now().Add(askLife))
	})
}
