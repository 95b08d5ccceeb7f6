package audit_test

import (
	"testing"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

func benchStage(b *testing.B, n int) *stage {
	s := newStage(b)
	for done := 0; done < n; {
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
			for range min(1000, n-done) {
				err := audit.Append(s.ctx, tx, &audit.Entry{Who: "user1", Role: access.Clinician, Org: "RQM", Purpose: access.DirectCare, Action: access.Search,
					Rule: "clinician.search", Allowed: true, Records: []string{"p7f3k2"}, What: []string{"Observation"}, Count: 20, Change: 123456})
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
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

const benchRows = 200_000

func BenchmarkSequence(b *testing.B) {
	for range b.N {
		b.StopTimer()
		s := benchStage(b, benchRows)
		b.StartTimer()
		s.sequence()
	}
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkVerify(b *testing.B) {
	s := benchStage(b, benchRows)
	s.sequence()
	b.ResetTimer()
	for range b.N {
		if v, found := s.verify(s.e); v.Size != benchRows || len(found) != 0 {
			b.Fatal(v, found)
		}
	}
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "entries/s")
}
