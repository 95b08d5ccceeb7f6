package chart

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

var now = time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC)

func lens(t testing.TB) Lens {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return Lens{Now: now, Zone: zone, Orgs: func(code string) Organisation {
		return Organisation{Code: code, Name: "Trust " + code, Short: code}
	}}
}

// item is a resource as the Desk gives it: "RYJ" and the JSON.
func item(t testing.TB, org, text string) *record.Item {
	t.Helper()
	v, err := fhir.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return &record.Item{Type: v.Type(), ID: v.ID(), Org: org, Feed: "pas", Version: 1, Updated: now, Resource: v}
}

func chartOf(sections ...[]*record.Item) *record.Chart {
	return &record.Chart{Person: record.Person{ID: "p"}, Sections: sections, Withheld: make([]bool, len(sections))}
}

func TestAllergyStates(t *testing.T) {
	l := lens(t)
	entry := func(code, more string) *record.Item {
		return item(t, "RYJ", `{"resourceType":"AllergyIntolerance","id":"a","code":`+code+more+`}`)
	}
	const penicillin, none = `{"text":"Penicillin"}`, `{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}],"text":"No known allergy"}`
	const wrong = `,"verificationStatus":{"coding":[{"code":"entered-in-error"}]}`
	const over = `,"clinicalStatus":{"coding":[{"code":"resolved"}]}`
	for name, c := range map[string]struct {
		items []*record.Item
		want  AllergyLabel
	}{
		"nothing":        {nil, AllergiesNotRecorded},
		"one":            {[]*record.Item{entry(penicillin, "")}, KnownAllergies},
		"none known":     {[]*record.Item{entry(none, "")}, NoKnownAllergies},
		"both":           {[]*record.Item{entry(none, ""), entry(penicillin, "")}, KnownAllergies},
		"withdrawn":      {[]*record.Item{entry(penicillin, wrong)}, AllergiesNotRecorded},
		"resolved":       {[]*record.Item{entry(penicillin, over)}, AllergiesNotRecorded},
		"none, resolved": {[]*record.Item{entry(penicillin, over), entry(none, "")}, NoKnownAllergies},
	} {
		if got := l.Banner(chartOf(c.items, nil)).Allergies.Label; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	c := chartOf(nil, nil)
	c.Withheld[0] = true
	if got := l.Banner(c).Allergies.Label; got != AllergiesUnavailable {
		t.Errorf("withheld: %s", got)
	}
}

func TestSameThingTwiceIsOneRow(t *testing.T) {
	l := lens(t)
	a := item(t, "RYJ", `{"resourceType":"AllergyIntolerance","id":"1","code":{"text":"Penicillin"},"recordedDate":"2020-01-02"}`)
	b := item(t, "RAS", `{"resourceType":"AllergyIntolerance","id":"2","code":{"text":"penicillin"},"recordedDate":"2020-03-04"}`)
	got := l.Banner(chartOf([]*record.Item{a, b}, nil)).Allergies.Active
	if len(got) != 1 || len(got[0].Also) != 1 || got[0].Also[0].Text != "Also recorded by RAS, 04-Mar-2020" {
		t.Errorf("%+v", got)
	}
}

// pageOf is a chart whose sections stand after those of the banner.
func pageOf(sections ...[]*record.Item) *record.Chart {
	return chartOf(append(make([][]*record.Item, len(BannerSections())), sections...)...)
}

func TestDifferentDosesAreAConflict(t *testing.T) {
	l := lens(t)
	request := func(org, dose string) *record.Item {
		return item(t, org, `{"resourceType":"MedicationRequest","id":"m","status":"active","medicationCodeableConcept":{"text":"bisoprolol"},"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":`+dose+`,"unit":"mg"}}]}]}`)
	}
	m := l.Medicines(pageOf([]*record.Item{request("RYJ", "2.5"), request("RQM", "5")}, nil, nil))
	if len(m.Current) != 2 || m.Current[0].Conflict != "RQM says 5\u00a0mg" || m.Current[1].Conflict != "RYJ says 2.5\u00a0mg" {
		t.Errorf("%+v", m.Current)
	}
	m = l.Medicines(pageOf([]*record.Item{request("RYJ", "5"), request("RQM", "5")}, nil, nil))
	if len(m.Current) != 1 || len(m.Current[0].Also) != 1 || m.Current[0].Conflict != "" {
		t.Errorf("%+v", m.Current)
	}
}

func TestValues(t *testing.T) {
	l := lens(t)
	for _, c := range []struct{ value, text, unit, flag string }{
		{`"valueQuantity":{"value":135.70,"unit":"MMOLL"}`, "135.70", "mmol/L", ""},
		{`"valueQuantity":{"value":15,"comparator":"<","unit":"mL/min"}`, "<15", "mL/min", ""},
		{`"valueQuantity":{"value":27.794678200809614,"unit":"mmol/L"}`, "27.79", "mmol/L", ""},
		{`"valueQuantity":{"value":0.5045648997394592,"unit":"mg/dL"}`, "0.5046", "mg/dL", ""},
		{`"valueQuantity":{"value":123456,"unit":"U/L"}`, "123,456", "U/L", ""},
		{`"valueQuantity":{"value":5.6,"unit":"mmol/L"},"referenceRange":[{"low":{"value":3.5},"high":{"value":5.3}}]`, "5.6", "mmol/L", "H"},
		{`"valueQuantity":{"value":3.4,"unit":"mmol/L"},"referenceRange":[{"low":{"value":3.5},"high":{"value":5.3}}]`, "3.4", "mmol/L", "L"},
		{`"valueQuantity":{"value":5.6,"unit":"mmol/L"},"interpretation":[{"coding":[{"code":"N"}]}],"referenceRange":[{"high":{"value":5.3}}]`, "5.6", "mmol/L", ""},
		{`"valueString":"Scanty growth"`, "Scanty growth", "", ""},
		{`"valueCodeableConcept":{"text":"Positive"},"interpretation":[{"coding":[{"code":"A"}]}]`, "Positive", "", "A"},
		{`"valueBoolean":false`, "No", "", ""},
		{`"valueRange":{"low":{"value":1,"unit":"mg"},"high":{"value":2,"unit":"mg"}}`, "1\u00a0mg to 2\u00a0mg", "", ""},
		{`"dataAbsentReason":{"coding":[{"code":"not-performed"}]}`, "No value: not performed", "", ""},
	} {
		o := item(t, "RYJ", `{"resourceType":"Observation","id":"o",`+c.value+`}`).Resource
		m := l.measured(o)
		if m.Text != c.text || m.Unit != c.unit || flag(o, m).Letter != c.flag {
			t.Errorf("%s: %q %q %q", c.value, m.Text, m.Unit, flag(o, m).Letter)
		}
	}
}

// TestBandsAgreeWithScores holds the rows of the chart against the score for
// every value that the chart tells apart.
func TestBandsAgreeWithScores(t *testing.T) {
	points := func(r uk.Reading, key string) (int, bool) {
		for _, p := range uk.NEWS2(r).Parts {
			if p.Key == key {
				return p.Points, p.Scored
			}
		}
		return 0, false
	}
	check := func(r uk.Reading, key, value string) {
		row, ok := bandOf(key, r, uk.NEWS2(r))
		want, scored := points(r, key)
		if ok != scored || ok && limitsOf(key, r.Scale2)[row].points != want {
			t.Errorf("%s %s (scale 2 %v, oxygen %v): row %d %v, score %d %v", key, value, r.Scale2, r.Oxygen, row, ok, want, scored)
		}
	}
	for n := range 300 {
		v := strconv.Itoa(n)
		check(uk.Reading{RespirationRate: v}, "respiration-rate", v)
		check(uk.Reading{Pulse: v}, "pulse", v)
		check(uk.Reading{SystolicPressure: v}, "systolic-pressure", v)
		if n <= 100 {
			for _, oxygen := range []uk.Oxygen{uk.Air, uk.Supplemental} {
				check(uk.Reading{OxygenSaturation: v, Oxygen: oxygen}, "oxygen-saturation", v)
				check(uk.Reading{OxygenSaturation: v, Oxygen: oxygen, Scale2: true}, "oxygen-saturation", v)
			}
		}
	}
	for n := 3000; n < 4200; n++ {
		v := strconv.FormatFloat(float64(n)/100, 'f', 2, 64)
		check(uk.Reading{Temperature: v}, "temperature", v)
	}
	for level := uk.ConsciousnessUnknown; level <= uk.Unresponsive; level++ {
		check(uk.Reading{Consciousness: level}, "consciousness", level.String())
	}
}

func TestCumulativeTable(t *testing.T) {
	l := lens(t)
	var items []*record.Item
	for n := range 10 { // newest first, as the Desk gives them
		items = append(items, item(t, "RAS", `{"resourceType":"Observation","id":"o`+strconv.Itoa(n)+`","status":"final","code":{"coding":[{"system":"x","code":"K"}],"text":"Potassium"},"effectiveDateTime":"2026-11-`+strconv.Itoa(20-n)+`T08:00:00Z","valueQuantity":{"value":4.`+strconv.Itoa(n)+`,"unit":"mmol/L"}}`))
	}
	items = append(items, item(t, "RYJ", `{"resourceType":"Observation","id":"x","status":"final","code":{"coding":[{"system":"x","code":"K"}],"text":"Potassium"},"effectiveDateTime":"2026-11-20T08:00:00Z","valueQuantity":{"value":16,"unit":"mg/dL"}}`))
	c := l.Results(pageOf(items, nil))
	if len(c.Columns) != cumulativeColumns || c.Columns[cumulativeColumns-1].When.Text != "20-Nov-2026 08:00" {
		t.Fatalf("columns %+v", c.Columns)
	}
	if c.Older == "" {
		t.Error("earlier results are not offered")
	}
	tests := c.Groups[0].Tests
	if len(tests) != 2 || tests[0].Unit == tests[1].Unit {
		t.Fatalf("two units, two rows: %+v", tests)
	}
	last := tests[0].Cells[len(tests[0].Cells)-2:]
	if last[0].Text != "4.0" && last[1].Text != "4.0" {
		t.Errorf("the newest is at the right: %+v", last)
	}
}

func TestTimelineNestsAndPages(t *testing.T) {
	l := lens(t)
	stay := item(t, "RYJ", `{"resourceType":"Encounter","id":"stay","status":"finished","class":{"code":"IMP"},"period":{"start":"2026-10-01T08:00:00Z","end":"2026-10-04T08:00:00Z"}}`)
	inside := item(t, "RYJ", `{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Chest X-ray"},"encounter":{"reference":"Encounter/stay"},"effectiveDateTime":"2026-10-02T08:00:00Z"}`)
	encounters := []*record.Item{stay}
	for n := range 120 {
		day := now.AddDate(0, 0, -n).Format(time.RFC3339)
		encounters = append(encounters, item(t, "RAS", `{"resourceType":"Encounter","id":"e`+strconv.Itoa(n)+`","status":"finished","class":{"code":"AMB"},"period":{"start":"`+day+`"}}`))
	}
	sections := [][]*record.Item{encounters, {inside}, nil, nil, nil, nil, nil, nil}
	one := l.Timeline(pageOf(sections...), Filter{Span: "1y"})
	if one.Total != 121 || one.Pages != 3 || one.First != 1 || one.Last != 50 || len(one.Lanes) != 2 {
		t.Errorf("%d rows, %d pages, %d to %d, %d lanes", one.Total, one.Pages, one.First, one.Last, len(one.Lanes))
	}
	only := l.Timeline(pageOf(sections...), Filter{Span: "1y", Org: "RYJ"})
	if only.Total != 1 || len(only.Months) != 1 || len(only.Months[0].Rows[0].Children) != 1 {
		t.Fatalf("%+v", only.Months)
	}
	if row := only.Months[0].Rows[0]; row.Title != "In-patient stay" || !strings.Contains(row.Line, "3 nights") {
		t.Errorf("%q %q", row.Title, row.Line)
	}
	if last := l.Timeline(pageOf(sections...), Filter{Span: "1y", Page: 99}); last.Page != 3 || last.Last != 121 {
		t.Errorf("a page beyond the last: %d", last.Page)
	}
}

func TestChildrenHaveNoTotal(t *testing.T) {
	l := lens(t)
	c := pageOf(nil)
	c.Person.Entries = []*record.Item{item(t, "RYJ", `{"resourceType":"Patient","id":"p","birthDate":"2012-01-01"}`)}
	if !l.Observations(c).Child {
		t.Error("a child of 14 would be scored")
	}
}

func TestDocumentsAsWords(t *testing.T) {
	l := lens(t)
	for content, want := range map[string]string{
		`{"contentType":"text/plain","data":"RGVhciBQYXRlbA0KDQpBbGwgd2VsbA=="}`:                                              "Dear Patel|All well",
		`{"contentType":"text/html","data":"PHA+QWxsPC9wPjxzY3JpcHQ+YWxlcnQoMSk8L3NjcmlwdD48cD4mbHQ7d2VsbDwvcD4="}`:           "All|<well",
		`{"contentType":"application/rtf","data":"e1xydGYxe1xmb250dGJsIEFyaWFsO30gRGVhclwnNjBQYXRlbFxwYXIgXHU4MjExP3dlbGx9"}`: "Dear`Patel|–well",
	} {
		d := item(t, "RYJ", `{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":`+content+`}]}`)
		got := l.Document(pageOf([]*record.Item{d}))
		var words []string
		for _, p := range got.Text {
			words = append(words, strings.TrimSpace(p))
		}
		if s := strings.Join(words, "|"); s != want {
			t.Errorf("%s: %q", content, s)
		}
	}
}

func TestWhen(t *testing.T) {
	l := lens(t)
	for in, want := range map[string]string{
		"2009": "2009", "2009-03": "Mar-2009", "2009-03-04": "04-Mar-2009",
		"2026-07-01T23:30:00Z": "02-Jul-2026 00:30", "": NotKnown, "soon": NotKnown,
	} {
		if got := l.when(in).String(); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzRichText(f *testing.F) {
	f.Add(`{\rtf1\ansi{\fonttbl Arial;}Dear \'e9\par\u8211?well}`)
	f.Add(`{\rtf1\'`)
	f.Add(`{\rtf1}}}{{\*\x`)
	f.Fuzz(func(t *testing.T, s string) { richText(s); plain(s) })
}
