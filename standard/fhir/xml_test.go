package fhir_test

import (
	"strings"
	"testing"

	"concord/fault"
	"concord/standard/fhir"
)

const patientXML = `<?xml version="1.0" encoding="UTF-8"?>
<!-- made up -->
<Patient xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">
  <id value="p1"/>
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p class='a'>Ann &amp; May<br/></p></div></text>
  <contained><Organization><id value="o"/><name value="A &quot;ward&quot;&#10;é"/></Organization></contained>
  <extension url="http://x.example/weight"><valueDecimal value="1.50"/></extension>
  <active id="a1" value="true"/>
  <name id="n1"><given value="Ann"/><given><extension url="http://x.example/e"><valueCode value="m"/></extension></given><given id="g3" value="May"/></name>
  <birthDate><extension url="http://x.example/e"><valueBoolean value="false"/></extension></birthDate>
  <multipleBirthInteger value="2"/>
  <managingOrganization><reference value="#o"/></managingOrganization>
</Patient>
<?done now?>`

const patientOfXML = `{"resourceType":"Patient","id":"p1",
	"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class='a'>Ann &amp; May<br/></p></div>"},
	"contained":[{"resourceType":"Organization","id":"o","name":"A \"ward\"\né"}],
	"extension":[{"url":"http://x.example/weight","valueDecimal":1.50}],
	"active":true,"_active":{"id":"a1"},
	"name":[{"id":"n1","given":["Ann",null,"May"],"_given":[null,{"extension":[{"url":"http://x.example/e","valueCode":"m"}]},{"id":"g3"}]}],
	"_birthDate":{"extension":[{"url":"http://x.example/e","valueBoolean":false}]},
	"multipleBirthInteger":2,
	"managingOrganization":{"reference":"#o"}}`

func TestParseXML(t *testing.T) {
	v, err := fhir.ParseXML([]byte(patientXML))
	if err != nil {
		t.Fatal(err)
	}
	if want := parse(t, patientOfXML); !fhir.Equal(v, want) {
		t.Errorf("read:\n%s\nnot:\n%s", v.JSON(), want.JSON())
	}
	if again := parse(t, string(v.JSON())); !fhir.Equal(again, v) {
		t.Error("what is read does not come back through JSON")
	}
	if _, err := fhir.ParseXML([]byte("\uFEFF" + patientXML)); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
}

func TestXMLNarratives(t *testing.T) {
	for _, c := range []struct{ name, root, div, want string }{
		{"as it stands", "", `<div xmlns="http://www.w3.org/1999/xhtml">a<br />&#160;<!-- b --></div>`, `<div xmlns="http://www.w3.org/1999/xhtml">a<br />&#160;<!-- b --></div>`},
		{"line ends", "", "<div xmlns=\"http://www.w3.org/1999/xhtml\">a\r\nb</div>", "<div xmlns=\"http://www.w3.org/1999/xhtml\">a\nb</div>"},
		{"prefixed", ` xmlns:h="http://www.w3.org/1999/xhtml"`, `<h:div title="a &lt; b"><h:p>x &amp; y</h:p></h:div>`, `<div xmlns="http://www.w3.org/1999/xhtml" title="a &lt; b"><p>x &amp; y</p></div>`},
		{"prefixed inside", ` xmlns:h="http://www.w3.org/1999/xhtml"`, `<div xmlns="http://www.w3.org/1999/xhtml"><h:p>x</h:p></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>`},
	} {
		v, err := fhir.ParseXML([]byte(`<Basic xmlns="http://hl7.org/fhir"` + c.root + `><text><status value="generated"/>` + c.div + `</text></Basic>`))
		if err != nil || v.StrAt("text.div") != c.want {
			t.Errorf("%s: %q, %v", c.name, v.StrAt("text.div"), err)
		}
	}
}

