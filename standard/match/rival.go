package match

// Claim is what a pair rests on that is not certain by itself, but is when no
// third record speaks against it. A pair alone cannot tell twins from one person
// who goes by a second name, nor two people of one name and birthday from one;
// in most cases the other one has a record too.
type Claim uint8

// The claims.
const (
	NoClaim Claim = iota
	// ByName: full name, date of birth and sex are one; no number speaks, and who
	// keeps the records does not keep both.
	ByName
	// ByNumber: the valid NHS number and the sex are one, and the name with the
	// year of birth, or the date of birth with nothing of the name, as after a
	// marriage of one who goes by a second name.
	ByNumber
	// BySecondName: the valid NHS number, the sex, the date of birth and the family
	// name are one, with two given names of which none shows a second one.
	BySecondName
	// ByOtherGiven: family name, date of birth and sex are one, no number speaks,
	// and the given name of one is the second given name of the other.
	ByOtherGiven
	// TwoPeople is the contrary: born on one day, of one name or home, and two
	// people, as two valid NHS numbers say or one keeper who has both. Such a pair
	// is a rival to what either of its records claims with a third.
	TwoPeople
)

// Claims are all of them.
var Claims = [...]Claim{ByName, ByNumber, BySecondName, ByOtherGiven}

var claimWords = [...]string{"", "one full name, date of birth and sex, and a name that is rare enough among so many records",
	"one valid NHS number and sex, and the name with the year of birth, or the date of birth", "one valid NHS number, date of birth, family name and sex: one of the given names may be a second one",
	"one family name, date of birth and sex, and the given name of one is the second of the other", ""}

// RivalWords say what a rival is.
const RivalWords = "another record of that name or home has the same date of birth and is of somebody else, or a third one has the same number"

func (c Claim) String() string { return claimWords[c] }

// Rivals tells whether a pair shows that what one of its records claims does not
// hold: TwoPeople whom what is claimed would not tell apart; or, for two given
// names, a third record has that number and takes one side: a twin's number, it
// is then more likely, than a second name that only one of three knows.
func (v Verdict) Rivals(c Claim) bool {
	switch {
	case c == NoClaim || c == TwoPeople:
		return false
	case v.Claim == TwoPeople:
		return c == BySecondName || c == ByOtherGiven || alike(v.Pattern.At(Name))
	}
	return c == BySecondName && v.Pattern.At(NHS) == CodeSame
}

func alike(name Level) bool { return name >= NameExact && name <= NameBothSimilar }

func twoPeople(p Pattern, a, b *Subject) bool {
	if p.At(Birth) != BirthExact || p.At(NHS) != CodeDifferent && (p.At(NHS) == CodeSame || !keptTogether(a, b)) {
		return false
	}
	return alike(p.At(Name)) || p.At(Place) >= PlaceSame && p.At(Place) <= PlaceMoved || p.At(Phone) == CodeSame
}

// keptTogether: who keeps both records keeps them apart.
func keptTogether(a, b *Subject) bool { return a.keeper != 0 && a.keeper == b.keeper }

// MayClaimName tells whether a pair of this pattern may be certain by its name
// when names have been counted.
func (p Pattern) MayClaimName() bool {
	return (wholeName(p.At(Name)) || p.At(Name) == NameNickname) && p.At(Birth) == BirthExact && p.At(Sex) != Differs && p.At(NHS) != CodeSame && p.At(NHS) != CodeDifferent
}

func wholeName(name Level) bool {
	return name == NameExact || name == NameAnyOrder || name == NameFormer || name == NameOneSimilar
}

// ClaimOf is what a pair may claim, whatever it weighs.
func ClaimOf(p Pattern, a, b *Subject) Claim {
	switch {
	case twoPeople(p, a, b):
		return TwoPeople
	case p.At(Sex) == Differs || keptTogether(a, b):
		return NoClaim
	case p.At(NHS) == CodeSame:
		return numbered(p, a, b)
	case !p.MayClaimName():
		return NoClaim
	case p.At(Name) == NameNickname:
		if a.first != 0 && a.first == b.middle || b.first != 0 && a.middle == b.first {
			return ByOtherGiven
		}
	case p.At(Name) == NameAnyOrder && (a.given != b.family || a.family != b.given):
		// In another order, and misspelt too: the order is rare, the name need not be.
	case a.first != b.first || oneSecond(a, b):
		return ByName
	}
	return NoClaim
}

// numbered: twins are born on one day, relatives of one name in two years. Who
// goes by a second name is written with that alone on one side, and without it
// on the other, or the two names would have met.
func numbered(p Pattern, a, b *Subject) Claim {
	name := p.At(Name)
	switch {
	case p.At(Birth) == BirthExact && (name == NameFamilyOnly || name == NamePartial):
		if a.middle == b.middle {
			return BySecondName
		}
	case p.At(Sex) != Same: // one that is not given says nothing against two people
	case p.At(Birth) == BirthExact, alike(name) && a.born != 0 && a.born/10000 == b.born/10000:
		return ByNumber
	}
	return NoClaim
}

// oneSecond tells whether the second given names are not two.
func oneSecond(a, b *Subject) bool { return a.middle == 0 || b.middle == 0 || a.middle == b.middle }

// Least is the weight from which a claim counts.
func (u *Unrivalled) Least(c Claim) float64 {
	if u == nil {
		return 0
	}
	return [...]float64{ByName: u.Name, ByNumber: u.Number, BySecondName: u.SecondName, ByOtherGiven: u.OtherGiven, TwoPeople: 0}[c]
}

// claims tells whether a probable pair weighs enough for its claim. No guard may
// speak but the one that the claim answers; a number that is not valid adds
// nothing.
func (s *Scorer) claims(v Verdict, c Claim) bool {
	u := s.Model.Unrivalled
	switch {
	case u == nil:
		return false
	case c == ByOtherGiven:
		return u.OtherGiven > 0 && s.rarity > 0 && v.Guards&^Twins == 0 && v.Pattern.At(NHS) != CodeSlip && float64(v.Weight) >= u.OtherGiven
	case c == ByNumber || c == BySecondName:
		// Without a doubt to answer, only another name altogether keeps it from certain.
		answers := v.Guards == Doubt || c == ByNumber && v.Guards == 0 && !alike(v.Pattern.At(Name))
		return u.Least(c) > 0 && answers && float64(v.Weight) >= u.Least(c)
	case c == ByName:
		w := v.Weight
		if v.Pattern.At(NHS) == CodeSlip {
			w -= s.weight[NHS][CodeSlip]
		}
		least := u.Name
		if v.Pattern.At(Name) == NameOneSimilar {
			least = u.Alike
		}
		return least > 0 && s.rarity > 0 && v.Guards&^BadNumber == 0 && float64(w) >= least
	}
	return false
}

// Upheld is the verdict when no rival is there.
func (v Verdict) Upheld() Verdict {
	if v.Claim != NoClaim && v.Claim != TwoPeople {
		v.Grade = Certain
	}
	return v
}
