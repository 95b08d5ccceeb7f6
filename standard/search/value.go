package search

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

// value takes one alternative apart by the parameter's kind.
func (p *Param) value(s, modifier string, loc *time.Location) (Value, error) {
	if modifier == "missing" {
		if s != "true" && s != "false" {
			return Value{}, bad(p, ":missing is true or false")
		}
		return Value{Missing: s == "true"}, nil
	}
	switch p.Kind {
	case Token:
		return p.tokenQuery(s, modifier)
	case Composite:
		return p.compositeQuery(s, loc)
	case Special:
		return p.nearQuery(s)
	case Date:
		return p.dateQuery(s, loc)
	case Number, Quantity:
		return p.numberQuery(s)
	case Reference:
		return p.referenceQuery(s, modifier)
	}
	return Value{Text: unescape(s)}, nil
}

func bad(p *Param, text string) error {
	return fault.New(fault.Invalid, "search.value", "%s", text).In(p.Name)
}

func (p *Param) tokenQuery(s, modifier string) (Value, error) {
	switch modifier {
	case "text", "in", "not-in":
		return Value{Text: unescape(s)}, nil
	case "of-type":
		parts := splitKeep(s, '|')
		if len(parts) == 2 {
			parts = append(parts[:1], splitKeep(parts[1], '|')...)
		}
		if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
			return Value{}, bad(p, ":of-type is system|type|value")
		}
		return Value{System: unescape(parts[0]), Type: unescape(parts[1]), Code: unescape(parts[2])}, nil
	}
	return tokenValueOf(s), nil
}

func tokenValueOf(s string) Value {
	parts := splitKeep(s, '|')
	if len(parts) == 1 {
		return Value{Code: unescape(s)}
	}
	return Value{System: unescape(parts[0]), HasSystem: true, Code: unescape(strings.Join(parts[1:], "|"))}
}

// compositeQuery reads "a$b", each part as its own kind
// (https://hl7.org/fhir/R4/search.html#composite).
func (p *Param) compositeQuery(s string, loc *time.Location) (Value, error) {
	parts := splitEscaped(s, '$')
	if len(parts) != len(p.Parts) {
		return Value{}, bad(p, "a composite value has "+strconv.Itoa(len(p.Parts))+" parts, with $ between them")
	}
	var v Value
	for i, part := range parts {
		one, err := p.Parts[i].Param.value(part, "", loc)
		if err != nil {
			return v, err
		}
		v.Parts = append(v.Parts, one)
	}
	return v, nil
}

// splitKeep splits at the first unescaped separator, keeping empty parts.
func splitKeep(s string, sep byte) []string {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if s[i] == sep {
			return []string{s[:i], s[i+1:]}
		}
	}
	return []string{s}
}

var prefixes = [...]string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}

func prefixOf(s string) (string, string) {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return p, s[2:]
		}
	}
	return "eq", s
}

func (p *Param) dateQuery(s string, loc *time.Location) (Value, error) {
	pre, rest := prefixOf(s)
	in, ok := fhir.ParseInstant(strings.ReplaceAll(rest, " ", "+"), loc)
	if !ok {
		return Value{}, bad(p, "a date is YYYY, YYYY-MM, YYYY-MM-DD or a dateTime, after an optional prefix")
	}
	return Value{Prefix: pre, When: period{in.Start, in.End(loc)}}, nil
}

func (p *Param) numberQuery(s string) (Value, error) {
	pre, rest := prefixOf(s)
	v := Value{Prefix: pre}
	if p.Kind == Quantity {
		parts := strings.SplitN(rest, "|", 3)
		rest = parts[0]
		if len(parts) == 3 {
			v.System, v.HasSystem, v.Code = unescape(parts[1]), parts[1] != "", unescape(parts[2])
		} else if len(parts) == 2 {
			v.Code = unescape(parts[1])
		}
	}
	f, err := strconv.ParseFloat(rest, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return v, bad(p, "a number is expected after an optional prefix")
	}
	low, high, ok := precision(rest, pre == "ap")
	if !ok {
		return v, bad(p, "a number is expected after an optional prefix")
	}
	v.Number, v.Low, v.High = f, low, high
	return v, nil
}

// mostDigits bounds what is computed as a decimal.
const mostDigits = 400

// precision is what a number covers: half of the last digit's place either way (100 →
// [99.5, 100.5), 1.50 → [1.495, 1.505)), and a tenth of it when about is meant. It is
// computed as a decimal: the ends are read as a stored number is, so that 5.35 is in what
// 5.4 covers.
func precision(s string, about bool) (low, high float64, ok bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	_, frac, _ := strings.Cut(mantissa, ".")
	e, _ := strconv.Atoi(exponent)
	if strings.ContainsAny(s, "xXpP_") || len(s) > mostDigits || e > mostDigits || e < -mostDigits {
		return 0, 0, false
	}
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, 0, false
	}
	half := new(big.Rat).SetFrac(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(e-len(frac), 0))), nil), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(len(frac)-e, 0))), nil))
	half.Mul(half, big.NewRat(1, 2))
	if tenth := new(big.Rat).Mul(new(big.Rat).Abs(n), big.NewRat(1, 10)); about && tenth.Cmp(half) > 0 {
		half = tenth
	}
	low, _ = new(big.Rat).Sub(n, half).Float64()
	high, _ = new(big.Rat).Add(n, half).Float64()
	return low, high, !math.IsInf(low, 0) && !math.IsInf(high, 0)
}

func (p *Param) referenceQuery(s, modifier string) (Value, error) {
	if modifier == "identifier" {
		return tokenValueOf(s), nil
	}
	s = unescape(s)
	if modifier != "" && fhir.R4().Number(modifier) != 0 && !strings.HasPrefix(s, modifier+"/") && !strings.Contains(s, "://") {
		s = modifier + "/" + s
	}
	if !strings.Contains(s, "/") && !strings.HasPrefix(s, "urn:") && !fhir.ValidID(s) {
		return Value{}, bad(p, "a reference is Type/id, an id or a URL")
	}
	return Value{Text: s}, nil
}

// named tells whether a stored reference is one of References.
func (p *Param) named(v Value, ref string) bool {
	if ref == v.Text {
		return true
	}
	typ, id, ok := strings.Cut(ref, "/")
	if !ok || id != v.Text {
		return false
	}
	if len(p.Targets) == 0 || p.Targets[0] == "*" {
		return fhir.R4().Number(typ) != 0
	}
	return slices.Contains(p.Targets, typ)
}

// References are the ways in which a stored reference may name the value: as
// written, or with each target type before a bare id.
func (p *Param) References(v Value) []string {
	if strings.Contains(v.Text, "/") || strings.HasPrefix(v.Text, "urn:") {
		return []string{v.Text}
	}
	targets := p.Targets
	if len(targets) == 0 || targets[0] == "*" {
		targets = fhir.R4().Names()
	}
	out := make([]string, 0, len(targets)+1)
	for _, t := range targets {
		out = append(out, t+"/"+v.Text)
	}
	return append(out, v.Text) // a canonical may be any text
}
