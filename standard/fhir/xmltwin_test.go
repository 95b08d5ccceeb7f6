package fhir_test

import (
	"encoding/xml"
	"fmt"
	"math/big"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// unlikeTwin lists files that say something else than their JSON namesake.
var unlikeTwin = map[string]string{
	"observation-example.xml":        "has an extension that the JSON lacks",
	"codesystem-example.xml":         "a line break in the description, and no text",
	"medicationdispenseexample8.xml": "the inputs folder has another edition of it",
	"myconsent-profile.xml":          "the JSON has a snapshot",
	"patient-example-period.xml":     "has a period that the JSON lacks",
}

// TestXMLTwins reads every XML file of which the same resource exists in JSON.
func TestXMLTwins(t *testing.T) {
	twins := map[string][]*fhir.Value{}
	for _, f := range append(files(t, "fhir/r4-examples", "*.json"), files(t, "fhir/fhirpath", "*/*.json")...) {
		if v, err := fhir.ParseObject(read(t, f)); err == nil && v.ID() != "" {
			key := v.Type() + "/" + v.ID()
			twins[key] = append(twins[key], v)
		}
	}
	pairs, unlike := 0, map[string]bool{}
	for _, f := range files(t, "fhir/fhirpath", "*/*.xml") {
		name := filepath.Base(f)
		switch name {
		case "tests-fhir-r4.xml": // no resource
			continue
		case "myconsent-ext.xml": // of FHIR STU3
			if _, err := fhir.ParseXML(read(t, f)); err == nil {
				t.Error("contextType is no element of R4")
			}
			continue
		}
		v, err := fhir.ParseXML(read(t, f))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		list := twins[v.Type()+"/"+v.ID()]
		if len(list) == 0 {
			continue
		}
		at := differs(v, list)
		switch {
		case at == "":
			pairs++
		case unlikeTwin[name] != "":
			unlike[name] = true
		default:
			t.Errorf("%s differs from its twin at %s", name, at)
		}
	}
	t.Logf("%d pairs are equal, %d differ in their source", pairs, len(unlike))
	if len(unlike) != len(unlikeTwin) {
		t.Errorf("of the listed exceptions only these differ: %v", unlike)
	}
}

// differs is where v differs from the last of the twins, "" when it is equal
// to one of them.
func differs(v *fhir.Value, twins []*fhir.Value) (at string) {
	for _, twin := range twins {
		if at = difference(v, twin, v.Type()); at == "" {
			break
		}
	}
	return at
}

// difference finds where two resources do not say the same; numbers count by
// value (the JSON twins were written by programs that rounded them) and
// narratives by their XML content.
func difference(a, b *fhir.Value, at string) string {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return at
	}
	switch a.Kind() {
	case fhir.Object:
		for name, m := range a.Members() {
			if d := difference(m, b.Get(name), at+"."+name); d != "" {
				return d
			}
		}
	case fhir.Array:
		for i := range a.Len() {
			if d := difference(a.At(i), b.At(i), at+"["+strconv.Itoa(i)+"]"); d != "" {
				return d
			}
		}
	case fhir.Number:
		x, _ := new(big.Rat).SetString(a.Raw())
		y, _ := new(big.Rat).SetString(b.Raw())
		if x.Cmp(y) != 0 {
			return at
		}
	case fhir.String:
		if a.Str() != b.Str() && (!strings.HasSuffix(at, ".div") || content(a.Str()) != content(b.Str())) {
			return at
		}
	}
	return ""
}

// content writes the tokens of XML in one way.
func content(s string) string {
	var out strings.Builder
	for d := xml.NewDecoder(strings.NewReader(s)); ; {
		tok, err := d.Token()
		switch tok := tok.(type) {
		case xml.CharData:
			out.WriteString(strings.Join(strings.Fields(string(tok)), " "))
		case xml.Comment:
		default:
			fmt.Fprintf(&out, "%v", tok)
		}
		if err != nil {
			return out.String()
		}
	}
}
