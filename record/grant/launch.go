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

// launchRow is what an app was opened with.
type launchRow struct {
	App     string `json:"app"`
	Session string `json:"session"` // in which it was opened
	Patient string `json:"patient"` // id of the person
}

// Launch keeps that somebody opens an app from a patient's page, and gives the
// word that the app hands back when it asks for access. Errors: NotFound
// grant.app-unknown, also for an app that is not for the person's organisation.
func (r *Registry) Launch(ctx context.Context, app, patient string, by *account.Session) (a *App, launch string, err error) {
	launch = newSecret()
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		if a, err = r.app(ctx, tx, app); err != nil {
			return err
		}
		if !a.For(by.Account.Org) || a.Launch == "" {
			return fault.New(fault.NotFound, "grant.app-unknown", "there is no such app")
		}
		return set(ctx, tx, launchSpace, digest(launch), launchRow{App: app, Session: by.ID, Patient: patient}, r.now().Add(launchLife))
	})
	return a, launch, err
}

// takeLaunch uses up a launch: it must be of this app and of this session.
func takeLaunch(ctx context.Context, tx store.Tx, launch, app, session string) (patient string, err error) {
	wrong := fault.New(fault.Invalid, "grant.launch", "the launch is not known, has been used, or is somebody else's: open the app from the patient's page again")
	var row launchRow
	found, err := get(ctx, tx, launchSpace, digest(launch), &row)
	if err != nil {
		return "", err
	}
	if !found || row.App != app || row.Session != session {
		return "", wrong
	}
	return row.Patient, tx.DeleteKey(ctx, launchSpace, digest(launch))
}
