package storetest

import (
	"fmt"
	"testing"
	"time"

	"concord/store"
)

func (s *stage) getKey(space, k string) []byte {
	s.t.Helper()
	return read(s, func(r store.Reader) ([]byte, error) { return r.GetKey(s.ctx, space, k) })
}

func testKeys(t *testing.T, s *stage) {
	if v := s.getKey("none", "k"); v != nil {
		t.Errorf("a space that is not there: %q", v)
	}
	s.update(func(tx store.Tx) error {
		for i := range 20 {
			kv := store.KeyValue{Key: fmt.Sprintf("%s/%02d", []string{"a", "b"}[i%2], i), Value: []byte{byte(i)}}
			if err := tx.SetKey(s.ctx, "space", kv); err != nil {
				return err
			}
		}
		return tx.SetKey(s.ctx, "other", store.KeyValue{Key: "a/02", Value: []byte("other")})
	})
	equal(t, "one", s.getKey("space", "a/02"), []byte{2})
	equal(t, "the same key elsewhere", string(s.getKey("other", "a/02")), "other")
	s.update(func(tx store.Tx) error {
		if err := tx.SetKey(s.ctx, "space", store.KeyValue{Key: "a/02"}); err != nil {
			return err
		}
		if err := tx.DeleteKey(s.ctx, "nowhere", "x"); err != nil {
			return err
		}
		return tx.DeleteKey(s.ctx, "space", "a/04")
	})
	if v := s.getKey("space", "a/02"); v == nil || len(v) != 0 {
		t.Errorf("an empty value is there, and empty: %v", v)
	}
	if v := s.getKey("space", "a/04"); v != nil {
		t.Errorf("deleted: %v", v)
	}
	list := func(prefix string, limit int) (keys []string) {
		for _, kv := range read(s, func(r store.Reader) ([]store.KeyValue, error) { return r.ListKeys(s.ctx, "space", prefix, limit) }) {
			keys = append(keys, kv.Key)
		}
		return keys
	}
	equal(t, "prefix and order", list("a/", 4), []string{"a/00", "a/02", "a/06", "a/08"})
	equal(t, "prefix at the end", list("b/1", 99), []string{"b/11", "b/13", "b/15", "b/17", "b/19"})
	equal(t, "all", len(list("", 99)), 19)
	equal(t, "none", len(list("c", 99)), 0)
	from := func(prefix, from string, limit int) (keys []string) {
		s.update(func(tx store.Tx) error { // an Update walks its own keys too
			if err := tx.SetKey(s.ctx, "space", store.KeyValue{Key: "a/07", Value: []byte("own")}); err != nil {
				return err
			}
			kvs, err := tx.ListKeysFrom(s.ctx, "space", prefix, from, limit)
			for _, kv := range kvs {
				keys = append(keys, kv.Key)
			}
			return err
		})
		for i, kv := range read(s, func(r store.Reader) ([]store.KeyValue, error) {
			return r.ListKeysFrom(s.ctx, "space", prefix, from, limit)
		}) {
			equal(t, "the same on a snapshot", kv.Key, keys[i])
		}
		return keys
	}
	equal(t, "from a key that is there", from("a/", "a/06", 3), []string{"a/06", "a/07", "a/08"})
	equal(t, "from between two", from("a/", "a/061", 2), []string{"a/07", "a/08"})
	equal(t, "from before the prefix", from("b/1", "a/06", 1), []string{"b/11"})
	equal(t, "from behind the prefix", len(from("a/", "b/", 9)), 0)
}

func testKeyExpiry(t *testing.T, s *stage) {
	s.update(func(tx store.Tx) error {
		for i := range 10 {
			kv := store.KeyValue{Key: fmt.Sprint(i), Value: []byte("v"), Expires: s.clock.Now().Add(time.Duration(i+1) * time.Minute)}
			if err := tx.SetKey(s.ctx, "sessions", kv); err != nil {
				return err
			}
		}
		return tx.SetKey(s.ctx, "sessions", store.KeyValue{Key: "stays", Value: []byte("v")})
	})
	s.clock.move(5 * time.Minute)
	if s.getKey("sessions", "4") != nil || s.getKey("sessions", "5") == nil {
		t.Error("a value is absent from its expiry on, and not before")
	}
	list := read(s, func(r store.Reader) ([]store.KeyValue, error) { return r.ListKeys(s.ctx, "sessions", "", 99) })
	equal(t, "listed", len(list), 6)
	equal(t, "expiry of the first", list[0].Expires, s.clock.Now().Add(time.Minute))
	if !list[5].Expires.IsZero() {
		t.Errorf("no expiry became %v", list[5].Expires)
	}
	drop := func(limit int) (n int) {
		s.update(func(tx store.Tx) (err error) { n, err = tx.DropExpired(s.ctx, limit); return err })
		return n
	}
	equal(t, "dropped", fmt.Sprint(drop(2), drop(100), drop(100)), "2 3 0")
	s.update(func(tx store.Tx) error {
		return tx.SetKey(s.ctx, "sessions", store.KeyValue{Key: "6", Value: []byte("v")})
	})
	s.clock.move(time.Hour)
	if s.getKey("sessions", "6") == nil {
		t.Error("a value set again without expiry has expired")
	}
}
