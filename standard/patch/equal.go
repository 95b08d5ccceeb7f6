package patch

import (
	"strconv"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// equal compares as RFC 6902, section 4.6: strings by their characters, numbers
// by their value, objects whatever the order of their members.
func (d *document) equal(a, b *node) (bool, *fault.Fault) {
	if f := d.use(1); f != nil {
		return false, f
	}
	if a.kind != b.kind {
		return false, nil
	}
	switch a.kind {
	case fhir.Null:
		return true, nil
	case fhir.Number:
		return numeral(a.whole.Raw()) == numeral(b.whole.Raw()), nil
	case fhir.Bool, fhir.String:
		return a.whole.Text() == b.whole.Text(), nil
	}
	if a.size() != b.size() {
		return false, nil
	}
	for i, m := range a.items {
		other := b.items[i]
		if a.kind == fhir.Object {
			if f := d.use(len(b.names) / 16); f != nil {
				return false, f
			}
			other = b.get(a.names[i])
		}
		if other == nil {
			return false, nil
		}
		if same, f := d.equal(m, other); f != nil || !same {
			return false, f
		}
	}
	return true, nil
}

// number is a JSON number in one form: the digits without zeros at either end,
// and the power of ten that their last one counts.
type number struct {
	negative bool
	digits   string
	power    int
}

func numeral(raw string) number {
	raw, negative := strings.CutPrefix(raw, "-")
	mantissa, exponent := raw, ""
	if i := strings.IndexAny(raw, "eE"); i >= 0 {
		mantissa, exponent = raw[:i], raw[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	bare := strings.TrimRight(digits, "0")
	if bare == "" {
		return number{}
	}
	// An exponent that int cannot hold is cut to its bounds, as Atoi does.
	power, _ := strconv.Atoi(exponent)
	return number{negative, bare, power + len(digits) - len(bare) - len(fraction)}
}
