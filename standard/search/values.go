package search

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"concord/standard/fhir"
)

// tokenValue is one (system, code) of a token element.
type tokenValue struct{ system, code, text string }

// tokensOf reads the codes of any element that a token parameter may point at:
// CodeableConcept, Coding, Identifier, ContactPoint, code, boolean, id.
func tokensOf(v *fhir.Value) []tokenValue {
	switch v.Kind() {
	case fhir.String, fhir.Bool, fhir.Number:
		return []tokenValue{{code: v.Text()}}
	case fhir.Object:
	default:
		return nil
	}
	if codings := v.Get("coding"); codings != nil {
		var out []tokenValue
		for c := range codings.Each() {
			out = append(out, tokenValue{c.StrAt("system"), c.StrAt("code"), c.StrAt("display")})
		}
		return out
	}
	if val := v.Get("value"); val != nil {
		return []tokenValue{{v.StrAt("system"), val.Text(), v.StrAt("type.text")}}
	}
	if code := v.Get("code"); code.Kind() == fhir.String {
		return []tokenValue{{v.StrAt("system"), code.Str(), v.StrAt("display")}}
	}
	return nil
}

// stringsOf reads the texts of an element that a string parameter may point
// at: a string, or the parts of a HumanName or Address.
func stringsOf(v *fhir.Value) []string {
	switch v.Kind() {
	case fhir.String:
		return []string{v.Str()}
	case fhir.Object:
	default:
		return nil
	}
	return textsOf(v, "family", "given", "prefix", "suffix", "text", "line", "city", "district", "state", "postalCode", "country")
}

func textsOf(v *fhir.Value, parts ...string) []string {
	var out []string
	for _, part := range parts {
		for s := range v.Get(part).Each() {
			if t := s.Str(); t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

// cutVersion takes the version off a canonical.
func cutVersion(canonical string) (url, version string, versioned bool) {
	return strings.Cut(canonical, "|")
}

// period is the stretch of time of a date element; zero ends are open.
type period struct{ from, to time.Time }

func periodOf(v *fhir.Value, loc *time.Location) (period, bool) {
	switch v.Kind() {
	case fhir.String:
		in, ok := fhir.ParseInstant(v.Str(), loc)
		if !ok {
			return period{}, false
		}
		return period{in.Start, in.End(loc)}, true
	case fhir.Object:
	default:
		return period{}, false
	}
	var p period
	ok := false
	if in, good := fhir.ParseInstant(v.StrAt("start"), loc); good {
		p.from, ok = in.Start, true
	}
	if in, good := fhir.ParseInstant(v.StrAt("end"), loc); good {
		p.to, ok = in.End(loc), true
	}
	if !ok {
		return eventsOf(v, loc)
	}
	return p, ok
}

// eventsOf is the outer limits of a Timing: of its events and of the Period by which its
// repetition is bounded (https://hl7.org/fhir/R4/search.html#date). A bound that is a
// Duration or a Range says how long, and not when.
func eventsOf(v *fhir.Value, loc *time.Location) (p period, ok bool) {
	if bounds := v.Path("repeat.boundsPeriod"); bounds != nil {
		p, ok = periodOf(bounds, loc)
	}
	for e := range v.Get("event").Each() {
		in, good := fhir.ParseInstant(e.Str(), loc)
		if !good {
			continue
		}
		if !ok || !p.from.IsZero() && in.Start.Before(p.from) {
			p.from = in.Start
		}
		if end := in.End(loc); !ok || !p.to.IsZero() && end.After(p.to) {
			p.to = end
		}
		ok = true
	}
	return p, ok
}

// Fold normalises a string for comparison: lower case, accents removed, runs
// of anything but letters and digits as one space.
func Fold(s string) string {
	if plain := foldASCII(s); plain != "" || s == "" {
		return plain
	}
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		case r == '\'' || r == '’':
		default:
			gap = true
		}
	}
	return b.String()
}

// foldASCII is Fold for plain ASCII; "" when the text is not.
func foldASCII(s string) string {
	out := make([]byte, 0, len(s))
	gap := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 0x80:
			return ""
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
			fallthrough
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			if gap && len(out) > 0 {
				out = append(out, ' ')
			}
			gap = false
			out = append(out, c)
		case c == '\'':
		default:
			gap = true
		}
	}
	return string(out)
}
