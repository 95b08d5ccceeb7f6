package record

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// costStage is a durable store with people in it, and a clinician before it.
type costStage struct {
	desk   *Desk
	errand *Errand
	people []string // ids of persons
	obs    []string // ids of observations
}

func newCostStage(b *testing.B) *costStage {
	ctx := b.Context()
	engine, err := sqlite.Open(ctx, b.TempDir(), sqlite.Options{Now: time.Now})
	costMust(b, err)
	b.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	costMust(b, err)
	s := &costStage{}
	s.desk, err = Open(ctx, Options{Engine: engine, Codec: codec, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now})
	costMust(b, err)
	scopes, err := access.ParseScopes("system/*.cruds")
	costMust(b, err)
	client := s.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "RQM", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
	s.errand = s.desk.For(access.Requester{ID: "dr.a", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare})
	costMust(b, engine.Bulk(ctx, true))
	for p := range 400 {
		ops := []Op{{Kind: Create, Type: "Patient", FullURL: "urn:uuid:p", Resource: costJSON(b, `{"resourceType":"Patient","name":[{"family":"Family%d","given":["Given"]}],"birthDate":"1950-01-02"}`, p)}}
		ops = append(ops, Op{Kind: Create, Type: "Encounter", Resource: costJSON(b, `{"resourceType":"Encounter","status":"in-progress","class":{"code":"IMP"},"subject":{"reference":"urn:uuid:p"},"period":{"start":"2026-01-%02dT10:00:00Z"}}`, 1+p%28)})
		for o := range 60 {
			ops = append(ops, Op{Kind: Create, Type: "Observation", Resource: costJSON(b, `{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],`+
				`"code":{"coding":[{"system":"http://loinc.org","code":"%d-7","display":"A test of the blood"}]},"subject":{"reference":"urn:uuid:p"},"effectiveDateTime":"2026-01-%02dT10:00:00Z","valueQuantity":{"value":%d.5,"unit":"g/L"}}`, 700+o%10, 1+o%28, o)})
		}
		res, err := client.Transact(ctx, ops, Commit{})
		costMust(b, err)
		c, err := s.errand.Chart(ctx, res[0].ID, ChartQuery{})
		costMust(b, err)
		s.people, s.obs = append(s.people, c.Person.ID), append(s.obs, res[2+p%60].ID)
	}
	costMust(b, engine.Bulk(ctx, false))
	return s
}

