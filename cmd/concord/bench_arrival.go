package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"concord/demo/linked"
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
	where   `embed:""`
	People  int     `help:"How many people; about 1.37 records each." default:"10000"`
	Probes  int     `help:"How many records are held back and measured." default:"2000"`
	Seed    uint64  `help:"Seed." default:"1"`
	Errors  float64 `help:"Multiply the rates of errors." default:"1"`
	Profile string  `help:"Write what was busy and what memory held there: cpu.pprof and heap.pprof." type:"path" placeholder:"DIR"`
	JSON    bool    `help:"Print JSON instead of a table." name:"json"`
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
	// Peak is what the process took at most until the last probe; Load until the
	// last record was loaded. What the bench itself needs to tell right from wrong
	// comes after both.
	Peak    int64 `json:"peakMemory"`
	Load    int64 `json:"loadMemory"`
	Counted bool  `json:"namesCounted"`
	// Over all pairs of records, those of the probes included.
	TruePairs  int64   `json:"truePairs"` // pairs that are of one person
	Joined     int64   `json:"joinedPairs"`
	False      int64   `json:"falsePairs"`
	Missed     int64   `json:"missedPairs"`
	FalseBound float64 `json:"falseBound"` // of joined pairs, upper 95 %
	Queue      int     `json:"queue"`      // pairs that wait for a steward, at most 500
}

func (c *arrivalCmd) Run(ctx context.Context) error {
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	stop, err := profiled(c.Profile)
	if err != nil {
		return err
	}
	defer stop()
	out := arrivals{People: c.People, Seed: c.Seed, Errors: c.Errors}
	probes, err := c.load(ctx, h, &out)
	if err != nil {
		return err
	}
	out.Load = peakMemory()
	if err := h.countAtOnce(ctx); err != nil {
		return err
	}
	out.Counted = h.desk.NamesCounted()
	if err := c.probe(ctx, h, probes, &out); err != nil {
		return err
	}
	out.Peak = peakMemory()
	stop()
	for _, q := range out.Questions { // the rest takes its time
		fmt.Fprintf(os.Stderr, "%s: p50 %.2f, p95 %.2f, p99 %.2f ms\n", q.Name, q.P50, q.P95, q.P99)
	}
	if out.Bytes, err = h.onDisk(ctx); err != nil {
		return err
	}
	if err := out.hold(ctx, h); err != nil {
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

// countAtOnce counts names as a server does by itself: that goes by the number
// of changes, and a load makes few of many records.
func (h *house) countAtOnce(ctx context.Context) error {
	if _, err := h.operator().CountNames(ctx, 0); err != nil {
		return err
	}
	if _, err := h.desk.TakeUpNames(ctx); err != nil {
		return err
	}
	_, err := h.desk.Rejudge(ctx)
	return err
}

// load brings everything in but the probes, in transactions of one trust's
// records.
func (c *arrivalCmd) load(ctx context.Context, h *house, out *arrivals) ([]linked.Row, error) {
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
				_, err := h.bring(ctx, rows)
				mu.Lock()
				if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	start, n := time.Now(), 0
	p := newProgress(c.People*137/100, "records")
	waiting := map[string][]linked.Row{}
	for row := range linked.New(c.Seed, linked.Frozen().Times(c.Errors)).Rows(c.People) {
		if n++; n%every == 0 && len(probes) < c.Probes {
			probes = append(probes, row)
			continue
		}
		out.Records++
		p.step()
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
	p.bar.Finish()
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

// bring has a trust's records arrive, and gives the person of each.
func (h *house) bring(ctx context.Context, rows []linked.Row) ([]string, error) {
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
	persons := make([]string, len(res))
	for i, r := range res {
		persons[i] = personLink(r.Item.Resource)
	}
	return persons, nil
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
func (c *arrivalCmd) probe(ctx context.Context, h *house, probes []linked.Row, out *arrivals) error {
	var look, bring []time.Duration
	for _, row := range probes {
		p := patientOf(row.Record)
		start := time.Now()
		if _, err := h.feedOf(row.Record.Numbers[0].Scope).Match(ctx, record.MatchAsked{Patient: p}); err != nil {
			return err
		}
		look = append(look, time.Since(start))
		start = time.Now()
		if _, err := h.bring(ctx, []linked.Row{row}); err != nil {
			return err
		}
		bring = append(bring, time.Since(start))
	}
	out.Questions = []question{{Name: "$match, its audit entry durable"}, {Name: "a record arrives: matched, decided, durable"}}
	out.Questions[0].sum(look)
	out.Questions[1].sum(bring)
	return nil
}

func (out *arrivals) print(w io.Writer) {
	fmt.Fprintf(w, "%d people, seed %d, errors ×%.1f: %d records in %.1f s (%.0f a second)\n", out.People, out.Seed, out.Errors, out.Records, out.Seconds, float64(out.Records)/out.Seconds)
	for _, q := range out.Questions {
		fmt.Fprintf(w, "%8d  p50 %.2f  p95 %.2f  p99 %.2f  max %.2f ms  %s\n", q.Count, q.P50, q.P95, q.P99, q.Max, q.Name)
	}
	fmt.Fprintf(w, "disk %.1f MB, memory %.0f MB at most, %.0f MB when all were loaded; names counted: %v\n", float64(out.Bytes)/1e6, float64(out.Peak)/1e6, float64(out.Load)/1e6, out.Counted)
	fmt.Fprintf(w, "pairs: %d joined of %d true, %d false (at most %.2g of those joined, 95 %%), %d missed (%.2f %%); %d wait for a steward\n",
		out.Joined, out.TruePairs, out.False, out.FalseBound, out.Missed, 100*float64(out.Missed)/float64(max(1, out.TruePairs)), out.Queue)
}
