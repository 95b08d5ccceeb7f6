package ucum

import (
	"math/big"
	"strings"
	"sync"
)

// unitLines is the part of the UCUM table that health records use: the unit,
// "*" when it takes prefixes, its factor, and the unit that the factor counts.
// A line without factor is a unit that converts into no other
// (https://ucum.org/ucum, tables 4 to 26).
const unitLines = `
m * 1 !0
s * 1 !1
g * 1 !2
rad * 1 !3
K * 1 !4
C * 1 !5
cd * 1 !6
10* - 10 1
10^ - 10 1
% - 0.01 1
[ppth] - 0.001 1
[ppm] - 0.000001 1
[ppb] - 0.000000001 1
[pi] - 3.1415926535897932384626433832795028841971693993751058209749445923 1
mol * 602213670000000000000000 1
sr * 1 rad2
Hz * 1 s-1
N * 1 kg.m/s2
Pa * 1 N/m2
J * 1 N.m
W * 1 J/s
A * 1 C/s
V * 1 J/C
F * 1 C/V
Ohm * 1 V/A
S * 1 Ohm-1
Wb * 1 V.s
T * 1 Wb/m2
H * 1 Wb/A
lm * 1 cd.sr
lx * 1 lm/m2
Bq * 1 s-1
Gy * 1 J/kg
Sv * 1 J/kg
kat * 1 mol/s
l * 1 dm3
L * 1 l
ar * 100 m2
min - 60 s
U * 0.000001 mol/min
h - 60 min
d - 24 h
wk - 7 d
a_t - 365.24219 d
a_j - 365.25 d
a_g - 365.2425 d
a - 1 a_j
mo_s - 29.53059 d
mo_j - 1/12 a_j
mo_g - 1/12 a_g
mo - 1 mo_j
t * 1000 kg
bar * 100000 Pa
u * 0.00000000000000000000000166054021 g
eV * 0.000000000000000000160217733 J
gf * 9.80665 g.m/s2
cal * 4.184 J
[Cal] - 1 kcal
dyn * 1 g.cm/s2
erg * 1 dyn.cm
P * 1 dyn.s/cm2
G * 0.0001 T
Ci * 37000000000 Bq
R * 0.000258 C/kg
RAD * 100 erg/g
REM * 1 RAD
atm - 101325 Pa
m[Hg] * 133.322 kPa
m[H2O] * 9.80665 kPa
deg - 2/360 [pi].rad
' - 1/60 deg
'' - 1/60 '
[in_i] - 2.54 cm
[ft_i] - 12 [in_i]
[yd_i] - 3 [ft_i]
[mi_i] - 5280 [ft_i]
[nmi_i] - 1852 m
[mil_i] - 0.001 [in_i]
[sin_i] - 1 [in_i]2
[sft_i] - 1 [ft_i]2
[cin_i] - 1 [in_i]3
[cft_i] - 1 [ft_i]3
[gr] - 64.79891 mg
[lb_av] - 7000 [gr]
[oz_av] - 1/16 [lb_av]
[dr_av] - 1/16 [oz_av]
[ston_av] - 2000 [lb_av]
[lton_av] - 2240 [lb_av]
[stone_av] - 14 [lb_av]
[pwt_tr] - 24 [gr]
[oz_tr] - 20 [pwt_tr]
[lb_tr] - 12 [oz_tr]
[gal_us] - 231 [in_i]3
[qt_us] - 1/4 [gal_us]
[pt_us] - 1/2 [qt_us]
[cup_us] - 1/2 [pt_us]
[foz_us] - 1/8 [cup_us]
[tbs_us] - 1/2 [foz_us]
[tsp_us] - 1/3 [tbs_us]
[fdr_us] - 1/8 [foz_us]
[gal_br] - 4.54609 l
[qt_br] - 1/4 [gal_br]
[pt_br] - 1/2 [qt_br]
[foz_br] - 1/20 [pt_br]
[tsp_m] - 5 mL
[tbs_m] - 15 mL
[cup_m] - 240 mL
[foz_m] - 30 mL
[drp] - 1/20 mL
[psi] - 4448.2216152605/645.16 kPa
[Btu_IT] - 1.05505585262 kJ
[HP] - 745.699871582270 W
eq * 1 mol
osm * 1 mol
g% * 1 g/dL
[car_Au] - 1/24 1
Cel -
[degF] -
[degRe] -
[pH] -
Np -
B -
[iU] *
[IU] * 1 [iU]
[arb'U] -
[USP'U] -
[GPL'U] -
[MPL'U] -
[APL'U] -
[AU] -
[CFU] -
[PFU] -
[knk'U] -
[mclg'U] -
[todd'U] -
[dye'U] -
[beth'U] -
[anti'Xa'U] -
[CCID_50] -
[TCID_50] -
[EID_50] -
[Amb'a'1'U] -
[BAU] -
[bdsk'U] -
[D'ag'U] -
[FFU] -
[LPF] - 100 1
[HPF] - 1 1
[HPF]c - 1 1
`