func costMust(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func costJSON(b *testing.B, text string, args ...any) *fhir.Value {
	v, err := fhir.ParseObject([]byte(fmt.Sprintf(text, args...)))
	costMust(b, err)
	return v
}

// bare does what an errand does between decision and audit, and neither of
// them: the store is called directly, nothing is asked about the patient, and
// what is left of access is one look into a table for each document. The
// product has no such way.
func (s *costStage) bare(ctx context.Context, f func(r store.Reader, v *sight, t *trace) error) error {
	who := access.Requester{ID: "bench", Role: access.Operator, Org: access.Domain}
	v := access.Decide(who, access.Reason{Purpose: access.DirectCare}, access.Search, "")
	return s.desk.engine.View(ctx, func(r store.Reader) error {
		change, err := r.LastChange(ctx)
		if err != nil {
			return err
		}
		if r, err = s.desk.shelved(ctx, r, change); err != nil { // both sides read from the shelf
			return err
		}
		return f(r, &sight{Verdict: v, desk: s.desk, who: who, r: r, now: s.desk.now(), humans: map[int64]*human{}}, &trace{})
	})
}

// ways are read-by-id, search and chart: with access and audit, and without.
func (s *costStage) ways() map[string][2]func(ctx context.Context, n int) error {
	sections := []Section{{Type: "Observation", Where: "category=laboratory", Newest: 20}, {Type: "Condition"}, {Type: "AllergyIntolerance"}}
	ask := func(n int) Asked {
		return Asked{Types: []string{"Observation"}, Form: url.Values{"patient": {s.people[n%len(s.people)]}, "code": {"http://loinc.org|703-7"}}}
	}
	return map[string][2]func(ctx context.Context, n int) error{
		"read": {
			func(ctx context.Context, n int) error {
				_, err := s.errand.Read(ctx, "Observation", s.obs[n%len(s.obs)])
				return err
			},
			func(ctx context.Context, n int) error {
				return s.bare(ctx, func(r store.Reader, v *sight, t *trace) error {
					_, err := s.errand.readOne(ctx, r, v, t, "Observation", s.obs[n%len(s.obs)])
					return err
				})
			}},
		"search": {
			func(ctx context.Context, n int) error { _, err := s.errand.Search(ctx, ask(n)); return err },
			func(ctx context.Context, n int) error {
				q, err := s.desk.query(ask(n))
				if err != nil {
					return err
				}
				return s.bare(ctx, func(r store.Reader, v *sight, t *trace) error {
					x := &searching{desk: s.desk, r: r, v: v, q: q, asked: ask(n), who: "dr.a", budget: s.desk.scan}
					_, err := x.page(ctx)
					return err
				})
			}},
		"chart": {
			func(ctx context.Context, n int) error {
				_, err := s.errand.Chart(ctx, s.people[n%len(s.people)], ChartQuery{Sections: sections})
				return err
			},
			func(ctx context.Context, n int) error {
				q := ChartQuery{Sections: sections}
				queries, err := s.desk.sectionQueries(sections)
				if err != nil {
					return err
				}
				return s.bare(ctx, func(r store.Reader, v *sight, t *trace) error {
					whose, err := s.desk.whose(ctx, r, s.people[n%len(s.people)], time.Time{})
					if err != nil {
						return err
					}
					_, err = v.openChart(ctx, whose, q, queries)
					return err
				})
			}},
	}
}

// costRound is how long one side is measured before the other has its turn.
const costRound = 400 * time.Millisecond

// together runs clients for a round and gives how long each call took.
func together(b *testing.B, clients int, f func(ctx context.Context, n int) error) (took []time.Duration, all time.Duration) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := time.Now()
	for range clients {
		wg.Go(func() {
			var own []time.Duration
			for time.Since(begin) < costRound {
				at := time.Now()
				if err := f(b.Context(), rand.Int()); err != nil {
					b.Error(err)
					return
				}
				own = append(own, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
		})
	}
	wg.Wait()
	return took, time.Since(begin)
}

// BenchmarkCost is what access and audit cost a read, a search and a chart at 1
// and 16 clients: the share of the throughput that they take, and what they add
// to the 95th percentile. The sequencer works beside it as in a server.
func BenchmarkCost(b *testing.B) {
	s := newCostStage(b)
	ctx, stop := context.WithCancel(context.Background())
	var beside sync.WaitGroup
	beside.Go(func() { s.desk.Sequencer(nil).Run(ctx, func(err error) { b.Error(err) }) })
	defer beside.Wait()
	defer stop()
	for _, name := range []string{"read", "search", "chart"} {
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/%d", name, clients), func(b *testing.B) {
				var took [2][]time.Duration
				var spent, used [2]time.Duration
				for range b.N {
					for side, f := range s.ways()[name] { // by turns: the machine is not the same each second
						before := cpuTime()
						t, all := together(b, clients, f)
						took[side], spent[side], used[side] = append(took[side], t...), spent[side]+all, used[side]+cpuTime()-before
					}
				}
				var rate, p95 [2]float64
				for side := range took {
					rate[side] = float64(len(took[side])) / spent[side].Seconds()
					slices.Sort(took[side])
					p95[side] = float64(took[side][len(took[side])*95/100].Microseconds())
				}
				cpu := func(side int) float64 { return float64(used[side].Microseconds()) / float64(len(took[side])) }
				b.ReportMetric(cpu(0), "cpu-with-µs")
				b.ReportMetric(cpu(1), "cpu-without-µs")
				b.ReportMetric(rate[0], "with/s")
				b.ReportMetric(rate[1], "without/s")
				b.ReportMetric(100*(1-rate[0]/rate[1]), "%cost")
				b.ReportMetric(p95[0], "p95-with-µs")
				b.ReportMetric(p95[0]-p95[1], "p95-added-µs")
			})
		}
	}
}
