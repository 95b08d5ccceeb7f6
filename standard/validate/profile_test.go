package validate_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"concord/standard/fhir"
	"concord/standard/validate"
)

// guide makes a folder in the layout of an npm package. Profiles are written as
// "name base type" and the elements of the differential.
func guide(t testing.TB, profiles map[string]string, others ...string) *validate.Validator {
	t.Helper()
	files := fstest.MapFS{"package/package.json": {Data: []byte(`{"name":"x.example"}`)}}
	for head, elements := range profiles {
		f := strings.Fields(head)
		files["package/StructureDefinition-"+f[0]+".json"] = &fstest.MapFile{Data: []byte(fmt.Sprintf(
			`{"resourceType":"StructureDefinition","url":"http://x.example/%s","version":"1.0.0","name":"X","status":"active","kind":"resource","abstract":false,"type":%q,"baseDefinition":%q,"derivation":"constraint","differential":{"element":[%s]}}`,
			f[0], f[2], f[1], elements))}
	}
	for i, text := range others {
		files[fmt.Sprintf("package/other-%d.json", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	p, err := validate.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	for url, err := range p.Problems() {
		t.Fatal(url, err)
	}
	return validate.Base().With(p)
}

const core = "http://hl7.org/fhir/StructureDefinition/"

// elements writes a differential: "id json-members", one a line.
func elements(lines string) string {
	var out []string
	for line := range strings.Lines(lines) {
		id, members, _ := strings.Cut(strings.TrimSpace(line), " ")
		if id == "" {
			continue
		}
		var path []string
		slice := ""
		for _, step := range strings.Split(id, ".") {
			name, s, _ := strings.Cut(step, ":")
			path, slice = append(path, name), s
		}
		named := ""
		if slice != "" {
			named = fmt.Sprintf(`"sliceName":%q,`, slice)
		}
		if members != "" {
			members = "," + members
		}
		out = append(out, fmt.Sprintf(`{"id":%q,%s"path":%q%s}`, id, named, strings.Join(path, "."), members))
	}
	return strings.Join(out, ",")
}

type profileCase struct{ name, resource, want string }

func tryProfile(t *testing.T, v *validate.Validator, profile string, cases []profileCase) {
	t.Helper()
	for _, c := range cases {
		resource := strings.Replace(c.resource, `{"resourceType":`, `{`+patientText+`,"resourceType":`, 1)
		if got := reported(v, t, resource, validate.Options{Profiles: []string{"http://x.example/" + profile}}); got != c.want {
			t.Errorf("%s: found %q, not %q", c.name, got, c.want)
		}
	}
}

func TestElementsOfProfiles(t *testing.T) {
	v := guide(t, map[string]string{
		"patient " + core + "Patient Patient": elements(`
			Patient "constraint":[{"key":"x-1","severity":"error","human":"a name or a gender","expression":"name.exists() or gender.exists()"},{"key":"x-2","severity":"warning","human":"a birth date","expression":"birthDate.exists()"}]
			Patient.identifier "min":1,"max":"2"
			Patient.identifier.system "min":1
			Patient.active "fixedBoolean":true
			Patient.name "max":"1"
			Patient.name.family "maxLength":5
			Patient.maritalStatus "patternCodeableConcept":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}
			Patient.deceased[x] "type":[{"code":"boolean"}]
			Patient.multipleBirthInteger "minValueInteger":2,"maxValueInteger":4
			Patient.photo "max":"0"
			Patient.generalPractitioner "type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Organization"]}]
			Patient.managingOrganization.identifier "min":1
			Patient.contact.gender "min":1
			Patient.language "binding":{"strength":"required","valueSet":"http://x.example/languages"}
			Patient.contact.relationship "binding":{"strength":"extensible","valueSet":"http://x.example/roles"}`),
		"child http://x.example/patient Patient": elements(`
			Patient.identifier "max":"1"
			Patient.name "min":1`),
	},
		`{"resourceType":"ValueSet","url":"http://x.example/languages","compose":{"include":[{"system":"urn:ietf:bcp:47","concept":[{"code":"cy"},{"code":"en"}]}]}}`,
		`{"resourceType":"ValueSet","url":"http://x.example/roles","compose":{"include":[{"system":"http://x.example/role","filter":[{"property":"concept","op":"is-a","value":"kin"}]}],"exclude":[{"system":"http://x.example/role","concept":[{"code":"kin"}]}]}}`,
		`{"resourceType":"CodeSystem","url":"http://x.example/role","content":"complete","concept":[{"code":"kin","concept":[{"code":"mother"}]},{"code":"boss"}]}`)
	const id = `"identifier":[{"system":"http://x.example/id","value":"1"}]`
	const good = `{"resourceType":"Patient","gender":"male","birthDate":"2001",` + id
	tryProfile(t, v, "patient", []profileCase{
		{"nothing wrong", good + `}`, ""},
		{"missing", `{"resourceType":"Patient","gender":"male","birthDate":"2001"}`, "error required Patient.identifier"},
		{"too many", `{"resourceType":"Patient","gender":"male","birthDate":"2001","identifier":[{"system":"a:a"},{"system":"a:a"},{"system":"a:a"}]}`, "error cardinality Patient.identifier"},
		{"missing below", `{"resourceType":"Patient","gender":"male","birthDate":"2001","identifier":[{"value":"1"}]}`, "error required Patient.identifier[0].system"},
		{"fixed", good + `,"active":false}`, "error fixed Patient.active"},
		{"as fixed", good + `,"active":true}`, ""},
		{"too long", good + `,"name":[{"family":"abcdéf"}]}`, "error range Patient.name[0].family"},
		{"pattern", good + `,"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"S"}]}}`, "error pattern Patient.maritalStatus"},
		{"more than the pattern", good + `,"maritalStatus":{"text":"x","coding":[{"system":"a:a","code":"b"},{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M","display":"x"}]}}`, ""},
		{"type", good + `,"deceasedDateTime":"2020"}`, "error type Patient.deceased.ofType(dateTime)"},
		{"too small", good + `,"multipleBirthInteger":1}`, "error range Patient.multipleBirth.ofType(integer)"},
		{"too large", good + `,"multipleBirthInteger":5}`, "error range Patient.multipleBirth.ofType(integer)"},
		{"another type than the one named in short", good + `,"multipleBirthBoolean":true}`, "error type Patient.multipleBirth.ofType(boolean), error slice Patient.multipleBirth.ofType(boolean)"},
		{"forbidden", good + `,"photo":[{"url":"a:a"}]}`, "error cardinality Patient.photo"},
		{"target", good + `,"generalPractitioner":[{"reference":"Practitioner/1"}]}`, "error reference-type Patient.generalPractitioner[0]"},
		{"target not told", good + `,"generalPractitioner":[{"display":"x"}]}`, ""},
		{"below a reference", good + `,"managingOrganization":{"display":"x"}}`, "error required Patient.managingOrganization.identifier"},
		{"below a backbone", good + `,"contact":[{"name":{"family":"x"}}]}`, "error required Patient.contact[0].gender"},
		{"required set", good + `,"language":"fr"}`, "error binding Patient.language"},
		{"extensible set", good + `,"contact":[{"gender":"male","name":{"family":"x"},"relationship":[{"coding":[{"system":"http://x.example/role","code":"kin"}]}]}]}`, "warning binding Patient.contact[0].relationship[0], warning binding Patient.contact[0].relationship[0]"}, // nor in R4's own
		{"in the extensible set", good + `,"contact":[{"gender":"male","name":{"family":"x"},"relationship":[{"coding":[{"system":"http://x.example/role","code":"mother"}]}]}]}`, "warning binding Patient.contact[0].relationship[0]"},                                           // not in R4's
		{"constraint", `{"resourceType":"Patient","birthDate":"2001",` + id + `}`, "error x-1 Patient"},
		{"advice", `{"resourceType":"Patient","gender":"male",` + id + `}`, "warning x-2 Patient"},
		{"another resource", `{"resourceType":"Organization","name":"x"}`, "error profile Organization"},
	})
	tryProfile(t, v, "child", []profileCase{
		{"own rule", good + `}`, "error required Patient.name"},
		{"base's rule", good + `,"name":[{"family":"abcdef"}]}`, "error range Patient.name[0].family"},
		{"narrowed rule", `{"resourceType":"Patient","gender":"male","birthDate":"2001","name":[{"family":"x"}],"identifier":[{"system":"a:a"},{"system":"a:a"}]}`, "error cardinality Patient.identifier"},
	})
}

func TestTypeProfiles(t *testing.T) {
	v := guide(t, map[string]string{
		"identifier " + core + "Identifier Identifier": elements(`
			Identifier.value "min":1
			Identifier.system "fixedUri":"http://x.example/id"`),
		"other " + core + "Identifier Identifier": elements(`
			Identifier.type "min":1`),
		"organization " + core + "Organization Organization": elements(`
			Organization.identifier "type":[{"code":"Identifier","profile":["http://x.example/identifier"]}]
			Organization.contact.name.family "min":1`),
		"patient " + core + "Patient Patient": elements(`
			Patient.identifier "type":[{"code":"Identifier","profile":["http://x.example/identifier","http://x.example/other"]}]
			Patient.contained "type":[{"code":"Organization","profile":["http://x.example/organization"]}]`),
		"questionnaire " + core + "Questionnaire Questionnaire": elements(`
			Questionnaire.item.text "min":1
			Questionnaire.item.item.prefix "min":1`),
	})
	tryProfile(t, v, "organization", []profileCase{
		{"meets it", `{"resourceType":"Organization","identifier":[{"system":"http://x.example/id","value":"1"}]}`, ""},
		{"breaks it", `{"resourceType":"Organization","identifier":[{"system":"http://x.example/other"}]}`, "error required Organization.identifier[0].value, error fixed Organization.identifier[0].system"},
		{"parts of a type", `{"resourceType":"Organization","name":"x","contact":[{"name":{"text":"x"}}]}`, "error required Organization.contact[0].name.family"},
	})
	tryProfile(t, v, "patient", []profileCase{
		{"one of two", `{"resourceType":"Patient","identifier":[{"type":{"text":"x"}}]}`, ""},
		{"none of two", `{"resourceType":"Patient","identifier":[{"system":"http://x.example/other"}]}`, "error profile Patient.identifier[0]"},
		{"a resource", `{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o",` + patientText + `,"identifier":[{"system":"http://x.example/id"}]}],"managingOrganization":{"reference":"#o"}}`, "error required Patient.contained[0].identifier[0].value"},
		{"another resource", `{"resourceType":"Patient","contained":[{"resourceType":"Practitioner","id":"o",` + patientText + `}],"generalPractitioner":[{"reference":"#o"}]}`, "error type Patient.contained[0]"},
	})
	tryProfile(t, v, "questionnaire", []profileCase{
		{"recursion", `{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","text":"x","item":[{"linkId":"2","type":"group","item":[{"linkId":"3","type":"string"}]}]}]}`, "error required Questionnaire.item[0].item[0].prefix"},
	})
}

func TestLoadingGuides(t *testing.T) {
	files := fstest.MapFS{
		"a/profile.xml":       {Data: []byte(`<StructureDefinition xmlns="http://hl7.org/fhir"><url value="http://x.example/xml"/><version value="2.1.0"/><name value="X"/><status value="active"/><kind value="resource"/><abstract value="false"/><type value="Patient"/><baseDefinition value="http://hl7.org/fhir/StructureDefinition/Patient"/><derivation value="constraint"/><snapshot><element id="Patient"><path value="Patient"/></element><element id="Patient.gender"><path value="Patient.gender"/><min value="1"/></element></snapshot></StructureDefinition>`)},
		"a/other.xml":         {Data: []byte(`<project/>`)},
		"a/broken.json":       {Data: []byte(`{`)},
		"a/list.json":         {Data: []byte(`[1]`)},
		"a/examples/x.json":   {Data: []byte(`{`)},
		"a/circle1.json":      {Data: []byte(`{"resourceType":"StructureDefinition","url":"http://x.example/c1","type":"Patient","derivation":"constraint","baseDefinition":"http://x.example/c2"}`)},
		"a/circle2.json":      {Data: []byte(`{"resourceType":"StructureDefinition","url":"http://x.example/c2","type":"Patient","derivation":"constraint","baseDefinition":"http://x.example/c1"}`)},
		"a/orphan.json":       {Data: []byte(`{"resourceType":"StructureDefinition","url":"http://x.example/orphan","type":"Patient","derivation":"constraint","baseDefinition":"http://x.example/none"}`)},
		"a/logical.json":      {Data: []byte(`{"resourceType":"StructureDefinition","url":"http://x.example/logical","type":"http://x.example/logical","derivation":"specialization","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element"}`)},
		"b/bundle.json":       {Data: []byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"ValueSet","url":"http://x.example/vs"}}]}`)},
		"b/.hidden/some.json": {Data: []byte(`{`)},
	}
	p, err := validate.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Definitions().Problems()); n != 1 {
		t.Errorf("%d files left out: %v", n, p.Definitions().Problems())
	}
	if got := fmt.Sprint(p.Of("Patient")); got != "[http://x.example/c1 http://x.example/c2 http://x.example/orphan http://x.example/xml]" {
		t.Errorf("profiles of Patient: %s", got)
	}
	if n := len(p.Problems()); n != 3 {
		t.Errorf("%d profiles of no use: %v", n, p.Problems())
	}
	v := validate.Base().With(p)
	for profile, want := range map[string]string{
		"http://x.example/xml":       "error required Patient.gender",
		"http://x.example/xml|2.1.0": "error required Patient.gender",
		"http://x.example/xml|9":     "warning profile Patient, error required Patient.gender",
		"http://x.example/c1":        "warning profile Patient",
		"http://x.example/orphan":    "warning profile Patient",
	} {
		if got := reported(v, t, `{"resourceType":"Patient",`+patientText+`}`, validate.Options{Profiles: []string{profile}}); got != want {
			t.Errorf("%s: found %q, not %q", profile, got, want)
		}
	}
	if p.Definitions().Find("ValueSet", "http://x.example/vs") == nil {
		t.Error("a value set in a bundle is not found")
	}
}

// TestProfilesInConstraints: conformsTo(), and a profile that asks for itself.
func TestProfilesInConstraints(t *testing.T) {
	v := guide(t, map[string]string{
		"bundle " + core + "Bundle Bundle": elements(`
			Bundle "constraint":[{"key":"b-1","severity":"error","human":"x","expression":"entry.resource.all($this.conformsTo('http://x.example/patient')) and %resource.type = 'collection'"}]`),
		"patient " + core + "Patient Patient": elements(`
			Patient.gender "min":1`),
		"self " + core + "Patient Patient": elements(`
			Patient "constraint":[{"key":"s-1","severity":"error","human":"x","expression":"$this.conformsTo('http://x.example/self')"}]`),
	})
	tryProfile(t, v, "bundle", []profileCase{
		{"conforms", strings.Replace(`{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","gender":"male",TEXT}}]}`, "TEXT", patientText, 1), "error unknown-element Bundle.text"},
		{"does not", strings.Replace(`{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient",TEXT}}]}`, "TEXT", patientText, 1), "error unknown-element Bundle.text, error b-1 Bundle"},
	})
	tryProfile(t, v, "self", []profileCase{{"ends", `{"resourceType":"Patient"}`, ""}})
}

// TestMoreIsKnown: what the definitions cannot judge, the caller may.
func TestMoreIsKnown(t *testing.T) {
	v := guide(t, map[string]string{
		"obs " + core + "Observation Observation": elements(`
			Observation.code "binding":{"strength":"required","valueSet":"http://x.example/findings"}
			Observation.subject "type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Patient"]}]`),
	}, `{"resourceType":"ValueSet","url":"http://x.example/findings","compose":{"include":[{"system":"http://snomed.info/sct","filter":[{"property":"concept","op":"is-a","value":"404684003"}]}]}}`)
	resource := `{"resourceType":"Observation",` + patientText + `,"status":"final","code":{"coding":[{"system":"http://snomed.info/sct","code":"1"}]},"subject":{"reference":"urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"}}`
	o := validate.Options{Profiles: []string{"http://x.example/obs"}}
	if got, want := reported(v, t, resource, o), "information unchecked Observation.code"; got != want {
		t.Errorf("found %q, not %q", got, want)
	}
	other := strings.Replace(resource, "http://snomed.info/sct", "http://loinc.org", 1)
	if got, want := reported(v, t, other, o), "error binding Observation.code"; got != want {
		t.Errorf("another system: found %q, not %q", got, want)
	}
	o.MemberOf = func(valueSet, system, code string) (in, known bool) { return code == "2", true }
	o.Resolve = func(string) *fhir.Value { return fhir.Obj("resourceType", "Group") }
	if got, want := reported(v, t, resource, o), "error binding Observation.code, error reference-type Observation.subject"; got != want {
		t.Errorf("found %q, not %q", got, want)
	}
}
