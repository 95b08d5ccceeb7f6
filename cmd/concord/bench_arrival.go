package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"concord/demo/linked"
	"concord/exchange/linkage"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/uk"
)

// arrivalCmd measures matching as records arrive: a made-up population as four
// trusts know it comes in, some of its records are held back, and those are then
// looked for and brought, one after the other.
type arrivalCmd struct {
	where  `embed:""`
	People int     `help:"How many people; about 1.37 records each." default:"10000"`
	Probes int     `help:"How many records are held back and measured." default:"2000"`
	Seed   uint64  `help:"Seed." default:"1"`
	Errors float64 `help:"Multiply the rates of errors." default:"1"`
	JSON   bool    `help:"Print JSON instead of a table." name:"json"`
}

// arrivals is what was measured.
type arrivals struct {
	People    int        `json:"people"`
	Seed      uint64     `json:"seed"`
	Errors    float64    `json:"errors"`
	Records   int        `json:"records"` // brought in before the probes
	Seconds   float64    `json:"seconds"`
	Questions []question `json:"questions"`
	Bytes     int64      `json:"bytes"`
	Peak      int64      `json:"peakMemory"`
	// Over all pairs of records, those of the probes included.
	TruePairs  int64   `json:"truePairs"` // pairs that are of one person
	Joined     int64   `json:"joinedPairs"`
	False      int64   `json:"falsePairs"`
	Missed     int64   `json:"missedPairs"`
	FalseBound float64 `json:"falseBound"` // of joined pairs, upper 95 %
	Queue      int     `json:"queue"`      // pairs that wait for a steward, at most 500
}

// brought is a record with whom it is said to be.
type brought struct {
	truth  int
	person string
}

func (c *arrivalCmd) Run(ctx context.Context) error {
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	out := arrivals{People: c.People, Seed: c.Seed, Errors: c.Errors}
	var all []brought
	probes, err := c.load(ctx, h, &out, &all)
	if err != nil {
		return err
	}
	if err := c.probe(ctx, h, probes, &out, &all); err != nil {
		return err
	}
	out.Peak = peakMemory()
	for _, q := range out.Questions { // the rest takes its time
		fmt.Fprintf(os.Stderr, "%s: p50 %.2f, p95 %.2f, p99 %.2f ms\n", q.Name, q.P50, q.P95, q.P99)
	}
	if out.Bytes, err = h.onDisk(ctx); err != nil {
		return err
	}
	if err := out.hold(ctx, h, all); err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(out)
	}
	out.print(os.Stdout)
	return nil
}

