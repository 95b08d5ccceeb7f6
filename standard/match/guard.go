package match

import "strings"

// Guard is a reason why a pair is never certain, whatever its weight.
type Guard uint16

// The guards.
const (
	// TwoNumbers: both have a valid NHS number, and they differ.
	TwoNumbers Guard = 1 << iota
	// Twins: one day, one home or family, but the given names are two; or one day
	// and one keeper, who keeps apart what is written in two ways.
	Twins
	// Newborn: one side has no given name of its own yet.
	Newborn
	// Relatives: one home or telephone, but another given name; or another date
	// of birth, by more than day and month swapped.
	Relatives
	// OtherPerson: the number is one, but name and date of birth are not.
	OtherPerson
	// BadNumber: the number on which they agree is not a valid NHS number.
	BadNumber
	// OnlyNumber: but for a number there is nothing to tell them by.
	OnlyNumber
	// Doubt: a number agrees, but one of given name and date of birth does not:
	// it may have been typed for a twin, or for a relative of one name.
	Doubt
	// Uncounted: no number agrees, and nobody has counted how common the names
	// are: two people of one common name may share a birthday and a district.
	// Score does not set it: who joins by a model without counts does.
	Uncounted
	guardsEnd
)

// Conflicts are guards that leave a pair possible at most: only a steward joins it.
const Conflicts = TwoNumbers | OtherPerson

var guardWords = map[Guard]string{
	TwoNumbers:  "two different valid NHS numbers",
	Twins:       "twins are likely: one day of birth, one family or home, two given names or sexes",
	Newborn:     "a newborn without a given name",
	Relatives:   "relatives are likely: another date of birth, or one home or telephone and another given name",
	OtherPerson: "one number on two people: name and date of birth differ",
	BadNumber:   "the number that agrees is not a valid NHS number",
	OnlyNumber:  "a number agrees, but no date of birth or name does",
	Doubt:       "a number agrees, but the given name or the date of birth does not",
	Uncounted:   "no number agrees, and the names may be common: nobody has counted them yet",
}

func (g Guard) String() string {
	var out []string
	for b := Guard(1); b < guardsEnd; b <<= 1 {
		if g&b != 0 {
			out = append(out, guardWords[b])
		}
	}
	return strings.Join(out, "; ")
}

func guards(p Pattern, a, b *Subject) Guard {
	var g Guard
	name, birth := p.At(Name), p.At(Birth)
	if p.At(NHS) == CodeDifferent {
		g |= TwoNumbers
	}
	if p.At(NHS) == CodeSame || p.At(Identifier) == CodeSame && p.At(NHS) != CodeDifferent {
		// The shared number rules relatives out, unless it is an overlay.
		switch {
		case birth >= BirthTwoParts && name >= NameGivenOnly:
			g |= OtherPerson
		case birth == NotGiven && (name == NotGiven || name >= NameGivenOnly), birth >= BirthTwoParts && name == NotGiven:
			g |= OnlyNumber
		case birth >= BirthTwoParts, unlike(a, b) && !misspelt(a, b):
			g |= Doubt
		}
		return g
	}
	if (birth == NotGiven || birth >= BirthTwoParts) && (name == NotGiven || name >= NameGivenOnly) {
		g |= OnlyNumber
	}
	home := p.At(Place) >= PlaceSame && p.At(Place) <= PlaceMoved
	sexes := p.At(Sex) == Differs
	if (a.flags|b.flags)&unnamed != 0 {
		g |= Newborn
	}
	if birth == BirthExact && (twinNames(name, a, b, home, sexes) || keptTogether(a, b) && a.given != b.given) || (a.flags|b.flags)&manyBorn != 0 {
		g |= Twins
	}
	if birth >= BirthSlip || (home || p.At(Phone) == CodeSame) && otherGiven(name, a, b) {
		g |= Relatives
	}
	return g
}

// otherGiven tells whether nothing says that the given names are one: people
// of a household share a family name, a home and a telephone.
func otherGiven(name Level, a, b *Subject) bool {
	if a.given.n == 0 || b.given.n == 0 {
		return true
	}
	return name >= NameFamilyOnly && unlike(a, b)
}

// unlike tells whether both have a given name and the two are not one, as far
// as can be told.
func unlike(a, b *Subject) bool {
	return a.given.n > 0 && b.given.n > 0 && a.given != b.given && !sameCalled(a, b) && !swapped(a, b) && !swapped(b, a) &&
		jaroWinkler(&a.given, &b.given) < similarEnough
}

// swapped tells whether the names of one stand in the other order: the given name
// of one is the other's family name, and what is left is alike too.
func swapped(a, b *Subject) bool {
	return a.given == b.family && jaroWinkler(&a.family, &b.given) >= similarEnough
}

// misspelt tells whether, of two who share a number, the given names may be one
// all the same: one edit apart, or on one side only a word such as Kaur or Singh.
// A number typed for a twin whose name is one edit from it is rarer than a slip.
func misspelt(a, b *Subject) bool {
	return (a.flags|b.flags)&onlyFiller != 0 || min(a.given.n, b.given.n) > 1 && oneEdit(&a.given, &b.given)
}

// twinNames tells whether two born on one day may be twins: of one family or
// home, with given names that are more than a spelling apart, or of two sexes.
func twinNames(name Level, a, b *Subject, home, sexes bool) bool {
	related := home || a.family.n > 0 && a.family == b.family
	if !related {
		return false
	}
	if sexes {
		return name != NameExact && name != NameAnyOrder
	}
	switch name {
	case NameNickname:
		// A twin may have the other's name as a second one, or both the name that
		// brothers share, which are told apart by how it is spelled.
		// At one home they may be called by two forms of one name, as John and Jack.
		return !oneName(a, b) || a.flags&b.flags&brothers != 0 || home && a.first != b.first && twoNames(a, b)
	case NameExact, NameAnyOrder, NameFormer, NameGivenOnly:
		return false
	case NameBothSimilar:
		return twoNames(a, b)
	case NameOneSimilar:
		return a.given != b.given && (!oneEdit(&a.given, &b.given) || twoNames(a, b))
	}
	return a.given != b.given
}

// realName is the rarity, in eighths of a bit, down to which a given name is one
// that people have and no slip of the pen: one in 5,000 bears it.
const realName = 98

// twoNames tells whether two given names that are alike are both names that many
// have, such as Rajesh and Ramesh: of a slip, one side is rare. Without counts it
// is not known.
func twoNames(a, b *Subject) bool {
	real := func(s *Subject) bool { return s.rare[rareGiven] > 0 && s.rare[rareGiven] <= realName }
	return a.given != b.given && real(a) && real(b)
}
