package postgres

import (
	"testing"
	"time"

	"concord/store"
	"concord/store/postgres/pgtest"
	"concord/store/storetest"
)

var bench = storetest.Bench{
	Open: func(t testing.TB) store.Engine {
		t.Helper()
		// A durable server with memory for a working store, one for each
		// benchmark, so that none pays for another's garbage.
		server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{
			"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min", "wal_compression": "lz4",
		}})
		e, err := Open(t.Context(), server.DSN(), Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return e
	},
	Tokens: 8, Terms: true,
}

func BenchmarkUpdateOnePut(b *testing.B)  { bench.UpdateOnePut(b) }
func BenchmarkUpdate100Puts(b *testing.B) { bench.Update100Puts(b) }
func BenchmarkAuditAppend(b *testing.B)   { bench.AuditAppend(b) }
func BenchmarkJournalAppend(b *testing.B) { bench.JournalAppend(b) }
func BenchmarkBulk(b *testing.B)          { bench.Bulk(b) }
func BenchmarkRead(b *testing.B)          { bench.Read(b) }
