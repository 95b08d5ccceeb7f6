package postgres_test

import (
	"fmt"
	"testing"

	"concord/standard/search"
	"concord/store"
	"concord/store/postgres"
)

// fill writes records with something in every table, and has the server look
// at them.
func fill(t testing.TB, e *postgres.Engine, records int) {
	t.Helper()
	ctx := t.Context()
	for from := 0; from < records; from += 50 {
		err := e.Update(ctx, func(tx store.Tx) error {
			for i := from; i < from+50; i++ {
				if err := one(t, tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Script("ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

// one writes a record with three documents, and beside it in every other part.
func one(t testing.TB, tx store.Tx, i int) error {
	ctx := t.Context()
	pk, err := tx.NewRecord(ctx)
	if err != nil {
		return err
	}
	for seq := range uint32(3) {
		p := store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, seq+1)}, Org: "RQM", Feed: "f", Body: []byte("body")}
		p.Index = search.Entries{
			Code: uint64(i%10+1) << 40, Date: int64(i) + search.DateOrigin, Unit: 5 << 40, Value: float64(i), Idents: []uint64{uint64(3*i) + uint64(seq)},
			Strings: []search.StringEntry{{Param: 1, Value: fmt.Sprint("name", i)}}, Terms: []uint64{1, uint64(i%100 + 2)}, Tokens: []uint32{uint32(i)},
		}
		if _, err := tx.Put(ctx, p); err != nil {
			return err
		}
		if seq == 2 && i%7 == 0 {
			p.Old, p.IfVersion = p.Index, 1
			if _, err := tx.Put(ctx, p); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Claim(ctx, uint64(i+1)<<32, store.Key{PK: pk, LID: store.MakeLID(1, 1)}); err != nil {
		return err
	}
	seq, _, err := tx.Append(ctx, &store.Message{Org: "RQM", Feed: fmt.Sprint("feed", i%5), Control: fmt.Sprint(i / 3), Digest: uint64(i), Raw: []byte("raw")})
	if err != nil {
		return err
	}
	if i%20 != 0 {
		if err := tx.Settle(ctx, &store.Message{Seq: seq, State: store.Applied, Records: []int64{pk}}); err != nil {
			return err
		}
	}
	if err := tx.SetKey(ctx, "space", store.KeyValue{Key: fmt.Sprint(i), Value: []byte("v"), Expires: tx.Time().Add(1 << 40)}); err != nil {
		return err
	}
	if err := tx.SetLink(ctx, pk, int64(i/3)+1); err != nil {
		return err
	}
	if seq, err = tx.AppendLog(ctx, "log", []byte("entry")); err != nil {
		return err
	}
	if err := tx.AppendHashes(ctx, "log", 2*seq, make([][32]byte, 2)); err != nil {
		return err
	}
	_, err = tx.Enqueue(ctx, "topic", []byte("work"), tx.Time())
	return err
}
