package onboard

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/exchange/crosswalk"
	"concord/standard/fhir"
)

// loadedResult is the Observation of one row.
func loadedResult(t *testing.T, m *Mapping, value, unit, limits string) *fhir.Value {
	t.Helper()
	c, _ := classAt("results")
	row := map[string]string{"key": "R1", "patient": "L1", "code": "GLU", "name": "Glucose", "value": value, "unit": unit, "range": limits, "status": "final", "taken": "2026-03-02T14:05:00"}
	var fields [][]byte
	for _, col := range c.Columns {
		fields = append(fields, []byte(row[col.Name]))
	}
	return (&maker{trust: "R1K", load: "x.1", zone: time.UTC, class: &c, fields: fields, table: m.table()}).resource()
}

// TestResultInAnotherUnit: a value and its range are converted together or not
// at all, what was sent stays beside them, and a unit that the mapping does not
// know leaves the value as it was sent.
func TestResultInAnotherUnit(t *testing.T) {
	m := &Mapping{Table: crosswalk.Table{Trust: "R1K", Codes: map[CodeKey]MappedCode{{Kind: Results, Code: "GLU"}: {System: "urn:concord:QRV:code", Code: "GLUC", Display: "Glucose", NationalSystem: "http://loinc.org", NationalCode: "14749-6",
		Units: map[string]MappedUnit{"mg/dL": {Code: "mmol/L", Factor: big.NewRat(10000, 180156)}, "mmol/l": {Code: "mmol/L"}}}}}}
	o := loadedResult(t, m, "126", "mg/dL", "70 - 110")
	q, r := o.Get("valueQuantity"), o.Path("referenceRange.0")
	if q.Get("value").Raw() != "6.99" || q.StrAt("unit") != "mmol/L" || q.Path("extension.0.valueQuantity.value").Raw() != "126" || q.Path("extension.0.valueQuantity").StrAt("unit") != "mg/dL" {
		t.Errorf("%s", q.JSON())
	}
	if r.Path("low.value").Raw() != "3.89" || r.Path("high.value").Raw() != "6.11" || r.StrAt("text") != "70 - 110 mg/dL as sent" {
		t.Errorf("%s", r.JSON())
	}
	if r := loadedResult(t, m, "126", "mg/dL", "< 110").Path("referenceRange.0"); r.Get("low") != nil || r.Path("high.value").Raw() != "6.11" {
		t.Errorf("%s", r.JSON())
	}
	if r := loadedResult(t, m, "126", "mg/dL", "see note").Path("referenceRange.0"); r.StrAt("text") != "see note mg/dL as sent" || r.Get("low") != nil {
		t.Errorf("%s", r.JSON())
	}
	if o := loadedResult(t, m, "<20", "mg/dL", "70-110"); o.StrAt("valueString") != "<20 mg/dL" || o.Get("valueQuantity") != nil {
		t.Errorf("what is no number is converted: %s", o.JSON())
	}
	if q := loadedResult(t, m, "6.1", "mmol/l", "").Get("valueQuantity"); q.Get("value").Raw() != "6.1" || q.StrAt("code") != "mmol/L" || q.StrAt("unit") != "mmol/l" || q.Get("extension") != nil {
		t.Errorf("%s", q.JSON())
	}
	for _, unit := range []string{"g/L", ""} {
		if q := loadedResult(t, m, "6.1", unit, "").Get("valueQuantity"); q.Get("value").Raw() != "6.1" || q.StrAt("unit") != unit || q.StrAt("code") != "" {
			t.Errorf("%s", q.JSON())
		}
	}
	if codes := fhir.Codings(o.Get("code")); len(codes) != 3 || codes[2] != (fhir.Coding{System: "urn:concord:R1K:code", Code: "GLU"}) {
		t.Errorf("%+v", codes)
	}
	if codes := fhir.Codings(loadedResult(t, nil, "1", "x", "").Get("code")); len(codes) != 1 {
		t.Errorf("without a mapping: %+v", codes)
	}
}

// TestCodesOfAnExtract: the codes of rows that can be loaded are counted with
// their names and units; those of refused rows have no say.
func TestCodesOfAnExtract(t *testing.T) {
	dir := folder(t, "", map[string]string{
		"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\n",
		"results.csv": "key,patient,code,name,value,unit,status,taken\nR1,L1,HB,Hb,131,g/L,final,2026-01-02 10:00\nR2,L1,HB,Haemoglobin,13,g/dL,final,2026-01-02 10:00\n" +
			"R3,L1,HB,Hb,130,g/L,final,2026-01-03 10:00\nR4,NOBODY,ZZ,Orphan,1,x,final,2026-01-03 10:00\n",
		"medicines.csv": "key,patient,code,text,status,started\nM1,L1,,Herbal tea,active,2026-01-02\nM2,L1,D1,Amlodipine 5mg tablets,active,2026-01-02\n",
	})
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, dir, Options{})
	u, err := s.Codes(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range u.Codes {
		got = append(got, string(c.Kind)+" "+c.Code+" "+c.Name)
	}
	if want := []string{"drugs D1 Amlodipine 5mg tablets", "results HB Hb", "units g/L ", "units g/dL "}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if hb := u.Codes[1]; hb.Rows != 3 || hb.Names != 1 || len(hb.Units) != 2 || hb.Units[0] != (Counted{"g/L", 2}) || u.Uncoded[Drugs] != 1 {
		t.Errorf("%+v %v", hb, u.Uncoded)
	}
	if again, err := s.Codes(t.Context(), x); err != nil || len(again.Codes) != len(u.Codes) {
		t.Errorf("what was kept is another: %+v %v", again, err)
	}
	if err := (&Mapping{Open: []string{"a", "b", "c", "d", "e", "f"}}).ready(); err == nil || !strings.Contains(err.Error(), "6 items") || !strings.Contains(err.Error(), "and 1 more") {
		t.Errorf("%v", err)
	}
}
