package account

import (
	"context"
	"slices"
	"sync"
	"time"

	"concord/store"
)

// employersLife is how long it is believed who is of the staff.
const employersLife = time.Minute

// Employers tells for which organisations somebody with one of some NHS numbers
// works, by the own numbers that the staff directory has noted; who is barred works
// for none. It is for the review of accesses, and opens nothing. Errors: of the
// store.
func (r *Register) Employers(ctx context.Context, nhs []string) ([]string, error) {
	of, err := r.employed(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range nhs {
		for _, org := range of[n] {
			if !slices.Contains(out, org) {
				out = append(out, org)
			}
		}
	}
	return out, nil
}

// employersKept remembers who works where, by NHS number.
type employersKept struct {
	mu sync.Mutex
	of map[string][]string
	at time.Time
}

func (r *Register) employed(ctx context.Context) (map[string][]string, error) {
	k := &r.employers
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of != nil && r.now().Sub(k.at) < employersLife {
		return k.of, nil
	}
	var of map[string][]string
	err := r.engine.View(ctx, func(v store.Reader) error {
		of = map[string][]string{}
		for from := ""; ; {
			rows, err := v.ListKeys(ctx, accountSpace, from, listLimit)
			if err != nil {
				return err
			}
			for _, kv := range rows {
				a, err := r.read(kv.Key, kv.Value)
				if err != nil {
					return err
				}
				if a.OwnNumber != "" && !a.Disabled {
					of[a.OwnNumber] = append(of[a.OwnNumber], a.orgs()...)
				}
				from = kv.Key + "\x00"
			}
			if len(rows) < listLimit {
				return nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	k.of, k.at = of, r.now()
	return of, nil
}
