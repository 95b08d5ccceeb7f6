package storetest

import (
	"math/rand/v2"
	"testing"
	"time"

	"concord/store"
)

// Read asks questions of a store with 2,000 records of 200 documents and one
// record of 5,000, more than the page caches hold.
func (w Bench) Read(b *testing.B) {
	e := w.open(b)
	ctx := b.Context()
	const records = 2000
	w.load(b, e, records, 200)
	big := int64(records + 1)
	r := rand.New(rand.NewPCG(9, 9))
	err := e.Update(ctx, func(tx store.Tx) error {
		for i := range 5000 {
			if _, err := tx.Put(ctx, w.made(r, big, uint16(i%6)+1, uint32(i/6)+1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	ask := func(name string, f func(store.Reader, int) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if err := e.View(ctx, func(r store.Reader) error { return f(r, i) }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	pk := func(i int) int64 { return int64(i*7919%records + 1) }
	ask("get", func(r store.Reader, i int) error {
		_, err := r.Get(ctx, store.Key{PK: pk(i), LID: store.MakeLID(1, uint32(i%30)+1)})
		return err
	})
	ask("chart of 200", func(r store.Reader, i int) error {
		ranges := make([]store.Range, 6)
		for t := range ranges {
			ranges[t].Type = uint16(t + 1)
		}
		got, err := r.Chart(ctx, []int64{pk(i)}, ranges, time.Time{})
		if n := len(got[0]); err == nil && n < 30 {
			b.Fatalf("%d documents", n)
		}
		return err
	})
	summary := []store.Range{
		{Type: 1, Newest: 20}, {Type: 2}, {Type: 3, Newest: 10, Need: [][]uint32{{7, 8, 9}}},
		{Type: 4, Newest: 50}, {Type: 5, Need: [][]uint32{{1}}}, {Type: 6, Newest: 5, From: 1 << 20},
	}
	ask("summary of 5000", func(r store.Reader, _ int) error {
		_, err := r.Chart(ctx, []int64{big}, summary, time.Time{})
		return err
	})
	ask("summary of 5000 as at", func(r store.Reader, _ int) error {
		_, err := r.Chart(ctx, []int64{big}, summary, time.Now())
		return err
	})
	ask("find", func(r store.Reader, i int) error {
		_, err := r.Find(ctx, mix(uint64(i%records)<<8|uint64(i%200)), 10)
		return err
	})
	ask("find by code", func(r store.Reader, i int) error {
		_, err := r.FindCode(ctx, store.CodeRange{Code: uint64(i%400+1) << 40}, 20)
		return err
	})
}
