package onboard

import (
	"context"
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/demo/linked"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/uk"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

func openDesk(t testing.TB) *record.Desk {
	t.Helper()
	d, _ := openDeskIn(t, t.TempDir())
	return d
}

// openDeskIn is openDesk in a folder of the test's own; until then nobody else may open it.
func openDeskIn(t testing.TB, dir string) (_ *record.Desk, done func()) {
	t.Helper()
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, dir, sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	done = func() { engine.Close() }
	t.Cleanup(done)
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	return desk, done
}

// bring lets a record arrive and gives the id of its entry.
func bring(t testing.TB, d *record.Desk, r match.Record) string {
	t.Helper()
	trust := r.Numbers[0].Scope
	ids := []*fhir.Value{fhir.Obj("system", uk.HospitalNumber.System(trust), "value", r.Numbers[0].Value)}
	if r.NHS != "" {
		ids = append(ids, fhir.Obj("system", uk.NHSNumberSystem, "value", r.NHS))
	}
	var telecom []*fhir.Value
	for _, p := range r.Phones {
		telecom = append(telecom, fhir.Obj("system", "phone", "value", p))
	}
	p := fhir.Obj("resourceType", "Patient", "identifier", ids, "name", fhir.Arr(fhir.Obj("family", r.Family, "given", strings.Fields(r.Given))), "telecom", telecom,
		"gender", r.Sex, "birthDate", r.Born, "address", fhir.Arr(fhir.Obj("use", "home", "line", fhir.Arr(r.Address), "city", r.Locality, "postalCode", r.Postcode)))
	res, err := loaderNamed(t, d, "pas", trust).Transact(context.Background(), []record.Op{{Kind: record.Create, Type: "Patient", Resource: p}}, record.Commit{})
	if err != nil {
		t.Fatal(err)
	}
	return res[0].ID
}

// TestMatchBeforeLoad: patients of an extract are told for certain, possible,
// new or in conflict as the truth has them, and nothing is written.
func TestMatchBeforeLoad(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	const seed = 11
	person := map[string]int{} // of an entry of the record
	number := map[string]int{} // of a patient of the extract
	known := map[int]bool{}
	for row := range linked.New(seed, linked.Frozen()).Rows(1000) {
		switch n := row.Record.Numbers[0]; n.Scope {
		case "RYJ", "RQM":
			person[bring(t, d, row.Record)], known[row.Person] = row.Person, true
		case "R1K":
			number[n.Value] = row.Person
		}
	}
	dir, _ := madeUp(t, extract.Options{Trust: "R1K", Patients: 330, Seed: seed, Faults: extract.Usual()})
	s := newStage(t, "R1K")
	e := d.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	x, err := s.Add(ctx, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Match(ctx, x, e, MatchOptions{}); fault.Of(err) == nil || fault.Of(err).Code != "onboard.not-profiled" {
		t.Errorf("matched before it was profiled: %v", err)
	}
	r, err := s.Profile(ctx, x, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Match(ctx, x, e, MatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Records != classOf(t, r, "patients").Loadable || m.Entries != int64(len(person)) {
		t.Errorf("%d patients against %d entries", m.Records, m.Entries)
	}
	f, err := os.Open(x.path(matchTable))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || int64(len(rows)) != m.Records+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	wrong, missed, certain := 0, 0, 0
	for _, row := range rows[1:] {
		who, there := number[row[0]]
		switch {
		case !there:
			t.Fatalf("the patient %s is not in the population", row[0])
		case row[1] == "certain":
			certain++
			if person[row[5]] != who {
				wrong++
			}
		case row[1] == "new" && known[who]:
			missed++
		}
	}
	if wrong > 0 || certain < 50 || missed > certain/10 {
		t.Errorf("%d certain, of them %d wrongly; %d of those known are new", certain, wrong, missed)
	}
	if m.Overlap < 0.15 || m.Overlap > 0.45 {
		t.Errorf("the overlap is %.2f", m.Overlap)
	}
	if found, err := e.Search(ctx, record.Asked{Types: []string{"Patient"}}); err != nil || found.Total >= 0 && found.Total > 2*len(person) {
		t.Errorf("the record has changed: %d, %v", found.Total, err)
	}
}
