package validate_test

import (
	"strings"
	"testing"

	"concord/standard/validate"
)

const (
	obs  = `{"resourceType":"Observation","status":"final","code":{"text":"x"}`
	cond = `{"resourceType":"Condition","subject":{"reference":"Patient/1"}`
)

// TestBrokenResources: what Check refuses beyond structure (see TestCheck), as
// "rule expression".
func TestBrokenResources(t *testing.T) {
	for _, c := range []struct{ name, resource, want string }{
		// Required value sets.
		{"code", `{"resourceType":"Encounter","status":"done","class":{"code":"AMB"}}`, "code Encounter.status"},
		{"Coding", `{"resourceType":"Consent","status":"active","scope":{"text":"x"},"category":[{"text":"x"}],"policyRule":{"text":"x"},"provision":{"data":[{"meaning":"all","reference":{"display":"x"}}]}}`, "code Consent.provision.data[0].meaning"},
		{"CodeableConcept", cond + `,"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"sure"}]}}`, "code Condition.verificationStatus"},
		{"CodeableConcept of another system", cond + `,"verificationStatus":{"coding":[{"system":"http://x.example","code":"confirmed"}]}}`, "code Condition.verificationStatus"},
		{"set of several systems", `{"resourceType":"GraphDefinition","name":"X","status":"active","start":"Nothing"}`, "code GraphDefinition.start"},
		{"set that is imported", `{"resourceType":"Composition","status":"final","type":{"text":"x"},"date":"2020","author":[{"display":"x"}],"title":"x","confidentiality":"X"}`, "code Composition.confidentiality"},
		{"code of that set", `{"resourceType":"Composition","status":"final","type":{"text":"x"},"date":"2020","author":[{"display":"x"}],"title":"x","confidentiality":"R"}`, ""},
		{"set that is a grammar", `{"resourceType":"Media","status":"completed","content":{"contentType":"picture"}}`, "code Media.content.contentType"},
		{"code of that grammar", `{"resourceType":"Media","status":"completed","content":{"contentType":"anything/goes"}}`, ""},
		{"currency", `{"resourceType":"Account","status":"active","extension":[{"url":"http://x.example/e","valueMoney":{"value":1,"currency":"pounds"}}]}`, "code Account.extension[0].value.ofType(Money).currency"},
		{"SNOMED CT is not judged", obs + `,"bodySite":{"coding":[{"system":"http://snomed.info/sct","code":"1"}]}}`, ""},

		// Invariants of data types.
		{"ext-1", `{"resourceType":"Patient","extension":[{"url":"http://x.example/e"}]}`, "ext-1 Patient.extension[0]"},
		{"ext-1 both", `{"resourceType":"Patient","extension":[{"url":"http://x.example/e","valueString":"x","extension":[{"url":"a","valueString":"x"}]}]}`, "ext-1 Patient.extension[0]"},
		{"per-1", `{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"period":{"start":"2020-02-01","end":"2020-01-31"}}`, "per-1 Encounter.period"},
		{"per-1, not to be told", `{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"period":{"start":"2020-02-01T10:00:00Z","end":"2020-02-01"}}`, ""},
		{"ref-1", obs + `,"subject":{"reference":"#p"}}`, "ref-1 Observation.subject"},
		{"cpt-2", `{"resourceType":"Patient","telecom":[{"value":"1"}]}`, "cpt-2 Patient.telecom[0]"},
		{"qty-3", obs + `,"valueQuantity":{"value":1,"code":"kg"}}`, "qty-3 Observation.value.ofType(Quantity)"},
		{"att-1", obs + `,"extension":[{"url":"http://x.example/e","valueAttachment":{"data":"QQ=="}}]}`, "att-1 Observation.extension[0].value.ofType(Attachment)"},
		{"rng-2", obs + `,"valueRange":{"low":{"value":2},"high":{"value":1.5}}}`, "rng-2 Observation.value.ofType(Range)"},
		{"rat-1", obs + `,"valueRatio":{"numerator":{"value":2}}}`, "rat-1 Observation.value.ofType(Ratio)"},
		{"tim-2", `{"resourceType":"MedicationStatement","status":"active","medicationReference":{"display":"x"},"subject":{"display":"x"},"dosage":[{"timing":{"repeat":{"period":1}}}]}`, "tim-2 MedicationStatement.dosage[0].timing.repeat"},
		{"age-1 of a type that derives", cond + `,"onsetAge":{"value":-1,"system":"http://unitsofmeasure.org","code":"a"}}`, "age-1 Condition.onset.ofType(Age)"},

		// Invariants of resources and their parts.
		{"obs-6", obs + `,"valueString":"x","dataAbsentReason":{"text":"x"}}`, "obs-6 Observation"},
		{"obs-7", `{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"a"}]},"valueString":"x","component":[{"code":{"coding":[{"code":"a"}]}}]}`, "obs-7 Observation"},
		{"obs-3", obs + `,"referenceRange":[{"type":{"text":"x"}}]}`, "obs-3 Observation.referenceRange[0]"},
		{"con-4", cond + `,"abatementString":"x"}`, "con-4 Condition"},
		{"con-5", cond + `,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]}}`, "con-5 Condition"},
		{"ait-1", `{"resourceType":"AllergyIntolerance","patient":{"display":"x"}}`, "ait-1 AllergyIntolerance"},
		{"pat-1", `{"resourceType":"Patient","contact":[{"gender":"male"}]}`, "pat-1 Patient.contact[0]"},
		{"org-1", `{"resourceType":"Organization","active":true}`, "org-1 Organization"},
		{"org-2, of an element", `{"resourceType":"Organization","name":"x","address":[{"use":"home","city":"x"}]}`, "org-2 Organization.address[0]"},
		{"app-3", `{"resourceType":"Appointment","status":"booked","participant":[{"status":"accepted","type":[{"text":"x"}]}]}`, "app-3 Appointment"},
		{"lst-1", `{"resourceType":"List","status":"current","mode":"working","emptyReason":{"text":"x"},"entry":[{"item":{"display":"x"}}]}`, "lst-1 List"},
		{"que-2", `{"resourceType":"Questionnaire","status":"active","item":[{"linkId":"1","type":"group","item":[{"linkId":"1","type":"string"}]}]}`, "que-2 Questionnaire"},
		{"que-1, of a nested item", `{"resourceType":"Questionnaire","status":"active","item":[{"linkId":"1","type":"group","item":[{"linkId":"2","type":"group"}]}]}`, "que-1 Questionnaire.item[0].item[0]"},
		{"eld-3, of a primitive", `{"resourceType":"StructureDefinition","url":"http://x.example/s","name":"X","status":"draft","kind":"resource","abstract":true,"type":"Patient","differential":{"element":[{"id":"Patient","path":"Patient","max":"-1"}]}}`, "eld-3 StructureDefinition.differential.element[0].max"},

		// Contained resources.
		{"dom-2", `{"resourceType":"Basic","code":{"text":"x"},"contained":[{"resourceType":"Basic","id":"a","code":{"text":"x"},"subject":{"reference":"#"},"contained":[{"resourceType":"Basic","id":"b","code":{"text":"x"},"subject":{"reference":"#"}}]}]}`, "dom-2 Basic"},
		{"dom-3", `{"resourceType":"Basic","code":{"text":"x"},"contained":[{"resourceType":"Basic","id":"a","code":{"text":"x"}}]}`, "dom-3 Basic"},
		{"dom-3, it refers to its container", `{"resourceType":"Basic","code":{"text":"x"},"contained":[{"resourceType":"Basic","id":"a","code":{"text":"x"},"subject":{"reference":"#"}}]}`, ""},
		{"dom-4", `{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"#a"},"contained":[{"resourceType":"Basic","id":"a","meta":{"versionId":"1"},"code":{"text":"x"}}]}`, "dom-4 Basic"},
		{"dom-5", `{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"#a"},"contained":[{"resourceType":"Basic","id":"a","meta":{"security":[{"code":"R"}]},"code":{"text":"x"}}]}`, "dom-5 Basic"},

		// Bundles.
		{"bdl-1", `{"resourceType":"Bundle","type":"collection","total":1}`, "bdl-1 Bundle"},
		{"bdl-3", `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]}`, "bdl-3 Bundle"},
		{"bdl-5", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"}]}`, "bdl-5 Bundle.entry[0]"},
		{"bdl-7", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x:1","resource":{"resourceType":"Patient"}},{"fullUrl":"urn:x:1","resource":{"resourceType":"Patient"}}]}`, "bdl-7 Bundle"},
		{"bdl-11", `{"resourceType":"Bundle","type":"document","timestamp":"2020-01-01T00:00:00Z","identifier":{"system":"urn:x","value":"1"},"entry":[{"fullUrl":"urn:x:1","resource":{"resourceType":"Patient"}}]}`, "bdl-11 Bundle"},
		{"relative fullUrl", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"Patient/1","resource":{"resourceType":"Patient","id":"1"}}]}`, "full-url Bundle.entry[0].fullUrl"},
		{"fullUrl of another", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://x.example/Patient/2","resource":{"resourceType":"Patient","id":"1"}}]}`, "full-url Bundle.entry[0].fullUrl"},
		{"fullUrl of another type", `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"http://x.example/Person/1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}`, "full-url Bundle.entry[0].fullUrl"},
		{"%resource in a bundle", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Organization"}}]}`, "org-1 Bundle.entry[0].resource"},
		{"contained in a bundle", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + obs + `,"subject":{"reference":"#p"}}}]}`, "ref-1 Bundle.entry[0].resource.subject"},
	} {
		if got := found(parse(t, c.resource)); got != c.want {
			t.Errorf("%s: found %q, not %q", c.name, got, c.want)
		}
	}
}

