package ucum

import (
	"math/big"
	"strings"
)

// Convert gives how many of one unit make one of another, for values of one
// test. ok is false unless both are known and measure the same thing. It is
// stricter than UCUM, where a laboratory's numbers would come out wrong: moles
// do not convert into plain counts, units without a dimension (%, mmol/mol) into
// nothing but themselves, and an annotation ({1.73_m2}) must stand in both.
func Convert(from, to string) (factor *big.Rat, ok bool) { return ConvertMolar(from, to, nil) }

// ConvertMolar is Convert that also goes from mass to amount of substance and
// back, for a substance of so many grams a mole; nil does not.
func ConvertMolar(from, to string, molarMass *big.Rat) (factor *big.Rat, ok bool) {
	a, okA := Parse(from)
	b, okB := Parse(to)
	switch {
	case !okA || !okB:
		return nil, false
	case from == to:
		return big.NewRat(1, 1), true
	case annotations(from) != annotations(to) || a.Factor.Sign() == 0 || b.Factor.Sign() == 0:
		return nil, false
	}
	factor = new(big.Rat).Quo(a.Factor, b.Factor)
	switch a.Powers[Gram] - b.Powers[Gram] {
	case 0:
		return factor, a.Moles == b.Moles && a.Powers == b.Powers && a.measures()
	case 1: // mass into amount
		return a.substance(b, factor, molarMass, false)
	case -1:
		return a.substance(b, factor, molarMass, true)
	}
	return nil, false
}

// measures tells a unit that has a dimension.
func (u Unit) measures() bool { return u.Powers != [Axes]int{} || u.Moles != 0 }

// substance turns grams into moles, or moles into grams.
func (u Unit) substance(to Unit, factor, molarMass *big.Rat, back bool) (*big.Rat, bool) {
	mole, known := Parse("mol")
	if !known || molarMass == nil || molarMass.Sign() <= 0 {
		return nil, false
	}
	perMole := new(big.Rat).Quo(mole.Factor, molarMass) // particles a gram
	step := 1
	if back {
		perMole.Inv(perMole)
		step = -1
	}
	u.Powers[Gram] -= step
	return factor.Mul(factor, perMole), u.Moles+step == to.Moles && u.Powers == to.Powers
}

// annotations are the parts in braces.
func annotations(s string) string {
	var out strings.Builder
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
			out.WriteByte('}')
		default:
			if depth > 0 {
				out.WriteByte(s[i])
			}
		}
	}
	return out.String()
}
