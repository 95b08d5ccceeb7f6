package record_test

import (
	"context"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

// stage is a desk over a real store with several people before it.
type stage struct {
	t      *testing.T
	ctx    context.Context
	engine store.Engine
	desk   *record.Desk
	clock  atomic.Int64 // microseconds; every look moves it by one
	fresh  int          // numbers used up
	other  string       // a second patient, beside withRecord's
	alone  bool         // the clinician has to do with nobody
}

func (s *stage) now() time.Time { return time.UnixMicro(s.clock.Add(1)).UTC() }

// onPostgres names the variable by which a stage stands on PostgreSQL.
const onPostgres = "CONCORD_RECORD_TEST_POSTGRES"

func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageOn(t, func(e store.Engine) store.Engine { return e })
}

const secret = "0123456789abcdef0123456789abcdef"

// newStageOn puts something between the desk and its store, which may be
// bounded in pages.
func newStageOn(t *testing.T, between func(store.Engine) store.Engine, pages ...int64) *stage {
	t.Helper()
	s := &stage{t: t, ctx: context.Background()}
	s.clock.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixMicro())
	options := sqlite.Options{Now: s.now, NoSync: true}
	if len(pages) > 0 {
		options.MaxPages = pages[0]
	}
	var engine store.Engine
	var err error
	if os.Getenv(onPostgres) != "" {
		engine, err = postgres.Open(s.ctx, pgtest.Start(t, pgtest.Options{NoSync: true}).DSN(), postgres.Options{Now: s.now})
	} else {
		engine, err = sqlite.Open(s.ctx, t.TempDir(), options)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	s.engine = between(engine)
	s.reopen()
	return s
}

// reopen opens the desk, anew as after a restart.
func (s *stage) reopen() {
	s.t.Helper()
	codec, err := dictionary.Codec()
	if err != nil {
		s.t.Fatal(err)
	}
	if s.desk, err = record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec, Secret: []byte(secret), Now: s.now}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) client(org string) *record.Errand {
	scopes, _ := access.ParseScopes("system/*.cruds")
	return s.desk.For(access.Requester{ID: "pas-" + org, Role: access.System, Org: org, Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
}

func (s *stage) as(role access.Role) *record.Errand {
	return s.desk.For(access.Requester{ID: "u-" + string(role), Role: role, Org: "RQM"}, access.Reason{Purpose: access.DirectCare})
}

func (s *stage) json(text string) *fhir.Value {
	s.t.Helper()
	v, err := fhir.ParseObject([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *stage) create(e *record.Errand, text string) record.Result {
	s.t.Helper()
	v := s.json(text)
	res, err := e.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: v.Type(), Resource: v}}, record.Commit{})
	if err != nil {
		s.t.Fatal(err)
	}
	if v.Type() == "Patient" {
		s.attend(res[0].ID)
	}
	return res[0]
}

// attend makes the stage's clinician one who has to do with a patient: with a
// claim, which is no resource and so in nobody's search.
func (s *stage) attend(patient string) {
	s.t.Helper()
	if s.alone {
		return
	}
	if _, err := s.as(access.Clinician).Claim(s.ctx, patient, "seen on the ward round"); err != nil {
		s.t.Fatal(err)
	}
}

func patient(trust, number, nhs, family, given, born, sex string) string {
	return `{"resourceType":"Patient","identifier":[{"system":"urn:concord:` + trust + `:hospital-number","value":"` + number + `"},` +
		`{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + nhs + `"}],"name":[{"family":"` + family + `","given":["` + given + `"]}],"gender":"` + sex + `","birthDate":"` + born + `"}`
}

const nhs = "9990000018" // made up, in the range that is never issued

func TestTwoTrustsOnePerson(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "100", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female"))
	b := s.create(s.client("RYJ"), patient("RYJ", "100", nhs, "OKONKWO", "Ada", "1948-03-14", "female"))
	found, err := s.as(access.Clinician).FindPeople(s.ctx, record.PeopleQuery{Text: "999 000 0018"})
	if err != nil || len(found.Hits) != 1 {
		t.Fatalf("found %v %v", found, err)
	}
	p := found.Hits[0].Person
	if len(p.Entries) != 2 || len(p.Former) != 1 || len(found.Hits[0].Numbers) != 2 {
		t.Fatalf("person %+v", p)
	}
	obs := `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/` + b.ID + `"},"effectiveDateTime":"2026-11-01T10:00:00Z","valueQuantity":{"value":100.10}}`
	o := s.create(s.client("RYJ"), obs)
	c, err := s.as(access.Clinician).Chart(s.ctx, p.ID, record.ChartQuery{Sections: []record.Section{{Type: "Observation", Where: "code=718-7", Newest: 5}}})
	if err != nil || len(c.Sections[0]) != 1 || c.Sections[0][0].ID != o.ID {
		t.Fatalf("chart %+v %v", c, err)
	}
	if raw := c.Sections[0][0].Resource.Path("valueQuantity.value").Raw(); raw != "100.10" {
		t.Fatal("decimal became " + raw)
	}
	one, err := s.as(access.Clinician).Chart(s.ctx, a.ID, record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}})
	if err != nil || len(one.Sections[0]) != 0 || one.Person.ID != p.ID {
		t.Fatalf("an entry's chart is that entry alone: %+v %v", one, err)
	}
	old, err := s.as(access.Clinician).Chart(s.ctx, p.Former[0], record.ChartQuery{})
	if err != nil || old.Person.ID != p.ID {
		t.Fatalf("a superseded id redirects: %+v %v", old, err)
	}
	it, err := s.as(access.Clinician).Read(s.ctx, "Patient", p.ID)
	if err != nil || len(it.Resource.All("link.other.reference")) != 2 {
		t.Fatalf("composed %s %v", it.Resource.JSON(), err)
	}
	hits, err := s.client("R1K").Search(s.ctx, record.Asked{Types: []string{"Observation"}, Form: url.Values{"patient": {p.ID}, "code": {"http://loinc.org|718-7"}, "date": {"ge2026-11-01"}}})
	if err != nil || hits.Total != 1 {
		t.Fatalf("search %+v %v", hits, err)
	}
	s.clean()
}

