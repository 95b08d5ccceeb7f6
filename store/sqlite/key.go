package sqlite

import (
	"context"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// GetKey returns nil when the value is absent or past its expiry.
func (s *snapshot) GetKey(ctx context.Context, space, key string) ([]byte, error) {
	id, err := s.nameID(space)
	if err != nil || id == 0 {
		return nil, err
	}
	var v []byte
	err = s.each("SELECT v FROM kv WHERE space = ?1 AND k = ?2 AND (exp IS NULL OR exp > ?3)", func(st *sqlite.Stmt) error {
		if v = blob(st, 0); v == nil {
			v = []byte{}
		}
		return stop{}
	}, id, key, s.now().UnixMicro())
	return v, err
}

// ListKeys walks a space in key order from prefix.
func (s *snapshot) ListKeys(ctx context.Context, space, prefix string, limit int) ([]store.KeyValue, error) {
	return s.ListKeysFrom(ctx, space, prefix, prefix, limit)
}

// ListKeysFrom is described in store.Keys.
func (s *snapshot) ListKeysFrom(ctx context.Context, space, prefix, from string, limit int) ([]store.KeyValue, error) {
	id, err := s.nameID(space)
	if err != nil || id == 0 || limit <= 0 {
		return nil, err
	}
	var out []store.KeyValue
	err = s.each("SELECT k, v, exp FROM kv WHERE space = ?1 AND k >= ?2 AND (exp IS NULL OR exp > ?3) ORDER BY k", func(st *sqlite.Stmt) error {
		kv := store.KeyValue{Key: st.ColumnText(0), Value: blob(st, 1)}
		if !strings.HasPrefix(kv.Key, prefix) {
			return stop{}
		}
		if exp := st.ColumnInt64(2); exp != 0 {
			kv.Expires = moment(exp)
		}
		if out = append(out, kv); len(out) >= limit {
			return stop{}
		}
		return nil
	}, id, max(prefix, from), s.now().UnixMicro())
	return out, err
}

// SetKey writes a value, whether or not there was one.
func (t *tx) SetKey(ctx context.Context, space string, kv store.KeyValue) error {
	id, err := t.intern(ctx, space)
	if err != nil {
		return err
	}
	st, err := t.write(ctx, "INSERT INTO kv (space, k, exp, v) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (space, k) DO UPDATE SET exp = excluded.exp, v = excluded.v")
	if err != nil {
		return err
	}
	st.BindInt64(1, id)
	st.BindText(2, kv.Key)
	if !kv.Expires.IsZero() {
		st.BindInt64(3, kv.Expires.UnixMicro())
	}
	st.BindBytes(4, kv.Value)
	return t.exec(st)
}

// DeleteKey removes a value; one that is absent is no error.
func (t *tx) DeleteKey(ctx context.Context, space, key string) error {
	id, err := t.nameID(space)
	if err != nil || id == 0 {
		return err
	}
	return t.apply(ctx, "DELETE FROM kv WHERE space = ?1 AND k = ?2", id, key)
}

// DropExpired removes values past their expiry, at most limit.
func (t *tx) DropExpired(ctx context.Context, limit int) (int, error) {
	now := t.now().UnixMicro()
	n, err := t.intOf("SELECT count(*) FROM (SELECT 1 FROM kv WHERE exp <= ?1 LIMIT +?2)", now, limit)
	if err != nil || n == 0 {
		return 0, err
	}
	err = t.apply(ctx, "DELETE FROM kv WHERE (space, k) IN (SELECT space, k FROM kv WHERE exp <= ?1 LIMIT +?2)", now, limit)
	return int(n), err
}

// instant is a time asked for, 0 = now.
func instant(asAt time.Time) int64 {
	if asAt.IsZero() {
		return 0
	}
	return asAt.UnixMicro()
}
