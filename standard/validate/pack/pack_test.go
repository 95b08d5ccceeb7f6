package pack_test

import (
	"testing"
	"testing/fstest"

	"concord/standard/validate/pack"
)

func TestMemberOfR4(t *testing.T) {
	p := pack.Core()
	const (
		hl7  = "http://terminology.hl7.org/CodeSystem/"
		sets = "http://hl7.org/fhir/ValueSet/"
	)
	for _, c := range []struct {
		set, system, code string
		want              pack.Answer
	}{
		{sets + "administrative-gender", "http://hl7.org/fhir/administrative-gender", "male", pack.In},
		{sets + "administrative-gender|4.0.1", "http://hl7.org/fhir/administrative-gender", "Male", pack.Out},
		{sets + "administrative-gender", "http://x.example", "male", pack.Out},
		{sets + "administrative-gender", pack.AnySystem, "male", pack.In},
		{sets + "administrative-gender", pack.AnySystem, "m", pack.Out},
		{sets + "marital-status", hl7 + "v3-NullFlavor", "UNK", pack.In},
		{sets + "marital-status", hl7 + "v3-NullFlavor", "NI", pack.Out},                                  // only one code of that system
		{"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", hl7 + "v3-ActCode", "AMB", pack.In},   // is-a
		{"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", hl7 + "v3-ActCode", "LOAN", pack.Out}, // elsewhere
		{"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", hl7 + "v3-ActCode", "_ActEncounterCode", pack.Out},
		{sets + "patient-contactrelationship", hl7 + "v2-0131", "N", pack.In},  // is-not-a
		{sets + "patient-contactrelationship", hl7 + "v2-0131", "O", pack.Out}, // is-not-a
		{sets + "security-labels", hl7 + "v3-Confidentiality", "R", pack.In},   // imported
		{sets + "condition-code", "http://snomed.info/sct", "1", pack.Unknown},
		{sets + "condition-code", "http://x.example", "1", pack.Out},
		{sets + "mimetypes", "urn:ietf:bcp:13", "text/plain; charset=utf-8", pack.In},
		{sets + "mimetypes", pack.AnySystem, "text", pack.Out},
		{sets + "currencies", pack.AnySystem, "GBP", pack.In},
		{sets + "currencies", pack.AnySystem, "pound", pack.Out},
		{sets + "all-languages", "urn:ietf:bcp:47", "zh-Hant-TW", pack.In},
		{sets + "all-languages", "urn:ietf:bcp:47", "English", pack.In},
		{sets + "all-languages", "urn:ietf:bcp:47", "e n", pack.Out},
		{sets + "none", "http://x.example", "1", pack.Unknown},
	} {
		if got := p.MemberOf(c.set, c.system, c.code); got != c.want {
			t.Errorf("%s %s|%s: %d, not %d", c.set, c.system, c.code, got, c.want)
		}
	}
}