func TestSameNumberOtherPerson(t *testing.T) {
	s := newStage(t)
	s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male"))
	s.create(s.client("RYJ"), patient("RYJ", "2", nhs, "Patel", "Meera", "1988-07-07", "female"))
	found, err := s.as(access.Clinician).FindPeople(s.ctx, record.PeopleQuery{Text: nhs})
	if err != nil || len(found.Hits) != 2 {
		t.Fatalf("two people expected: %v %v", found, err)
	}
	list, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil || len(list) != 1 || len(list[0].Differs) != 3 {
		t.Fatalf("conflicts %+v %v", list, err)
	}
	s.clean()
}

func TestHospitalNumberIsUnique(t *testing.T) {
	s := newStage(t)
	s.create(s.client("R1K"), patient("R1K", "7", nhs, "Smith", "John", "1950-01-01", "male"))
	v := s.json(patient("R1K", "7", "9990000026", "Jones", "Mary", "1960-01-01", "female"))
	_, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: v}}, record.Commit{})
	if fault.Of(err).Code != "record.hospital-number" {
		t.Fatalf("a second entry with the number: %v", err)
	}
	s.clean()
}

func TestRolesAreRefused(t *testing.T) {
	s := newStage(t)
	p := s.create(s.client("R1K"), patient("R1K", "7", nhs, "Smith", "John", "1950-01-01", "male"))
	for _, role := range access.Roles() {
		_, err := s.as(role).Chart(s.ctx, p.ID, record.ChartQuery{})
		allowed := role == access.Clinician || role == access.Receptionist || role == access.Steward || role == access.Privacy || role == access.Operator
		if allowed != (err == nil) {
			t.Errorf("%s: %v", role, err)
		}
	}
	c, err := s.as(access.Receptionist).Chart(s.ctx, p.ID, record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}})
	if err != nil || !c.Withheld[0] {
		t.Fatalf("clinical sections are withheld from reception: %+v %v", c, err)
	}
}

// clean verifies the store after every story.
func (s *stage) clean() {
	s.t.Helper()
	e := s.desk.For(access.Requester{ID: "op", Role: access.Operator, Org: "QRV"}, access.Reason{Purpose: access.Integrity})
	v, err := e.Verify(s.ctx, func(f record.Finding) { s.t.Errorf("verify: %+v", f) })
	if err != nil || v.Audit.Rows == 0 {
		s.t.Fatalf("verify: %+v %v", v, err)
	}
}
