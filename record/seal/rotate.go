package seal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"concord/fault"
	"concord/store"
)

// Rotate gives an organisation a new data key for what is written from now on;
// what was sealed before stays under the old one until it is sealed anew. Other
// processes learn of it with their next commit (Renew). Errors: Unsupported "seal.off".
func (k *Keyring) Rotate(ctx context.Context, org string) error { return k.make(ctx, org, true) }

// make makes a data key for an organisation; unless another is wanted, one
// that somebody else has made meanwhile is as good.
func (k *Keyring) make(ctx context.Context, org string, another bool) error {
	if !k.Seals() {
		return fault.New(fault.Unsupported, "seal.off", "this store is opened without a key file")
	}
	return k.change(ctx, func(tx store.Tx, rows []store.KeyValue) error {
		last := 0
		for _, kv := range rows {
			number, one, err := parse(kv)
			if err != nil {
				return err
			}
			if one.Org == org && !another {
				return nil
			}
			last = max(last, number)
		}
		if last == mostKeys {
			return fault.New(fault.Unsupported, "seal.full", "a store holds %d data keys at most", mostKeys)
		}
		if err := k.put(ctx, tx, last+1, row{Org: org, Made: tx.Time()}, random(keySize)); err != nil {
			return err
		}
		return raiseCount(ctx, tx)
	})
}

// Rewrap wraps every data key under the newest master key, after which the
// older ones may be forgotten; it tells how many were wrapped anew.
func (k *Keyring) Rewrap(ctx context.Context) (n int, err error) {
	if !k.Seals() {
		return 0, fault.New(fault.Unsupported, "seal.off", "this store is opened without a key file")
	}
	err = k.change(ctx, func(tx store.Tx, rows []store.KeyValue) error {
		n = 0
		for _, kv := range rows {
			number, one, err := parse(kv)
			if err != nil {
				return err
			}
			if one.Master == k.masters.names[0] {
				continue
			}
			plain, err := k.masters.unwrap(one.Master, one.Wrapped, label(number, one.Org))
			if err != nil {
				return err
			}
			if err := k.put(ctx, tx, number, one, plain); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// change edits the rows of the data keys in one commit and reads them again.
func (k *Keyring) change(ctx context.Context, f func(store.Tx, []store.KeyValue) error) error {
	err := k.engine.Update(ctx, func(tx store.Tx) error {
		rows, err := tx.ListKeys(ctx, keySpace, "", mostKeys)
		if err != nil {
			return err
		}
		return f(tx, rows)
	})
	if err != nil {
		return err
	}
	return k.engine.View(ctx, func(r store.Reader) error { return k.read(ctx, r) })
}

func (k *Keyring) put(ctx context.Context, tx store.Tx, number int, one row, plain []byte) error {
	one.Master, one.Wrapped = k.masters.wrap(plain, label(number, one.Org))
	value, err := json.Marshal(one)
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, keySpace, store.KeyValue{Key: fmt.Sprintf("%05d", number), Value: value})
}

// Keys tells what data keys there are.
func (k *Keyring) Keys() []DataKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Clone(k.told)
}