func TestParseXMLRefuses(t *testing.T) {
	in := func(s string) string { return `<Patient xmlns="http://hl7.org/fhir">` + s + `</Patient>` }
	for _, c := range []struct{ text, code, at string }{
		{"", "xml.resource", ""},
		{"<Patient>", "xml.resource", ""},
		{`<Patient xmlns="http://hl7.org/fhir">`, "xml.syntax", "Patient"},
		{in("") + "<a/>", "xml.syntax", ""},
		{in("<name></nome>"), "xml.syntax", "Patient.name"},
		{in(`<active value="true"`), "xml.syntax", "Patient"},
		{in("\xff"), "xml.utf8", ""},
		{`<?xml version="1.0" encoding="ISO-8859-1"?>` + in(""), "xml.syntax", ""},
		{`<!DOCTYPE Patient [<!ENTITY a "b">]>` + in(""), "xml.dtd", ""},
		{in(`<birthDate value="&a;"/>`), "xml.syntax", "Patient"},
		{`<Doctor xmlns="http://hl7.org/fhir"/>`, "xml.resource", ""},
		{`<HumanName xmlns="http://hl7.org/fhir"/>`, "xml.resource", ""},
		{`<Patient xmlns="http://x.example"/>`, "xml.resource", ""},
		{`<Patient xmlns="http://hl7.org/fhir" id="a"/>`, "xml.attribute", "Patient"},
		{in("<nickname/>"), "xml.element", "Patient"},
		{in("<value/>"), "xml.element", "Patient"},
		{in(`<name><id value="a"/></name>`), "xml.element", "Patient.name"},
		{in(`<active xmlns="http://x.example" value="true"/>`), "xml.element", "Patient"},
		{in("x"), "xml.text", "Patient"},
		{in("<gender>male</gender>"), "xml.text", "Patient.gender"},
		{in(`<gender value="male"/><gender value="male"/>`), "xml.repeated", "Patient"},
		{in(`<gender value="male" value="male"/>`), "xml.attribute", "Patient.gender"},
		{in(`<gender code="male"/>`), "xml.attribute", "Patient.gender"},
		{in(`<gender url="a" value="male"/>`), "xml.attribute", "Patient.gender"},
		{in(`<name value="a"/>`), "xml.attribute", "Patient.name"},
		{in(`<name url="a"/>`), "xml.attribute", "Patient.name"},
		{in(`<name x:id="a" xmlns:x="http://x.example"/>`), "xml.attribute", "Patient.name"},
		{in(`<active value="True"/>`), "xml.value", "Patient.active"},
		{in(`<multipleBirthInteger value="+2"/>`), "xml.value", "Patient.multipleBirthInteger"},
		{in(`<multipleBirthInteger value=""/>`), "xml.value", "Patient.multipleBirthInteger"},
		{in(`<multipleBirthInteger value="2 "/>`), "xml.value", "Patient.multipleBirthInteger"},
		{in(`<contained/>`), "xml.resource", "Patient.contained"},
		{in(`<contained><Doctor/></contained>`), "xml.resource", "Patient.contained"},
		{in(`<contained><Basic/><Basic/></contained>`), "xml.resource", "Patient.contained"},
		{in(`<contained id="a"><Basic/></contained>`), "xml.attribute", "Patient.contained"},
		{in(`<text><div>x</div></text>`), "xml.element", "Patient.text"},
		{in(`<text><div xmlns="http://www.w3.org/1999/xhtml"><p xmlns="http://x.example"/></div></text>`), "xml.element", "Patient.text.div"},
		{in(`<text><div xmlns="http://www.w3.org/1999/xhtml">&nbsp;</div></text>`), "xml.syntax", "Patient.text.div"},
		{in(`<text><div xmlns="http://www.w3.org/1999/xhtml">` + strings.Repeat("<b>", 200)), "xml.depth", "Patient.text.div"},
	} {
		v, err := fhir.ParseXML([]byte(c.text))
		f := fault.Of(err)
		if f == nil || f.Kind != fault.Invalid || f.Code != c.code || f.At != c.at {
			t.Errorf("%.120s: %v (%s), not %s at %q", c.text, err, v.JSON(), c.code, c.at)
		}
	}
	if f := fault.Of(errOf(fhir.ParseXML([]byte("<Patient xmlns=\"http://hl7.org/fhir\">\n  <active valu=>")))); f == nil || !strings.Contains(f.Error(), "at line 2, column") {
		t.Errorf("the place of a mistake: %v", f)
	}
	deep := in(strings.Repeat(`<extension url="a">`, 1000))
	if f := fault.Of(errOf(fhir.ParseXML([]byte(deep)))); f == nil || f.Code != "xml.depth" {
		t.Errorf("deep nesting: %v", f)
	}
	if f := fault.Of(errOf(fhir.ParseXML(make([]byte, fhir.MaxXML+1)))); f == nil || f.Code != "xml.size" {
		t.Errorf("a large document: %v", f)
	}
}

func errOf(_ *fhir.Value, err error) error { return err }

// FuzzParseXML: what is read is JSON that reads back equal.
func FuzzParseXML(f *testing.F) {
	f.Add([]byte(patientXML))
	f.Add([]byte(`<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/><entry><resource><Basic/></resource></entry></Bundle>`))
	f.Add([]byte(`<h:Basic xmlns:h="http://hl7.org/fhir"><h:text><x:div xmlns:x="http://www.w3.org/1999/xhtml" a="&#9;"/></h:text></h:Basic>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := fhir.ParseXML(b)
		if err != nil {
			if fault.Of(err).Kind != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		again, err := fhir.ParseObject(v.JSON())
		if err != nil || !fhir.Equal(v, again) {
			t.Fatalf("%q does not come back: %v", v.JSON(), err)
		}
	})
}

func BenchmarkParseXML(b *testing.B) {
	text := []byte(patientXML)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fhir.ParseXML(text); err != nil {
			b.Fatal(err)
		}
	}
}
