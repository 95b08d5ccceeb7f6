package match

// similarEnough is the Jaro–Winkler similarity from which two names are alike
// (the bound of NHS England's model).
const similarEnough = 0.88

// Compare gives the levels at which two subjects agree. It does not allocate
// and is symmetric.
func Compare(a, b *Subject) Pattern {
	return Pattern(0).with(Name, compareName(a, b)).with(Birth, compareBirth(a.born, b.born)).
		with(Sex, compareSex(a.sex, b.sex)).with(Place, comparePlace(a, b)).
		with(Phone, comparePhone(a, b)).with(Email, compareEmail(a, b)).
		with(Practice, sameMark(a.gp, b.gp)).with(NHS, compareNHS(a, b)).with(Identifier, compareNumbers(a, b))
}

func compareName(a, b *Subject) Level {
	if a.given.n == 0 || b.given.n == 0 || a.family.n == 0 || b.family.n == 0 {
		return compareHalf(a, b)
	}
	given, family := a.given == b.given, a.family == b.family
	switch {
	case given && family:
		return NameExact
	case a.letters == b.letters && rearranged(a, b):
		return NameAnyOrder
	case family && sameCalled(a, b):
		return NameNickname
	case given && (formerAgrees(a, b) || formerAgrees(b, a) || sharesSurname(a, b)):
		return NameFormer
	}
	g, f := jaroWinkler(&a.given, &b.given) >= similarEnough, jaroWinkler(&a.family, &b.family) >= similarEnough
	switch {
	case given && f || family && g:
		return NameOneSimilar
	case g && f, a.root != 0 && a.root == b.root && f, crossed(a, b):
		return NameBothSimilar
	case family && (a.given.n == 1 || b.given.n == 1) && a.given.b[0] == b.given.b[0]:
		return NamePartial
	case given:
		return NameGivenOnly
	case family:
		return NameFamilyOnly
	case sharesWord(a, b):
		return NameWord
	}
	return NameDifferent
}

// compareHalf compares names of which one side lacks a half.
func compareHalf(a, b *Subject) Level {
	switch {
	case a.given.n > 0 && b.given.n > 0:
		if a.given == b.given {
			return NamePartial
		}
		return differentUnless(jaroWinkler(&a.given, &b.given))
	case a.family.n > 0 && b.family.n > 0:
		if a.family == b.family {
			return NamePartial
		}
		return differentUnless(jaroWinkler(&a.family, &b.family))
	}
	if a.given.n > 0 && b.family.n > 0 && a.given == b.family || a.family.n > 0 && b.given.n > 0 && a.family == b.given {
		return NamePartial
	}
	return NotGiven
}

func differentUnless(similarity float32) Level {
	if similarity >= similarEnough {
		return NameWord
	}
	return NameDifferent
}

// rearranged tells whether names of the same letters are the same words in
// another order, or divided otherwise: Li Xiao Ming and Xiaoming Li. It is no
// slip within a word.
func rearranged(a, b *Subject) bool {
	return a.words == b.words && a.word == b.word || a.words != b.words || a.family == b.given || a.given == b.family
}

// sameCalled tells whether two given names are known to be one: forms of one
// name, or the one is the second given name of the other.
func sameCalled(a, b *Subject) bool {
	return a.root != 0 && a.root == b.root || a.first != 0 && a.first == b.middle || b.first != 0 && a.middle == b.first
}

// oneName tells whether two given names are the same, or forms of one name.
func oneName(a, b *Subject) bool {
	return a.given == b.given || a.root != 0 && a.root == b.root
}

// formerAgrees tells whether the former name of one is a family name of the
// other.
func formerAgrees(a, b *Subject) bool {
	return a.former.n > 0 && (a.former == b.family || a.former == b.former)
}

// sharesSurname tells whether one family name is the beginning or the end of
// the other (double names), with four letters at least.
func sharesSurname(a, b *Subject) bool {
	s, l := &a.family, &b.family
	if s.n > l.n {
		s, l = l, s
	}
	if s.n < 4 || s.n == l.n {
		return false
	}
	return string(l.b[:s.n]) == string(s.b[:s.n]) || string(l.b[l.n-s.n:l.n]) == string(s.b[:s.n])
}

// crossed tells whether given and family name are alike when transposed.
func crossed(a, b *Subject) bool {
	if a.given.b[0] != b.family.b[0] && a.family.b[0] != b.given.b[0] {
		return false
	}
	return jaroWinkler(&a.given, &b.family) >= similarEnough && jaroWinkler(&a.family, &b.given) >= similarEnough
}

func sharesWord(a, b *Subject) bool {
	for i, j := 0, 0; i < int(a.words) && j < int(b.words); {
		switch x, y := a.word[i], b.word[j]; {
		case x == y:
			return true
		case x < y:
			i++
		default:
			j++
		}
	}
	return false
}

func compareBirth(a, b uint32) Level {
	switch {
	case a == 0 || b == 0:
		return NotGiven
	case a == b:
		return BirthExact
	}
	ya, ma, da := a/10000, a/100%100, a%100
	yb, mb, db := b/10000, b/100%100, b%100
	switch {
	case ya == yb && ma == db && da == mb:
		return BirthSwapped
	case oneDigit(a, b):
		return BirthSlip
	case ya == yb && (ma == mb || da == db), ma == mb && da == db:
		return BirthTwoParts
	}
	return BirthDifferent
}

// oneDigit tells whether two dates differ in one digit or in two neighbours
// that changed places.
func oneDigit(a, b uint32) bool {
	differ, last := 0, -2
	var xa, xb [2]uint32
	for i := 0; a != 0 || b != 0; i++ {
		if p, q := a%10, b%10; p != q {
			if differ == 2 {
				return false
			}
			xa[differ], xb[differ] = p, q
			if differ == 1 && i != last+1 {
				return false
			}
			differ, last = differ+1, i
		}
		a, b = a/10, b/10
	}
	return differ == 1 || differ == 2 && xa[0] == xb[1] && xa[1] == xb[0]
}

func compareSex(a, b byte) Level {
	if a == 0 || b == 0 {
		return NotGiven
	}
	if a == b {
		return Same
	}
	return Differs
}

func sameMark(a, b uint32) Level {
	if a == 0 || b == 0 {
		return NotGiven
	}
	if a == b {
		return Same
	}
	return Differs
}
