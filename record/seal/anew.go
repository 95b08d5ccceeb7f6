package seal

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"

	"concord/fault"
	"concord/store"
)

// The count of changes of data keys, by which a commit knows that what this
// process knows of them is still so.
const (
	countSpace = "data-key-change"
	countKey   = "n"
)

func readCount(ctx context.Context, r store.Keys) (int64, error) {
	text, err := r.GetKey(ctx, countSpace, countKey)
	if err != nil || text == nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, fault.Wrap(err, fault.Internal, "seal.count", "the count of data keys cannot be read")
	}
	return n, nil
}

func raiseCount(ctx context.Context, tx store.Tx) error {
	n, err := readCount(ctx, tx)
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, countSpace, store.KeyValue{Key: countKey, Value: strconv.AppendInt(nil, n+1, 10)})
}

// Renew makes sure, within the commit that keeps them, that bodies are sealed
// under the keys that are used for new ones, whichever process changed those
// meanwhile: so that nothing is written under an old key once it was replaced.
func (k *Keyring) Renew(ctx context.Context, tx store.Tx, bodies ...*[]byte) error {
	if !k.Seals() || len(bodies) == 0 {
		return nil
	}
	n, err := readCount(ctx, tx)
	if err != nil {
		return err
	}
	if k.counted() != n {
		if err := k.read(ctx, tx); err != nil {
			return err
		}
	}
	for _, b := range bodies {
		if _, sealed := numberOf(*b); !sealed || !k.Old(*b) {
			continue
		}
		if *b, err = k.Anew("", *b); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keyring) counted() int64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.count
}

// numberOf is the number of the data key that a body is sealed under.
func numberOf(body []byte) (number uint16, sealed bool) {
	if len(body) < headerSize || body[0] != formSealed {
		return 0, false
	}
	return binary.BigEndian.Uint16(body[2:]), true
}

// Old tells whether a body is in the clear, or under a key that is not used for
// new ones any more.
func (k *Keyring) Old(body []byte) bool {
	number, sealed := numberOf(body)
	if !sealed {
		return len(body) > 0
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.current[k.orgs[number]] != number
}

// Under tells whether a body is sealed under one of some keys.
func (k *Keyring) Under(body []byte, numbers []int) bool {
	number, sealed := numberOf(body)
	return sealed && slices.Contains(numbers, int(number))
}

// Anew seals a body under the newest key of its organisation: the one whose key
// it is under, or org for one in the clear, which must have a key then. Errors:
// those of Open; Conflict "seal.no-key".
func (k *Keyring) Anew(org string, body []byte) ([]byte, error) {
	packed, err := k.Open(body)
	if err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if number, sealed := numberOf(body); sealed {
		org = k.orgs[number]
	}
	if k.current[org] == 0 {
		return nil, fault.New(fault.Conflict, "seal.no-key", "the organisation has no data key yet")
	}
	return k.under(k.current[org], packed), nil
}

// Spent are the numbers of the keys that are not used for new bodies any more,
// as the store has them.
func (k *Keyring) Spent(ctx context.Context, r store.Reader) ([]int, error) {
	if err := k.read(ctx, r); err != nil {
		return nil, err
	}
	var out []int
	for _, key := range k.Keys() {
		if !key.Current {
			out = append(out, key.Number)
		}
	}
	return out, nil
}

// Drop forgets data keys, within a commit: whatever is still sealed under them
// is lost with it, so that who calls it has proven that nothing is. A process
// that runs keeps them in memory for those who read what was. Errors: Conflict
// "seal.in-use" of one that is used for new bodies. It tells which were there.
func (k *Keyring) Drop(ctx context.Context, tx store.Tx, numbers []int) (dropped []int, err error) {
	rows, err := tx.ListKeys(ctx, keySpace, "", mostKeys)
	if err != nil {
		return nil, err
	}
	last := map[string]int{}
	for _, kv := range rows {
		number, one, err := parse(kv)
		if err != nil {
			return nil, err
		}
		last[one.Org] = number
	}
	for _, kv := range rows {
		number, one, err := parse(kv)
		switch {
		case err != nil:
			return nil, err
		case !slices.Contains(numbers, number):
			continue
		case last[one.Org] == number:
			return nil, fault.New(fault.Conflict, "seal.in-use", "data key %d is used for new bodies", number)
		}
		if err := tx.DeleteKey(ctx, keySpace, kv.Key); err != nil {
			return nil, err
		}
		dropped = append(dropped, number)
	}
	if len(dropped) == 0 {
		return nil, nil
	}
	return dropped, raiseCount(ctx, tx)
}
