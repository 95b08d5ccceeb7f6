package access

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"concord/fault"
	"concord/standard/fhir"
)

//go:embed sensitive.yaml
var sensitiveFile []byte

// sensitiveSet is one entry of sensitive.yaml.
type sensitiveSet struct {
	Label  string   `yaml:"label"`
	Topic  string   `yaml:"topic"`
	System string   `yaml:"system"`
	Begins []string `yaml:"begins"`
	Codes  []string `yaml:"codes"`
}

var sensitiveSets = sync.OnceValue(func() map[string][]sensitiveSet {
	list, err := readSensitive(sensitiveFile)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	out := map[string][]sensitiveSet{}
	for _, s := range list {
		out[s.System] = append(out[s.System], s)
	}
	return out
})

func readSensitive(text []byte) ([]sensitiveSet, error) {
	var list []sensitiveSet
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "access.sensitive", "the sensitive codes cannot be read")
	}
	known := map[string]bool{}
	for _, c := range Sensitivities() {
		known[c] = true
	}
	for _, s := range list {
		if !known[s.Label] || s.System == "" || len(s.Begins)+len(s.Codes) == 0 {
			return nil, fault.New(fault.Invalid, "access.sensitive", "an entry of the sensitive codes lacks a known label, a system or codes")
		}
	}
	return list, nil
}

// Sensitivity is the label of ActCode that a code asks for, "" for none.
func Sensitivity(system, code string) string {
	sets := sensitiveSets()[system]
	if len(sets) == 0 {
		return ""
	}
	plain := strings.ToUpper(strings.ReplaceAll(code, ".", ""))
	for _, s := range sets {
		for _, c := range s.Codes {
			if c == code {
				return s.Label
			}
		}
		for _, b := range s.Begins {
			if strings.HasPrefix(plain, b) {
				return s.Label
			}
		}
	}
	return ""
}

// Labelled adds to a resource the sensitivities that its codes ask for and its
// meta.security lacks. A resource without such codes is returned as it is.
func Labelled(resource *fhir.Value) *fhir.Value {
	var missing []string
	for _, member := range []string{"code", "vaccineCode", "medicationCodeableConcept", "reasonCode", "type"} {
		v := resource.Get(member)
		if v == nil {
			continue
		}
		add := func(concept *fhir.Value) {
			for c := range concept.Get("coding").Each() {
				if l := Sensitivity(c.StrAt("system"), c.StrAt("code")); l != "" && !says(resource, missing, l) {
					missing = append(missing, l)
				}
			}
		}
		if v.Kind() == fhir.Array {
			for one := range v.Each() {
				add(one)
			}
			continue
		}
		add(v)
	}
	if missing == nil {
		return resource
	}
	meta := resource.Get("meta")
	if meta == nil {
		meta = fhir.Obj()
	}
	var list []*fhir.Value
	for s := range meta.Get("security").Each() {
		list = append(list, s)
	}
	for _, l := range missing {
		list = append(list, fhir.Obj("system", ActCode, "code", l))
	}
	return resource.With("meta", meta.With("security", list))
}

func says(resource *fhir.Value, also []string, label string) bool {
	for _, l := range also {
		if l == label {
			return true
		}
	}
	for s := range resource.Path("meta.security").Each() {
		if s.StrAt("system") == ActCode && s.StrAt("code") == label {
			return true
		}
	}
	return false
}
