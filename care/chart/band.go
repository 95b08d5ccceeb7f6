package chart

import (
	"strconv"

	"concord/standard/uk"
)

// Band is one row of the NEWS2 chart: the values that share it and their
// points (RCP 2017, chart 3; reproduced with acknowledgement).
type Band struct {
	Label  string
	Points int
	Cells  []BandCell // one per set of observations
}

// BandCell is the number in its band, or empty.
type BandCell struct {
	Text string
	Ref  string
}

// Parameter is one block of rows.
type Parameter struct {
	Key    string
	Scale2 bool   // the block of SpO₂ scale 2
	Letter string // A+B, C, D, E
	Name   string
	Unit   string
	Bands  []Band
	// Missing names, per set, that the parameter was not recorded or cannot
	// be placed on the chart.
	Missing []string
}

// limit is a band by its lowest value; bands stand highest first, as on the
// chart.
type limit struct {
	from   float64
	label  string
	points int
}

func limitsOf(key string, scale2 bool) []limit {
	switch key {
	case "respiration-rate":
		return []limit{{25, "≥25", 3}, {21, "21–24", 2}, {12, "12–20", 0}, {9, "9–11", 1}, {0, "≤8", 3}}
	case "oxygen-saturation":
		if scale2 {
			return []limit{{97, "≥97 on O₂", 3}, {95, "95–96 on O₂", 2}, {93, "93–94 on O₂", 1},
				{88, "88–92, or ≥93 on air", 0}, {86, "86–87", 1}, {84, "84–85", 2}, {0, "≤83", 3}}
		}
		return []limit{{96, "≥96", 0}, {94, "94–95", 1}, {92, "92–93", 2}, {0, "≤91", 3}}
	case "systolic-pressure":
		return []limit{{220, "≥220", 3}, {111, "111–219", 0}, {101, "101–110", 1}, {91, "91–100", 2}, {0, "≤90", 3}}
	case "pulse":
		return []limit{{131, "≥131", 3}, {111, "111–130", 2}, {91, "91–110", 1}, {51, "51–90", 0}, {41, "41–50", 1}, {0, "≤40", 3}}
	case "temperature":
		return []limit{{39.1, "≥39.1", 2}, {38.1, "38.1–39.0", 1}, {36.1, "36.1–38.0", 0}, {35.1, "35.1–36.0", 1}, {0, "≤35.0", 3}}
	case "inspired-oxygen":
		return []limit{{0, "Air", 0}, {0, "Oxygen", 2}}
	case "consciousness":
		return []limit{{0, "Alert", 0}, {0, "C, V, P or U", 3}}
	}
	return nil
}

// parameters are the blocks of the chart in the order of the RCP. Both scales
// of oxygen saturation stand on it when both were used.
func parameters(scale1, scale2 bool) []Parameter {
	all := []Parameter{{Key: "respiration-rate", Letter: "A+B", Name: "Respirations", Unit: "breaths/min"}}
	if scale1 || !scale2 {
		all = append(all, Parameter{Key: "oxygen-saturation", Letter: "A+B", Name: "SpO₂ scale 1", Unit: "saturation, %"})
	}
	if scale2 {
		all = append(all, Parameter{Key: "oxygen-saturation", Scale2: true, Letter: "A+B", Name: "SpO₂ scale 2", Unit: "saturation, %"})
	}
	all = append(all, []Parameter{
		{Key: "inspired-oxygen", Letter: "A+B", Name: "Air or oxygen", Unit: "L/min"},
		{Key: "systolic-pressure", Letter: "C", Name: "Blood pressure", Unit: "systolic, mmHg"},
		{Key: "pulse", Letter: "C", Name: "Pulse", Unit: "beats/min"},
		{Key: "consciousness", Letter: "D", Name: "Consciousness", Unit: "ACVPU"},
		{Key: "temperature", Letter: "E", Name: "Temperature", Unit: "°C"},
	}...)
	for n := range all {
		for _, b := range limitsOf(all[n].Key, all[n].Scale2) {
			all[n].Bands = append(all[n].Bands, Band{Label: b.label, Points: b.points})
		}
	}
	return all
}

// bandOf finds the row in which a reading stands; ok is false when the score
// has no points for it: not measured, or no possible measurement.
func bandOf(key string, r uk.Reading, score uk.Score) (row int, ok bool) {
	for _, p := range score.Parts {
		if p.Key == key && !p.Scored {
			return 0, false
		}
	}
	switch key {
	case "inspired-oxygen":
		return int(r.Oxygen) - int(uk.Air), r.Oxygen != uk.OxygenUnknown
	case "consciousness":
		return b2i(r.Consciousness > uk.Alert), r.Consciousness != uk.ConsciousnessUnknown
	}
	v, err := strconv.ParseFloat(readingText(key, r), 64)
	if err != nil || v < 0 {
		return 0, false
	}
	// Finer than the chart: rounded half up, as the score is.
	if key == "temperature" {
		v = float64(int(v*10+0.5+1e-9)) / 10
	} else {
		v = float64(int(v + 0.5))
	}
	if key == "oxygen-saturation" && r.Scale2 && v >= 93 && r.Oxygen != uk.Supplemental {
		return 3, r.Oxygen == uk.Air
	}
	for n, b := range limitsOf(key, r.Scale2) {
		if v >= b.from {
			return n, true
		}
	}
	return 0, false
}

func readingText(key string, r uk.Reading) string {
	switch key {
	case "respiration-rate":
		return r.RespirationRate
	case "oxygen-saturation":
		return r.OxygenSaturation
	case "systolic-pressure":
		return r.SystolicPressure
	case "pulse":
		return r.Pulse
	case "temperature":
		return r.Temperature
	}
	return ""
}
