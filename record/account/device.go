package account

import (
	"context"
	"time"

	"concord/store"
)

// DeviceLife is how long a browser is known after its last sign-in.
const DeviceLife = 90 * 24 * time.Hour

// deviceRow says who signed in with a browser, under the digest of the secret
// that the browser keeps. It opens nothing: it only has a counter of failures
// of its own.
type deviceRow struct {
	Account string `json:"account"`
}

func deviceOf(ctx context.Context, v store.Keys, secret, name string) (bool, error) {
	if secret == "" || len(secret) > 100 {
		return false, nil
	}
	value, err := v.GetKey(ctx, deviceSpace, digest(secret))
	if err != nil || value == nil {
		return false, err
	}
	var row deviceRow
	err = fromJSON(value, &row)
	return row.Account == name, err
}

// knowDevice remembers the browser of a sign-in and returns a fresh secret for
// it.
func (r *Register) knowDevice(ctx context.Context, name string, at Attempt) (string, error) {
	secret := newSecret()
	err := r.engine.Update(ctx, func(tx store.Tx) error {
		if at.Known != "" {
			if err := tx.DeleteKey(ctx, deviceSpace, digest(at.Known)); err != nil {
				return err
			}
		}
		return tx.SetKey(ctx, deviceSpace, store.KeyValue{Key: digest(secret), Value: toJSON(deviceRow{name}),
			Expires: r.now().Add(DeviceLife)})
	})
	return secret, err
}
