package onboard

import (
	"math/big"
	"strings"

	"concord/fault"
)

// Mapping is what becomes of the source's codes when rows are loaded
// (concord/exchange/onboard/harmonise). What it does not name is loaded as sent.
type Mapping struct {
	// Open says, item by item, what nobody has decided yet: a load does not begin.
	Open  []string
	Codes map[CodeKey]MappedCode
}

// CodeKey is a code of the source's.
type CodeKey struct {
	Kind CodeKind
	Code string
}

// MappedCode is the domain's code for one of the source's.
type MappedCode struct {
	System, Code, Display        string
	NationalSystem, NationalCode string // "" = none, or the code itself is one
	// Units are, of a result, what becomes of values in a unit as sent.
	Units map[string]MappedUnit
}

// MappedUnit is a unit of UCUM, and how many of it one of the unit as sent is;
// nil = it is the same unit.
type MappedUnit struct {
	Code   string
	Factor *big.Rat
}

// shownOpen is how many open items an error names.
const shownOpen = 5

// ready refuses a load while something is open. Error: Conflict "onboard.build".
func (m *Mapping) ready() error {
	if m == nil || len(m.Open) == 0 {
		return nil
	}
	text := strings.Join(m.Open[:min(shownOpen, len(m.Open))], "; ")
	if more := len(m.Open) - shownOpen; more > 0 {
		return fault.New(fault.Conflict, "onboard.build", "%d items of the build are open: %s; and %d more", len(m.Open), text, more)
	}
	return fault.New(fault.Conflict, "onboard.build", "%d items of the build are open: %s", len(m.Open), text)
}

func (m *Mapping) target(kind CodeKind, code string) (MappedCode, bool) {
	if m == nil || code == "" {
		return MappedCode{}, false
	}
	to, ok := m.Codes[CodeKey{kind, code}]
	return to, ok
}

// converted gives a number in another unit: exactly where a decimal can, else
// with as many significant digits as were sent, and three at least.
func converted(value string, factor *big.Rat) string {
	v, ok := new(big.Rat).SetString(value)
	if !ok {
		return value
	}
	v.Mul(v, factor)
	digits := significant(value)
	if text := v.FloatString(digits + 2); exactly(text, v) {
		return trimmed(text)
	}
	whole := len(strings.TrimLeft(new(big.Int).Quo(new(big.Int).Abs(v.Num()), v.Denom()).String(), "0"))
	places := max(digits, 3) - whole
	if whole == 0 { // what is below one has zeros after the point that are not significant
		for small := new(big.Rat).Abs(v); small.Sign() > 0 && small.Cmp(big.NewRat(1, 10)) < 0 && places < 30; places++ {
			small.Mul(small, big.NewRat(10, 1))
		}
	}
	return v.FloatString(max(places, 0))
}

func exactly(text string, v *big.Rat) bool {
	back, ok := new(big.Rat).SetString(text)
	return ok && back.Cmp(v) == 0
}

func trimmed(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func significant(s string) int {
	n := len(strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(s, "-"), ".", ""), "0"))
	return max(n, 1)
}