// reported writes every issue as "severity rule expression".
func reported(v *validate.Validator, t testing.TB, resource string, o validate.Options) string {
	t.Helper()
	var out []string
	for _, is := range v.Validate(parse(t, resource), o) {
		out = append(out, is.Severity+" "+is.Detail+" "+is.Expression)
	}
	return strings.Join(out, ", ")
}

const patientText = `"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}`

// TestAdvice: what Validate reports beside what Check does.
func TestAdvice(t *testing.T) {
	for _, c := range []struct{ name, resource, want string }{
		{"dom-6", `{"resourceType":"Patient"}`, "warning dom-6 Patient"},
		{"nothing", `{"resourceType":"Patient",` + patientText + `}`, ""},
		{"extensible", `{"resourceType":"Patient",` + patientText + `,"maritalStatus":{"coding":[{"system":"http://x.example","code":"M"}]}}`, "warning binding Patient.maritalStatus"},
		{"extensible, in the set", `{"resourceType":"Patient",` + patientText + `,"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}}`, ""},
		{"extensible, as text", `{"resourceType":"Patient",` + patientText + `,"maritalStatus":{"text":"x"}}`, ""},
		{"a hierarchy of codes", `{"resourceType":"Encounter",` + patientText + `,"status":"planned","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}}`, ""},
		{"another part of the hierarchy", `{"resourceType":"Encounter",` + patientText + `,"status":"planned","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"LOAN"}}`, "warning binding Encounter.class"},
		{"unknown extension", `{"resourceType":"Patient",` + patientText + `,"extension":[{"url":"http://x.example/e","valueString":"x"}]}`, "information extension Patient.extension[0]"},
		{"extension elsewhere", `{"resourceType":"Observation",` + patientText + `,"status":"final","code":{"text":"x"},"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":"x"}}]}`, "error extension Observation.extension[0]"},
		{"extension of another type", `{"resourceType":"Patient",` + patientText + `,"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueString":"x"}]}`, "error type Patient.extension[0].value.ofType(string)"},
		{"extension without its value", `{"resourceType":"Patient",` + patientText + `,"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","extension":[{"url":"x","valueString":"x"}]}]}`, "error cardinality Patient.extension[0].extension, error required Patient.extension[0].value"},
		{"extension of a primitive", `{"resourceType":"Patient",` + patientText + `,"birthDate":"2001-02-03","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"2001-02-03T04:05:06Z"}]}}`, ""},
		{"extension of the wrong primitive", `{"resourceType":"Patient",` + patientText + `,"gender":"male","_gender":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"2001-02-03T04:05:06Z"}]}}`, "error extension Patient.gender.extension[0]"},
		{"part that an extension has not", `{"resourceType":"Patient",` + patientText + `,"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-nationality","extension":[{"url":"colour","valueString":"x"}]}]}`, "error extension Patient.extension[0].extension[0]"},
		{"modifier", `{"resourceType":"Patient",` + patientText + `,"modifierExtension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":"x"}}]}`, "error extension Patient.modifierExtension[0]"},
		{"size", `{"resourceType":"Patient",` + patientText + `,"photo":[{"contentType":"image/png","data":"QUJD","size":4}]}`, "error size Patient.photo[0].size"},
		{"claimed and unknown", `{"resourceType":"Patient","meta":{"profile":["http://x.example/p"]},` + patientText + `}`, "warning profile Patient"},
		{"claimed for another type", `{"resourceType":"Patient","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/vitalsigns"]},` + patientText + `}`, "error profile Patient"},
		{"reference in a bundle", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x:1","resource":{"resourceType":"Patient",` + patientText + `,"managingOrganization":{"reference":"urn:x:2"}}},{"fullUrl":"urn:x:2","resource":{"resourceType":"Practitioner",` + patientText + `}}]}`, "error reference-type Bundle.entry[0].resource.managingOrganization"},
		{"outside a document", `{"resourceType":"Bundle","type":"document","timestamp":"2020-01-01T00:00:00Z","identifier":{"system":"urn:x","value":"1"},"entry":[{"fullUrl":"urn:x:1","resource":{"resourceType":"Composition",` + patientText + `,"status":"final","type":{"text":"x"},"date":"2020","author":[{"reference":"Practitioner/1"}],"title":"x"}}]}`, "error reference Bundle.entry[0].resource.author[0]"},
		{"search result", `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient",` + patientText + `}}]}`, "error search-result Bundle.entry[0].resource"},
	} {
		if got := reported(validate.Base(), t, c.resource, validate.Options{}); got != c.want {
			t.Errorf("%s: found %q, not %q", c.name, got, c.want)
		}
	}
}

func TestModes(t *testing.T) {
	patient := `{"resourceType":"Patient",` + patientText + `}`
	for _, c := range []struct {
		name, resource string
		o              validate.Options
		want           string
	}{
		{"create", patient, validate.Options{Mode: validate.ModeCreate}, ""},
		{"update without an id", patient, validate.Options{Mode: validate.ModeUpdate}, "error mode Patient.id"},
		{"update", `{"resourceType":"Patient","id":"1",` + patientText + `}`, validate.Options{Mode: validate.ModeUpdate}, ""},
		{"delete", `{"resourceType":"Patient","x":1}`, validate.Options{Mode: validate.ModeDelete}, ""},
		{"profile without one", patient, validate.Options{Mode: validate.ModeProfile}, "error mode Patient"},
		{"profile", patient, validate.Options{Mode: validate.ModeProfile, Profiles: []string{"http://hl7.org/fhir/StructureDefinition/Patient"}}, ""},
		{"unknown profile", patient, validate.Options{Profiles: []string{"http://x.example/p"}}, "warning profile Patient"},
		{"unknown profile, strict", patient, validate.Options{Profiles: []string{"http://x.example/p"}, UnknownProfiles: "error"}, "error profile Patient"},
		{"another mode", patient, validate.Options{Mode: "patch"}, "error mode Patient"},
	} {
		if got := reported(validate.Base(), t, c.resource, c.o); got != c.want {
			t.Errorf("%s: found %q, not %q", c.name, got, c.want)
		}
	}
}
