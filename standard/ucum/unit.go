package ucum

import (
	"math/big"
	"strconv"
)

// The axes of measure: the seven base units of UCUM, the kinds of unit that do
// not convert into others, and the month of the calendar, which UCUM has not.
const (
	Metre = iota
	Second
	Gram
	Radian
	Kelvin
	Coulomb
	Candela
	Arbitrary
	Calendar
	Axes
)

// Unit is the size of a UCUM unit in base units.
type Unit struct {
	Factor *big.Rat
	Powers [Axes]int
	// Moles is the power of the mole in it. To UCUM a mole is a number and has no
	// axis; to a laboratory 10*9/L and mmol/L are two things.
	Moles int
}

// MaxText is the longest expression that is read, in bytes.
const MaxText = 200

const maxExponent = 30

// Parse reads a UCUM expression (https://ucum.org/ucum, section 2): terms
// such as "mg/dL", "10*3/uL", "m2", "mm[Hg]", "{score}". ok is false for what is
// not known here; such units compare by their text alone.
func Parse(s string) (Unit, bool) {
	if s == "" || len(s) > MaxText {
		return Unit{}, false
	}
	t := loadUnits()
	p := unitParser{s: s, table: &t}
	u, ok := p.term(0)
	return u, ok && p.i == len(s)
}

type unitParser struct {
	s     string
	i     int
	table *unitTable
}

func (p *unitParser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *unitParser) term(depth int) (Unit, bool) {
	out := Unit{Factor: big.NewRat(1, 1)}
	if depth > 10 {
		return out, false
	}
	divide := false
	if p.peek() == '/' {
		divide = true
		p.i++
	}
	for {
		u, ok := p.component(depth)
		if !ok {
			return out, false
		}
		if divide {
			u.raise(-1)
		}
		out.times(u)
		switch p.peek() {
		case '.':
			divide = false
		case '/':
			divide = true
		default:
			return out, true
		}
		p.i++
	}
}

func (u *Unit) times(o Unit) {
	u.Factor.Mul(u.Factor, o.Factor)
	for i := range u.Powers {
		u.Powers[i] += o.Powers[i]
	}
	u.Moles += o.Moles
}

func (u *Unit) raise(n int) {
	base := u.Factor
	if n < 0 {
		base = new(big.Rat).Inv(base)
	}
	u.Factor = big.NewRat(1, 1)
	for range max(n, -n) {
		u.Factor.Mul(u.Factor, base)
	}
	for i := range u.Powers {
		u.Powers[i] *= n
	}
	u.Moles *= n
}

func (p *unitParser) component(depth int) (Unit, bool) {
	one := Unit{Factor: big.NewRat(1, 1)}
	switch c := p.peek(); {
	case c == '(':
		p.i++
		u, ok := p.term(depth + 1)
		if !ok || p.peek() != ')' {
			return u, false
		}
		p.i++
		return u, true
	case c == '{':
		return one, p.annotation()
	case isDigit(c) && !p.tenPower():
		n, err := strconv.ParseInt(p.digits(), 10, 32)
		one.Factor.SetInt64(n)
		return one, err == nil && n > 0
	}
	u, ok := p.atom()
	if ok && p.peek() == '{' {
		ok = p.annotation()
	}
	return u, ok
}

// tenPower: 10* and 10^ are atoms, not numbers.
func (p *unitParser) tenPower() bool {
	return len(p.s) >= p.i+3 && p.s[p.i:p.i+2] == "10" && (p.s[p.i+2] == '*' || p.s[p.i+2] == '^')
}

func (p *unitParser) annotation() bool {
	for ; p.i < len(p.s); p.i++ {
		if p.s[p.i] == '}' {
			p.i++
			return true
		}
	}
	return false
}

func (p *unitParser) digits() string {
	from := p.i
	for isDigit(p.peek()) {
		p.i++
	}
	return p.s[from:p.i]
}

// atom reads a unit with its prefix and exponent.
func (p *unitParser) atom() (Unit, bool) {
	from := p.i
	if p.tenPower() {
		p.i += 3
	} else {
		p.skipName()
	}
	name := p.s[from:p.i]
	sign := 1
	if c := p.peek(); c == '+' || c == '-' {
		p.i++
		if c == '-' {
			sign = -1
		}
		if !isDigit(p.peek()) {
			return Unit{}, false
		}
	}
	u, ok := p.table.find(name)
	if !ok {
		return u, false
	}
	if digits := p.digits(); digits != "" {
		n, err := strconv.Atoi(digits)
		if err != nil || n > maxExponent {
			return u, false
		}
		u.raise(sign * n)
	}
	return u, true
}

// skipName goes over letters, %, ', ", * and bracketed parts such as [in_i].
func (p *unitParser) skipName() {
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '[':
			for p.i < len(p.s) && p.s[p.i] != ']' {
				p.i++
			}
			if p.i == len(p.s) {
				return
			}
		case isLetter(c) || c == '%' || c == '\'' || c == '"':
		default:
			return
		}
		p.i++
	}
}
