package fhirload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"concord/standard/fhir"
)

// Pool is what a server really holds, or enough of it to ask for: values that
// searches will find.
type Pool struct {
	patients     []*fhir.Value
	byID         map[string]*fhir.Value
	measured     []*fhir.Value // Observations with a quantity
	encounters   []*fhir.Value // that an Observation names
	staffed      []*fhir.Value // Encounters with a practitioner
	conditions   []*fhir.Value
	prescribed   []*fhir.Value // MedicationRequests with a requester
	probable     []string      // RiskAssessment.prediction.probability
	sets         []string      // ValueSet.url
	withResults  []string      // ids of patients who have laboratory results
	observations []string      // Type/id
}

// harvested is how many patients are looked into.
const harvested = 60

// Harvest searches a server for what it holds, through FHIR alone. What the
// corpus lacks for a search by number and by URI is put in, once.
func (t *Target) Harvest(ctx context.Context) (*Pool, error) {
	h := &harvest{conn: &conn{target: t}, pool: &Pool{byID: map[string]*fhir.Value{}}}
	defer h.conn.close()
	if err := h.plant(ctx); err != nil {
		return nil, err
	}
	patients, err := h.find(ctx, "Patient?_count=200")
	if err != nil {
		return nil, err
	}
	for _, p := range patients {
		if len(h.pool.patients) < harvested && p.StrAt("birthDate") != "" && p.Get("identifier").Len() > 0 && p.StrAt("name.family") != "Load" {
			h.pool.patients = append(h.pool.patients, p)
			h.pool.byID[p.ID()] = p
		}
	}
	for _, p := range h.pool.patients {
		if err := h.patient(ctx, p.ID()); err != nil {
			return nil, err
		}
	}
	return h.pool, h.pool.enough()
}

type harvest struct {
	conn *conn
	pool *Pool
}

// find gives the matches of a search's first page.
func (h *harvest) find(ctx context.Context, query string) ([]*fhir.Value, error) {
	a, err := h.conn.do(ctx, "GET", query, nil)
	if err != nil {
		return nil, err
	}
	if a.status != 200 {
		return nil, fmt.Errorf("GET %s: %d: %.300s", query, a.status, a.body)
	}
	b, err := fhir.ParseObject(a.body)
	if err != nil {
		return nil, err
	}
	return matches(b), nil
}

// matches are the resources of a searchset that matched.
func matches(b *fhir.Value) []*fhir.Value {
	var out []*fhir.Value
	for e := range b.Get("entry").Each() {
		if mode := e.StrAt("search.mode"); mode == "match" || mode == "" {
			out = append(out, e.Get("resource"))
		}
	}
	return out
}

func (h *harvest) patient(ctx context.Context, id string) error {
	of := "patient=" + url.QueryEscape("Patient/"+id)
	observed, err := h.find(ctx, "Observation?"+of+"&_count=200")
	if err != nil {
		return err
	}
	named, laboratory := map[string]bool{}, false
	for _, o := range observed {
		h.pool.observations = append(h.pool.observations, "Observation/"+o.ID())
		if o.StrAt("valueQuantity.code") != "" && o.StrAt("code.coding.0.system") != "" {
			h.pool.measured = append(h.pool.measured, o)
		}
		named[relative(o.StrAt("encounter.reference"))] = true
		laboratory = laboratory || o.StrAt("category.0.coding.0.code") == "laboratory"
	}
	if laboratory {
		h.pool.withResults = append(h.pool.withResults, id)
	}
	met, err := h.find(ctx, "Encounter?"+of+"&_count=200")
	if err != nil {
		return err
	}
	for _, e := range met {
		if named["Encounter/"+e.ID()] {
			h.pool.encounters = append(h.pool.encounters, e)
		}
		if e.StrAt("participant.0.individual.reference") != "" && e.StrAt("period.start") != "" {
			h.pool.staffed = append(h.pool.staffed, e)
		}
	}
	conditions, err := h.find(ctx, "Condition?"+of+"&_count=100")
	if err != nil {
		return err
	}
	h.pool.conditions = append(h.pool.conditions, conditions...)
	ordered, err := h.find(ctx, "MedicationRequest?"+of+"&_count=50")
	for _, m := range ordered {
		if m.StrAt("requester.reference") != "" {
			h.pool.prescribed = append(h.pool.prescribed, m)
		}
	}
	return err
}

// relative is Type/id of a reference, also of one with a base URL.
func relative(ref string) string {
	parts := strings.Split(ref, "/")
	if len(parts) < 2 {
		return ref
	}
	return strings.Join(parts[len(parts)-2:], "/")
}

// planted is how many resources of each kind are put in.
const planted = 40

// plant creates what Synthea does not write: resources with a number and with a
// URI to search by. A second time they are found, not made.
func (h *harvest) plant(ctx context.Context) error {
	var entries []*fhir.Value
	add := func(kind string, i int, pairs ...any) {
		value := fmt.Sprintf("load-%d", i)
		all := append([]any{"resourceType", kind, "identifier", fhir.Arr(fhir.Obj("system", "urn:concord:load:plant", "value", value))}, pairs...)
		entries = append(entries, fhir.Obj("fullUrl", fmt.Sprintf("urn:uuid:00000000-0000-4000-8%03d-%012d", len(kind), i), "resource", fhir.Obj(all...),
			"request", fhir.Obj("method", "POST", "url", kind, "ifNoneExist", "identifier="+url.QueryEscape("urn:concord:load:plant|"+value))))
	}
	for i := range planted {
		probability := fmt.Sprintf("0.%02d", 10+2*i)
		h.pool.probable = append(h.pool.probable, probability)
		add("RiskAssessment", i, "status", "final", "subject", fhir.Obj("reference", "urn:uuid:00000000-0000-4000-8007-000000000000"),
			"prediction", fhir.Arr(fhir.Obj("probabilityDecimal", fhir.Decimal(probability))))
		set := fmt.Sprintf("http://concord.example/load/set-%d", i)
		h.pool.sets = append(h.pool.sets, set)
		add("ValueSet", i, "url", set, "status", "active")
	}
	add("Patient", 0, "active", false, "name", fhir.Arr(fhir.Obj("family", "Load", "given", []string{"Planted"})))
	b := fhir.Obj("resourceType", "Bundle", "type", "transaction", "entry", entries)
	a, err := h.conn.do(ctx, "POST", "", b.JSON())
	if err != nil {
		return err
	}
	if a.status != 200 {
		return fmt.Errorf("resources to search for cannot be made: %d: %.300s", a.status, a.body)
	}
	return nil
}

// enough says what is missing for the searches.
func (p *Pool) enough() error {
	for what, n := range map[string]int{"patients": len(p.patients), "measurements": len(p.measured), "encounters": len(p.encounters),
		"encounters with a practitioner": len(p.staffed), "conditions": len(p.conditions), "prescriptions": len(p.prescribed), "laboratory results": len(p.withResults)} {
		if n == 0 {
			return errors.New("the server holds no " + what + ": import first")
		}
	}
	return nil
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
