package onboard

import (
	"context"
	"net/url"
	"slices"
	"testing"
	"time"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// TestUndoKeepsWhatIsReferredToFromOutside: what records refer to that are about nobody,
// or about another person, stays and is named, with its patient; a reference that was
// taken away again, or whose resource was deleted, keeps nothing.
func TestUndoKeepsWhatIsReferredToFromOutside(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { keepsFromOutside(t, openDesk(t)) })
	t.Run("postgres", func(t *testing.T) { keepsFromOutside(t, openPostgres(t)) })
}

// openPostgres is openDesk on PostgreSQL.
func openPostgres(t testing.TB) *record.Desk {
	t.Helper()
	ctx := context.Background()
	engine, err := postgres.Open(ctx, pgtest.Start(t, pgtest.Options{NoSync: true}).DSN(), postgres.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

func keepsFromOutside(t *testing.T, d *record.Desk) {
	ctx := context.Background()
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, folder(t, "", map[string]string{
		"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,SAMPLE,Ben,1962-05-01,M,\nL3,OTHER,Cy,1963-06-02,M,\nL4,FOURTH,Di,1964-07-03,F,\nL5,FIFTH,Ed,1965-07-03,M,\n",
		"documents.csv": "key,patient,kind,title,written,status\nD1,L1,letter,Letter,2026-11-21T11:00,final\nD2,L1,letter,Another,2026-11-21T12:00,final\n" +
			"D3,L2,letter,Third,2026-11-21T12:00,final\nD4,L4,letter,Fourth,2026-11-21T12:00,final\nD5,L5,letter,Fifth,2026-11-21T12:00,final\n"}), Options{})
	e, ward := loaderOf(t, d, "R1K"), loaderNamed(t, d, "ward", "RYJ")
	if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	doc := func(key string) *fhir.Value {
		return find(t, e, "DocumentReference", url.Values{"identifier": {IdentifierSystem("R1K", "documents") + "|" + key}})[0]
	}
	to := func(ref string) *fhir.Value { return fhir.Obj("reference", ref) }
	list := func(refs ...string) *fhir.Value {
		var entries []*fhir.Value
		for _, ref := range refs {
			entries = append(entries, fhir.Obj("item", to(ref)))
		}
		return fhir.Obj("resourceType", "List", "status", "current", "mode", "working", "entry", entries)
	}
	d1, d3, d4, d5 := "DocumentReference/"+doc("D1").ID(), "DocumentReference/"+doc("D3").ID(), "DocumentReference/"+doc("D4").ID(), "DocumentReference/"+doc("D5").ID()
	third := find(t, e, "Patient", url.Values{"family": {"OTHER"}})[0]
	file(t, ward, list(d1, "Patient/"+third.ID()))
	mine := file(t, ward, fhir.Obj("resourceType", "Patient", "identifier", fhir.Arr(fhir.Obj("system", "urn:concord:RYJ:hospital-number", "value", "W2")),
		"name", fhir.Arr(fhir.Obj("family", "Elsewhere", "given", fhir.Arr("Ann"))), "gender", "female", "birthDate", "1982-05-01"))
	file(t, ward, fhir.Obj("resourceType", "Observation", "status", "final", "code", fhir.Obj("text", "Read"), "subject", to("Patient/"+mine), "focus", fhir.Arr(to(d3))))
	taken, gone := file(t, ward, list(d4)), file(t, ward, list(d5))
	if _, err := ward.Transact(ctx, []record.Op{{Kind: record.Update, Type: "List", ID: taken, Resource: list()}, {Kind: record.Delete, Type: "List", ID: gone}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	want := []string{d1, doc("D1").StrAt("subject.reference"), d3, doc("D3").StrAt("subject.reference"), "Patient/" + third.ID()}
	u, err := s.Undo(ctx, x, e, UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, k := range u.Kept {
		if kept = append(kept, k.Ref); k.Why != "needed" {
			t.Errorf("%s is kept since it is %s", k.Ref, k.Why)
		}
	}
	slices.Sort(want)
	if !slices.Equal(kept, want) || u.Removed["DocumentReference"] != 3 || u.Removed["Patient"] != 2 {
		t.Errorf("kept %v, not %v; removed %v", kept, want, u.Removed)
	}
}
