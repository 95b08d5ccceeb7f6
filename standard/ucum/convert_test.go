package ucum

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestConvert: what converts does so by the factor of the table, and what a
// laboratory would get wrong does not.
func TestConvert(t *testing.T) {
	glucose, creatinine := big.NewRat(180156, 1000), big.NewRat(11312, 100)
	for _, c := range []struct {
		from, to string
		mass     *big.Rat
		want     float64 // 0 = refused
	}{
		{"g/dL", "g/L", nil, 10},
		{"mmol/L", "umol/L", nil, 1000},
		{"mm[Hg]", "kPa", nil, 0.133322},
		{"10*9/L", "10*9/L", nil, 1},
		{"10*3/uL", "10*9/L", nil, 1},
		{"mg/dL", "mmol/L", glucose, 10 / 180.156},
		{"mmol/L", "mg/dL", glucose, 18.0156},
		{"mg/dL", "umol/L", creatinine, 10000 / 113.12},
		{"U/L", "nkat/L", nil, 1000.0 / 60},
		{"mg/g", "mg/mmol", creatinine, 0.11312}, // a ratio to creatinine

		{"mg/dL", "mmol/L", nil, 0},              // another substance would have another factor
		{"10*9/L", "mmol/L", nil, 0},             // to UCUM the same, to a laboratory cells and moles
		{"%", "mmol/mol", nil, 0},                // HbA1c: NGSP and IFCC differ by more than a factor
		{"mL/min", "mL/min/{1.73_m2}", nil, 0},   // not brought to a body surface
		{"[IU]/L", "ng/L", nil, 0},               //
		{"[IU]/L", "[arb'U]/L", nil, 0},          //
		{"Cel", "K", nil, 0},                     // an offset
		{"mmol/l per day", "mmol/L", nil, 0},     //
		{"", "", nil, 0},                         //
		{"mg/dL", "mmol/L", big.NewRat(0, 1), 0}, //
	} {
		f, ok := ConvertMolar(c.from, c.to, c.mass)
		if ok != (c.want != 0) {
			t.Errorf("%s → %s: %v %v", c.from, c.to, f, ok)
			continue
		}
		if got, _ := new(big.Rat).Set(orZero(f)).Float64(); ok && (got < c.want*0.99999 || got > c.want*1.00001) {
			t.Errorf("%s → %s: %v, not %v", c.from, c.to, got, c.want)
		}
	}
}

func orZero(r *big.Rat) *big.Rat {
	if r == nil {
		return new(big.Rat)
	}
	return r
}

// TestConvertIsInverse: there and back is the identity, and by way of a third
// unit is the same as directly.
func TestConvertIsInverse(t *testing.T) {
	units := []string{"g/L", "mg/dL", "ug/mL", "mmol/L", "umol/L", "nmol/dL", "10*9/L", "10*12/L", "/uL", "kPa", "mm[Hg]", "%", "mmol/mol", "U/L", "ukat/L", "s", "min", "fL", "[IU]/L"}
	mass := big.NewRat(18, 1)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.SampledFrom(units).Draw(t, "a"), rapid.SampledFrom(units).Draw(t, "b"), rapid.SampledFrom(units).Draw(t, "c")
		ab, ok := ConvertMolar(a, b, mass)
		ba, back := ConvertMolar(b, a, mass)
		if ok != back {
			t.Fatalf("%s and %s convert one way", a, b)
		}
		if !ok {
			return
		}
		if p := new(big.Rat).Mul(ab, ba); p.Cmp(big.NewRat(1, 1)) != 0 {
			t.Fatalf("%s → %s → %s is %v", a, b, a, p)
		}
		bc, ok1 := ConvertMolar(b, c, mass)
		ac, ok2 := ConvertMolar(a, c, mass)
		if ok1 != ok2 || ok1 && new(big.Rat).Mul(ab, bc).Cmp(ac) != 0 {
			t.Fatalf("%s → %s → %s is not %s → %s", a, b, c, a, c)
		}
	})
}

func FuzzConvert(f *testing.F) {
	for _, s := range []string{"mg/dL", "mL/min/{1.73_m2}", "10*3/uL", "(g", "}{", "m[Hg", "/", "mol-30"} {
		f.Add(s, "mmol/L")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		ab, ok := Convert(a, b)
		ba, back := Convert(b, a)
		if ok != back || ok && new(big.Rat).Mul(ab, ba).Cmp(big.NewRat(1, 1)) != 0 {
			t.Errorf("%q and %q: %v %v", a, b, ab, ba)
		}
	})
}

// TestTableIsRead: every line of the table is a unit with a size; a line that
// counts one that stands below it would have none.
func TestTableIsRead(t *testing.T) {
	for name := range loadUnits().atoms {
		if u, ok := Parse(name); !ok || u.Factor.Sign() <= 0 {
			t.Errorf("%s: %v %v", name, u, ok)
		}
	}
	if u, _ := Parse("U"); u.Powers[Second] != -1 || u.Moles != 1 {
		t.Errorf("U is %+v", u)
	}
}
