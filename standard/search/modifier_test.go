package search_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"concord/standard/search"
)

const bloodPressure = `{"resourceType":"Observation","id":"bp","status":"final",
 "meta":{"profile":["http://example.org/bp|2.1"],"tag":[{"system":"urn:t","code":"red"}]},
 "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Blood <b>pressure</b>, sitting</div>"},
 "code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}],"text":"BP sitting"},
 "subject":{"reference":"Patient/p1"},"effectivePeriod":{"start":"2026-10-30","end":"2026-11-02"},
 "note":[{"text":"anxious about the needle"}],
 "identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}],"text":"Hospital number"},"system":"urn:h","value":"446053"}],
 "component":[
  {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":190,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
  {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}],
 "derivedFrom":[{"identifier":{"system":"urn:o","value":"77"}}]}`

func TestModifiers(t *testing.T) {
	matching{"blood pressure", bloodPressure,
		[]string{
			"code:text=blood", "code:text=bp sit", "code:text=pressure", "identifier:text=hospital",
			"identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053", "identifier:of-type=|MR|446053",
			"derived-from:identifier=urn:o|77", "derived-from:identifier=77",
			"_profile=http://example.org/bp|2.1", "_profile:below=http://example.org", "_tag=urn:t|red", "_tag=red",
			"component-code-value-quantity=http://loinc.org|8480-6$gt180", "component-code-value-quantity=8462-4$80", "combo-code-value-quantity=8480-6$190|http://unitsofmeasure.org|mm[Hg]",
			"code-value-quantity:missing=true", "code-value-concept:missing=true", "component-code-value-quantity:missing=false", "combo-code-value-quantity:missing=false", "_filter=code-value-quantity pr false",
			"component-value-quantity=gt180", "date=ge2026-11-01&date=lt2026-12-01", "date=ap2026-11-02", "date=sa2026-10-01&date=eb2026-12-01", "date=2026",
			"_text=pressure", "_text=blood sitting", `_text="pressure sitting"`, "_text=absent OR blood", "_content=needle", "_content=anxious AND needle",
		},
		[]string{
			"code:text=lood", "code:text=kidney", "identifier:of-type=|NH|446053", "identifier:of-type=|MR|44", "derived-from:identifier=urn:x|77",
			"_profile=http://example.org/b", "_profile:below=http://example.org/b", "_tag=urn:x|red",
			"code-value-quantity:missing=false", "component-code-value-quantity:missing=true", "component-code-value-concept:missing=false", "_filter=code-value-quantity pr true",
			"component-code-value-quantity=http://loinc.org|8462-4$gt180", "combo-code-value-quantity=8480-6$190|http://unitsofmeasure.org|kPa", "component-code-value-quantity=8480-6$80",
			"date=2026-11-01", "date=ge2027", "date=lt2026-10-01", "_text=needle", "_text=ressure", `_text="blood sitting"`, "_content=kidney", "_text=blood kidney",
		},
	}.run(t)
}

