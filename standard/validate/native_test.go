package validate

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// corpora are the folders that rules are tried on.
var corpora = []string{"fhir/r4-examples/*.json", "fhir/synthea-r4/A*.json", "fhir/validator/*.json",
	"nhs/ukcore-examples/examples/*.xml", "fhir/validator/*.xml"}

// TestNativeRulesAreTheirExpressions holds every constraint that is written in
// Go against its FHIRPath, on every value of the corpora that it speaks of, as
// it is and with something missing.
func TestNativeRulesAreTheirExpressions(t *testing.T) {
	asked, broken := map[string]int{}, map[string]int{}
	v := comparing(t, asked, broken)
	random, rounds := rand.New(rand.NewPCG(1, 2)), 3
	if testing.Short() {
		rounds = 0
	}
	for _, pattern := range corpora {
		for _, r := range resources(t, pattern) {
			v.Validate(r, Options{})
			for range rounds {
				v.Validate(spoil(r, random), Options{})
			}
		}
	}
	for _, text := range breaking {
		r, err := fhir.ParseObject([]byte(text))
		if err != nil {
			t.Fatal(text, err)
		}
		v.Validate(r, Options{})
	}
	for name := range nativeRules {
		t.Logf("%-36s %8d values, %6d break it", name, asked[name], broken[name])
		if broken[name] == 0 || broken[name] == asked[name] {
			t.Errorf("%s: never broken or never kept", name)
		}
	}
}

// breaking holds what the corpora lack: every native rule is broken here, and
// dates meet in all their precisions.
var breaking = []string{
	`{"resourceType":"Basic","contained":[{"resourceType":"Basic","id":"a","contained":[{"resourceType":"Basic","id":"b"}]}]}`,
	`{"resourceType":"Basic","contained":[{"resourceType":"Basic","id":"a","meta":{"versionId":"1","security":[{"code":"R"}]}}]}`,
	`{"resourceType":"Basic","contained":[{"resourceType":"Basic","id":"a","meta":{"lastUpdated":"2020-01-01T00:00:00Z"},"subject":{"reference":"#"}}]}`,
	`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:a:b"},{"fullUrl":"urn:a:b"}]}`,
	`{"resourceType":"Bundle","type":"history","entry":[{"fullUrl":"urn:a:b"},{"fullUrl":"urn:a:b"}]}`,
	`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:a:b","resource":{"resourceType":"Basic","meta":{"versionId":"1"}}},{"fullUrl":"urn:a:b","resource":{"resourceType":"Basic","meta":{"versionId":"2"}}}]}`,
	`{"resourceType":"Organization","name":"x","telecom":[{"use":"home"}],"address":[{"use":"home"}]}`,
	`{"resourceType":"Observation","dataAbsentReason":{"text":"x"},"valueString":"x","referenceRange":[{"type":{"text":"x"}}]}`,
	`{"resourceType":"Observation","dataAbsentReason":{"id":"x"},"_valueString":{"id":"x"},"code":{"coding":[{"code":"a"}]},"component":[{"code":{"coding":[{"code":"b"},{"code":"a"}]}}]}`,
	`{"resourceType":"Encounter","period":{"start":"2020-01-02","end":"2020-01-01"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02","end":"2020"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020","end":"2020-02"}}`,
	`{"resourceType":"Encounter","period":{"start":"2021","end":"2020-02-01T10:00:00Z"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-01T10:00:00Z","end":"2020-02-01"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-02T00:30:00+02:00","end":"2020-02-01"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-01T23:30:00-02:00","end":"2020-02-01"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-01T10:00:00+01:00","end":"2020-02-01T09:30:00Z"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-01T10:00:00Z","end":"2020-02-01T10:00:00.000Z"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-01T10:00:00.5Z","end":"2020-02-01T10:00:00Z"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-02T11:59:59Z","end":"2020-02-01"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-02T12:00:00Z","end":"2020-02-01"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-02","end":"2020-02-01T10:00:00Z"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02-02","end":"2020-02-01T09:59:59Z"}}`,
	`{"resourceType":"Encounter","period":{"start":"2020-02","end":"2020-01-30T09:59:59Z"}}`,
	`{"resourceType":"Encounter","period":{"start":"x","end":"a"}}`,
	`{"resourceType":"Organization","telecom":[{"value":"1"}],"extension":[{"url":"http://x.example","valueQuantity":{"code":"a"}},{"url":"http://x.example","valueAttachment":{"data":"QQ=="}},{"url":"http://x.example"}]}`,
	`{"resourceType":"Patient","contact":[{"gender":"male"}],"extension":[{"url":"http://x.example","_valueString":{"id":"x"}}]}`,
}

// comparing is a validator whose native rules are asked together with their
// expressions.
func comparing(t *testing.T, asked, broken map[string]int) *Validator {
	v := *Base()
	v.checks = &sync.Pool{New: func() any { return newCheck() }}
	book := loadRules()
	wrap := func(list []*rule, typ string, names map[*rule]string) []*rule {
		out := make([]*rule, len(list))
		for i, r := range list {
			out[i] = r
			if r.native == nil {
				continue
			}
			both := *r
			both.native = func(c *check, at *fhir.Value) bool {
				got := r.native(c, at)
				want, err := c.holds(r, fhirpath.Node{Value: at, Type: typ})
				if got != (want || err != nil) { // what cannot be evaluated is not broken
					t.Errorf("%s %s: %v, its expression %v (%v): %s", typ, r.key, got, want, err, at.JSON())
				}
				asked[names[r]]++
				if !got {
					broken[names[r]]++
				}
				return got
			}
			out[i] = &both
		}
		return out
	}
	for s, list := range book.types {
		book.types[s] = wrap(list, s.Name, named(book))
	}
	for s := range fhir.Structures() {
		for i := range s.Elements {
			e := &s.Elements[i]
			book.elements[e.Number] = wrap(book.elements[e.Number], e.Types[0].Name, named(book))
		}
	}
	v.rules = book
	return &v
}

// named gives the native rules their names in the table.
func named(book *ruleBook) map[*rule]string {
	out := map[*rule]string{}
	for path, list := range book.stated {
		for _, r := range list {
			out[r] = path + " " + r.key
		}
	}
	return out
}

func resources(t *testing.T, pattern string) []*fhir.Value {
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	files, _ := filepath.Glob(filepath.Join(root, "corpora", pattern))
	if len(files) == 0 {
		t.Skipf("NOT TESTED: the corpora are missing: %s (set CONCORD_SHARED)", pattern)
	}
	var out []*fhir.Value
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		parse := fhir.ParseObject
		if filepath.Ext(f) == ".xml" {
			parse = fhir.ParseXML
		}
		if r, err := parse(b); err == nil {
			out = append(out, r)
		}
	}
	return out
}

// spoil takes members away, here and there.
func spoil(v *fhir.Value, random *rand.Rand) *fhir.Value {
	switch v.Kind() {
	case fhir.Array:
		var items []*fhir.Value
		for item := range v.Each() {
			items = append(items, spoil(item, random))
		}
		return fhir.Of(items)
	case fhir.Object:
		out := v
		for name, m := range v.Members() {
			if name != "resourceType" && random.IntN(8) == 0 {
				out = out.Without(name)
			} else if s := spoil(m, random); s != m {
				out = out.With(name, s)
			}
		}
		return out
	}
	return v
}
