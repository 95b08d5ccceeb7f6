package grant

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/store"
)

// askLife is how long a person may take to choose and agree.
const askLife = 10 * time.Minute

// Asked is an app's request for access that waits for a person.
type Asked struct {
	App       string `json:"app"`
	Redirect  string `json:"redirect"`
	State     string `json:"state"`
	Nonce     string `json:"nonce,omitempty"`
	Challenge string `json:"challenge"` // of PKCE, S256
	Launch    string `json:"launch,omitempty"`
	Scopes    string `json:"scopes"`
	Session   string `json:"session"` // in which it was asked
	Context
	// Chosen says that the person chose the patient; else the app was opened
	// from the patient's page.
	Chosen bool `json:"chosen,omitempty"`
	// Settled says that the encounter is settled: one, or that there is none.
	Settled bool `json:"settled,omitempty"`
}

// Pending is a request with its app, for the page that asks the person.
type Pending struct {
	Asked
	App   *App
	Asks  Scopes
	Who   access.Requester
	Ready bool // nothing has to be chosen any more
}

// Ask keeps a request until its person has agreed; the ticket that it gives is
// worth something in their session alone. Errors: Invalid grant.launch, Denied
// grant.app-org.
func (r *Registry) Ask(ctx context.Context, a Asked, by *account.Session) (ticket string, err error) {
	ticket = newSecret()
	a.Session = by.ID
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		app, err := r.app(ctx, tx, a.App)
		if err != nil {
			return err
		}
		if by.Account.Key == "" || !app.For(by.Account.Org) {
			return notHere() // patients, who act in no role, cannot use apps yet
		}
		if a.Launch != "" {
			if a.Context, err = takeLaunch(ctx, tx, a.Launch, a.App, a.Session); err != nil {
				return err
			}
			a.Launch, a.Settled = "", true
		}
		return set(ctx, tx, askSpace, digest(ticket), a, r.now().Add(askLife))
	})
	return ticket, err
}

func notHere() error {
	return fault.New(fault.Denied, "grant.app-org", "this app is not approved for your organisation")
}

// Pending finds a request that waits. Errors: NotFound grant.ask, also for one
// of another session; Denied grant.app-org.
func (r *Registry) Pending(ctx context.Context, ticket string, by *account.Session) (p *Pending, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		p, err = r.pending(ctx, v, ticket, by)
		return err
	})
	return p, err
}

func (r *Registry) pending(ctx context.Context, v store.Keys, ticket string, by *account.Session) (*Pending, error) {
	none := fault.New(fault.NotFound, "grant.ask", "this request took too long, was answered before, or is not yours: begin again in the app")
	if ticket == "" || len(ticket) > 100 {
		return nil, none
	}
	p := &Pending{}
	found, err := get(ctx, v, askSpace, digest(ticket), &p.Asked)
	if err != nil {
		return nil, err
	}
	if !found || p.Session != by.ID {
		return nil, none
	}
	if p.App, err = r.app(ctx, v, p.Asked.App); err != nil {
		return nil, err
	}
	if !p.App.For(by.Account.Org) {
		return nil, notHere()
	}
	p.Asks, p.Who = ParseScopes(p.Scopes), by.Requester()
	p.Ready = (p.Patient != "" || !p.Asks.NeedsPatient()) && (p.Settled || !p.Asks.LaunchEncounter)
	return p, nil
}

// Choose puts a patient into the context of a request, without an encounter. Errors: as those of
// Pending, Conflict grant.chosen when the app was opened from a patient's page.
func (r *Registry) Choose(ctx context.Context, ticket, patient string, by *account.Session) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		p, err := r.pending(ctx, tx, ticket, by)
		if err != nil {
			return err
		}
		if p.Patient != "" && !p.Chosen {
			return fault.New(fault.Conflict, "grant.chosen", "the app was opened for a patient: close it to choose another")
		}
		p.Context, p.Chosen, p.Settled = Context{Patient: patient}, true, false
		return set(ctx, tx, askSpace, digest(ticket), p.Asked, r.now().Add(askLife))
	})
}

// Allow ends a request: the person agrees to some of the scopes that it asks
// for. It gives the code that the app redeems. Errors: as those of Pending;
// Invalid grant.not-ready before a patient is chosen, grant.nothing when no
// scope is left.
func (r *Registry) Allow(ctx context.Context, ticket string, agreed []string, by *account.Session) (p *Pending, code string, err error) {
	code = newSecret()
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		if p, err = r.pending(ctx, tx, ticket, by); err != nil {
			return err
		}
		if !p.Ready {
			return fault.New(fault.Invalid, "grant.not-ready", "choose a patient first")
		}
		wanted := p.Asks.LaunchEncounter
		if p.Asks = ParseScopes(keepAgreed(p.Asks, agreed)); wanted && !p.Asks.LaunchEncounter {
			p.Encounter = "" // the person does not want the app to know
		}
		if len(p.Asks.Data) == 0 && !p.Asks.OpenID {
			return fault.New(fault.Invalid, "grant.nothing", "nothing is left that the app may do: refuse it instead").In("scope")
		}
		if err := tx.DeleteKey(ctx, askSpace, digest(ticket)); err != nil {
			return err
		}
		return r.give(ctx, tx, p, code, by)
	})
	return p, code, err
}

// keepAgreed keeps of what is asked for what the person agreed to. The context
// itself is no scope of data: without it the app does not know of whom it
// reads.
func keepAgreed(asks Scopes, agreed []string) string {
	var words string
	for _, w := range asks.Words() {
		if w == "launch" || w == "launch/patient" || slices.Contains(agreed, w) {
			words += w + " "
		}
	}
	return words
}

// Deny ends a request without a grant. Errors: as those of Pending.
func (r *Registry) Deny(ctx context.Context, ticket string, by *account.Session) (p *Pending, err error) {
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		if p, err = r.pending(ctx, tx, ticket, by); err != nil {
			return err
		}
		return tx.DeleteKey(ctx, askSpace, digest(ticket))
	})
	return p, err
}
