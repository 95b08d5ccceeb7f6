package match

// Overwritten tells whether what one entry says now is so unlike what it said
// before that somebody else's particulars were written over it. Sex does not come
// into it. What people live through and clerks mistype is not enough: a marriage, a
// move, a given name found for a baby, a date of birth corrected by a digit, a part
// or day and month; nor is what was not given before.
func Overwritten(before, after *Subject) bool {
	p := Compare(before, after)
	name, birth := p.At(Name), p.At(Birth)
	if p.At(NHS) == CodeDifferent && (birth >= BirthTwoParts || otherCalled(name, before, after)) {
		return true
	}
	if birth != BirthDifferent {
		return false
	}
	switch name {
	case NameGivenOnly, NameFamilyOnly: // a namesake or a relative, if nothing else holds the two together
		return p.At(Place) == PlaceDifferent && p.At(Phone) != CodeSame && p.At(Email) != CodeSame && p.At(NHS) != CodeSame
	}
	return otherNamed(name, before, after)
}

// otherNamed tells whether neither the given nor the family name is one.
func otherNamed(name Level, a, b *Subject) bool {
	if formerAgrees(a, b) || formerAgrees(b, a) || (a.flags|b.flags)&unnamed != 0 {
		return false
	}
	whole := a.given.n > 0 && b.given.n > 0 && a.family.n > 0 && b.family.n > 0
	return whole && name >= NameWord
}

// otherCalled tells whether the given names are two, whatever the family names.
func otherCalled(name Level, a, b *Subject) bool {
	return name >= NameFamilyOnly && unlike(a, b)
}