// load brings everything in but the probes, in transactions of one trust's
// records.
func (c *arrivalCmd) load(ctx context.Context, h *house, out *arrivals, all *[]brought) ([]linked.Row, error) {
	if err := h.engine.Bulk(ctx, true); err != nil {
		return nil, err
	}
	const batch = 200
	every := max(2, c.People*137/100/max(1, c.Probes))
	var probes []linked.Row
	var mu sync.Mutex
	var failed error
	work := make(chan []linked.Row)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for rows := range work {
				got, err := h.bring(ctx, rows)
				mu.Lock()
				*all = append(*all, got...)
				if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	start, n := time.Now(), 0
	waiting := map[string][]linked.Row{}
	for row := range linked.New(c.Seed, linked.Frozen().Times(c.Errors)).Rows(c.People) {
		if n++; n%every == 0 && len(probes) < c.Probes {
			probes = append(probes, row)
			continue
		}
		out.Records++
		trust := row.Record.Numbers[0].Scope
		if waiting[trust] = append(waiting[trust], row); len(waiting[trust]) == batch {
			work <- waiting[trust]
			waiting[trust] = nil
		}
	}
	for _, rows := range waiting {
		work <- rows
	}
	close(work)
	wg.Wait()
	if err := h.engine.Bulk(ctx, false); err != nil {
		return nil, err
	}
	out.Seconds = time.Since(start).Seconds()
	return probes, failed
}

func (h *house) feedOf(trust string) *record.Errand {
	scopes, _ := access.ParseScopes("system/*.cruds")
	return h.desk.For(access.Requester{ID: "bench", Role: access.System, Org: trust, Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
}

func (h *house) bring(ctx context.Context, rows []linked.Row) ([]brought, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	ops := make([]record.Op, len(rows))
	for i, row := range rows {
		ops[i] = record.Op{Kind: record.Create, Type: "Patient", Resource: patientOf(row.Record)}
	}
	res, err := h.feedOf(rows[0].Record.Numbers[0].Scope).Transact(ctx, ops, record.Commit{})
	if err != nil {
		return nil, err
	}
	out := make([]brought, len(rows))
	for i, r := range res {
		out[i] = brought{rows[i].Person, personLink(r.Item.Resource)}
	}
	return out, nil
}

func personLink(patient *fhir.Value) string {
	for l := range patient.Get("link").Each() {
		if l.StrAt("type") == "refer" {
			return strings.TrimPrefix(l.StrAt("other.reference"), "Patient/")
		}
	}
	return ""
}

// patientOf writes a made-up record as a feed does.
func patientOf(r match.Record) *fhir.Value {
	var identifiers, names, telecom []*fhir.Value
	for _, n := range r.Numbers {
		identifiers = append(identifiers, fhir.Obj("system", uk.HospitalNumber.System(n.Scope), "value", n.Value))
	}
	if r.NHS != "" {
		identifiers = append(identifiers, fhir.Obj("system", uk.NHSNumberSystem, "value", r.NHS))
	}
	names = append(names, fhir.Obj("use", "official", "family", r.Family, "given", strings.Fields(r.Given)))
	if r.Former != "" {
		names = append(names, fhir.Obj("use", "maiden", "family", r.Former))
	}
	for _, p := range r.Phones {
		telecom = append(telecom, fhir.Obj("system", "phone", "value", p))
	}
	if r.Email != "" {
		telecom = append(telecom, fhir.Obj("system", "email", "value", r.Email))
	}
	p := fhir.Obj("resourceType", "Patient", "identifier", identifiers, "active", true, "name", names, "telecom", telecom, "gender", r.Sex, "birthDate", r.Born,
		"address", fhir.Arr(fhir.Obj("use", "home", "line", fhir.Arr(r.Address), "city", r.Locality, "postalCode", r.Postcode)))
	if r.Practice != "" {
		p = p.With("generalPractitioner", fhir.Arr(fhir.Obj("identifier", fhir.Obj("system", "https://fhir.nhs.uk/Id/ods-organization-code", "value", r.Practice))))
	}
	return p
}

// probe looks for each record that was held back, then brings it.
func (c *arrivalCmd) probe(ctx context.Context, h *house, probes []linked.Row, out *arrivals, all *[]brought) error {
	var look, bring []time.Duration
	for _, row := range probes {
		p := patientOf(row.Record)
		start := time.Now()
		if _, err := h.feedOf(row.Record.Numbers[0].Scope).Match(ctx, record.MatchAsked{Patient: p}); err != nil {
			return err
		}
		look = append(look, time.Since(start))
		start = time.Now()
		got, err := h.bring(ctx, []linked.Row{row})
		if err != nil {
			return err
		}
		bring = append(bring, time.Since(start))
		*all = append(*all, got...)
	}
	out.Questions = []question{{Name: "$match, its audit entry durable"}, {Name: "a record arrives: matched, decided, durable"}}
	out.Questions[0].sum(look)
	out.Questions[1].sum(bring)
	return nil
}

// hold holds the persons that came of it against the truth.
func (out *arrivals) hold(ctx context.Context, h *house, all []brought) error {
	now, err := h.leadOn(ctx, all)
	if err != nil {
		return err
	}
	pairs := func(n int64) int64 { return n * (n - 1) / 2 }
	truth, persons, both := map[int]int64{}, map[string]int64{}, map[string]int64{}
	for _, b := range all {
		p := now[b.person]
		truth[b.truth]++
		persons[p]++
		both[fmt.Sprint(p, " ", b.truth)]++
	}
	for _, n := range truth {
		out.TruePairs += pairs(n)
	}
	for _, n := range persons {
		out.Joined += pairs(n)
	}
	right := int64(0)
	for _, n := range both {
		right += pairs(n)
	}
	out.False, out.Missed = out.Joined-right, out.TruePairs-right
	out.FalseBound = linkage.UpperBound(out.False, out.Joined)
	list, err := h.desk.For(access.Requester{ID: "bench", Role: access.Steward, Org: "QRV"}, access.Reason{Purpose: access.Integrity}).Conflicts(ctx)
	out.Queue = len(list)
	return err
}

// leadOn gives, for each person as it was when a record came, the one that its
// id leads to now.
func (h *house) leadOn(ctx context.Context, all []brought) (map[string]string, error) {
	if err := h.engine.Bulk(ctx, true); err != nil { // nothing is measured any more
		return nil, err
	}
	now := map[string]string{}
	for _, b := range all {
		now[b.person] = ""
	}
	ids := make(chan string)
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	e := h.operator()
	for range 8 {
		wg.Go(func() {
			for id := range ids {
				it, err := e.Read(ctx, "Patient", id)
				mu.Lock()
				if err == nil {
					now[id] = it.ID
				} else if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range slices.Collect(maps.Keys(now)) {
		ids <- id
	}
	close(ids)
	wg.Wait()
	if err := h.engine.Bulk(ctx, false); err != nil {
		return nil, err
	}
	return now, failed
}

func (out *arrivals) print(w io.Writer) {
	fmt.Fprintf(w, "%d people, seed %d, errors ×%.1f: %d records in %.1f s (%.0f a second)\n", out.People, out.Seed, out.Errors, out.Records, out.Seconds, float64(out.Records)/out.Seconds)
	for _, q := range out.Questions {
		fmt.Fprintf(w, "%8d  p50 %.2f  p95 %.2f  p99 %.2f  max %.2f ms  %s\n", q.Count, q.P50, q.P95, q.P99, q.Max, q.Name)
	}
	fmt.Fprintf(w, "disk %.1f MB, memory %.0f MB at most\n", float64(out.Bytes)/1e6, float64(out.Peak)/1e6)
	fmt.Fprintf(w, "pairs: %d joined of %d true, %d false (at most %.2g of those joined, 95 %%), %d missed (%.2f %%); %d wait for a steward\n",
		out.Joined, out.TruePairs, out.False, out.FalseBound, out.Missed, 100*float64(out.Missed)/float64(max(1, out.TruePairs)), out.Queue)
}
