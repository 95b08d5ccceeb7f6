package match

import "strings"

// Comparison is one question that is asked of a pair.
type Comparison uint8

// The comparisons, in the order of the waterfall.
const (
	Name Comparison = iota
	Birth
	Sex
	Place
	Phone
	Email
	Practice
	NHS
	Identifier
	comparisons
)

// Level is how far a comparison agrees; NotGiven is 0 for each: one side has
// no value, and nothing is learned.
type Level uint8

// NotGiven adds nothing.
const NotGiven Level = 0

// Levels of names.
const (
	NameExact Level = iota + 1
	NameAnyOrder
	NameNickname
	NameFormer
	NameOneSimilar
	NameBothSimilar
	NamePartial
	NameGivenOnly
	NameFamilyOnly
	NameWord
	NameDifferent
)

// Levels of dates of birth.
const (
	BirthExact Level = iota + 1
	BirthSwapped
	BirthSlip
	BirthTwoParts
	BirthDifferent
)

// Levels of sex and of practice.
const (
	Same Level = iota + 1
	Differs
)

// Levels of places.
const (
	PlaceSame Level = iota + 1
	PlacePostcode
	PlaceNeighbour
	PlaceTypo
	PlaceMoved
	PlaceSector
	PlaceArea
	PlaceDifferent
)

// Levels of telephone, email, NHS number and hospital number: the second is
// one digit or two neighbours (of an email: its first part is alike).
const (
	CodeSame Level = iota + 1
	CodeSlip
	CodeDifferent
)

// Pattern is the level of every comparison of a pair, four bits each.
type Pattern uint64

// At gives the level of a comparison.
func (p Pattern) At(c Comparison) Level { return Level(p >> (4 * c) & 15) }

func (p Pattern) with(c Comparison, l Level) Pattern { return p | Pattern(l)<<(4*c) }

// comparisonNames are the words of the model file.
var comparisonNames = [comparisons]string{"name", "date of birth", "sex", "place", "phone", "email", "practice", "nhs number", "hospital number"}

func (c Comparison) String() string { return comparisonNames[c] }

// levelNames are the words of the model file, from level 1 on.
var levelNames = [comparisons][]string{
	{"exact", "any order", "nickname", "former name", "one similar", "both similar", "one missing", "given only", "family only", "a word", "different"},
	{"exact", "day and month swapped", "one digit", "two parts", "different"},
	{"same", "different"},
	{"same", "postcode", "postcode not address", "postcode with a slip", "address not postcode", "sector", "area", "different"},
	{"same", "one digit", "different"},
	{"same", "alike", "different"},
	{"same", "different"},
	{"same", "one digit", "different"},
	{"same", "one digit", "different"},
}

// LevelName gives the word of a level in the model file.
func LevelName(c Comparison, l Level) string {
	if l == NotGiven || int(l) > len(levelNames[c]) {
		return "not given"
	}
	return levelNames[c][l-1]
}

// String gives the levels that were found: "name exact; place sector".
func (p Pattern) String() string {
	var b strings.Builder
	for c := range comparisons {
		if l := p.At(c); l != NotGiven {
			if b.Len() > 0 {
				b.WriteString("; ")
			}
			b.WriteString(c.String() + " " + LevelName(c, l))
		}
	}
	return b.String()
}
