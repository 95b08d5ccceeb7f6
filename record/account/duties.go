package account

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

const (
	mostCovers = 200
	maxPlace   = 80
	// dutiesLife is how long the duties of an organisation are believed: another
	// process may have changed them.
	dutiesLife = 5 * time.Second
)

// Cover says what a workgroup is responsible for, in the place of what was said
// before; none = nothing, so that its places are the whole organisation's again.
// A place is "ward:CODE", "service:CODE" or "staff:CODE". Errors: Denied,
// account.other-org; NotFound account.workgroup; Invalid account.covers.
func (o *Office) Cover(ctx context.Context, org, code string, places []string) error {
	var keys []string
	for _, p := range places {
		kind, place, _ := strings.Cut(strings.TrimSpace(p), ":")
		key := access.PlaceKey(strings.ToLower(strings.TrimSpace(kind)), place)
		if key == "" || len(key) > maxPlace {
			return fault.New(fault.Invalid, "account.covers", "write each as ward:CODE, service:CODE or staff:CODE").In("covers")
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if len(keys) > mostCovers {
		return fault.New(fault.Invalid, "account.covers", "a workgroup is responsible for %d places at most", mostCovers).In("covers")
	}
	slices.Sort(keys)
	err := o.within(ctx, "duties of workgroup "+code+" of "+org, func(tx store.Tx, who access.Requester) error {
		if err := controls(who, org); err != nil {
			return err
		}
		old, err := tx.GetKey(ctx, groupSpace, org+"/"+code)
		if err != nil {
			return err
		}
		if old == nil {
			return fault.New(fault.NotFound, "account.workgroup", "there is no such workgroup")
		}
		var g Workgroup
		if err := fromJSON(old, &g); err != nil {
			return err
		}
		g.Covers = keys
		return tx.SetKey(ctx, groupSpace, store.KeyValue{Key: org + "/" + code, Value: toJSON(g)})
	})
	if err == nil {
		o.register.duties.forget(org)
	}
	return err
}

// Duties are which workgroups of an organisation are responsible for what, as far
// as it is known within some seconds. When it cannot be read, they are unknown:
// no place then ties anybody but who is of a named workgroup.
func (r *Register) Duties(org string) *access.Duties {
	now := r.now()
	if d := r.duties.get(org, now); d != nil {
		return d
	}
	ctx, stop := context.WithTimeout(context.Background(), dutiesLife)
	defer stop()
	groups, err := r.Workgroups(ctx, org)
	if err != nil || org == "" {
		return &access.Duties{Unknown: true}
	}
	d := &access.Duties{Of: map[string][]string{}}
	for _, g := range groups {
		for _, place := range g.Covers {
			d.Of[place] = append(d.Of[place], g.Code)
		}
	}
	r.duties.put(org, d, now)
	return d
}

// dutiesKept is what is remembered of duties, by organisation.
type dutiesKept struct {
	mu sync.Mutex
	of map[string]dutiesAt
}

type dutiesAt struct {
	duties *access.Duties
	until  time.Time
}

func (k *dutiesKept) get(org string, now time.Time) *access.Duties {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at := k.of[org]; now.Before(at.until) {
		return at.duties
	}
	return nil
}

// put keeps an answer; of more organisations than there are the old ones go.
func (k *dutiesKept) put(org string, d *access.Duties, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || len(k.of) > 1000 {
		k.of = map[string]dutiesAt{}
	}
	k.of[org] = dutiesAt{d, now.Add(dutiesLife)}
}

func (k *dutiesKept) forget(org string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.of, org)
}
