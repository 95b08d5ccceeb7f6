package chart

import (
	"fmt"
	"testing"
	"time"

	"concord/record"
)

// news is one set of early-warning observations as single items; method is of
// the saturation.
func news(t *testing.T, at, spo2, method string) []*record.Item {
	t.Helper()
	var out []*record.Item
	for n, v := range [][2]string{{"9279-1", "18"}, {"2708-6", spo2}, {"3151-8", "2"}, {"8480-6", "120"}, {"8867-4", "80"}, {"8310-5", "37.0"}} {
		more := ""
		if v[0] == "2708-6" && method != "" {
			more = `,"method":{"text":"` + method + `"}`
		}
		out = append(out, item(t, "RYJ", fmt.Sprintf(`{"resourceType":"Observation","id":"o%d-%s","status":"final","effectiveDateTime":%q,"code":{"coding":[{"system":"http://loinc.org","code":%q}]},"valueQuantity":{"value":%s}%s}`,
			n, at[11:13], at, v[0], v[1], more)))
	}
	return append(out, item(t, "RYJ", `{"resourceType":"Observation","id":"c","status":"final","effectiveDateTime":"`+at+`","code":{"coding":[{"system":"http://snomed.info/sct","code":"1104441000000107"}]},"valueString":"A"}`))
}

// TestBothOxygenScales: a saturation stands only in the bands of the scale
// that it was scored on.
func TestBothOxygenScales(t *testing.T) {
	l := lens(t)
	items := append(news(t, "2026-11-22T06:00:00Z", "96", ""), news(t, "2026-11-22T08:00:00Z", "96", "SpO2 scale 2")...)
	o := l.Observations(pageOf(items))
	if len(o.Sets) != 2 || !o.Scale2 {
		t.Fatalf("%d sets, scale 2 %v", len(o.Sets), o.Scale2)
	}
	where := map[string]string{}
	for _, p := range o.Parameters {
		for _, b := range p.Bands {
			for n, c := range b.Cells {
				if p.Key == "oxygen-saturation" && c.Text != "" {
					where[fmt.Sprint(n)] += p.Name + " " + b.Label + " " + fmt.Sprint(b.Points)
				}
			}
		}
		for n, m := range p.Missing {
			if m != "" {
				t.Errorf("%s of set %d cannot be placed: %s", p.Name, n, m)
			}
		}
	}
	if where["0"] != "SpO₂ scale 1 ≥96 0" || where["1"] != "SpO₂ scale 2 95–96 on O₂ 2" {
		t.Errorf("%v", where)
	}
	if o.Sets[0].Total != "2" || o.Sets[1].Total != "4" {
		t.Errorf("totals %s %s", o.Sets[0].Total, o.Sets[1].Total)
	}
}

func TestTargetAgainstScale(t *testing.T) {
	l := lens(t)
	target := func(value string) *record.Item {
		return item(t, "RYJ", `{"resourceType":"Observation","id":"t","status":"final","effectiveDateTime":"2026-11-22T05:00:00Z","code":{"text":"Target oxygen saturation"},`+value+`}`)
	}
	flag := item(t, "RYJ", `{"resourceType":"Flag","id":"f","status":"active","code":{"text":"Target saturation 88-92% (COPD)"}}`)
	for name, c := range map[string]struct {
		flags  []*record.Item
		extra  *record.Item
		method string
		want   bool
	}{
		"range":            {nil, target(`"valueRange":{"low":{"value":88},"high":{"value":92}}`), "", true},
		"words":            {nil, target(`"valueString":"88 to 92%"`), "", true},
		"alert":            {[]*record.Item{flag}, nil, "", true},
		"scale 2 in use":   {[]*record.Item{flag}, nil, "SpO2 scale 2", false},
		"ordinary target":  {nil, target(`"valueString":"94-98%"`), "", false},
		"only a low value": {nil, nil, "", false},
	} {
		items := news(t, "2026-11-22T06:00:00Z", "90", c.method)
		if c.extra != nil {
			items = append(items, c.extra)
		}
		x := pageOf(items)
		x.Sections[bannerFlags] = c.flags
		o := l.Observations(x)
		if got := o.Target.InConflict(o.Sets[len(o.Sets)-1].Reading); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestBannerNews: the score stands in the banner only while somebody is in
// hospital.
func TestBannerNews(t *testing.T) {
	l := lens(t)
	l.Now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	stay := func(class, status string) []*record.Item {
		return []*record.Item{item(t, "RYJ", `{"resourceType":"Encounter","id":"e","status":"`+status+`","class":{"code":"`+class+`"},"period":{"start":"2026-11-21"}}`)}
	}
	banner := func(stays []*record.Item, when string) *Banner {
		c := pageOf()
		c.Sections[bannerStays], c.Sections[bannerVitals] = stays, news(t, when, "90", "")
		return l.Banner(c)
	}
	if b := banner(stay("IMP", "in-progress"), "2026-11-22T06:00:00Z"); !b.InPatient || b.News == nil || b.News.Total != "5" || b.NewsAge != "3 hours ago" || b.NewsOld {
		t.Errorf("%+v", b)
	}
	if b := banner(stay("IMP", "in-progress"), "2026-11-20T06:00:00Z"); !b.NewsOld {
		t.Errorf("three days old and current")
	}
	for _, stays := range [][]*record.Item{nil, stay("AMB", "in-progress"), stay("IMP", "finished")} {
		if b := banner(stays, "2026-11-22T06:00:00Z"); b.InPatient || b.News != nil {
			t.Errorf("not in hospital: %+v", b.News)
		}
	}
}

func TestStrengthsOfOneMedicine(t *testing.T) {
	l := lens(t)
	request := func(org, name, dose, route string) *record.Item {
		return item(t, org, `{"resourceType":"MedicationRequest","id":"m","status":"active","medicationCodeableConcept":{"text":"`+name+`"},"dosageInstruction":[{"route":{"text":"`+route+`"},"doseAndRate":[{"doseQuantity":{"value":`+dose+`,"unit":"mg"}}]}]}`)
	}
	m := l.Medicines(pageOf([]*record.Item{request("RYJ", "Apixaban 5 mg tablets", "5", "oral"), request("R1K", "Apixaban 2.5 mg tablets", "2.5", "oral")}, nil, nil))
	if len(m.Current) != 2 || m.Current[0].Conflict != "R1K says 2.5\u00a0mg" {
		t.Errorf("%+v", m.Current)
	}
	held := item(t, "R1K", `{"resourceType":"MedicationRequest","id":"m","status":"on-hold","medicationCodeableConcept":{"text":"Metformin 500 mg tablets"},"dosageInstruction":[{"route":{"text":"oral"},"doseAndRate":[{"doseQuantity":{"value":500,"unit":"mg"}}]}]}`)
	m = l.Medicines(pageOf([]*record.Item{request("RYJ", "Metformin 500 mg tablets", "500", "oral"), held}, nil, nil))
	if len(m.Current) != 2 || m.Current[0].Conflict != "R1K says on hold, 500\u00a0mg" {
		t.Errorf("%+v", m.Current)
	}
	m = l.Medicines(pageOf([]*record.Item{request("RYJ", "Sodium chloride 0.9% infusion", "500", "intravenous"), request("R1K", "Sodium chloride 5% eye drops", "1", "eye")}, nil, nil))
	if len(m.Current) != 2 || m.Current[0].Conflict != "" {
		t.Errorf("%+v", m.Current)
	}
}
