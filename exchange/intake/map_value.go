package intake

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// quantity makes a Quantity of a number as written. ok is false for text that
// is no number.
func (s *source) quantity(number, comparator string, unit *fhir.Value) (*fhir.Value, bool) {
	number = strings.TrimSpace(number)
	for _, c := range []string{"<=", ">=", "<", ">"} {
		if comparator == "" && strings.HasPrefix(number, c) {
			comparator, number = c, strings.TrimSpace(number[len(c):])
		}
	}
	n, ok := decimal(number)
	if !ok {
		return nil, false
	}
	return fhir.Obj("value", n, "comparator", comparator, "unit", unit.Get("unit"),
		"system", unit.Get("system"), "code", unit.Get("code")), true
}

// decimal gives a number in JSON's form: digits are kept as written, only a
// leading plus sign, leading zeros and a bare point are mended.
func decimal(s string) (fhir.Decimal, bool) {
	sign := ""
	switch {
	case strings.HasPrefix(s, "-"):
		sign, s = "-", s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	whole, frac, point := strings.Cut(s, ".")
	if !digits(whole) || !digits(frac) || whole == "" && frac == "" {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if point && frac != "" {
		whole += "." + frac
	}
	return fhir.Decimal(sign + whole), len(whole) <= 40
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// unit reads OBX-6. The unit's text is as printed; a UCUM code is given only
// where the text is one, or a usual way of writing one.
func (s *source) unit(f hl7v2.Field) *fhir.Value {
	code, text := f.Component(1).String(), f.Component(2).String()
	if text == "" {
		text = code
	}
	if text == "" {
		return nil
	}
	ucum := ucumOf(code)
	if ucum == "" {
		ucum = ucumOf(text)
	}
	if strings.EqualFold(f.Component(3).String(), "UCUM") {
		ucum = code
	}
	if ucum == "" {
		return fhir.Obj("unit", text)
	}
	return fhir.Obj("unit", text, "system", uk.UCUM, "code", ucum)
}

// ucumOf gives the UCUM code for units as laboratories and monitors print
// them; "" for what is not known for sure.
func ucumOf(text string) string {
	switch text {
	case "mmol/L", "umol/L", "nmol/L", "pmol/L", "g/L", "mg/L", "ug/L", "ng/L", "g/dL", "mg/dL", "mg/mmol",
		"U/L", "m[IU]/L", "k[IU]/L", "fL", "pg", "%", "10*9/L", "10*12/L", "/min", "mm[Hg]", "Cel", "kg", "g", "cm", "m",
		"kg/m2", "mL/min", "mL/min/{1.73_m2}", "L/min", "kPa", "s", "min", "h", "mm/h", "L/L":
		return text
	}
	switch strings.ToLower(text) {
	case "mmoll", "mmol/l":
		return "mmol/L"
	case "umoll", "umol/l", "µmol/l":
		return "umol/L"
	case "nmol/l":
		return "nmol/L"
	case "pmol/l":
		return "pmol/L"
	case "g/l":
		return "g/L"
	case "mg/l":
		return "mg/L"
	case "percent":
		return "%"
	case "x10*9/l", "10^9/l", "x10^9/l", "10*9/l":
		return "10*9/L"
	case "x10*12/l", "10^12/l", "x10^12/l", "10*12/l":
		return "10*12/L"
	case "fl":
		return "fL"
	case "iu/l", "u/l":
		return "U/L"
	case "mlmin", "ml/min":
		return "mL/min"
	case "bpm", "beats/min", "breaths/min", "/min", "rpm":
		return "/min"
	case "mmhg", "mm hg":
		return "mm[Hg]"
	case "c", "degc", "°c", "deg c", "cel":
		return "Cel"
	case "kg/m2", "kg/m^2":
		return "kg/m2"
	}
	return ""
}

// referenceRange reads OBX-7: "133 - 146", "65-99", "[ 0.04 - 0.40 ]",
// "[ < 0.21 ]", ">40". The text is kept; low and high only where it is clear.
func (s *source) referenceRange(f hl7v2.Field, unit *fhir.Value) *fhir.Value {
	text := f.String()
	bare := strings.TrimSpace(strings.Trim(text, "[]() "))
	if bare == "" {
		return nil
	}
	limit := func(number string) *fhir.Value {
		q, _ := s.quantity(strings.TrimSpace(number), " ", unit)
		return q.Without("comparator")
	}
	var low, high *fhir.Value
	switch {
	case strings.HasPrefix(bare, "<"):
		high = limit(strings.TrimLeft(bare, "<= "))
	case strings.HasPrefix(bare, ">"):
		low = limit(strings.TrimLeft(bare, ">= "))
	default:
		if a, b, ok := cutRange(bare); ok {
			low, high = limit(a), limit(b)
			if low == nil || high == nil {
				low, high = nil, nil
			}
		}
	}
	return fhir.Arr(fhir.Obj("low", low, "high", high, "text", text))
}

// cutRange splits at the dash that is not a sign.
func cutRange(s string) (low, high string, ok bool) {
	for i := 1; i < len(s); i++ {
		if s[i] == '-' {
			return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1:]), true
		}
	}
	return "", "", false
}

// interpretation maps OBX-8 (table 0078).
// A text over several OBX has the flags of all its lines.
func (s *source) interpretation(r *result) *fhir.Value {
	var all []any
	var flags []hl7v2.Repetition
	for _, g := range append([]*segment{r.obx}, r.more...) {
		flags = append(flags, g.f(8).Reps()...)
	}
	for _, r := range flags {
		code := strings.ToUpper(r.Component(1).String())
		switch code {
		case "", "NONE":
		case "L", "H", "LL", "HH", "N", "A", "AA", "S", "R", "I", "<", ">", "U", "D", "B", "W", "MS", "VS", "POS", "NEG":
			all = append(all, fhir.Concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", code, "", ""))
		default:
			all = append(all, s.concept(r))
		}
	}
	return fhir.Arr(all...)
}

// attachment maps ED (and what senders write in its place): type, subtype,
// encoding, data. Text is carried in UTF-8.
func (s *source) attachment(p piece, title string) *fhir.Value {
	kind, subtype := p.Component(2).String(), strings.ToLower(p.Component(3).String())
	encoding, data := strings.ToLower(p.Component(4).String()), p.Component(5).Text()
	if data == "" {
		return nil
	}
	var content []byte
	var err error
	switch encoding {
	case "base64":
		content, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data), ""))
	case "hex":
		content, err = hex.DecodeString(strings.Join(strings.Fields(data), ""))
	default:
		content = []byte(data)
	}
	if err != nil {
		s.warn("an encapsulated document is not encoded as it says; it is kept as it stands")
		content, subtype = []byte(data), ""
	}
	return fhir.Obj("contentType", contentType(strings.ToLower(kind), subtype),
		"data", base64.StdEncoding.EncodeToString(content), "title", title)
}

func contentType(kind, subtype string) string {
	switch subtype {
	case "pdf", "application/pdf":
		return "application/pdf"
	case "rtf":
		return "application/rtf"
	case "html", "x-hl7-cda-level-one":
		return "text/html"
	case "xml":
		return "application/xml"
	case "jpeg", "jpg":
		return "image/jpeg"
	case "png", "gif", "tiff":
		return "image/" + subtype
	case "plain", "text":
		return "text/plain; charset=utf-8"
	}
	if kind == "text" || kind == "tx" || kind == "ft" {
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// plainText makes an attachment of text.
func plainText(text, title string) *fhir.Value {
	return fhir.Obj("contentType", "text/plain; charset=utf-8",
		"data", base64.StdEncoding.EncodeToString([]byte(text)), "title", title)
}
