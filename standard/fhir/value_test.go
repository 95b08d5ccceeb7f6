package fhir_test

import (
	"strings"
	"testing"
	"time"

	"concord/standard/fhir"
)

func parse(t testing.TB, text string) *fhir.Value {
	t.Helper()
	v, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

const patient = `{"resourceType":"Patient","id":"p1","active":true,
	"identifier":[{"system":"s1","value":"1"},{"system":"s2","value":"2"}],
	"name":[{"use":"old","family":"Ash"},{"use":"official","family":"Elm","given":["Ann","May"]}],
	"multipleBirthInteger":2,"extension":[{"url":"u","valueCode":"c"}]}`

func TestPaths(t *testing.T) {
	p := parse(t, patient)
	for _, c := range [][2]string{
		{"name.family", "Ash"}, {"name.1.family", "Elm"}, {"name.1.given.1", "May"}, {"identifier.value", "1"},
		{"name.7.family", ""}, {"name.-1.family", ""}, {"active.x", ""}, {"nothing.at.all", ""},
	} {
		if got := p.StrAt(c[0]); got != c[1] {
			t.Errorf("%s is %q, not %q", c[0], got, c[1])
		}
	}
	var all []string
	for _, v := range p.All("name.given") {
		all = append(all, v.Str())
	}
	if strings.Join(all, " ") != "Ann May" || len(p.All("name.family")) != 2 || len(p.All("photo.url")) != 0 {
		t.Errorf("All found %v", all)
	}
	if !p.Get("active").Bool() || p.Get("multipleBirthInteger").Text() != "2" || p.Type() != "Patient" || p.ID() != "p1" {
		t.Error("a scalar is not read")
	}
	if fhir.Identifier(p, "s2") != "2" || fhir.Identifier(p, "s3") != "" || fhir.Extension(p, "u").StrAt("valueCode") != "c" || fhir.Extension(p, "v") != nil {
		t.Error("an identifier or extension is not found")
	}
	if n := fhir.BestName(p); n.Family != "Elm" || n.Given != "Ann May" {
		t.Errorf("the name is %+v", n)
	}
}

func TestAbsentValues(t *testing.T) {
	var v *fhir.Value
	for range v.Each() {
		t.Error("an absent value has no elements")
	}
	for range v.Members() {
		t.Error("an absent value has no members")
	}
	if v.Get("a") != nil || v.At(0) != nil || v.Path("a.0.b") != nil || v.Str() != "" || v.Text() != "" || v.Raw() != "" ||
		v.Bool() || v.Len() != 0 || v.Kind() != fhir.Null || string(v.JSON()) != "null" || v.All("a") != nil || v.ID() != "" {
		t.Error("an absent value holds something")
	}
	if got := string(v.With("a", "b").JSON()); got != `{"a":"b"}` {
		t.Errorf("With on an absent value gives %s", got)
	}
}

func TestEditsLeaveTheOriginal(t *testing.T) {
	p := parse(t, patient)
	before := string(p.JSON())
	q := p.With("id", "p2").With("active", nil).Without("name", "extension").With("gender", "other")
	if got := string(q.JSON()); got != `{"resourceType":"Patient","id":"p2","identifier":[{"system":"s1","value":"1"},{"system":"s2","value":"2"}],"multipleBirthInteger":2,"gender":"other"}` {
		t.Errorf("edited: %s", got)
	}
	if string(p.JSON()) != before {
		t.Error("the original changed")
	}
}

func TestRewrite(t *testing.T) {
	o := parse(t, `{"subject":{"reference":"Patient/1","display":"Patient/1"},"performer":[{"reference":"Device/2"},{"reference":"Patient/1"}],"note":[{"text":"x"}]}`)
	got := fhir.Rewrite(o, func(ref string) string { return strings.Replace(ref, "Patient/1", "Patient/9", 1) })
	if want := `{"subject":{"reference":"Patient/9","display":"Patient/1"},"performer":[{"reference":"Device/2"},{"reference":"Patient/9"}],"note":[{"text":"x"}]}`; string(got.JSON()) != want {
		t.Errorf("rewritten: %s", got.JSON())
	}
	if o.StrAt("subject.reference") != "Patient/1" {
		t.Error("the original changed")
	}
	if same := fhir.Rewrite(o, func(ref string) string { return ref }); same != o {
		t.Error("nothing changed, but it was copied")
	}
}

func TestEqual(t *testing.T) {
	a := parse(t, `{"x":[1.0,"é"],"y":null}`)
	for text, want := range map[string]bool{
		`{"y":null,"x":[1.0,"\u00e9"]}`: true,
		`{"y":null,"x":[1.00,"é"]}`:     false,
		`{"y":null,"x":["é",1.0]}`:      false,
		`{"x":[1.0,"é"]}`:               false,
		`{"x":[1.0,"é"],"z":null}`:      false,
		`{"x":[1.0,"é"],"y":false}`:     false,
	} {
		if b := parse(t, text); fhir.Equal(a, b) != want || fhir.Equal(b, a) != want {
			t.Errorf("%s: equal is not %v", text, want)
		}
	}
}

func TestBuild(t *testing.T) {
	got := fhir.Obj("a", "", "b", "\"\\\n\u2028\x01é", "c", 7, "d", fhir.Decimal("1.50"), "e", []string{"", "x"},
		"f", fhir.Arr(nil, ""), "g", true, "h", fhir.Obj("i", nil), "j", (*fhir.Value)(nil), "k", []*fhir.Value{nil, fhir.Of(int64(3))})
	want := parse(t, `{"b":"\"\\\n\u2028\u0001é","c":7,"d":1.50,"e":["x"],"g":true,"k":[3]}`)
	if !fhir.Equal(got, want) {
		t.Errorf("built: %s", got.JSON())
	}
	if again := parse(t, string(got.JSON())); !fhir.Equal(again, got) {
		t.Errorf("does not come back: %s", got.JSON())
	}
	if fhir.Concept("", "", "", "") != nil || string(fhir.Concept("s", "c", "", "t").JSON()) != `{"coding":[{"system":"s","code":"c"}],"text":"t"}` {
		t.Error("a concept is built wrongly")
	}
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]fhir.Reference{
		"Patient/1":                              {Type: "Patient", ID: "1"},
		"Patient/a.b-1/_history/7":               {Type: "Patient", ID: "a.b-1", Version: "7"},
		"https://x.example/fhir/Patient/1":       {Base: "https://x.example/fhir", Type: "Patient", ID: "1"},
		"https://x.example/Patient/1/_history/2": {Base: "https://x.example", Type: "Patient", ID: "1", Version: "2"},
	} {
		got, ok := fhir.ParseReference(text)
		if !ok || got != want || got.String() != text {
			t.Errorf("%s: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "#", "#a", "urn:uuid:x/Patient/1", "Patient", "Patient/", "/1", "patient/1", "Patient/a_b",
		"Patient?identifier=1", "Patient/1/_history", "http://x.example/ValueSet|2"} {
		if got, ok := fhir.ParseReference(text); ok {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func TestInstants(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("NOT TESTED: no time zones on this machine")
	}
	for _, c := range []struct {
		text, start, end string
		precision        fhir.Precision
	}{
		{"2024", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", fhir.Year},
		{"2024-07", "2024-06-30T23:00:00Z", "2024-07-31T23:00:00Z", fhir.Month},
		{"2024-03-31", "2024-03-31T00:00:00Z", "2024-03-31T23:00:00Z", fhir.Day}, // the clocks go forward
		{"2024-07-01T09:30:00+01:00", "2024-07-01T08:30:00Z", "2024-07-01T08:30:01Z", fhir.Second},
		{"2024-07-01T09:30:00.999Z", "2024-07-01T09:30:00.999Z", "2024-07-01T09:30:01Z", fhir.Second},
		{"2024-07-01T09:30", "2024-07-01T08:30:00Z", "2024-07-01T08:31:00Z", fhir.Minute},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:01Z", fhir.Second},
		{"0385-07-25T07:06:40.000000+00:00", "0385-07-25T07:06:40Z", "0385-07-25T07:06:41Z", fhir.Second},
	} {
		in, ok := fhir.ParseInstant(c.text, london)
		start, end := in.Start.Format(time.RFC3339Nano), in.End(london).Format(time.RFC3339Nano)
		if !ok || start != c.start || end != c.end || in.Precision != c.precision {
			t.Errorf("%s: %s to %s, precision %d, %v", c.text, start, end, in.Precision, ok)
		}
	}
	for _, text := range []string{"", "24", "0000", "2024-13", "2024-02-30", "2024-1-1", "2024-07-01T", "2024-07-01 09:30:00", "2024-07-01T25:00:00Z", "2024-07-01T09:30:61Z", "yesterday"} {
		if in, ok := fhir.ParseInstant(text, london); ok {
			t.Errorf("%q is taken for %v", text, in)
		}
	}
	at := time.Date(2024, 7, 1, 8, 30, 0, 5e6, time.UTC)
	if fhir.FormatInstant(at) != "2024-07-01T08:30:00.005Z" || fhir.FormatDateTime(at, london) != "2024-07-01T09:30:00+01:00" {
		t.Error("a time is written wrongly")
	}
}