func TestFilterExpressions(t *testing.T) {
	matching{"blood pressure", bloodPressure,
		[]string{
			"_filter=code eq http://loinc.org|85354-9", "_filter=code eq 85354-9 and status eq final", "_filter=status eq amended or status eq final",
			"_filter=not (status eq amended)", "_filter=(status eq amended or code eq 85354-9) and date ge 2026-10-01", "_filter=status ne amended",
			"_filter=component-value-quantity gt 180", "_filter=date po 2026-11-01", "_filter=code co 354", "_filter=code sw 853", "_filter=code ew -9",
			"_filter=value-concept pr false", "_filter=status pr true", `_filter=status eq "final"`, "_filter=subject re Patient/p1",
			"_filter=code ne 1", "_filter=component-code ne 8480-6", "_filter=subject ne Patient/p2", "_filter=date ne 2026-11", // an item is unequal
			"_filter=status eq amended and code eq 1 or status eq final",
		},
		[]string{
			"_filter=code eq 1", "_filter=code eq 85354-9 and status eq amended", "_filter=not (status eq final)", "_filter=status ne final", "_filter=date po 2026-12-01",
			"_filter=value-concept pr true", "_filter=code sw 9", "_filter=not (status eq amended or code eq 85354-9)",
			"_filter=value-concept ne 1", "_filter=subject ne Patient/p1", "_filter=value-date ne 2026", "_filter=value-string ne x", "_filter=date ne 2026", // no item is
			"_filter=status eq final or status eq amended and code eq 1", // from left to right
		},
	}.run(t)
	matching{"name", `{"resourceType":"Patient","id":"p","name":[{"family":"O'Brien, Jr","given":["Zoë"]}],"deceasedDateTime":"2026-01-01","birthDate":"1948-03-14"}`,
		[]string{`_filter=family eq "o'brien, jr"`, `_filter=family co rien`, `_filter=given sw zo`, `_filter=given ew oe`, "deceased=true", "_filter=birthdate lt 1950-01-01", "phonetic=obrien", "phonetic=obrian", "phonetic=zoey", "phonetic=zo o'bryan", "name=zoe", "name=obrien"},
		[]string{`_filter=family eq obrien`, `_filter=given ew zo`, "deceased=false", "name=brien", "phonetic=obr", "phonetic=zoe smith", "phonetic=brien"}}.run(t)
	matching{"alive", `{"resourceType":"Patient","id":"p","deceasedBoolean":false}`, []string{"deceased=false"}, []string{"deceased=true"}}.run(t)
}

func TestNear(t *testing.T) {
	matching{"hospital", `{"resourceType":"Location","id":"l","position":{"longitude":-0.3166,"latitude":51.5754}}`,
		[]string{"near=51.5754|-0.3166|1|km", "near=51.6|-0.3|10", "near=51.6|-0.3", "near=51.6|-0.3|6|[mi_i]", "near=51.5754|-0.3166|10|m"},
		[]string{"near=51.6|-0.3|1|km", "near=52.6|-0.3|10|km"}}.run(t)
	for _, v := range []string{"x", "1", "91|0", "1|2|3|furlong", "1|2|-3"} {
		if _, err := parse(t, "Location", "near="+url.QueryEscape(v)); err == nil {
			t.Errorf("near=%s is taken", v)
		}
	}
}

// terms knows one value set and one code system of two levels.
type terms struct{}

func (terms) Knows(vs string) bool { return vs == "urn:vs" || vs == "urn:statuses" }
func (terms) In(vs, system, code string) (bool, bool) {
	if vs == "urn:statuses" {
		return system == "http://hl7.org/fhir/observation-status" && code == "final", true
	}
	return vs == "urn:vs" && system == "urn:cs" && (code == "child" || code == "parent"), vs == "urn:vs"
}
func (terms) Meant(set, code string) string {
	if set == "observation-status" && (code == "final" || code == "amended") {
		return "http://hl7.org/fhir/observation-status"
	}
	return ""
}
func (terms) Subsumes(system, a, b string) (bool, bool) {
	return system == "urn:cs" && (a == b || a == "parent" && b == "child"), system == "urn:cs"
}

func TestMeaning(t *testing.T) {
	table := search.R4().WithTerminology(terms{})
	res := resource(t, `{"resourceType":"Condition","id":"c","code":{"coding":[{"system":"urn:cs","code":"child"}]}}`)
	s := search.Subject{Resource: res, ID: "c", Updated: time.Now()}
	for query, want := range map[string]bool{
		"code:in=urn:vs": true, "code:not-in=urn:vs": false, "code:below=urn:cs|parent": true, "code:below=urn:cs|child": true,
		"code:above=urn:cs|child": true, "code:above=urn:cs|parent": false,
	} {
		name, v, _ := cutQuery(query)
		q, err := table.Parse("Condition", url.Values{name: {v}}, time.UTC, false)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if q.Match(s, time.UTC) != want {
			t.Errorf("%s matches: %v", query, !want)
		}
	}
	if _, err := table.Parse("Condition", url.Values{"code:in": {"urn:other"}}, time.UTC, false); err == nil {
		t.Error("a value set that is not known is taken")
	}
}

