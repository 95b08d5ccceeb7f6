package postgres

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
	"concord/store/postgres/pgtest"
)

// benchServer is a durable server with memory for a working store; one for
// each benchmark, so that none pays for another's garbage.
func benchServer(b *testing.B) *pgtest.Server {
	b.Helper()
	return pgtest.Start(b, pgtest.Options{Settings: map[string]string{
		"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min", "wal_compression": "lz4",
	}})
}

func openBench(b *testing.B, o Options) *Engine {
	b.Helper()
	o.Now = time.Now
	e, err := Open(b.Context(), benchServer(b).DSN(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	return e
}

// made is a resource of the size that measured ones have: 320 bytes packed, 8
// tokens, 8 terms of which most are those of its record, one identifier, a
// code, a date and every second one a value.
func made(r *rand.Rand, pk int64, typ uint16, seq uint32) store.Put {
	p := store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(typ, seq)}, Org: "RQM", Feed: "bench", Body: make([]byte, 320)}
	for i := range p.Body {
		p.Body[i] = byte(r.Uint32())
	}
	p.Index = search.Entries{Code: uint64(r.IntN(400)+1) << 40, Date: search.DateOrigin + int64(r.IntN(25_000_000)), Idents: []uint64{r.Uint64()}, Tokens: make([]uint32, 8)}
	for i := range p.Index.Tokens {
		p.Index.Tokens[i] = r.Uint32N(5000)
	}
	for i := range uint64(6) {
		p.Index.Terms = append(p.Index.Terms, mix(i+1))
	}
	p.Index.Terms = append(p.Index.Terms, mix(100+r.Uint64N(10)), mix(200+r.Uint64N(10)))
	if r.IntN(2) == 0 {
		p.Index.Unit, p.Index.Value = p.Index.Code, float64(r.IntN(2000))/10
	}
	return p
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

func BenchmarkUpdateOnePut(b *testing.B) {
	e := openBench(b, Options{})
	ctx := b.Context()
	b.ResetTimer()
	together(b, 16, b.N, func(_, i int) error {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		return e.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Put(ctx, made(r, int64(i/40)+1, uint16(i%4)+1, uint32(i%40)+1))
			return err
		})
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
}

// BenchmarkUpdate100Puts writes bundles of 100 resources of one patient.
func BenchmarkUpdate100Puts(b *testing.B) {
	for _, load := range []struct {
		name       string
		goroutines int
		bulk       bool
	}{{"durable/1", 1, false}, {"durable/4", 4, false}, {"bulk/4", 4, true}} {
		b.Run(load.name, func(b *testing.B) {
			e := openBench(b, Options{})
			ctx := b.Context()
			if err := e.Bulk(ctx, load.bulk); err != nil {
				b.Fatal(err)
			}
			bundles := make([][]store.Put, 64)
			r := rand.New(rand.NewPCG(1, 2))
			for i := range bundles {
				for j := range 100 {
					bundles[i] = append(bundles[i], made(r, 0, uint16(j%6)+1, uint32(j/6)+1))
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

// mix spreads a number over 64 bits, as the keyed hash of an identifier is.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

func reportSize(b *testing.B, e *Engine, n int) {
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

// BenchmarkAuditAppend is one audited read: an entry and its two hashes.
func BenchmarkAuditAppend(b *testing.B) {
	for _, g := range []int{1, 16, 64} {
		b.Run(map[int]string{1: "1", 16: "16", 64: "64"}[g], func(b *testing.B) {
			e := openBench(b, Options{})
			ctx := b.Context()
			body := make([]byte, 180)
			hashes := int64(0) // only the writer's goroutine runs the functions
			b.ResetTimer()
			together(b, g, b.N, func(_, i int) error {
				return e.Update(ctx, func(tx store.Tx) error {
					if _, err := tx.AppendLog(ctx, "audit", body); err != nil {
						return err
					}
					first := hashes
					hashes += 2
					return tx.AppendHashes(ctx, "audit", first, make([][32]byte, 2))
				})
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
}

func BenchmarkJournalAppend(b *testing.B) {
	e := openBench(b, Options{})
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
