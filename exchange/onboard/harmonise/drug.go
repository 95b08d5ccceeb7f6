package harmonise

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"concord/exchange/onboard"
	"concord/standard/match"
)

// drug is what a product's name says: of what, how strong, in which form.
type drug struct {
	substance []string // without its salts
	salts     []string
	strengths []string // in one form: "5 mg", "0.25 mg/mL"
	forms     []string
	slow      bool // released slowly
	resistant bool // gastro-resistant
}

var strength = regexp.MustCompile(`(?i)(\d+(?:[.,]\d+)?)\s*(micrograms?|mcg|ug|µg|nanograms?|ng|milligrams?|mg|grams?|g|kg|ml|l|units?|iu|mmol|%)(?:\s*/\s*(\d+(?:[.,]\d+)?)?\s*(ml|l|g|mg|dose|doses|hour|hours|hr|h)\b)?`)

// drugOf reads the name of a product as dictionaries and wards write it.
func (w *words) drugOf(name string) drug {
	var d drug
	name = strings.NewReplacer("m/r", "mr", "M/R", "MR", "e/c", "ec", "E/C", "EC").Replace(name)
	for _, m := range strength.FindAllStringSubmatch(name, -1) {
		d.strengths = append(d.strengths, strengthOf(m))
	}
	slices.Sort(d.strengths)
	d.strengths = slices.Compact(d.strengths)
	for _, t := range w.tokens(onboard.Drugs, strength.ReplaceAllString(name, " ")) {
		switch {
		case t == "release-slow":
			d.slow = true
		case t == "gastro-resistant":
			d.resistant = true
		case slices.Contains(w.Forms, t):
			d.forms = append(d.forms, t)
		case slices.Contains(w.Salts, t):
			d.salts = append(d.salts, t)
		case t != "oral":
			d.substance = append(d.substance, t)
		}
	}
	if len(d.substance) == 0 { // sodium chloride, potassium phosphate: the salt is the drug
		d.substance, d.salts = d.salts, nil
	}
	return d
}

// strengthOf writes a strength in one way: grams in milligrams, so that 0.5 g
// and 500 mg are one.
func strengthOf(m []string) string {
	amount, unit := inBase(m[1], m[2])
	if m[4] == "" {
		return amount + " " + unit
	}
	per := m[3]
	if per == "" {
		per = "1"
	}
	below, of := inBase(per, m[4])
	a, okA := new(big.Rat).SetString(amount)
	b, okB := new(big.Rat).SetString(below)
	if !okA || !okB || b.Sign() == 0 {
		return amount + " " + unit + "/" + below + of
	}
	return trimZeros(a.Quo(a, b).FloatString(9)) + " " + unit + "/" + of
}

func inBase(number, unit string) (string, string) {
	v, ok := new(big.Rat).SetString(strings.ReplaceAll(number, ",", "."))
	if !ok {
		return number, unit
	}
	by := func(n, d int64, to string) (string, string) {
		return trimZeros(v.Mul(v, big.NewRat(n, d)).FloatString(9)), to
	}
	switch u := strings.TrimSuffix(strings.ToLower(unit), "s"); u {
	case "microgram", "mcg", "ug", "µg":
		return by(1, 1000, "mg")
	case "nanogram", "ng":
		return by(1, 1_000_000, "mg")
	case "gram", "g":
		return by(1000, 1, "mg")
	case "kg":
		return by(1_000_000, 1, "mg")
	case "l":
		return by(1000, 1, "ml")
	case "iu", "unit":
		return by(1, 1, "unit")
	case "milligram":
		return by(1, 1, "mg")
	case "hr", "h":
		return by(1, 1, "hour")
	default:
		return by(1, 1, u)
	}
}

func trimZeros(s string) string {
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// differs says in what two drugs are not the same product, "" if in nothing.
// grave tells what no word of a steward puts right: another strength, another
// way of release.
func (d drug) differs(o drug) (why string, grave bool) {
	switch {
	case len(d.strengths) > 0 && len(o.strengths) > 0 && !slices.Equal(d.strengths, o.strengths):
		return fmt.Sprintf("another strength: %s, not %s", strings.Join(d.strengths, ", "), strings.Join(o.strengths, ", ")), true
	case d.slow != o.slow && slices.Equal(d.substance, o.substance):
		return "one is of modified release, the other is not", true
	case !slices.Equal(d.substance, o.substance):
		return "another substance by its name", false
	case len(d.forms) > 0 && len(o.forms) > 0 && !slices.Equal(d.forms, o.forms):
		return "another form: " + strings.Join(d.forms, " ") + ", not " + strings.Join(o.forms, " "), false
	case d.resistant != o.resistant:
		return "one is gastro-resistant, the other is not", false
	}
	return "", false
}

// lookAlike is from where on the names of two substances are easily taken for
// each other (hydralazine, hydroxyzine; carbamazepine, carbimazole).
const lookAlike = 0.8

// looksLike tells two drugs of other substances whose names are alike.
func (d drug) looksLike(o drug) bool {
	if len(d.substance) == 0 || len(o.substance) == 0 || slices.Equal(d.substance, o.substance) {
		return false
	}
	for _, a := range d.substance {
		if slices.Contains(o.substance, a) { // co-products share a word and are not alike for it
			continue
		}
		for _, b := range o.substance {
			if len(a) > 4 && len(b) > 4 && match.Similar(a, b) >= lookAlike && !slices.Contains(d.substance, b) {
				return true
			}
		}
	}
	return false
}