func TestMemberOfLoaded(t *testing.T) {
	p, err := pack.Load(fstest.MapFS{
		"colour.json": {Data: []byte(`{"resourceType":"CodeSystem","url":"urn:c","content":"complete","caseSensitive":false,"concept":[
			{"code":"red","property":[{"code":"warm","valueBoolean":true},{"code":"like","valueCoding":{"system":"urn:c","code":"pink"}}],"concept":[{"code":"crimson"}]},
			{"code":"blue"},{"code":"navy","property":[{"code":"parent","valueCode":"blue"}]}]}`)},
		"part.json": {Data: []byte(`{"resourceType":"CodeSystem","url":"urn:p","content":"fragment","concept":[{"code":"a"}]}`)},
		"sets.json": {Data: []byte(`{"resourceType":"Bundle","entry":[
			{"resource":{"resourceType":"ValueSet","url":"urn:all","compose":{"include":[{"system":"urn:c"}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:below","compose":{"include":[{"system":"urn:c","filter":[{"property":"concept","op":"descendent-of","value":"red"}]},{"system":"urn:c","filter":[{"property":"concept","op":"is-a","value":"blue"}]}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:warm","compose":{"include":[{"system":"urn:c","filter":[{"property":"warm","op":"=","value":"true"},{"property":"like","op":"in","value":"grey,pink"},{"property":"cold","op":"exists","value":"false"}]}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:odd","compose":{"include":[{"system":"urn:c","filter":[{"property":"code","op":"regex","value":"r.*"}]}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:both","compose":{"include":[{"valueSet":["urn:all","urn:below"]}],"exclude":[{"system":"urn:c","concept":[{"code":"navy"}]}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:fragment","compose":{"include":[{"system":"urn:p"}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:expanded","expansion":{"contains":[{"system":"urn:c","code":"red","contains":[{"system":"urn:c","code":"crimson"}]},{"system":"urn:p","code":"a"}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:circle","compose":{"include":[{"valueSet":["urn:circle","urn:circle"]},{"valueSet":["urn:circle"]}]}}},
			{"resource":{"resourceType":"ValueSet","url":"urn:empty"}}]}`)},
	})
	if err != nil || len(p.Problems()) > 0 {
		t.Fatal(err, p.Problems())
	}
	for _, c := range []struct {
		set, system, code string
		want              pack.Answer
	}{
		{"urn:all", "urn:c", "CRIMSON", pack.In},
		{"urn:all", "urn:c", "grey", pack.Out},
		{"urn:below", "urn:c", "crimson", pack.In},
		{"urn:below", "urn:c", "red", pack.Out},
		{"urn:below", "urn:c", "navy", pack.In},
		{"urn:warm", "urn:c", "red", pack.In},
		{"urn:warm", "urn:c", "blue", pack.Out},
		{"urn:odd", "urn:c", "red", pack.Unknown},
		{"urn:odd", "urn:c", "grey", pack.Out},
		{"urn:both", "urn:c", "blue", pack.In},
		{"urn:both", "urn:c", "red", pack.Out},
		{"urn:both", "urn:c", "navy", pack.Out},
		{"urn:fragment", "urn:p", "a", pack.In},
		{"urn:fragment", "urn:p", "b", pack.Unknown},
		{"urn:expanded", "urn:c", "crimson", pack.In},
		{"urn:expanded", "urn:p", "crimson", pack.Out},
		{"urn:circle", "urn:c", "red", pack.Unknown},
		{"urn:empty", "urn:c", "red", pack.Unknown},
	} {
		if got := p.MemberOf(c.set, c.system, c.code); got != c.want {
			t.Errorf("%s %s|%s: %d, not %d", c.set, c.system, c.code, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	p, err := pack.Load(fstest.MapFS{
		"a.json": {Data: []byte(`{"resourceType":"ValueSet","url":"urn:v","version":"1.0.0"}`)},
		"b.json": {Data: []byte(`{"resourceType":"ValueSet","url":"urn:v","version":"2.0.0"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for canonical, want := range map[string]string{
		"urn:v": "2.0.0", "urn:v|1.0.0": "1.0.0", "urn:v|2.0.0": "2.0.0", "urn:v|3": "2.0.0", "urn:v#x": "2.0.0", "urn:w": "",
		"http://hl7.org/fhir/ValueSet/marital-status": "4.0.1",
	} {
		if got := p.Find("ValueSet", canonical).StrAt("version"); got != want {
			t.Errorf("%s: version %q, not %q", canonical, got, want)
		}
	}
	if !p.HasVersion("ValueSet", "urn:v|2.0") || p.HasVersion("ValueSet", "urn:v|3") || !p.HasVersion("ValueSet", "urn:v") {
		t.Error("HasVersion")
	}
	if p.Len() != 1 || len(p.Own("ValueSet")) != 1 || p.Find("CodeSystem", "urn:v") != nil {
		t.Error("what the pack itself has")
	}
}

func BenchmarkCore(b *testing.B) {
	for b.Loop() {
		if _, err := pack.Load(); err != nil {
			b.Fatal(err)
		}
	}
}
