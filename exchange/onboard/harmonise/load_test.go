package harmonise

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/demo/packs"
	"concord/exchange/onboard"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

func openDesk(t testing.TB) *record.Desk {
	t.Helper()
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	d, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func loaderOf(t testing.TB, d *record.Desk, trust string) *record.Errand {
	t.Helper()
	scopes, err := access.ParseScopes("system/*.cruds")
	if err != nil {
		t.Fatal(err)
	}
	return d.For(access.Requester{ID: "load", Role: access.System, Org: trust, Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
}

func operatorOf(d *record.Desk) *record.Errand {
	return d.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
}

// staged stages and profiles a folder.
func staged(t testing.TB, s *onboard.Stage, dir string) *onboard.Extract {
	t.Helper()
	ctx := context.Background()
	x, err := s.Add(ctx, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(ctx, x, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	return x
}

// buildOf is the build of a staged extract by what the demonstration's trust has
// decided.
func buildOf(t testing.TB, s *onboard.Stage, x *onboard.Extract, decided bool) *Build {
	t.Helper()
	used, err := s.Codes(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	d := &Decisions{Org: s.Trust}
	if decided {
		text, err := fs.ReadFile(packs.FS, s.Trust+"/catalogue/build.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if d, err = ParseDecisions(text); err != nil {
			t.Fatal(err)
		}
	}
	return New(s.Trust, Inputs{Catalogue: catalogueOf(t, s.Trust), Domain: NewDomain(catalogueOf(t, "QRV").Entries, FromPack(packOf(t, s.Trust))), Decisions: d, Used: used, Now: noon})
}

// TestLoadByTheBuild: a load does not begin while a code that rows have is open;
// by the demonstration's decisions nothing is, and what is loaded has the
// domain's codes beside the source's, and values in the domain's units beside
// those that were sent.
func TestLoadByTheBuild(t *testing.T) {
	ctx := context.Background()
	for _, org := range []string{"R1K", "RAS"} {
		for _, own := range []bool{true, false} {
			dir := filepath.Join(t.TempDir(), "x")
			if _, err := extract.Write(dir, extract.Options{Trust: org, Patients: 150, Seed: 5, Own: own}); err != nil {
				t.Fatal(err)
			}
			s := &onboard.Stage{Dir: t.TempDir(), Trust: org, Now: time.Now}
			x, d := staged(t, s, dir), openDesk(t)
			_, err := s.Load(ctx, x, loaderOf(t, d, org), onboard.LoadOptions{Mapping: buildOf(t, s, x, false).Mapping()})
			if codeOf(err) != "onboard.build" || !strings.Contains(err.Error(), "nobody has decided yet") {
				t.Errorf("%s: a load begins while codes are open: %v", org, err)
			}
			if l, err := x.Loading(); l != nil || err != nil {
				t.Errorf("something was loaded: %+v %v", l, err)
			}
			b := buildOf(t, s, x, true)
			m := b.Mapping()
			if len(m.Open) > 0 {
				t.Fatalf("%s, own codes %v: open are %v", org, own, m.Open)
			}
			l, err := s.Load(ctx, x, loaderOf(t, d, org), onboard.LoadOptions{Mapping: m})
			if err != nil {
				t.Fatal(err)
			}
			for class, p := range l.Classes {
				if len(p.Refused) > 0 {
					t.Errorf("%s %s: %v", org, class, p.Refused)
				}
			}
			if own && org == "R1K" {
				looked(t, d)
			}
		}
	}
}

// found gives resources of a type.
func found(t testing.TB, d *record.Desk, typ string, form url.Values) []*fhir.Value {
	t.Helper()
	var out []*fhir.Value
	form.Set("_count", "1000")
	if err := eachFound(context.Background(), operatorOf(d), record.Asked{Types: []string{typ}, Form: form}, 5000, func(v *fhir.Value) { out = append(out, v) }); err != nil {
		t.Fatal(err)
	}
	return out
}

// looked holds what was loaded of London North West against its decisions.
func looked(t *testing.T, d *record.Desk) {
	t.Helper()
	glucose := found(t, d, "Observation", url.Values{"code": {"urn:concord:R1K:code|GLUR"}})
	if len(glucose) < 3 {
		t.Fatalf("%d results of glucose", len(glucose))
	}
	for _, v := range glucose {
		codes := fhir.Codings(v.Get("code"))
		if len(codes) != 3 || codes[0].Code != "GLU" || codes[1].Code != "14749-6" || codes[2].Code != "GLUR" || v.StrAt("code.text") != "Glucose, plasma" {
			t.Fatalf("codes %+v", codes)
		}
		q := v.Get("valueQuantity")
		sent := q.Path("extension.0.valueQuantity")
		if q.StrAt("code") != "mmol/L" || sent.StrAt("unit") != "mg/dL" || q.StrAt("system") != "http://unitsofmeasure.org" {
			t.Fatalf("%s", v.JSON())
		}
		r := v.Path("referenceRange.0")
		if r.Path("low.value").Raw() != "3.50" || r.Path("high.value").Raw() != "7.77" || r.StrAt("text") != "63-140 mg/dL as sent" {
			t.Fatalf("range %s", r.JSON())
		}
	}
	for _, v := range found(t, d, "Observation", url.Values{"code": {"urn:concord:R1K:code|GHB"}}) { // a variance stays as sent
		if len(fhir.Codings(v.Get("code"))) != 1 || v.StrAt("valueQuantity.unit") != "%" || v.Path("valueQuantity.extension") != nil {
			t.Fatalf("%s", v.JSON())
		}
	}
	for _, v := range found(t, d, "Encounter", url.Values{}) {
		where := v.Path("location.0.location")
		name, _, _ := strings.Cut(where.StrAt("identifier.value"), "/")
		if !slices.Contains([]string{"Crick", "James", "Hardy", "Eliot", "Evelyn", "Haldane", "Jenner", "Florence"}, name) || !strings.HasPrefix(where.Path("extension.0.valueCoding").StrAt("code"), "NPH") {
			t.Fatalf("%s", where.JSON())
		}
		if s := v.StrAt("participant.individual.identifier.value"); !strings.HasPrefix(s, "C99") {
			t.Fatalf("consultant %s", s)
		}
	}
	hydroxyzine := found(t, d, "MedicationStatement", url.Values{"code": {"urn:concord:R1K:drug|L-HYX25"}})
	if len(hydroxyzine) == 0 || len(found(t, d, "MedicationStatement", url.Values{"code:text": {"Hydralazine"}})) > 0 {
		t.Errorf("%d are of hydroxyzine", len(hydroxyzine))
	}
}

// TestDecisionsLastFromTrialToTrial: what was decided in the first trial holds in
// the second, but for a code that has another name there.
func TestDecisionsLastFromTrialToTrial(t *testing.T) {
	ctx := context.Background()
	s := &onboard.Stage{Dir: t.TempDir(), Trust: "R1K", Now: time.Now}
	trial := func(taken, name string) (*onboard.Extract, *Build) {
		dir := t.TempDir()
		for file, text := range map[string]string{
			"extract.yaml": "trust: R1K\nsource: PAS\ntaken: " + taken + "\n",
			"patients.csv": "key,family,born,sex\nL1,EXAMPLE,1961-04-30,F\n",
			"results.csv":  "key,patient,code,name,value,unit,status,taken\nR1,L1,CRPX," + name + ",5,mg/L,final,2026-01-02 10:00\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		x := staged(t, s, dir)
		used, err := s.Codes(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		d, err := DecisionsOf(s)
		if err != nil {
			t.Fatal(err)
		}
		c, err := CatalogueOf(s)
		if err != nil {
			t.Fatal(err)
		}
		return x, New("R1K", Inputs{Catalogue: c, Domain: NewDomain(catalogueOf(t, "QRV").Entries), Decisions: d, Used: used, Now: noon})
	}
	if err := KeepCatalogue(s, &Catalogue{Org: "R1K", Policy: Policy{SameNationalCode: []Kind{onboard.Units}}}); err != nil {
		t.Fatal(err)
	}
	_, b := trial("2026-11-01T00:00:00Z", "CRP")
	if m := b.Mapping(); len(m.Open) != 1 {
		t.Fatalf("%+v", m)
	}
	d, err := b.Decide(Ask{Kind: onboard.Results, Code: "CRPX", Verb: Map, To: Coding{"urn:concord:QRV:code", "CRP"}, Why: "the same", Who: "R1K/s"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(s, d); err != nil {
		t.Fatal(err)
	}
	if _, b = trial("2026-11-08T00:00:00Z", "crp"); len(b.Mapping().Open) != 0 {
		t.Errorf("the second trial asks again: %v", b.Mapping().Open)
	}
	_, b = trial("2026-11-15T00:00:00Z", "Carnitine palmitoyltransferase")
	if m := b.Mapping(); len(m.Open) != 1 || !strings.Contains(m.Open[0], "its meaning has changed") {
		t.Errorf("a code that means something else is taken: %v", m.Open)
	}
}

// TestWhatTheRecordSays: codes that the record has are of the domain, and maps
// that it has are reasons; of what the joiner's own load brought nothing is.
func TestWhatTheRecordSays(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	put := func(org, text string) {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := loaderOf(t, d, org).Transact(ctx, []record.Op{{Kind: record.Create, Type: v.Type(), Resource: v}}, record.Commit{}); err != nil {
			t.Fatal(err)
		}
	}
	obs := func(source, code, display, unit string) string {
		return `{"resourceType":"Observation","meta":{"source":"` + source + `"},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],
		"code":{"coding":[{"system":"http://loinc.org","code":"` + code + `","display":"` + display + `"},{"system":"urn:concord:RYJ:code","code":"local"}]},"valueQuantity":{"value":1,"unit":"` + unit + `","system":"http://unitsofmeasure.org","code":"` + unit + `"}}`
	}
	put("RYJ", obs("urn:feed", "2276-4", "Ferritin", "ug/L"))
	put("R1K", obs("urn:extract:R1K:abc.1#results/1", "9999-9", "Brought by the joiner", "g/L"))
	put("QRV", `{"resourceType":"ValueSet","url":"urn:concord:catalogue:orders","status":"active","compose":{"include":[{"system":"urn:concord:QRV:order","concept":[{"code":"MRI","display":"MRI head"}]}]}}`)
	put("R1K", `{"resourceType":"ConceptMap","url":"urn:concord:R1K:map:results","status":"active","group":[{"source":"urn:concord:R1K:code","target":"http://loinc.org","element":[{"code":"F1","target":[{"code":"2276-4","equivalence":"equivalent"}]}]}]}`)
	list, err := FromRecord(ctx, operatorOf(d), "R1K")
	if err != nil || len(list) != 1 || list[0].Code != "2276-4" || list[0].Unit != "ug/L" || list[0].Name != "Ferritin" {
		t.Fatalf("%+v %v", list, err)
	}
	sets, err := ValueSets(ctx, operatorOf(d))
	if err != nil || len(sets) != 1 || sets[0].Kind != Orders || sets[0].Code != "MRI" {
		t.Fatalf("%+v %v", sets, err)
	}
	maps, err := ConceptMaps(ctx, operatorOf(d), "R1K")
	if err != nil {
		t.Fatal(err)
	}
	b := New("R1K", Inputs{Catalogue: &Catalogue{Org: "R1K"}, Domain: NewDomain(list, sets), Maps: maps, Decisions: &Decisions{Org: "R1K"}, Now: noon,
		Used: &onboard.UsedCodes{Codes: []onboard.UsedCode{{Kind: onboard.Results, Code: "F1", Name: "Storage protein", Rows: 2}}}})
	if it := b.One(onboard.Results, "F1"); len(it.Suggestions) != 1 || it.Suggestions[0].Reasons[0] != "a ConceptMap of the record says so" {
		t.Errorf("%+v", it)
	}
}

// TestConceptMapsAreFHIR: the build as FHIR keeps R4's rules, names every
// decision, and is read back as what it says.
func TestConceptMapsAreFHIR(t *testing.T) {
	ctx := context.Background()
	text, err := fs.ReadFile(packs.FS, "R1K/catalogue/build.yaml")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := ParseDecisions(text)
	if err != nil {
		t.Fatal(err)
	}
	b, d := demoBuild(t, "R1K", decisions), openDesk(t)
	if s := Sum(b.Worklist(false)); s.Blocks != 0 || s.Codes[Stays] != 2 || s.Codes[Allowed] != 2 || s.Codes[Open] != 0 {
		t.Errorf("%+v", s)
	}
	elements := 0
	for _, m := range b.ConceptMaps(noon) {
		if issues := validate.Base().Check(m); slices.ContainsFunc(issues, func(i fhir.Issue) bool { return i.Severity == "error" || i.Severity == "fatal" }) {
			t.Errorf("%s: %v", m.StrAt("url"), issues)
		}
		for g := range m.Get("group").Each() {
			for range g.Get("element").Each() {
				elements++
			}
		}
		if _, err := loaderOf(t, d, "R1K").Transact(ctx, []record.Op{{Kind: record.Create, Type: "ConceptMap", Resource: m}}, record.Commit{}); err != nil {
			t.Error(err)
		}
	}
	if n := len(b.Worklist(false)); elements != n {
		t.Errorf("%d of %d codes are in the maps", elements, n)
	}
	maps, err := ConceptMaps(ctx, operatorOf(d), "R1K")
	if err != nil {
		t.Fatal(err)
	}
	if to := maps[CodingOf{onboard.Results, Coding{"urn:concord:R1K:code", "GLUR"}}]; len(to) != 1 || to[0].Code != "GLU" {
		t.Errorf("%+v", to)
	}
	if to := maps[CodingOf{onboard.Results, Coding{"urn:concord:R1K:code", "GHB"}}]; len(to) != 0 {
		t.Errorf("a variance is mapped: %+v", to)
	}
	if len(b.Variances()) < 4 {
		t.Errorf("%d variances", len(b.Variances()))
	}
}
