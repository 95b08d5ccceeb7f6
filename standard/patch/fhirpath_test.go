package patch_test

import (
	"fmt"
	"strings"
	"testing"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/patch"
)

// part writes a part of an operation; value is its value[x] member, or parts.
func part(name, value string) string { return fmt.Sprintf(`{"name":%q,%s}`, name, value) }

func operation(kind, path string, more ...string) string {
	parts := append([]string{part("type", `"valueCode":"`+kind+`"`), part("path", `"valueString":"`+path+`"`)}, more...)
	return `{"name":"operation","part":[` + strings.Join(parts, ",") + `]}`
}

func parameters(ops ...string) string {
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(ops, ",") + `]}`
}

func called(name string) string { return part("name", `"valueString":"`+name+`"`) }

func place(name string, n int) string { return part(name, fmt.Sprintf(`"valueInteger":%d`, n)) }

func value(member string) string { return part("value", member) }

const patient = `{"resourceType":"Patient","id":"p","name":[{"family":"A","given":["B",null,"C"],"_given":[null,{"id":"g"},null]},{"family":"D"}],"birthDate":"2000-01-01","_birthDate":{"extension":[{"url":"http://x.example/e","valueDecimal":1.50}]},"deceasedBoolean":false}`

func TestFHIRPath(t *testing.T) {
	const observation = `{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.20,"unit":"g"},"code":{"text":"x"}}`
	for _, c := range []struct{ name, doc, op, want string }{
		{"add a member", `{"resourceType":"Patient"}`, operation("add", "Patient", called("gender"), value(`"valueCode":"male"`)), `{"resourceType":"Patient","gender":"male"}`},
		{"add to a list", `{"resourceType":"Patient","name":[{"family":"A"}]}`, operation("add", "Patient", called("name"), value(`"valueHumanName":{"family":"B"}`)), `{"resourceType":"Patient","name":[{"family":"A"},{"family":"B"}]}`},
		{"add the first of a list", `{"resourceType":"Patient"}`, operation("add", "Patient", called("name"), value(`"valueHumanName":{"family":"B"}`)), `{"resourceType":"Patient","name":[{"family":"B"}]}`},
		{"add a primitive to a list with companions", patient, operation("add", "Patient.name[0]", called("given"), value(`"valueString":"E"`)), strings.Replace(strings.Replace(patient, `"C"]`, `"C","E"]`, 1), `{"id":"g"},null]`, `{"id":"g"},null,null]`, 1)},
		{"add a choice", `{"resourceType":"Observation"}`, operation("add", "Observation", called("value"), value(`"valueQuantity":{"value":1.20}`)), `{"resourceType":"Observation","valueQuantity":{"value":1.20}}`},
		{"add a choice by its type", `{"resourceType":"Observation"}`, operation("add", "Observation", called("value[x]"), value(`"valueString":"a"`)), `{"resourceType":"Observation","valueString":"a"}`},
		{"add an extension to a primitive", `{"resourceType":"Patient","gender":"male"}`, operation("add", "Patient.gender", called("extension"), value(`"valueExtension":{"url":"u","valueCode":"c"}`)), ""},
		{"add parts", `{"resourceType":"Patient"}`, operation("add", "Patient", called("contact"), value(`"part":[`+part("relationship", `"valueCodeableConcept":{"text":"a"}`)+`,`+part("relationship", `"valueCodeableConcept":{"text":"b"}`)+`,`+part("name", `"part":[`+part("given", `"valueString":"G"`)+`]`)+`]`)), `{"resourceType":"Patient","contact":[{"relationship":[{"text":"a"},{"text":"b"}],"name":{"given":["G"]}}]}`},
		{"add a contained resource", `{"resourceType":"Patient"}`, operation("add", "Patient", called("contained"), value(`"resource":{"resourceType":"Basic","id":"b"}`)), `{"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b"}]}`},
		{"add inside a contained resource", `{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"b"}]}`, operation("add", "Patient.contained[0]", called("name"), value(`"valueString":"n"`)), `{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"b","name":"n"}]}`},
		{"insert", patient, operation("insert", "Patient.name", place("index", 1), value(`"valueHumanName":{"family":"N"}`)), strings.Replace(patient, `{"family":"D"}`, `{"family":"N"},{"family":"D"}`, 1)},
		{"insert into nothing", `{"resourceType":"Patient"}`, operation("insert", "Patient.name", place("index", 0), value(`"valueHumanName":{"family":"N"}`)), `{"resourceType":"Patient","name":[{"family":"N"}]}`},
		{"insert a primitive", patient, operation("insert", "Patient.name[0].given", place("index", 2), value(`"valueString":"X"`)), strings.Replace(strings.Replace(patient, `null,"C"]`, `null,"X","C"]`, 1), `{"id":"g"},null]`, `{"id":"g"},null,null]`, 1)},
		{"insert a primitive with a companion", `{"resourceType":"Patient","name":[{"given":["A"]}]}`, operation("insert", "Patient.name.given", place("index", 0), value(`"_valueString":{"id":"x"}`)), `{"resourceType":"Patient","name":[{"given":[null,"A"],"_given":[{"id":"x"},null]}]}`},
		{"delete a primitive with its extensions", patient, operation("delete", "Patient.birthDate"), `{"resourceType":"Patient","id":"p","name":[{"family":"A","given":["B",null,"C"],"_given":[null,{"id":"g"},null]},{"family":"D"}],"deceasedBoolean":false}`},
		{"delete from a list with companions", patient, operation("delete", "Patient.name[0].given[1]"), strings.Replace(strings.Replace(patient, `"B",null,"C"`, `"B","C"`, 1), `"_given":[null,{"id":"g"},null]`, `"_given":[null,null]`, 1)},
		{"delete nothing", `{"resourceType":"Patient","active":true}`, operation("delete", "Patient.name"), `{"resourceType":"Patient","active":true}`},
		{"delete what leaves its home empty", `{"resourceType":"Patient","contact":[{"name":{"family":"A"}}]}`, operation("delete", "Patient.contact.name.family"), `{"resourceType":"Patient"}`},
		{"delete a choice", observation, operation("delete", "Observation.value"), `{"resourceType":"Observation","status":"final","code":{"text":"x"}}`},
		{"delete by a filter", patient, operation("delete", "Patient.name.where(family = 'D')"), strings.Replace(patient, `,{"family":"D"}`, ``, 1)},
		{"replace a primitive", patient, operation("replace", "Patient.birthDate", value(`"valueDate":"2001-02-03"`)), strings.Replace(strings.Replace(patient, "2000-01-01", "2001-02-03", 1), `"_birthDate":{"extension":[{"url":"http://x.example/e","valueDecimal":1.50}]},`, ``, 1)},
		{"replace in a list", patient, operation("replace", "Patient.name[0].given[1]", value(`"valueString":"X"`)), strings.Replace(strings.Replace(patient, `"B",null,"C"`, `"B","X","C"`, 1), `,"_given":[null,{"id":"g"},null]`, ``, 1)},
		{"replace a choice by another type", observation, operation("replace", "Observation.value", value(`"valueString":"a"`)), `{"resourceType":"Observation","status":"final","valueString":"a","code":{"text":"x"}}`},
		{"replace a part", observation, operation("replace", "Observation.value.value", value(`"valueDecimal":1.230`)), strings.Replace(observation, "1.20", "1.230", 1)},
		{"replace by parts", observation, operation("replace", "Observation.code", value(`"part":[`+part("text", `"valueString":"y"`)+`]`)), strings.Replace(observation, `"x"`, `"y"`, 1)},
		{"move", patient, operation("move", "Patient.name", place("source", 1), place("destination", 0)), `{"resourceType":"Patient","id":"p","name":[{"family":"D"},{"family":"A","given":["B",null,"C"],"_given":[null,{"id":"g"},null]}],"birthDate":"2000-01-01","_birthDate":{"extension":[{"url":"http://x.example/e","valueDecimal":1.50}]},"deceasedBoolean":false}`},
		{"move a primitive", patient, operation("move", "Patient.name[0].given", place("source", 1), place("destination", 2)), strings.Replace(strings.Replace(patient, `"B",null,"C"`, `"B","C",null`, 1), `[null,{"id":"g"},null]`, `[null,null,{"id":"g"}]`, 1)},
	} {
		if c.want == "" {
			c.want = `{"resourceType":"Patient","gender":"male","_gender":{"extension":[{"url":"u","valueCode":"c"}]}}`
		}
		got, err := patch.FHIRPath(parse(t, c.doc), parse(t, parameters(c.op)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !fhir.Equal(got, droppingNulls(t, c.want)) {
			t.Errorf("%s: gives\n%s\nnot\n%s", c.name, got.JSON(), c.want)
		}
	}
}

// droppingNulls leaves out a list of companions that holds none.
func droppingNulls(t *testing.T, text string) *fhir.Value {
	return parse(t, strings.Replace(text, `,"_given":[null,null]`, ``, 1))
}

func TestFHIRPathRefuses(t *testing.T) {
	name := value(`"valueHumanName":{"family":"N"}`)
	for _, c := range []struct{ op, code string }{
		{`{"name":"change"}`, "patch.syntax"},
		{operation("merge", "Patient"), "patch.syntax"},
		{operation("add", "Patient", called("name")), "patch.syntax"},
		{operation("add", "Patient", name), "patch.syntax"},
		{operation("add", "Patient", called("name"), name, part("colour", `"valueString":"red"`)), "patch.syntax"},
		{operation("insert", "Patient.name", name), "patch.syntax"},
		{operation("move", "Patient.name", place("source", 0)), "patch.syntax"},
		{operation("insert", "Patient.name", part("index", `"valueString":"a"`), name), "patch.syntax"},
		{`{"name":"operation","part":[` + part("type", `"valueCode":"delete"`) + `]}`, "patch.syntax"},
		{operation("delete", "Patient.("), "patch.expression"},
		{operation("delete", "Patient.name.single()"), "patch.expression"},
		{operation("add", "Patient.contact", called("gender"), value(`"valueCode":"male"`)), "patch.path"},
		{operation("replace", "Patient.gender", value(`"valueCode":"male"`)), "patch.path"},
		{operation("replace", "Patient", value(`"resource":{"resourceType":"Patient"}`)), "patch.path"},
		{operation("delete", "Patient"), "patch.path"},
		{operation("delete", "1 + 1"), "patch.path"},
		{operation("delete", "Patient.birthDate.toString()"), "patch.path"},
		{operation("insert", "Patient.name.where(false)", place("index", 0), name), "patch.path"},
		{operation("insert", "Patient.contact.telecom", place("index", 0), name), "patch.path"},
		{operation("delete", "Patient.name"), "patch.many"},
		{operation("replace", "Patient.name", name), "patch.many"},
		{operation("add", "Patient.name", called("text"), value(`"valueString":"t"`)), "patch.many"},
		{operation("insert", "Patient.name.where(family='A')", place("index", 0), name), "patch.list"},
		{operation("insert", "Patient.birthDate", place("index", 0), value(`"valueDate":"2000"`)), "patch.list"},
		{operation("insert", "Patient.gender", place("index", 0), value(`"valueCode":"male"`)), "patch.list"},
		{operation("insert", "Patient", place("index", 0), name), "patch.list"},
		{operation("move", "Patient.name | Patient.birthDate", place("source", 0), place("destination", 0)), "patch.list"},
		{operation("insert", "Patient.name", place("index", 3), name), "patch.index"},
		{operation("insert", "Patient.name", place("index", -1), name), "patch.index"},
		{operation("move", "Patient.name", place("source", 2), place("destination", 0)), "patch.index"},
		{operation("move", "Patient.name", place("source", 0), place("destination", 2)), "patch.index"},
		{operation("add", "Patient", called("colour"), value(`"valueString":"red"`)), "patch.name"},
		{operation("add", "Patient", called("birthDate"), value(`"valueDate":"2000"`)), "patch.exists"},
		{operation("add", "Patient", called("deceased"), value(`"valueDateTime":"2000"`)), "patch.exists"},
		{operation("add", "Patient", called("multipleBirth"), value(`"valueString":"2"`)), "patch.value"},
		{operation("add", "Patient", called("active"), value(`"valueString":"true"`)), "patch.value"},
		{operation("add", "Patient", called("active"), value(`"part":[`+part("a", `"valueString":"b"`)+`]`)), "patch.value"},
		{operation("add", "Patient", called("active"), value(`"resource":{"resourceType":"Basic"}`)), "patch.value"},
		{operation("add", "Patient", called("contact"), value(`"part":[]`)), "patch.value"},
		{operation("add", "Patient", called("contact"), `{"name":"value"}`), "patch.value"},
	} {
		good := operation("replace", "Patient.birthDate", value(`"valueDate":"2001"`))
		_, err := patch.FHIRPath(parse(t, patient), parse(t, parameters(good, c.op)))
		if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || f.Code != c.code || f.At != "Parameters.parameter[1]" {
			t.Errorf("%s: %v, not %s", c.op, err, c.code)
		}
	}
	if _, err := patch.FHIRPath(parse(t, patient), parse(t, `{"resourceType":"Patient"}`)); fault.Of(err).Code != "patch.syntax" {
		t.Errorf("no Parameters: %v", err)
	}
}

// FuzzFHIRPathPatch: no panic, and what comes out is a document.
func FuzzFHIRPathPatch(f *testing.F) {
	f.Add(patient, parameters(operation("insert", "Patient.name[0].given", place("index", 1), value(`"_valueString":{"id":"x"}`)), operation("delete", "Patient.name[0].given[1]")))
	f.Add(patient, parameters(operation("add", "Patient.birthDate.extension", called("value"), value(`"valueString":"E"`)), operation("move", "Patient.name", place("source", 1), place("destination", 0))))
	f.Add(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Basic"}}]}`, parameters(operation("add", "Bundle.entry.resource", called("code"), value(`"part":[`+part("text", `"valueString":"y"`)+`]`))))
	fuzz(f, fhir.ParseObject, patch.FHIRPath)
}
