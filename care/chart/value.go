package chart

import (
	"strconv"
	"strings"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// Quantity writes a Quantity with its unit. Decimals stay as they were sent:
// the number of digits says how precise the measurement was.
func Quantity(q *fhir.Value) string {
	v := q.Get("value").Raw()
	if v == "" {
		return ""
	}
	s := comparator(q.StrAt("comparator")) + readable(v)
	if u := unit(q); u != "" {
		if u == "%" {
			return s + u
		}
		return s + "\u00a0" + u // a value is never parted from its unit
	}
	return s
}

func comparator(c string) string {
	switch c {
	case "<=":
		return "≤"
	case ">=":
		return "≥"
	}
	return c
}

// number gives the leading zero and the thousands comma (MEDi), and keeps the
// decimals.
func number(raw string) string {
	if strings.HasPrefix(raw, ".") {
		raw = "0" + raw
	}
	whole, rest, _ := strings.Cut(raw, ".")
	if len(whole) < 5 || strings.ContainsAny(raw, "eE") || whole[0] == '-' {
		return raw
	}
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if rest != "" {
		b.WriteString("." + rest)
	}
	return b.String()
}

// noise is how many decimals no instrument gives: a number with as many was
// computed and sent without thought.
const noise = 5

// readable shows a number as it was sent, but a computed one to four
// significant digits; the page of its source shows it whole.
func readable(raw string) string { return rounded(raw, 4) }

func rounded(raw string, digits int) string {
	_, decimals, _ := strings.Cut(raw, ".")
	f, err := strconv.ParseFloat(raw, 64)
	if len(decimals) < noise || err != nil {
		return number(raw)
	}
	whole := len(strconv.Itoa(int(max(f, -f))))
	if f > -1 && f < 1 {
		return number(strconv.FormatFloat(f, 'g', digits, 64))
	}
	return number(strconv.FormatFloat(f, 'f', max(digits-whole, 0), 64))
}

// unit is what to show of a quantity's unit: its human form unless that is a
// UCUM code, which is put into words.
func unit(q *fhir.Value) string {
	u := q.StrAt("unit")
	if u == "" {
		u = q.StrAt("code")
	}
	return Unit(u)
}

// unitCode is what tells the unit of a quantity from others: two ways of writing one
// unit of UCUM are one.
func unitCode(q *fhir.Value) string {
	if c := q.StrAt("code"); c != "" && q.StrAt("system") == uk.UCUM {
		return Unit(c)
	}
	return unit(q)
}

// Unit puts units of UCUM and of laboratories' own alphabets into the form
// that is used on the ward.
func Unit(u string) string {
	switch u {
	case "mm[Hg]", "mmHg", "mmhg":
		return "mmHg"
	case "Cel", "cel", "degC", "DegC":
		return "°C"
	case "/min", "{beats}/min", "{breaths}/min", "bpm":
		return "/min"
	case "{ScoreOf}", "{score}", "{nominal}", "1", "{T-score}":
		return ""
	case "MMOLL", "mmol/l":
		return "mmol/L"
	case "UMOLL", "umol/L", "umol/l":
		return "µmol/L"
	case "MLMIN", "ml/min":
		return "mL/min"
	case "PERCENT":
		return "%"
	case "10*3/uL", "10*9/L", "x10*9/L":
		return "×10⁹/L"
	case "10*6/uL", "10*12/L", "x10*12/L":
		return "×10¹²/L"
	case "kg/m2":
		return "kg/m²"
	case "mL/min/{1.73_m2}", "mL/min/1.73_m2":
		return "mL/min/1.73\u00a0m²"
	case "[degF]":
		return "°F"
	}
	return u
}

// Measured is an observation's value ready to show.
type Measured struct {
	Text   string  // with comparator, without unit
	Full   string  // the number as it was sent
	Unit   string  //
	In     string  // the unit by which values are put together: its UCUM code, where it says one
	Number float64 // for drawing
	Drawn  bool    // Number is meaningful
}

// measured reads value[x] of an observation or of one of its components. What
// has no value says why in words.
func (l Lens) measured(o *fhir.Value) Measured {
	if q := o.Get("valueQuantity"); q.Get("value").Raw() != "" {
		raw := q.Get("value").Raw()
		f, err := strconv.ParseFloat(raw, 64)
		return Measured{Text: comparator(q.StrAt("comparator")) + readable(raw), Full: raw, Unit: unit(q), In: unitCode(q),
			Number: f, Drawn: err == nil && q.StrAt("comparator") == ""}
	}
	if c := o.Get("valueCodeableConcept"); c != nil {
		return Measured{Text: fhir.ConceptText(c)}
	}
	if v := o.Get("valueInteger"); v != nil {
		f, err := strconv.ParseFloat(v.Raw(), 64)
		return Measured{Text: number(v.Raw()), Number: f, Drawn: err == nil}
	}
	if s := o.StrAt("valueString"); s != "" {
		return Measured{Text: s}
	}
	if v := o.Get("valueBoolean"); v != nil {
		return Measured{Text: map[bool]string{true: "Yes", false: "No"}[v.Bool()]}
	}
	if r := o.Get("valueRange"); r != nil {
		return Measured{Text: Quantity(r.Get("low")) + " to " + Quantity(r.Get("high"))}
	}
	if r := o.Get("valueRatio"); r != nil {
		return Measured{Text: Quantity(r.Get("numerator")) + " : " + Quantity(r.Get("denominator"))}
	}
	if w := l.firstWhen(o, "valueDateTime", "valuePeriod.start"); w.Known() {
		return Measured{Text: w.Text}
	}
	if s := o.StrAt("valueTime"); s != "" {
		return Measured{Text: s}
	}
	if o.Get("valueSampledData") != nil {
		return Measured{Text: "Recording of many samples"}
	}
	if why := fhir.ConceptText(o.Get("dataAbsentReason")); why != "" {
		return Measured{Text: "No value: " + strings.ReplaceAll(why, "-", " ")}
	}
	return Measured{}
}

// Flag is how a value lies to its range: the letter beside the number and what
// it stands for.
type Flag struct{ Letter, Words string }

func flag(o *fhir.Value, m Measured) Flag {
	for c := range o.Get("interpretation").Each() {
		switch code := c.StrAt("coding.0.code"); code {
		case "H", "HU", ">":
			return Flag{"H", "above range"}
		case "HH":
			return Flag{"HH", "far above range"}
		case "L", "LU", "<":
			return Flag{"L", "below range"}
		case "LL":
			return Flag{"LL", "far below range"}
		case "A", "AA", "ABN":
			return Flag{"A", "abnormal"}
		case "R":
			return Flag{"R", "resistant"}
		case "S":
			return Flag{"S", "sensitive"}
		case "POS":
			return Flag{"POS", "positive"}
		case "N", "NEG", "I", "U", "D", "B", "W":
			return Flag{}
		}
	}
	low, high, ok := limits(o)
	switch {
	case !ok || !m.Drawn:
		return Flag{}
	case high != nil && m.Number > *high:
		return Flag{"H", "above range"}
	case low != nil && m.Number < *low:
		return Flag{"L", "below range"}
	}
	return Flag{}
}

// limits are the numbers of the first reference range.
func limits(o *fhir.Value) (low, high *float64, ok bool) {
	r := o.Path("referenceRange.0")
	if f, err := strconv.ParseFloat(r.Path("low.value").Raw(), 64); err == nil {
		low = &f
	}
	if f, err := strconv.ParseFloat(r.Path("high.value").Raw(), 64); err == nil {
		high = &f
	}
	return low, high, low != nil || high != nil
}

// rangeText writes the reference range.
func rangeText(o *fhir.Value) string {
	r := o.Path("referenceRange.0")
	low, high := number(r.Path("low.value").Raw()), number(r.Path("high.value").Raw())
	switch {
	case low != "" && high != "":
		return low + "–" + high
	case low != "":
		return "≥ " + low
	case high != "":
		return "≤ " + high
	}
	return strings.TrimSpace(strings.Trim(r.StrAt("text"), "[] "))
}
