package account

import (
	"context"

	"concord/store"
)

// Names gives the names to show of accounts, also of those that are disabled.
// Who has no account (a feed, a client) is left out.
func (r *Register) Names(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	err := r.engine.View(ctx, func(v store.Reader) error {
		for _, id := range ids {
			value, err := v.GetKey(ctx, accountSpace, id)
			if err != nil {
				return err
			}
			if value == nil {
				continue
			}
			a, err := r.read(id, value)
			if err != nil {
				return err
			}
			out[id] = a.Display
		}
		return nil
	})
	return out, err
}
