package uk

import (
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// well scores nothing in any parameter.
func well() Reading {
	return Reading{RespirationRate: "16", OxygenSaturation: "97", SystolicPressure: "120", Pulse: "70",
		Temperature: "37.0", Oxygen: Air, Consciousness: Alert}
}

// chart is the chart itself: for each parameter the last value of each band
// and its points, from the lowest up.
func TestEveryBoundaryOfTheChart(t *testing.T) {
	type edge struct {
		value  string
		points int
	}
	for name, c := range map[string]struct {
		set   func(*Reading, string)
		edges []edge
	}{
		"respiration": {func(r *Reading, v string) { r.RespirationRate = v }, []edge{
			{"0", 3}, {"8", 3}, {"9", 1}, {"11", 1}, {"12", 0}, {"20", 0}, {"21", 2}, {"24", 2}, {"25", 3}, {"60", 3}}},
		"oxygen, scale 1": {func(r *Reading, v string) { r.OxygenSaturation = v }, []edge{
			{"91", 3}, {"92", 2}, {"93", 2}, {"94", 1}, {"95", 1}, {"96", 0}, {"100", 0}}},
		"oxygen, scale 2, air": {func(r *Reading, v string) { r.OxygenSaturation, r.Scale2 = v, true }, []edge{
			{"83", 3}, {"84", 2}, {"85", 2}, {"86", 1}, {"87", 1}, {"88", 0}, {"92", 0}, {"93", 0}, {"95", 0}, {"97", 0}, {"100", 0}}},
		"systolic": {func(r *Reading, v string) { r.SystolicPressure = v }, []edge{
			{"90", 3}, {"91", 2}, {"100", 2}, {"101", 1}, {"110", 1}, {"111", 0}, {"219", 0}, {"220", 3}}},
		"pulse": {func(r *Reading, v string) { r.Pulse = v }, []edge{
			{"40", 3}, {"41", 1}, {"50", 1}, {"51", 0}, {"90", 0}, {"91", 1}, {"110", 1}, {"111", 2}, {"130", 2}, {"131", 3}}},
		"temperature": {func(r *Reading, v string) { r.Temperature = v }, []edge{
			{"35.0", 3}, {"35", 3}, {"35.1", 1}, {"36.0", 1}, {"36.1", 0}, {"38.0", 0}, {"38.1", 1}, {"39.0", 1}, {"39.1", 2},
			{"35.05", 1}, {"35.04", 3}, {"38.05", 1}, {"38.04", 0}, {"36.05", 0}, {"39.05", 2}, {"39.049999999999", 1}}},
	} {
		for _, e := range c.edges {
			r := well()
			c.set(&r, e.value)
			if s := NEWS2(r); !s.Complete || s.Total != e.points {
				t.Errorf("%s %s: %d (complete %v), want %d", name, e.value, s.Total, s.Complete, e.points)
			}
		}
	}
	for v, points := range map[string]int{"87": 1, "88": 0, "92": 0, "93": 1, "94": 1, "95": 2, "96": 2, "97": 3, "100": 3} {
		r := well()
		r.OxygenSaturation, r.Scale2, r.Oxygen = v, true, Supplemental
		if s := NEWS2(r); s.Total != points+2 {
			t.Errorf("scale 2 on oxygen, %s: %d, want %d", v, s.Total, points+2)
		}
	}
	for level, points := range map[Consciousness]int{Alert: 0, Confusion: 3, Voice: 3, Pain: 3, Unresponsive: 3} {
		r := well()
		r.Consciousness = level
		if s := NEWS2(r); s.Total != points {
			t.Errorf("consciousness %s: %d", level, s.Total)
		}
	}
}

func TestMissingIsNotZero(t *testing.T) {
	for name, spoil := range map[string]func(*Reading){
		"respiration":       func(r *Reading) { r.RespirationRate = "" },
		"oxygen":            func(r *Reading) { r.OxygenSaturation = "" },
		"air or oxygen":     func(r *Reading) { r.Oxygen = OxygenUnknown },
		"systolic":          func(r *Reading) { r.SystolicPressure = "" },
		"pulse":             func(r *Reading) { r.Pulse = "n/a" },
		"consciousness":     func(r *Reading) { r.Consciousness = ConsciousnessUnknown },
		"temperature":       func(r *Reading) { r.Temperature = "" },
		"Fahrenheit":        func(r *Reading) { r.Temperature = "98.6" },
		"over 100 %":        func(r *Reading) { r.OxygenSaturation = "101" },
		"negative":          func(r *Reading) { r.Pulse = "-70" },
		"scale 2, air or ?": func(r *Reading) { r.Scale2, r.Oxygen, r.OxygenSaturation = true, OxygenUnknown, "95" },
	} {
		r := well()
		spoil(&r)
		if s := NEWS2(r); s.Complete || s.Total != 0 || s.Risk() != RiskUnknown {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestRisk(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Reading)
		total  int
		risk   Risk
	}{
		"0":          {func(*Reading) {}, 0, RiskLow},
		"4":          {func(r *Reading) { r.Oxygen, r.RespirationRate = Supplemental, "21" }, 4, RiskLow},
		"3 in one":   {func(r *Reading) { r.Consciousness = Confusion }, 3, RiskLowMedium},
		"5":          {func(r *Reading) { r.Oxygen, r.RespirationRate, r.Pulse = Supplemental, "21", "91" }, 5, RiskMedium},
		"6 as 3 + 3": {func(r *Reading) { r.Consciousness, r.Pulse = Voice, "131" }, 6, RiskMedium},
		"7":          {func(r *Reading) { r.Oxygen, r.RespirationRate, r.Pulse = Supplemental, "25", "111" }, 7, RiskHigh},
		"20, the most": {func(r *Reading) {
			*r = Reading{"30", "80", "60", "150", "34.9", Supplemental, Unresponsive, false}
		}, 20, RiskHigh},
	} {
		r := well()
		c.change(&r)
		if s := NEWS2(r); s.Total != c.total || s.Risk() != c.risk || s.Response() == "" {
			t.Errorf("%s: total %d, risk %d", name, s.Total, s.Risk())
		}
	}
	r := well()
	r.Temperature, r.Consciousness = "", Unresponsive
	if got := NEWS2(r).Risk(); got != RiskLowMedium {
		t.Errorf("a 3 in one parameter is lost when another is missing: %d", got)
	}
}

// The score does not depend on how a number is written, and never leaves 0–20.
func TestScoreProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
		temp := whole("temp", 300, 430)
		r := Reading{
			RespirationRate:  strconv.Itoa(whole("rr", 0, 80)),
			OxygenSaturation: strconv.Itoa(whole("spo2", 50, 100)),
			SystolicPressure: strconv.Itoa(whole("sbp", 30, 300)),
			Pulse:            strconv.Itoa(whole("pulse", 0, 250)),
			Temperature:      fmt.Sprintf("%d.%d", temp/10, temp%10),
			Oxygen:           Oxygen(whole("o2", 1, 2)),
			Consciousness:    Consciousness(whole("acvpu", 1, 5)),
			Scale2:           rapid.Bool().Draw(t, "scale 2"),
		}
		s := NEWS2(r)
		if !s.Complete || s.Total < 0 || s.Total > 20 || len(s.Parts) != 7 {
			t.Fatalf("%+v: %+v", r, s)
		}
		padded := r
		padded.Temperature += "000"
		padded.Pulse += ".0"
		padded.RespirationRate = "0" + r.RespirationRate
		if again := NEWS2(padded); again.Total != s.Total {
			t.Fatalf("%+v scores %d, %+v %d", r, s.Total, padded, again.Total)
		}
		points := s.Parts[6].Points
		switch { // an oracle in plain integers
		case temp <= 350 && points != 3, temp > 350 && temp <= 360 && points != 1, temp > 360 && temp <= 380 && points != 0,
			temp > 380 && temp <= 390 && points != 1, temp > 390 && points != 2:
			t.Fatalf("temperature %d tenths scores %d", temp, points)
		}
	})
}
