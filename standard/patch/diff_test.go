package patch_test

import (
	"testing"

	"concord/standard/fhir"
	"concord/standard/patch"
)

// TestDiff: the patch that Diff writes makes of the one resource the other.
func TestDiff(t *testing.T) {
	const base = `{"resourceType":"Patient","id":"p","active":true,"birthDate":"1948-03-14","name":[{"family":"Okonkwo","given":["Adaeze","Ifeoma"]}],
		"contact":[{"name":{"family":"A"}},{"name":{"family":"B"},"telecom":[{"system":"phone","value":"1"}]}],"deceasedBoolean":false}`
	for name, to := range map[string]string{
		"nothing":           base,
		"a value":           `{"resourceType":"Patient","id":"p","active":false,"birthDate":"1948-03-15","name":[{"family":"Okonkwo","given":["Adaeze","Ifeoma"]}],"contact":[{"name":{"family":"A"}},{"name":{"family":"B"},"telecom":[{"system":"phone","value":"1"}]}],"deceasedBoolean":false}`,
		"taken out":         `{"resourceType":"Patient","id":"p","birthDate":"1948-03-14","name":[{"family":"Okonkwo","given":["Ifeoma"]}],"contact":[{"name":{"family":"B"},"telecom":[{"system":"phone","value":"1"}]}]}`,
		"put in":            `{"resourceType":"Patient","id":"p","active":true,"gender":"female","birthDate":"1948-03-14","name":[{"family":"Okonkwo","given":["Adaeze","Chi","Ifeoma"]},{"text":"Ada"}],"contact":[{"name":{"family":"A"}},{"relationship":[{"text":"x"}],"name":{"family":"C"}},{"name":{"family":"B"},"telecom":[{"system":"phone","value":"1"}]}],"deceasedBoolean":false}`,
		"inside an element": `{"resourceType":"Patient","id":"p","active":true,"birthDate":"1948-03-14","name":[{"family":"Okonkwo-Bell","given":["Adaeze","Ifeoma"]}],"contact":[{"name":{"family":"A"}},{"name":{"family":"B"},"telecom":[{"system":"phone","value":"2"}]}],"deceasedBoolean":false}`,
	} {
		from, want := parse(t, base), parse(t, to)
		d, err := patch.Diff(from, want)
		if err != nil {
			t.Fatal(err)
		}
		if name == "nothing" {
			if d.Get("parameter").Len() != 0 {
				t.Errorf("nothing differs, and yet: %s", d.JSON())
			}
			continue
		}
		got, err := patch.FHIRPath(from, d)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, d.JSON())
			continue
		}
		if !fhir.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s\n by %s", name, got.JSON(), want.JSON(), d.JSON())
		}
	}
}
