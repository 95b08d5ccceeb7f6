package audit_test

import (
	"fmt"
	"testing"
	"time"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// benchPatients is how many patients the entries are of: in a batch there is
// hardly one twice.
const benchPatients = 50_000

func benchStage(b *testing.B, n int) *stage {
	s := newStage(b)
	for done := 0; done < n; {
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
			for range min(1000, n-done) {
				err := audit.Append(s.ctx, tx, &audit.Entry{Who: "user1", Role: access.Clinician, Org: "RQM", Purpose: access.DirectCare, Action: access.Search,
					Rule: "clinician.search", Allowed: true, Records: []string{fmt.Sprintf("p%06d", done*7919%benchPatients)}, What: []string{"Observation"}, Count: 20, Change: 123456})
				if err != nil {
					return err
				}
				done++
			}
			return nil
		}))
	}
	return s
}

// BenchmarkAppend is entries that share commits, a thousand each.
func BenchmarkAppend(b *testing.B) {
	s := benchStage(b, 1)
	b.ResetTimer()
	used := cpu()
	for done := 0; done < b.N; {
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
			for range min(1000, b.N-done) {
				if err := audit.Append(s.ctx, tx, &audit.Entry{Who: "user1", Action: access.Read, Rule: "clinician.read", Allowed: true, Records: []string{"p7f3k2"}}); err != nil {
					return err
				}
				done++
			}
			return nil
		}))
	}
	report(b, b.N, cpu()-used)
}

// report gives entries a second by the clock, and the processor time of each.
func report(b *testing.B, entries int, used time.Duration) {
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(entries)/1000, "cpu-µs/entry")
}

const benchRows = 200_000

func BenchmarkSequence(b *testing.B) {
	var used time.Duration
	for range b.N {
		b.StopTimer()
		s := benchStage(b, benchRows)
		b.StartTimer()
		used -= cpu()
		s.sequence()
		used += cpu()
	}
	report(b, b.N*benchRows, used)
}

func BenchmarkVerify(b *testing.B) {
	s := benchStage(b, benchRows)
	s.sequence()
	b.ResetTimer()
	used := cpu()
	for range b.N {
		if v, found := s.verify(s.e); v.Size != benchRows || len(found) != 0 {
			b.Fatal(v, found)
		}
	}
	report(b, b.N*benchRows, cpu()-used)
}

// BenchmarkVerifyIndex is what holding the index against the entries adds.
func BenchmarkVerifyIndex(b *testing.B) {
	s := benchStage(b, benchRows)
	s.sequence()
	b.ResetTimer()
	used := cpu()
	for range b.N {
		if found := s.verifyIndex(s.e); len(found) != 0 {
			b.Fatal(found)
		}
	}
	report(b, b.N*benchRows, cpu()-used)
}

// BenchmarkFind is a page of who has looked at one patient of many.
func BenchmarkFind(b *testing.B) {
	s := benchStage(b, benchRows)
	s.sequence()
	b.ResetTimer()
	for n := range b.N {
		s.must(s.e.View(s.ctx, func(r store.Reader) error {
			f, err := audit.Find(s.ctx, r, audit.Query{Records: []string{fmt.Sprintf("p%06d", n%benchPatients)}, Outcome: audit.Done})
			if err == nil && len(f.Hits) == 0 {
				b.Fatal("nothing found")
			}
			return err
		}))
	}
}
