package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"concord/store"
	"concord/store/storetest"
)

var bench = storetest.Bench{
	Open: func(t testing.TB) store.Engine {
		t.Helper()
		e, err := Open(t.Context(), t.TempDir(), Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return e
	},
	Tokens: 12,
}

func BenchmarkUpdateOnePut(b *testing.B)  { bench.UpdateOnePut(b) }
func BenchmarkUpdate100Puts(b *testing.B) { bench.Update100Puts(b) }
func BenchmarkAuditAppend(b *testing.B)   { bench.AuditAppend(b) }
func BenchmarkJournalAppend(b *testing.B) { bench.JournalAppend(b) }
func BenchmarkBulk(b *testing.B)          { bench.Bulk(b) }
func BenchmarkRead(b *testing.B)          { bench.Read(b) }

// BenchmarkDisk is the limit: one page appended to a file and synced.
func BenchmarkDisk(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, pageSize)
	b.ResetTimer()
	for range b.N {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := syncData(f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "syncs/s")
}
