package fhir_test

import (
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// TestXMLRoundTrip: every official example comes back from XML as it was,
// decimals, arrays of gaps, ids and extensions of primitives included.
func TestXMLRoundTrip(t *testing.T) {
	n := 0
	for _, f := range files(t, "fhir/r4-examples", "*.json") {
		v, err := fhir.ParseObject(read(t, f))
		if err != nil || fhir.StructureOf(v.Type()) == nil {
			continue
		}
		text := v.AppendXML(nil)
		if len(text) > fhir.MaxXML {
			continue
		}
		back, err := fhir.ParseXML(text)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		if at := difference(v, back, v.Type()); at != "" && !strings.Contains(at, "div") {
			t.Errorf("%s comes back different at %s", filepath.Base(f), at)
		}
		n++
	}
	t.Logf("%d resources through XML and back", n)
	if n < 1900 {
		t.Errorf("only %d resources", n)
	}
}

func TestXMLWrites(t *testing.T) {
	v := resourceOf(t, `{"resourceType":"Patient","id":"a","text":{"status":"generated","div":"<div>a&nbsp;b &lt; c</div>"},
		"extension":[{"url":"urn:x","valueDecimal":1.50}],"birthDate":"1948","_birthDate":{"id":"b","extension":[{"url":"urn:y","valueString":"q\"<&\n"}]},
		"name":[{"given":[null,"Ada"],"_given":[{"extension":[{"url":"urn:z","valueCode":"masked"}]},null]}],
		"contained":[{"resourceType":"Basic","id":"c","code":{"text":"x"}}],"deceasedBoolean":false}`)
	want := `<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="a"/>` +
		`<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a b &lt; c</div></text>` +
		`<contained><Basic><id value="c"/><code><text value="x"/></code></Basic></contained>` +
		`<extension url="urn:x"><valueDecimal value="1.50"/></extension>` +
		`<name><given><extension url="urn:z"><valueCode value="masked"/></extension></given><given value="Ada"/></name>` +
		`<birthDate id="b" value="1948"><extension url="urn:y"><valueString value="q&quot;&lt;&amp;&#10;"/></extension></birthDate>` +
		`<deceasedBoolean value="false"/></Patient>`
	if got := string(v.AppendXML(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func resourceOf(t *testing.T, text string) *fhir.Value {
	t.Helper()
	v, err := fhir.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
