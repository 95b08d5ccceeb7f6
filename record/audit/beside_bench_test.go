package audit_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
	"concord/store/sqlite"
)

// BenchmarkReads is what readers pay: 16 of them, an entry and a durable commit
// each, with the sequencer at work beside them.
func BenchmarkReads(b *testing.B) {
	if onPostgres.Load() {
		b.Skip("measured on SQLite")
	}
	e, err := sqlite.Open(b.Context(), b.TempDir(), sqlite.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	ctx, stop := context.WithCancel(context.Background())
	var beside, readers sync.WaitGroup
	beside.Go(func() { (&audit.Sequencer{Engine: e}).Run(ctx, func(err error) { b.Error(err) }) })
	var next atomic.Int64
	used := cpu()
	b.ResetTimer()
	for range 16 {
		readers.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				err := e.Update(ctx, func(tx store.Tx) error {
					return audit.Append(ctx, tx, &audit.Entry{Who: fmt.Sprint("user", n%300), Role: access.Clinician, Org: "RQM", Purpose: access.DirectCare, Action: access.Read,
						Rule: "clinician.read", Allowed: true, Records: []string{fmt.Sprintf("p%06d", n*7919%50_000)}, What: []string{fmt.Sprint("Observation/o", n)}, Count: 1, Change: n})
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	readers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64((cpu()-used).Nanoseconds())/float64(b.N)/1000, "cpu-µs/entry")
	stop()
	beside.Wait()
}
