package access_test

import (
	"slices"
	"testing"
	"time"

	"concord/record/access"
)

// BenchmarkDecide is one decision with its filter used on 50 documents of five
// patients, as a page of a search has them; p95-µs is that of the whole.
func BenchmarkDecide(b *testing.B) {
	for name, who := range map[string]access.Requester{
		"clinician": {ID: "u", Role: access.Clinician, Org: "RQM", Activities: []string{"B0083"}},
		"client":    {ID: "c", Role: access.System, Org: "RQM", Scopes: access.Scopes{{Type: "*", Can: "rs"}}},
	} {
		b.Run(name, func(b *testing.B) {
			why := access.Reason{Purpose: access.DirectCare}
			times := make([]time.Duration, 0, b.N)
			shown := 0
			for b.Loop() {
				began := time.Now()
				v := access.Decide(who, why, access.Search, "Observation")
				for n := range 50 {
					t := access.Target{Kind: access.Clinical, Label: access.Label(n % 4), Origin: access.Origin(n % 3)}
					t.Tie, t.Restricted, t.Objects = access.Tie(n%3), n%7 == 0, n%5 == 0
					if v.Filter.Look("Observation", t).Shown {
						shown++
					}
				}
				times = append(times, time.Since(began))
			}
			if shown == 0 || shown == 50*len(times) {
				b.Fatal("the filter does not filter")
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*95/100].Nanoseconds())/1000, "p95-µs")
		})
	}
}
