package crosswalk

import (
	"math/big"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// TestConverted: exactly where a decimal can, else with the digits that were
// sent, and three at least.
func TestConverted(t *testing.T) {
	glucose := big.NewRat(10000, 180156)
	for _, c := range []struct {
		value string
		f     *big.Rat
		want  string
	}{
		{"13.1", big.NewRat(10, 1), "131"}, {"131", big.NewRat(1, 10), "13.1"}, {"0", big.NewRat(10, 1), "0"}, {"-2.5", big.NewRat(2, 1), "-5"},
		{"126", glucose, "6.99"}, {"70", glucose, "3.89"}, {"1", glucose, "0.0555"}, {"1261.5", glucose, "70.023"}, {"-126", glucose, "-6.99"},
		{"1.1", big.NewRat(884017, 10000), "97.2"}, {"0.001", glucose, "0.0000555"}, {"123456", glucose, "6852.73"},
	} {
		if got := Converted(c.value, c.f); got != c.want {
			t.Errorf("%s × %s is %s, not %s", c.value, c.f.FloatString(6), got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringMatching(`[1-9][0-9]{0,4}(\.[0-9]{1,3})?`).Draw(t, "v")
		f := big.NewRat(rapid.Int64Range(1, 1e6).Draw(t, "a"), rapid.Int64Range(1, 1e6).Draw(t, "b"))
		got := Converted(v, f)
		if !number.MatchString(got) {
			t.Fatalf("%s × %v is %s", v, f, got)
		}
		x, _ := new(big.Rat).SetString(v)
		y, _ := new(big.Rat).SetString(got)
		x.Mul(x, f)
		off := new(big.Rat).Sub(x, y)
		if off.Abs(off).Cmp(x.Mul(x, big.NewRat(6, 1000))) > 0 { // three digits: half of the last
			t.Fatalf("%s × %v is %s", v, f, got)
		}
	})
}

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
