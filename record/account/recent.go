package account

import (
	"context"
	"time"

	"concord/store"
)

// recentKept is how many recent patients the home page lists.
const recentKept = 10

// Visit is one record that somebody opened. Only the person's id is kept: the
// name is read through the Desk when the list is shown.
type Visit struct {
	Person string    `json:"person"`
	At     time.Time `json:"at"`
}

// Opened notes that an account opened a record.
func (r *Register) Opened(ctx context.Context, account, person string) error {
	now := r.now().UTC()
	visits, err := r.Recent(ctx, account)
	if err != nil {
		return err
	}
	// Turning pages within one record is one visit: no write for each.
	if len(visits) > 0 && visits[0].Person == person && now.Sub(visits[0].At) < 5*time.Minute {
		return nil
	}
	return r.engine.Update(ctx, func(tx store.Tx) error {
		old, err := recent(ctx, tx, account)
		if err != nil {
			return err
		}
		list := []Visit{{Person: person, At: now}}
		for _, v := range old {
			if v.Person != person && len(list) < recentKept {
				list = append(list, v)
			}
		}
		return tx.SetKey(ctx, recentSpace, store.KeyValue{Key: account, Value: toJSON(list),
			Expires: now.Add(30 * 24 * time.Hour)})
	})
}

// Recent lists the records that an account opened, the latest first.
func (r *Register) Recent(ctx context.Context, account string) (list []Visit, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		list, err = recent(ctx, v, account)
		return err
	})
	return list, err
}

func recent(ctx context.Context, v store.Keys, account string) ([]Visit, error) {
	value, err := v.GetKey(ctx, recentSpace, account)
	if err != nil || value == nil {
		return nil, err
	}
	var list []Visit
	return list, fromJSON(value, &list)
}
