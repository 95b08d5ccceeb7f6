package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"concord/store"
	"concord/store/sqlite"
)

// altering is a target into which one bit gets wrong.
type altering struct{ store.Transfer }

func (a altering) Load(ctx context.Context, rows iter.Seq2[store.Row, error], key []byte, accept func([]store.Sum) error) error {
	return a.Transfer.Load(ctx, func(yield func(store.Row, error) bool) {
		for r, err := range rows {
			if err == nil && r.Table.Name == "kv" {
				r.Cells[3].Bytes[0] ^= 1
			}
			if !yield(r, err) {
				return
			}
		}
	}, key, accept)
}

// TestMigrateProves: a copy that is not equal is not kept; a store that is not
// equal afterwards is a finding.
func TestMigrateProves(t *testing.T) {
	ctx := t.Context()
	open := func() *sqlite.Engine {
		e, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return e
	}
	set := func(e store.Engine, k string) {
		err := e.Update(ctx, func(tx store.Tx) error {
			return tx.SetKey(ctx, "space", store.KeyValue{Key: k, Value: []byte("value")})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	from, to, key := open(), open(), []byte("key")
	set(from, "a")
	var said bytes.Buffer
	if err := transfer(ctx, from, altering{to}, key, &said); err == nil || !strings.Contains(said.String(), "DIFFERENT") {
		t.Fatalf("an altered copy was accepted: %v\n%s", err, said.String())
	}
	if err := transfer(ctx, from, to, key, io.Discard); err != nil {
		t.Fatal(err)
	}
	said.Reset()
	if err := prove(ctx, from, to, key, &said); err != nil || strings.Contains(said.String(), "DIFFERENT") {
		t.Fatalf("%v\n%s", err, said.String())
	}
	set(to, "b")
	said.Reset()
	if err := prove(ctx, from, to, key, &said); !errors.Is(err, errFindings) || !strings.Contains(said.String(), "2 tables differ") {
		t.Fatalf("%v\n%s", err, said.String())
	}
}
