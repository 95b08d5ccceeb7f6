package grant

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/store"
)

// What waits for an administrator is bounded, since anybody may ask.
const (
	mostWaiting = 200
	waitingLife = 30 * 24 * time.Hour
)

// Register files an app; it waits for an administrator. Errors: Invalid
// grant.app, Busy grant.waiting.
func (r *Registry) Register(ctx context.Context, a App) (*App, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	a.ID, a.State, a.Org, a.By, a.Made, a.Decided = newID(), Waiting, "", "", r.now().UTC(), time.Time{}
	err := r.engine.Update(ctx, func(tx store.Tx) error {
		waiting := 0
		err := r.eachApp(ctx, tx, func(x *App) error {
			if x.State == Waiting {
				waiting++
			}
			return nil
		})
		if err != nil {
			return err
		}
		if waiting >= mostWaiting {
			return fault.New(fault.Busy, "grant.waiting", "too many apps wait for an administrator")
		}
		return set(ctx, tx, appSpace, a.ID, a, a.Made.Add(waitingLife))
	})
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// App finds an app. Errors: NotFound grant.app-unknown.
func (r *Registry) App(ctx context.Context, id string) (a *App, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		a, err = r.app(ctx, v, id)
		return err
	})
	return a, err
}

func (r *Registry) app(ctx context.Context, v store.Keys, id string) (*App, error) {
	unknown := fault.New(fault.NotFound, "grant.app-unknown", "there is no such app")
	if id == "" || len(id) > 64 {
		return nil, unknown
	}
	a := &App{}
	found, err := get(ctx, v, appSpace, id, a)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, unknown
	}
	return a, nil
}

func (r *Registry) eachApp(ctx context.Context, v store.Keys, f func(*App) error) error {
	return each(ctx, v, appSpace, "", func(_ string, value []byte) error {
		a := &App{}
		if err := json.Unmarshal(value, a); err != nil {
			return fault.Wrap(err, fault.Internal, "grant.row", "a stored value cannot be read")
		}
		return f(a)
	})
}

// Usable lists the approved apps that people who act for an organisation may
// open from a patient's page, by name.
func (r *Registry) Usable(ctx context.Context, org string) ([]*App, error) {
	var all []*App
	err := r.engine.View(ctx, func(v store.Reader) error {
		all = nil
		return r.eachApp(ctx, v, func(a *App) error {
			if a.For(org) && a.Launch != "" {
				all = append(all, a)
			}
			return nil
		})
	})
	slices.SortFunc(all, func(a, b *App) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// Origins are the web origins of approved apps, which may call from a browser.
func (r *Registry) Origins(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	err := r.engine.View(ctx, func(v store.Reader) error {
		return r.eachApp(ctx, v, func(a *App) error {
			if a.State == Approved && !a.Service {
				for _, o := range a.Origins() {
					out[o] = true
				}
			}
			return nil
		})
	})
	return out, err
}

// Office is the registry in the hands of an administrator. Nothing here happens
// without a decision and an audit entry.
type Office struct {
	registry *Registry
	admin    account.Administrator
}

// Office opens the registry for an administrator.
func (r *Registry) Office(a account.Administrator) *Office { return &Office{r, a} }

// List returns the apps that the administrator may decide on, those that wait
// first, then by name.
func (o *Office) List(ctx context.Context) ([]*App, error) {
	var all []*App
	err := o.admin.Administer(ctx, "list apps", func(tx store.Tx) error {
		all = nil
		return o.registry.eachApp(ctx, tx, func(a *App) error {
			if a.State == Waiting || o.admin.Who().Controls(a.Org) || a.Org == access.Domain {
				all = append(all, a)
			}
			return nil
		})
	})
	slices.SortStableFunc(all, func(a, b *App) int {
		if (a.State == Waiting) != (b.State == Waiting) {
			if a.State == Waiting {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, err
}

// Approve lets the people of an organisation use an app; the domain's are all.
// A backend service then acts for that organisation. Errors: Denied
// grant.other-org, NotFound grant.app-unknown.
func (o *Office) Approve(ctx context.Context, id, org string) error {
	org = strings.ToUpper(strings.TrimSpace(org))
	return o.decide(ctx, "approve app "+id+" for "+org, id, func(a *App, who access.Requester) error {
		if org == "" || !who.Controls(org) || a.State == Approved && !who.Controls(a.Org) {
			return otherOrg()
		}
		a.State, a.Org = Approved, org
		return nil
	})
}

// Refuse turns an app down that waits, or withdraws one that was approved: its
// grants and tokens are worth nothing from then on. Errors: Denied
// grant.other-org, NotFound grant.app-unknown.
func (o *Office) Refuse(ctx context.Context, id string) error {
	return o.decide(ctx, "refuse app "+id, id, func(a *App, who access.Requester) error {
		switch {
		case a.State == Waiting:
			a.State = Refused
		case !who.Controls(a.Org):
			return otherOrg()
		default:
			a.State = Withdrawn
		}
		return nil
	})
}

func otherOrg() error {
	return fault.New(fault.Denied, "grant.other-org", "that is for an administrator of the other organisation")
}

func (o *Office) decide(ctx context.Context, what, id string, f func(*App, access.Requester) error) error {
	return o.admin.Administer(ctx, what, func(tx store.Tx) error {
		a, err := o.registry.app(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := f(a, o.admin.Who()); err != nil {
			return err
		}
		a.By, a.Decided = o.admin.Who().ID, o.registry.now().UTC()
		return set(ctx, tx, appSpace, a.ID, a, time.Time{})
	})
}
