package storetest

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
)

// Bench is the load by which every engine is measured.
type Bench struct {
	Open   func(testing.TB) store.Engine // on a disk that keeps its promises
	Tokens int                           // how many a resource has
	Terms  bool                          // it has 8 terms too, most of them those of its record
}

func (w Bench) open(b *testing.B) store.Engine {
	b.Helper()
	e := w.Open(b)
	b.Cleanup(func() { e.Close() })
	return e
}

// made is a resource of the size that measured ones have: 320 bytes packed,
// tokens, one identifier, a code, a date and every second one a value.
func (w Bench) made(r *rand.Rand, pk int64, typ uint16, seq uint32) store.Put {
	d := store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(typ, seq)}, Org: "RQM", Feed: "bench", Body: make([]byte, 320)}
	for i := range d.Body {
		d.Body[i] = byte(r.Uint32())
	}
	d.Index = search.Entries{Code: uint64(r.IntN(400)+1) << 40, Date: search.DateOrigin + int64(r.IntN(25_000_000)), Idents: []uint64{r.Uint64()}, Tokens: make([]uint32, w.Tokens)}
	for i := range d.Index.Tokens {
		d.Index.Tokens[i] = r.Uint32N(5000)
	}
	if r.IntN(2) == 0 {
		d.Index.Unit, d.Index.Value = d.Index.Code, float64(r.IntN(2000))/10
	}
	if w.Terms {
		for i := range uint64(6) {
			d.Index.Terms = append(d.Index.Terms, mix(i+1))
		}
		d.Index.Terms = append(d.Index.Terms, mix(100+r.Uint64N(10)), mix(200+r.Uint64N(10)))
	}
	return d
}

// together runs n calls of f on g goroutines.
func together(b *testing.B, g, n int, f func(worker, i int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for worker := range g {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(worker, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// mix spreads a number over 64 bits, as the keyed hash of an identifier is.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

func reportSize(b *testing.B, e store.Engine, n int) {
	b.Helper()
	use, err := e.Usage(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	var bytes int64
	for _, u := range use {
		bytes += u.Bytes
	}
	b.ReportMetric(float64(bytes)/float64(n), "bytes/resource")
}

// load fills a store in bulk, records of n documents each in one Update.
func (w Bench) load(b *testing.B, e store.Engine, records, n int) {
	b.Helper()
	ctx := b.Context()
	if err := e.Bulk(ctx, true); err != nil {
		b.Fatal(err)
	}
	docs := make([]store.Put, n)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range docs {
		docs[i] = w.made(r, 0, uint16(6*i/n)+1, uint32(i)+1)
	}
	together(b, 4, records, func(_, i int) error {
		return e.Update(ctx, func(tx store.Tx) error {
			pk, err := tx.NewRecord(ctx)
			for j, p := range docs {
				if err != nil {
					return err
				}
				p.PK, p.Index.Idents = pk, []uint64{mix(uint64(i)<<8 | uint64(j))}
				_, err = tx.Put(ctx, p)
			}
			return err
		})
	})
	if err := e.Bulk(ctx, false); err != nil {
		b.Fatal(err)
	}
}

// UpdateOnePut writes one resource an Update.
func (w Bench) UpdateOnePut(b *testing.B) {
	e := w.open(b)
	ctx := b.Context()
	b.ResetTimer()
	together(b, 16, b.N, func(_, i int) error {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		return e.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Put(ctx, w.made(r, int64(i/40)+1, uint16(i%4)+1, uint32(i%40)+1))
			return err
		})
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
}

// Update100Puts writes bundles of 100 resources of one patient.
func (w Bench) Update100Puts(b *testing.B) {
	for _, load := range []struct {
		name       string
		goroutines int
		bulk       bool
	}{{"durable/1", 1, false}, {"durable/4", 4, false}, {"bulk/4", 4, true}} {
		b.Run(load.name, func(b *testing.B) {
			e := w.open(b)
			ctx := b.Context()
			if err := e.Bulk(ctx, load.bulk); err != nil {
				b.Fatal(err)
			}
			bundles := make([][]store.Put, 64)
			r := rand.New(rand.NewPCG(1, 2))
			for i := range bundles {
				for j := range 100 {
					bundles[i] = append(bundles[i], w.made(r, 0, uint16(j%6)+1, uint32(j/6)+1))
				}
			}
			b.ResetTimer()
			together(b, load.goroutines, b.N, func(_, i int) error {
				return e.Update(ctx, func(tx store.Tx) error {
					pk, err := tx.NewRecord(ctx)
					for j, p := range bundles[i%len(bundles)] {
						if err != nil {
							return err
						}
						p.PK = pk
						p.Index.Idents = []uint64{mix(uint64(i)<<8 | uint64(j))}
						_, err = tx.Put(ctx, p)
					}
					return err
				})
			})
			if err := e.Bulk(ctx, false); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "resources/s")
			reportSize(b, e, 100*b.N)
		})
	}
}

// AuditAppend is one audited read: a row of the audit log.
func (w Bench) AuditAppend(b *testing.B) {
	for _, g := range []int{1, 16, 64} {
		b.Run(map[int]string{1: "1", 16: "16", 64: "64"}[g], func(b *testing.B) {
			e := w.open(b)
			ctx := b.Context()
			body := make([]byte, 270) // an entry of 180 bytes with its head and salt
			b.ResetTimer()
			together(b, g, b.N, func(_, i int) error {
				return e.Update(ctx, func(tx store.Tx) error {
					_, err := tx.AppendLog(ctx, "audit", body)
					return err
				})
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
}

// JournalAppend is one received message.
func (w Bench) JournalAppend(b *testing.B) {
	e := w.open(b)
	ctx := b.Context()
	raw := make([]byte, 600)
	b.ResetTimer()
	together(b, 16, b.N, func(worker, i int) error {
		m := &store.Message{Org: "RQM", Feed: "adt", Control: "MSG" + string(rune('A'+worker)) + time.Duration(i).String(), Trigger: "ADT^A01", Digest: mix(uint64(i)), Raw: raw}
		return e.Update(ctx, func(tx store.Tx) error {
			_, _, err := tx.Append(ctx, m)
			return err
		})
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// Bulk loads a store from empty, 1,000 documents for each round: use -benchtime
// 1000x for a million.
func (w Bench) Bulk(b *testing.B) {
	e := w.open(b)
	w.load(b, e, 10*b.N, 100)
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "resources/s")
	b.StopTimer()
	reportSize(b, e, 1000*b.N)
}
