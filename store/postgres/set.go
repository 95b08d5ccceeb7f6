package postgres

import (
	"context"

	"concord/store"
)

type spaceKey struct {
	space int32
	key   string
}

// keySet is a small value set or, when value is nil, taken away.
type keySet struct {
	spaceKey
	expires int64 // 0 = never
	value   []byte
}

const (
	setKeys = `INSERT INTO kv (space, k, exp, v) SELECT space, k, nullif(exp, 0), v FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bytea[]) AS n (space, k, exp, v)
		ON CONFLICT (space, k) DO UPDATE SET exp = excluded.exp, v = excluded.v`
	unsetKeys = "DELETE FROM kv USING unnest($1::int[], $2::bytea[]) AS n (space, k) WHERE kv.space = n.space AND kv.k = n.k"
)

func sendKeys(c *conn, list []keySet) {
	if len(list) == 0 {
		return
	}
	last := map[spaceKey]int{}
	for i, k := range list {
		last[k.spaceKey] = i
	}
	var spaces, gone []int32
	var keys, values, goneKeys [][]byte
	var expires []int64
	for i, k := range list {
		switch {
		case last[k.spaceKey] != i:
		case k.value == nil:
			gone, goneKeys = append(gone, k.space), append(goneKeys, []byte(k.key))
		default:
			spaces, keys, expires, values = append(spaces, k.space), append(keys, []byte(k.key)), append(expires, k.expires), append(values, k.value)
		}
	}
	if len(spaces) > 0 {
		c.send(setKeys, nil, spaces, keys, expires, values)
	}
	if len(gone) > 0 {
		c.send(unsetKeys, nil, gone, goneKeys)
	}
}

func (t *tx) setKey(k keySet) {
	b := &t.g.buf
	t.g.w.memory.drop(k.spaceKey)
	set(b, &b.keyAt, k.spaceKey, len(b.keys))
	b.keys = append(b.keys, k)
}

// SetKey writes a value, whether or not there was one.
func (t *tx) SetKey(ctx context.Context, space string, kv store.KeyValue) error {
	id, err := t.intern(ctx, space)
	if err != nil {
		return err
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	k := keySet{spaceKey: spaceKey{id, kv.Key}, value: append([]byte{}, kv.Value...)}
	if !kv.Expires.IsZero() {
		k.expires = kv.Expires.UnixMicro()
	}
	t.setKey(k)
	return nil
}

// DeleteKey removes a value; one that is absent is no error.
func (t *tx) DeleteKey(ctx context.Context, space, key string) error {
	id, err := t.nameID(ctx, space)
	if err != nil || id == 0 {
		return err
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	t.setKey(keySet{spaceKey: spaceKey{id, key}})
	return nil
}

// GetKey sees this Update's own values too. What the writer remembers is not
// asked for again.
func (t *tx) GetKey(ctx context.Context, space, key string) ([]byte, error) {
	id, err := t.nameID(ctx, space)
	if err != nil || id == 0 {
		return nil, err
	}
	at := spaceKey{id, key}
	if i, ok := t.g.buf.keyAt[at]; ok {
		return t.g.buf.keys[i].now(t.now()), nil
	}
	m := &t.g.w.memory
	k, ok := m.keys[at]
	if !ok {
		if k, err = t.storedKey(ctx, at); err != nil {
			return nil, err
		}
		m.keep(k)
	}
	return k.now(t.now()), nil
}

// DropExpired removes values past their expiry, at most limit.
func (t *tx) DropExpired(ctx context.Context, limit int) (int, error) {
	if err := t.seen(ctx); err != nil {
		return 0, err
	}
	now := t.now().UnixMicro()
	n, err := t.intOf(ctx, countKeys, now, int64(max(limit, 0)))
	if err != nil || n == 0 {
		return 0, err
	}
	t.g.w.memory.clear()
	return int(n), t.direct(ctx, dropKeys, nil, now, int64(limit))
}
