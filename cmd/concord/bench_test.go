package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"concord/demo"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// TestPopulation: the same seed makes the same people, of about 40 resources
// each, whose references lead to what is there.
func TestPopulation(t *testing.T) {
	const people = 300
	var again []piece
	for p := range population(7, people) {
		again = append(again, p)
	}
	numbers := map[string]bool{}
	i, resources := 0, 0
	for p := range population(7, people) {
		if p.name() != again[i].name() || !bytes.Equal(p.bundle.JSON(), again[i].bundle.JSON()) {
			t.Fatalf("%s is another the second time", p.name())
		}
		i++
		resources += p.size()
		there := map[string]bool{}
		for e := range p.bundle.Get("entry").Each() {
			fhir.Rewrite(e.Get("resource"), func(ref string) string {
				if strings.HasPrefix(ref, "urn:") && !there[ref] {
					t.Errorf("%s: %s leads nowhere", p.name(), ref)
				}
				return ref
			})
			there[e.StrAt("fullUrl")] = true
		}
		for id := range p.bundle.Path("entry.0.resource.identifier").Each() {
			v := id.StrAt("system") + "|" + id.StrAt("value")
			if numbers[v] {
				t.Errorf("%s: %s is another's", p.name(), v)
			}
			numbers[v] = true
		}
	}
	if each := resources / people; i != people || each < 36 || each > 44 {
		t.Errorf("%d people, %d resources each", i, each)
	}
}

// TestNumbersBeyondTheTestRange: who has no room in the 999 range has no NHS
// number.
func TestNumbersBeyondTheTestRange(t *testing.T) {
	for index, want := range map[int]int{0: 2, 899_999: 2, 900_000: 1, 2_000_000: 1} {
		entry := fhir.Obj("resource", fhir.Obj("resourceType", "Patient", "identifier", fhir.Arr(
			fhir.Obj("system", uk.HospitalNumber.System("RYJ"), "value", "1"),
			fhir.Obj("system", uk.NHSNumberSystem, "value", demo.NHSNumber(1, index)))))
		if got := ofTestRange(entry).Path("resource.identifier").Len(); got != want {
			t.Errorf("index %d: %d identifiers, not %d", index, got, want)
		}
	}
}

// TestBenchPopulation: a few people are loaded once and asked about.
func TestBenchPopulation(t *testing.T) {
	c := &populationCmd{where: where{Data: t.TempDir()}, People: 12, Seed: 1, Org: "QRV", Clients: 2, Lasts: 50 * time.Millisecond}
	h, err := openHouse(t.Context(), c.where, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	f := &figures{People: c.People}
	if err := c.load(t.Context(), h, f); err != nil || f.Resources < 200 {
		t.Fatalf("%v: %d resources", err, f.Resources)
	}
	if err := c.ask(t.Context(), h, f); err != nil {
		t.Fatal(err)
	}
	for _, q := range f.Questions {
		if q.Count == 0 || q.P50 > q.P95 || q.P95 > q.P99 || q.P99 > q.Max {
			t.Errorf("%+v", q)
		}
	}
	second := &figures{}
	if err := c.load(t.Context(), h, second); err != nil || second.Resources != 0 {
		t.Errorf("%v: %d resources are loaded again", err, second.Resources)
	}
	var table, asJSON bytes.Buffer
	if err := f.print(&table); err != nil || !strings.Contains(table.String(), "find by name") {
		t.Errorf("%v: %s", err, &table)
	}
	if err := f.write(&asJSON); err != nil || !strings.Contains(asJSON.String(), `"questions"`) {
		t.Errorf("%v: %s", err, &asJSON)
	}
}
