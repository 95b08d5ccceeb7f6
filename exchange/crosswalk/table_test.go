package crosswalk

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"concord/standard/fhir"
)

func glucose() *Table {
	return &Table{Trust: "R1K", Codes: map[Key]Target{
		{Results, "GLUR"}: {System: "urn:concord:QRV:code", Code: "GLU", Display: "Glucose", NationalSystem: "http://loinc.org", NationalCode: "14749-6", Unit: "mmol/L", MolarMass: "180.156"},
		{Units, "mg/dl"}:  {System: "http://unitsofmeasure.org", Code: "mg/dL"},
		{Units, "mmol/l"}: {System: "http://unitsofmeasure.org", Code: "mmol/L"},
		{Units, "kg"}:     {System: "http://unitsofmeasure.org", Code: "kg"},
		{Wards, "NPCRI"}:  {System: "urn:concord:R1K:location", Code: "Crick", Display: "Crick ward"},
	}, Stays: map[Key]string{{Results, "OLD"}: "", {Results, "SOON"}: "2026-11-30"}}
}

// TestUnits: a value is converted only where its unit is one that is known and that
// converts into the test's.
func TestUnits(t *testing.T) {
	x := glucose()
	to, _ := x.Find(Results, "GLUR")
	for sent, want := range map[string]string{"mg/dl": "6.99 mmol/L", "mmol/l": "126 mmol/l", "kg": "", "mg/mL": "", "": ""} {
		got := ""
		if u, ok := x.Unit(to, sent); ok {
			q := u.Quantity("126", "", sent)
			got = q.Get("value").Raw() + " " + q.StrAt("unit")
		}
		if got != want {
			t.Errorf("126 %s is %q, not %q", sent, got, want)
		}
	}
	u, _ := x.Unit(to, "mg/dl")
	if q := u.Quantity("36", "<", "mg/dl"); q.StrAt("comparator") != "<" || q.Get("value").Raw() != "2.00" || q.Path("extension.0.valueQuantity").StrAt("comparator") != "<" {
		t.Errorf("%s", q.JSON())
	}
	for text, want := range map[string]string{"[70 - 110]": "3.89 6.11", "< 110": " 6.11", ">= 70": "3.89 ", "see note": " "} {
		r := u.Range(text, "mg/dl")
		if got := r.Path("low.value").Raw() + " " + r.Path("high.value").Raw(); got != want || r.StrAt("text") != text+" mg/dl as sent" {
			t.Errorf("%q is %s", text, r.JSON())
		}
	}
}

// TestKnows: what stays is decided on, until its day.
func TestKnows(t *testing.T) {
	x := glucose()
	for code, want := range map[string][2]bool{"GLUR": {true, true}, "OLD": {true, true}, "SOON": {true, false}, "NEW": {false, false}} {
		if got := [2]bool{x.Knows(Results, code, "2026-11-30"), x.Knows(Results, code, "2026-12-01")}; got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	if !x.Answers(Results, "GLUR", "mg/dl", "") || x.Answers(Results, "GLUR", "kg", "") || x.Answers(Results, "OLD", "mg/dl", "") || !x.Answers(Results, "OLD", "", "2026-12-01") {
		t.Error("what is decided on is asked for, or the other way round")
	}
	var none *Table
	if none.Knows(Results, "GLUR", "2026-11-30") {
		t.Error("no table knows a code")
	}
}

// TestConceptAndParty: the sender's code stays beside the domain's, and what is not
// known is as it was sent.
func TestConceptAndParty(t *testing.T) {
	x := glucose()
	c := x.Concept(Results, Sent{System: "urn:concord:R1K:code", Code: "GLUR", Display: "Glucose", Text: "Glucose"})
	if codes := fhir.Codings(c); len(codes) != 3 || codes[0].Code != "GLU" || codes[1].Code != "14749-6" || codes[2].Code != "GLUR" || codes[2].Display != "" || c.StrAt("coding.2.userSelected") != "" && !c.Path("coding.2.userSelected").Bool() {
		t.Errorf("%s", c.JSON())
	}
	if c := x.Concept(Results, Sent{System: "s", Code: "NEW", Display: "New", Text: "New"}); len(fhir.Codings(c)) != 1 {
		t.Errorf("%s", c.JSON())
	}
	p := x.Party("Location", Wards, Sent{System: "urn:concord:R1K:location", Code: "NPCRI", Display: "NPCRI"})
	if p.StrAt("identifier.value") != "Crick" || CodeAsSent(p) != "NPCRI" || p.StrAt("display") != "Crick ward" {
		t.Errorf("%s", p.JSON())
	}
	if p := x.Party("Location", Wards, Sent{System: "l", Code: "X", Display: "X"}); p.StrAt("identifier.value") != "X" || CodeAsSent(p) != "X" {
		t.Errorf("%s", p.JSON())
	}
}

// TestText: a table that is written and read again is the same, whatever its codes
// are; what is no table is refused.
func TestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringN(1, 20, 60)
		x := &Table{Trust: "R1K", Codes: map[Key]Target{}, Stays: map[Key]string{}}
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			k := Key{rapid.SampledFrom([]Kind{Results, Units, Staff}).Draw(t, "kind"), word.Draw(t, "code")}
			if rapid.Bool().Draw(t, "maps") {
				x.Codes[k] = Target{System: word.Draw(t, "system"), Code: word.Draw(t, "to"), Display: word.Draw(t, "display"), Unit: "mmol/L"}
				delete(x.Stays, k)
			} else if _, mapped := x.Codes[k]; !mapped {
				x.Stays[k] = "2026-11-30"
			}
		}
		text, err := x.Text()
		if err != nil {
			t.Fatal(err)
		}
		y, err := Parse("R1K", text)
		if err != nil || !reflect.DeepEqual(x, y) || x.Differs(y) != 0 {
			t.Fatalf("%+v became %+v: %v", x, y, err)
		}
		again, err := y.Text()
		if err != nil || !bytes.Equal(text, again) {
			t.Fatalf("%s\n%s %v", text, again, err)
		}
	})
	for _, text := range []string{"{}\n", "x\n", `{"kind":"results","code":"A"}` + "\n", `{"kind":"results","code":"A","stays":true,"to":{"system":"s","code":"c"}}` + "\n", `{"kind":"results","code":"A","stays":true,"more":1}` + "\n"} {
		if _, err := Parse("R1K", []byte(text)); err == nil {
			t.Errorf("%s is taken for a table", text)
		}
	}
	if n := glucose().Differs(nil); n != 7 {
		t.Errorf("a table and none differ in %d", n)
	}
}
