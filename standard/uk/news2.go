package uk

// Oxygen is what a patient breathes.
type Oxygen uint8

// What a patient breathes; the zero value is not recorded.
const (
	OxygenUnknown Oxygen = iota
	Air
	Supplemental
)

// Consciousness is the ACVPU level; the zero value is not recorded.
type Consciousness uint8

// Levels of consciousness.
const (
	ConsciousnessUnknown Consciousness = iota
	Alert
	Confusion // new confusion
	Voice
	Pain
	Unresponsive
)

// ConsciousnessByCode reads the SNOMED CT codes of UKCore-ACVPU.
func ConsciousnessByCode(code string) Consciousness {
	switch code {
	case "248234008":
		return Alert
	case "130987000":
		return Confusion
	case "300202002":
		return Voice
	case "450847001":
		return Pain
	case "422768004":
		return Unresponsive
	}
	return ConsciousnessUnknown
}

// String is the letter on the chart.
func (c Consciousness) String() string {
	return [...]string{"", "A", "C", "V", "P", "U"}[c]
}

// Reading is one set of observations. Measurements are decimals as written, ""
// when not measured; temperature is in degrees Celsius, pressure in mmHg.
// Scale2 is the oxygen scale for a prescribed target of 88–92 %: it is a
// clinician's recorded decision and never inferred.
type Reading struct {
	RespirationRate, OxygenSaturation, SystolicPressure, Pulse, Temperature string

	Oxygen        Oxygen
	Consciousness Consciousness
	Scale2        bool
}

// Part is one parameter's share. Scored is false when it was not measured or
// cannot be a measurement.
type Part struct {
	Key    string // as in Vitals
	Points int
	Scored bool
}

// Score is a NEWS2 score. Total means nothing unless Complete.
type Score struct {
	Parts    []Part
	Total    int
	Complete bool
}

// band is the points of all values up to and including a limit.
type band struct {
	upTo   int64 // in tenths
	points int
}

const noLimit = 1 << 40

// NEWS2 scores a reading (RCP 2017, chart 1). For adults of 16 and over, not
// in pregnancy. A missing parameter gives no total: it never counts as zero.
// A measurement finer than the chart is rounded half up to the chart's
// resolution: one decimal for temperature, whole numbers for the others.
func NEWS2(r Reading) Score {
	s := Score{Complete: true}
	add := func(key string, points int, scored bool) {
		s.Parts = append(s.Parts, Part{key, points, scored})
		s.Total += points
		s.Complete = s.Complete && scored
	}
	measured := func(key, text string, resolution int64, from, to int64, bands ...band) {
		v, ok := tenths(text, resolution)
		if !ok || v < from || v > to {
			add(key, 0, false)
			return
		}
		for _, b := range bands {
			if v <= b.upTo {
				add(key, b.points, true)
				return
			}
		}
	}
	measured("respiration-rate", r.RespirationRate, 10, 0, 2000,
		band{80, 3}, band{110, 1}, band{200, 0}, band{240, 2}, band{noLimit, 3})
	if oxygen := r.oxygenBands(); oxygen == nil {
		add("oxygen-saturation", 0, false)
	} else {
		measured("oxygen-saturation", r.OxygenSaturation, 10, 0, 1000, oxygen...)
	}
	given := 0
	if r.Oxygen == Supplemental {
		given = 2
	}
	add("inspired-oxygen", given, r.Oxygen != OxygenUnknown)
	measured("systolic-pressure", r.SystolicPressure, 10, 0, 4000,
		band{900, 3}, band{1000, 2}, band{1100, 1}, band{2190, 0}, band{noLimit, 3})
	measured("pulse", r.Pulse, 10, 0, 4000,
		band{400, 3}, band{500, 1}, band{900, 0}, band{1100, 1}, band{1300, 2}, band{noLimit, 3})
	level := 0
	if r.Consciousness > Alert {
		level = 3
	}
	add("consciousness", level, r.Consciousness != ConsciousnessUnknown)
	measured("temperature", r.Temperature, 1, 150, 500,
		band{350, 3}, band{360, 1}, band{380, 0}, band{390, 1}, band{noLimit, 2})
	if !s.Complete {
		s.Total = 0
	}
	return s
}

// oxygenBands are those of the scale in use. On scale 2 the points above the
// target depend on whether oxygen is given, so that they are nil when this is
// not known.
func (r Reading) oxygenBands() []band {
	if !r.Scale2 {
		return []band{{910, 3}, {930, 2}, {950, 1}, {noLimit, 0}}
	}
	low := []band{{830, 3}, {850, 2}, {870, 1}, {920, 0}}
	switch r.Oxygen {
	case Air:
		return append(low, band{noLimit, 0})
	case Supplemental:
		return append(low, band{940, 1}, band{960, 2}, band{noLimit, 3})
	}
	if v, ok := tenths(r.OxygenSaturation, 10); ok && v <= 920 {
		return low
	}
	return nil
}

// tenths reads a decimal as written and gives it in tenths, rounded half up to
// the resolution (in tenths). ok is false for text that is no plain decimal.
func tenths(s string, resolution int64) (v int64, ok bool) {
	point, digits := -1, 0
	var n, scale int64 = 0, 1 // value = n/scale
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.' && point < 0 && digits > 0:
			point = i
		case c < '0' || c > '9' || n > 1e12:
			return 0, false
		default:
			digits++
			if point >= 0 && scale >= 1e6 {
				continue // beyond what could change rounding half up
			}
			n = n*10 + int64(c-'0')
			if point >= 0 {
				scale *= 10
			}
		}
	}
	if digits == 0 || point == len(s)-1 {
		return 0, false
	}
	unit := scale * resolution
	return (n*10*2 + unit) / (2 * unit) * resolution, true
}

// Risk is the clinical risk band of a complete score (RCP 2017, chart 2).
type Risk uint8

// Bands of clinical risk.
const (
	RiskUnknown   Risk = iota // no total
	RiskLow                   // 0 to 4
	RiskLowMedium             // 3 in one parameter
	RiskMedium                // 5 or 6
	RiskHigh                  // 7 and more
)

// Risk of the score. A 3 in one parameter counts even when another is missing,
// and so does a sum of what is known that already reaches a threshold.
func (s Score) Risk() Risk {
	known, three := 0, false
	for _, p := range s.Parts {
		known += p.Points
		three = three || p.Points == 3
	}
	switch {
	case known >= 7:
		return RiskHigh
	case known >= 5:
		return RiskMedium
	case three:
		return RiskLowMedium
	case !s.Complete:
		return RiskUnknown
	}
	return RiskLow
}

// Response is the frequency of monitoring and the response that the score asks
// for (RCP 2017, chart 4).
func (s Score) Response() string {
	switch s.Risk() {
	case RiskHigh:
		return "Continuous monitoring of vital signs. Inform the registrar at once; emergency assessment by a team with critical care skills."
	case RiskMedium:
		return "Monitor at least every hour. Inform the medical team at once; urgent assessment by a clinician able to care for acutely ill patients."
	case RiskLowMedium:
		return "Monitor at least every hour. Inform the medical team, who review and decide whether to escalate."
	case RiskUnknown:
		return "No total: not every parameter was measured."
	}
	if s.Total == 0 {
		return "Monitor at least every 12 hours."
	}
	return "Monitor at least every 4 to 6 hours. A registered nurse assesses and decides whether to monitor more often or escalate."
}
