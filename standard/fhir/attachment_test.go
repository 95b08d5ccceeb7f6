package fhir_test

import (
	"slices"
	"testing"

	"concord/standard/fhir"
)

// TestEveryAttachment: each element of each resource type that R4 lets be an Attachment
// is found, whatever it is called.
func TestEveryAttachment(t *testing.T) {
	tried := map[string]bool{}
	for _, typ := range fhir.R4().Names() {
		if typ == "Bundle" || typ == "Parameters" {
			continue
		}
		withAttachment(fhir.StructureOf(typ), map[string]bool{}, func(path string, body *fhir.Value) {
			tried[typ+"."+path] = true
			resource := fhir.Obj("resourceType", typ).Join(body)
			if got := fhir.AttachedTo(resource); !slices.Equal(got, []string{"Binary/b"}) {
				t.Errorf("%s.%s: %v", typ, path, got)
			}
		})
	}
	for _, want := range []string{"Media.content", "DiagnosticReport.presentedForm", "Communication.payload.contentAttachment", "Patient.photo", "Consent.sourceAttachment",
		"Library.content", "QuestionnaireResponse.item.answer.valueAttachment", "Observation.extension.valueAttachment", "DocumentReference.content.attachment",
		"Contract.rule.contentAttachment", "Library.relatedArtifact.document"} {
		if !tried[want] {
			t.Errorf("%s was not tried", want)
		}
	}
	t.Logf("%d elements", len(tried))
}

// withAttachment makes of each way from a type to an Attachment the members that lead
// there.
func withAttachment(typ *fhir.Structure, seen map[string]bool, try func(path string, body *fhir.Value)) {
	if seen[typ.Name] {
		return
	}
	seen[typ.Name] = true
	defer delete(seen, typ.Name)
	for i := range typ.Elements {
		e := &typ.Elements[i]
		for _, of := range e.Types {
			if of == nil || of.Form != fhir.ComplexType || of.Name == "Extension" && len(seen) > 1 {
				continue
			}
			name := e.Name
			if e.Choice {
				name += string(of.Name[0]-'a'+'A') + of.Name[1:]
				if of.Name[0] <= 'Z' {
					name = e.Name + of.Name
				}
			}
			put := func(v *fhir.Value) *fhir.Value {
				if e.Many {
					return fhir.Obj(name, fhir.Arr(v))
				}
				return fhir.Obj(name, v)
			}
			if of.Name == "Attachment" {
				try(name, put(fhir.Obj("url", "Binary/b")))
				continue
			}
			withAttachment(of, seen, func(path string, body *fhir.Value) { try(name+"."+path, put(body)) })
		}
	}
}

// TestAttachedTo: what a url leads to is read from Attachments alone.
func TestAttachedTo(t *testing.T) {
	for text, want := range map[string][]string{
		`{"resourceType":"Patient","photo":[{"url":"Binary/a/_history/2"},{"url":"https://x.example/fhir/Binary/c#page=2"},{"url":"Binary/a"}]}`: {"Binary/a", "https://x.example/fhir/Binary/c"},
		`{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://x.example","valueAttachment":{"url":"Binary/a"}}]}}`:                {"Binary/a"},
		`{"resourceType":"Observation","contained":[{"resourceType":"Media","content":{"url":"Binary/a"}}]}`:                                     {"Binary/a"},
		`{"resourceType":"Patient","extension":[{"url":"Binary/a","valueUrl":"Binary/b"}],"photo":[{"url":"Observation/a"}]}`:                    nil,
		`{"resourceType":"ValueSet","url":"http://x.example/Binary/a"}`:                                                                          nil,
		`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Media","content":{"url":"Binary/a"}},"request":{"url":"Binary/a"}}]}`:    nil,
		`{"resourceType":"Patient","photo":{"url":"Binary/a"}}`:                                                                                  {"Binary/a"},
		`{"resourceType":"Nothing","photo":{"url":"Binary/a"}}`:                                                                                  nil,
	} {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := fhir.AttachedTo(v); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
