package account

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Person finds one person of the directory by name, of whatever organisation:
// who moves between trusts is looked up by the one that takes them on. Errors:
// Denied, NotFound account.unknown.
func (o *Office) Person(ctx context.Context, name string) (a *Account, err error) {
	err = o.within(ctx, "look up "+normal(name), func(tx store.Tx, _ access.Requester) (err error) {
		a, err = o.register.get(ctx, tx, normal(name))
		return err
	})
	return a, err
}

// MayManage tells whether the office may do what touches a whole person.
func (o *Office) MayManage(a *Account) bool {
	who := o.admin.Who()
	for _, org := range a.orgs() {
		if !who.Controls(org) {
			return false
		}
	}
	return len(a.orgs()) > 0 || who.Controls(access.Domain)
}

// MayGrant tells whether the office may grant and end profiles in an
// organisation.
func (o *Office) MayGrant(org string) bool { return o.admin.Who().Controls(org) }

// Grant gives a person a role profile; its Key is made here. Errors: Denied,
// account.other-org for an organisation that is not the administrator's,
// account.self for one's own; NotFound account.unknown; Invalid as of a wrong
// profile, account.workgroup.
func (o *Office) Grant(ctx context.Context, name string, p Profile) error {
	if err := p.check(); err != nil {
		return err
	}
	name = normal(name)
	return o.within(ctx, "grant "+string(p.Role)+" of "+p.Org+" to "+name, func(tx store.Tx, who access.Requester) error {
		if err := controls(who, p.Org); err != nil {
			return err
		}
		if who.ID == name {
			return fault.New(fault.Denied, "account.self", "nobody grants to themselves")
		}
		for _, g := range p.Workgroups {
			value, err := tx.GetKey(ctx, groupSpace, p.Org+"/"+g)
			if err != nil {
				return err
			}
			if value == nil {
				return fault.New(fault.Invalid, "account.workgroup", "that workgroup is not one of the organisation").In("workgroup")
			}
		}
		p.Outside = false
		return o.register.change(ctx, tx, name, false, func(a *Account) {
			p.Key = a.nextKey()
			a.Profiles = append(a.Profiles, p)
		})
	})
}

func (a *Account) nextKey() string {
	most := 0
	for _, p := range a.Profiles {
		if n, err := strconv.Atoi(p.Key); err == nil {
			most = max(most, n)
		}
	}
	return strconv.Itoa(most + 1)
}

// EndProfile ends a role profile now; sessions that act as it must choose
// another. Errors: Denied, account.other-org, account.self; NotFound
// account.unknown, account.profile; Conflict account.outside for one that an
// identity provider vouches for.
func (o *Office) EndProfile(ctx context.Context, name, key string) error {
	name = normal(name)
	return o.within(ctx, "end profile "+key+" of "+name, func(tx store.Tx, who access.Requester) error {
		a, err := o.register.get(ctx, tx, name)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(a.Profiles, func(p Profile) bool { return p.Key == key })
		if n < 0 {
			return fault.New(fault.NotFound, "account.profile", "there is no such profile")
		}
		if err := controls(who, a.Profiles[n].Org); err != nil {
			return err
		}
		if who.ID == name {
			return fault.New(fault.Denied, "account.self", "nobody ends their own roles")
		}
		if a.Profiles[n].Outside {
			return fault.New(fault.Conflict, "account.outside", "this role comes from %s: end it there", a.Provider)
		}
		return o.register.change(ctx, tx, name, false, func(a *Account) { a.Profiles[n].To = o.register.now().UTC() })
	})
}

// Workgroup is a team of an organisation that a person can act in.
type Workgroup struct {
	Org  string `json:"-"`
	Code string `json:"-"`
	Name string `json:"name"`
	// Covers are the wards, clinics, services and clinicians that the workgroup is
	// responsible for, as access.PlaceKey has them: whoever is looked after there
	// is looked after by it.
	Covers []string `json:"covers,omitempty"`
}

var groupCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,23}$`)

// AddWorkgroup puts a workgroup into an organisation's directory. Errors:
// Denied, account.other-org; Invalid account.workgroup; Conflict
// account.workgroup-taken.
func (o *Office) AddWorkgroup(ctx context.Context, g Workgroup) error {
	g.Code, g.Name = strings.ToUpper(strings.TrimSpace(g.Code)), strings.TrimSpace(g.Name)
	if !groupCode.MatchString(g.Code) {
		return fault.New(fault.Invalid, "account.workgroup", "a code is 2 to 24 letters, digits or hyphens").In("code")
	}
	if g.Name == "" || utf8.RuneCountInString(g.Name) > 100 {
		return fault.New(fault.Invalid, "account.workgroup", "enter a name of up to 100 characters").In("group")
	}
	return o.within(ctx, "add workgroup "+g.Code+" of "+g.Org, func(tx store.Tx, who access.Requester) error {
		if err := controls(who, g.Org); err != nil {
			return err
		}
		old, err := tx.GetKey(ctx, groupSpace, g.Org+"/"+g.Code)
		if err != nil {
			return err
		}
		if old != nil {
			return fault.New(fault.Conflict, "account.workgroup-taken", "that code is in use").In("code")
		}
		return tx.SetKey(ctx, groupSpace, store.KeyValue{Key: g.Org + "/" + g.Code, Value: toJSON(g)})
	})
}

// Workgroups lists the workgroups of an organisation by code, or of all when
// org is "".
func (r *Register) Workgroups(ctx context.Context, org string) (list []Workgroup, err error) {
	prefix := ""
	if org != "" {
		prefix = org + "/"
	}
	err = r.engine.View(ctx, func(v store.Reader) error {
		list = nil
		rows, err := v.ListKeys(ctx, groupSpace, prefix, listLimit)
		if err != nil {
			return err
		}
		for _, kv := range rows {
			if !strings.HasPrefix(kv.Key, prefix) {
				break
			}
			var g Workgroup
			if err := fromJSON(kv.Value, &g); err != nil {
				return err
			}
			g.Org, g.Code, _ = strings.Cut(kv.Key, "/")
			list = append(list, g)
		}
		return nil
	})
	return list, err
}
