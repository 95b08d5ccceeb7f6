package record_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// BenchmarkSight is what finding out about a patient costs within one read: the
// records of the human, what they say (remembered after the first time, of a
// patient with 40 stays), what the requester has claimed, and the outcome for
// one document. share-% is what it is of the whole read by id, audit included.
func BenchmarkSight(b *testing.B) {
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, b.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	codec, err := dictionary.Codec()
	if err != nil {
		b.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: []byte(secret), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	scopes, _ := access.ParseScopes("system/*.cruds")
	client := desk.For(access.Requester{ID: "pas", Role: access.System, Org: "RQM", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
	make1 := func(text string) string {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		res, err := client.Transact(ctx, []record.Op{{Kind: record.Create, Type: v.Type(), Resource: v}}, record.Commit{})
		if err != nil {
			b.Fatal(err)
		}
		return res[0].ID
	}
	p := make1(patient("RQM", "1", nhs, "Smith", "John", "1950-01-01", "male"))
	for range 40 {
		make1(fmt.Sprintf(stayJSON, "in-progress", p, ""))
	}
	o := make1(`{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/` + p + `"}}`)
	for _, role := range []access.Role{access.Clinician, access.System} {
		b.Run(string(role), func(b *testing.B) {
			who := access.Requester{ID: "u", Role: role, Org: "RQM", Scopes: scopes}
			e := desk.For(who, access.Reason{Purpose: access.DirectCare})
			var whole time.Duration
			for range 200 {
				began := time.Now()
				if _, err := e.Read(ctx, "Observation", o); err != nil {
					b.Fatal(err)
				}
				whole += time.Since(began)
			}
			var times []time.Duration
			for b.Loop() {
				err := engine.View(ctx, func(r store.Reader) error {
					took, err := record.LookOnce(ctx, desk, who, r, "Observation", o)
					times = append(times, took)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*95/100].Nanoseconds())/1000, "p95-µs")
			b.ReportMetric(100*float64(times[len(times)/2])/(float64(whole)/200), "share-%")
		})
	}
}