// prefixLines are the decimal and binary prefixes of UCUM.
const prefixLines = `Y 24 Z 21 E 18 P 15 T 12 G 9 M 6 k 3 h 2 da 1 d -1 c -2 m -3 u -6 n -9 p -12 f -15 a -18 z -21 y -24`

type atom struct {
	Unit
	metric bool
}

type unitTable struct {
	atoms    map[string]atom
	prefixes map[string]*big.Rat
}

var loadUnits = sync.OnceValue(func() unitTable {
	t := unitTable{atoms: map[string]atom{}, prefixes: map[string]*big.Rat{}}
	words := strings.Fields(prefixLines)
	for i := 0; i < len(words); i += 2 {
		factor, _ := new(big.Rat).SetString("1e" + words[i+1])
		t.prefixes[words[i]] = factor
	}
	arbitrary := 0
	for line := range strings.Lines(unitLines) {
		f := strings.Fields(line)
		switch len(f) {
		case 2:
			// Each such unit counts as its own power of one axis, which no
			// product of others reaches in practice.
			arbitrary++
			u := Unit{Factor: big.NewRat(1, 1)}
			u.Powers[Arbitrary] = 1000 + arbitrary*arbitrary
			t.atoms[f[0]] = atom{u, f[1] == "*"}
		case 4:
			u := t.size(f[2], f[3])
			if f[0] == "mol" {
				u.Moles = 1
			}
			t.atoms[f[0]] = atom{u, f[1] == "*"}
		}
	}
	return t
})

// size reads a factor and the unit that it counts, of the lines before.
func (t unitTable) size(factor, of string) Unit {
	u := Unit{Factor: ratio(factor)}
	switch {
	case of[0] == '!':
		u.Powers[of[1]-'0'] = 1
	case of != "1":
		counted, _ := (&unitParser{s: of, table: &t}).term(0)
		u.times(counted)
	}
	return u
}

func ratio(s string) *big.Rat {
	above, below, divided := strings.Cut(s, "/")
	r, _ := new(big.Rat).SetString(above)
	if divided {
		d, _ := new(big.Rat).SetString(below)
		r.Quo(r, d)
	}
	return r
}

// find looks up a unit, and failing that a prefix and a unit that takes one.
func (t unitTable) find(name string) (Unit, bool) {
	if a, ok := t.atoms[name]; ok {
		return a.copy(), true
	}
	for n := 1; n <= 2 && n < len(name); n++ {
		a, ok := t.atoms[name[n:]]
		prefix := t.prefixes[name[:n]]
		if ok && a.metric && prefix != nil {
			u := a.copy()
			u.Factor.Mul(u.Factor, prefix)
			return u, true
		}
	}
	return Unit{}, false
}

func (a atom) copy() Unit {
	return Unit{Factor: new(big.Rat).Set(a.Factor), Powers: a.Powers, Moles: a.Moles}
}