// TestMeantByCodes: a code element means the system that its value set is of.
func TestMeantByCodes(t *testing.T) {
	table := search.R4().WithTerminology(terms{})
	s := search.Subject{Resource: resource(t, `{"resourceType":"Observation","id":"o","status":"final"}`), ID: "o", Updated: time.Now()}
	const system = "http://hl7.org/fhir/observation-status|"
	for query, want := range map[string]bool{
		"status=" + system + "final": true, "status=" + system + "amended": false, "status=http://hl7.org/fhir/other|final": false,
		"status=|final": true, "status=final": true, "status:not=" + system + "final": false, "status:not=" + system + "amended": true,
		"status:in=urn:statuses": true, "status:not-in=urn:statuses": false, "_filter=status eq " + system + "final": true,
	} {
		name, v, _ := cutQuery(query)
		q, err := table.Parse("Observation", url.Values{name: {v}}, time.UTC, false)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if q.Match(s, time.UTC) != want {
			t.Errorf("%s matches: %v", query, !want)
		}
	}
}

func cutQuery(s string) (string, string, bool) {
	for i := range s {
		if s[i] == '=' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// TestEveryParameter: R4's parameters are all there, and each can be parsed.
func TestEveryParameter(t *testing.T) {
	n, kinds := 0, map[search.Kind]int{}
	for _, typ := range []string{"Observation", "Patient", "Encounter", "MolecularSequence", "DocumentReference", "Group", "QuestionnaireResponse", "Device"} {
		for _, p := range search.R4().Params(typ) {
			n++
			kinds[p.Kind]++
		}
	}
	for _, want := range []struct{ typ, name string }{
		{"Observation", "code-value-quantity"}, {"Observation", "combo-code-value-concept"}, {"Patient", "deceased"}, {"QuestionnaireResponse", "item-subject"},
		{"MolecularSequence", "chromosome-variant-coordinate"}, {"Location", "near"}, {"Device", "din"}, {"Bundle", "composition"}, {"ActivityDefinition", "context-type-quantity"},
	} {
		if search.R4().Param(want.typ, want.name) == nil {
			t.Errorf("%s has no %s", want.typ, want.name)
		}
	}
	if !slices.Equal(search.R4().Compartments(), []string{"Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"}) {
		t.Errorf("compartments %v", search.R4().Compartments())
	}
}

func TestChains(t *testing.T) {
	for query, want := range map[string]string{
		"subject:Patient.name=x":                                "subject.name",
		"patient.general-practitioner.name=x":                   "patient.general-practitioner.name",
		"encounter.service-provider.name:exact=x":               "encounter.service-provider.name:exact",
		"_has:Provenance:target:agent=x":                        "_has:Provenance:target:agent",
		"_has:Provenance:target:_has:AuditEvent:entity:agent=x": "_has:Provenance:target:_has:AuditEvent:entity:agent",
		"_list=l1": "_list", "_filter=subject.name eq x": "subject._filter",
		"_filter=subject[family eq x].gender eq male": "subject._filter", "_filter=performer[name eq x].name co y": "performer._filter",
	} {
		q, err := parse(t, "Observation", encode(query))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := q.Clauses[0].Name(); got != want || !q.Clauses[0].Linked() {
			t.Errorf("%s is read as %s", query, got)
		}
	}
	deep := "patient.link"
	for range 12 {
		deep += ".link"
	}
	if _, err := parse(t, "Observation", encode(deep+".name=x")); err == nil {
		t.Error("a chain of any length is taken")
	}
}
