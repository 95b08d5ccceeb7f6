package postgres

import (
	"context"
	"time"

	"concord/store"
)

const (
	getKey    = "SELECT v, exp FROM kv WHERE space = $1 AND k = $2"
	listKeys  = "SELECT k, v, exp FROM kv WHERE space = $1 AND k >= $2 AND k < $5 AND (exp IS NULL OR exp > $3) ORDER BY k LIMIT $4"
	listAll   = "SELECT k, v, exp FROM kv WHERE space = $1 AND k >= $2 AND (exp IS NULL OR exp > $3) ORDER BY k LIMIT $4"
	dropKeys  = "DELETE FROM kv USING (SELECT space, k FROM kv WHERE exp <= $1 ORDER BY exp LIMIT $2 FOR UPDATE) d WHERE kv.space = d.space AND kv.k = d.k"
	countKeys = "SELECT count(*) FROM (SELECT 1 FROM kv WHERE exp <= $1 LIMIT $2) d"
)

// GetKey returns nil when the value is absent or past its expiry.
func (s *snapshot) GetKey(ctx context.Context, space, key string) ([]byte, error) {
	id, err := s.nameID(ctx, space)
	if err != nil || id == 0 {
		return nil, err
	}
	k, err := s.storedKey(ctx, spaceKey{id, key})
	return k.now(s.now()), err
}

// storedKey reads a small value, expired or not; its value is nil when there
// is none.
func (s *snapshot) storedKey(ctx context.Context, at spaceKey) (keySet, error) {
	k := keySet{spaceKey: at}
	err := s.each(ctx, getKey, func(r row) error {
		k.value, k.expires = append([]byte{}, r[0]...), r.int(1)
		return nil
	}, at.space, []byte(at.key))
	return k, err
}

// now is a copy of the value, nil when it has expired.
func (k *keySet) now(now time.Time) []byte {
	if k.value == nil || k.expires != 0 && k.expires <= now.UnixMicro() {
		return nil
	}
	return append([]byte{}, k.value...)
}

// ListKeys walks a space in key order from prefix.
func (s *snapshot) ListKeys(ctx context.Context, space, prefix string, limit int) ([]store.KeyValue, error) {
	return s.ListKeysFrom(ctx, space, prefix, prefix, limit)
}

// ListKeysFrom is described in store.Keys.
func (s *snapshot) ListKeysFrom(ctx context.Context, space, prefix, from string, limit int) ([]store.KeyValue, error) {
	id, err := s.nameID(ctx, space)
	if err != nil || id == 0 || limit <= 0 {
		return nil, err
	}
	query, args := listAll, []any{id, []byte(max(prefix, from)), s.now().UnixMicro(), int64(limit)}
	if end := successor(prefix); end != nil {
		query, args = listKeys, append(args, end)
	}
	var out []store.KeyValue
	err = s.each(ctx, query, func(r row) error {
		kv := store.KeyValue{Key: r.text(0), Value: r.blob(1)}
		if !r.null(2) {
			kv.Expires = moment(r.int(2))
		}
		out = append(out, kv)
		return nil
	}, args...)
	return out, err
}
