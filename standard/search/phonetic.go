package search

import (
	"slices"
	"strings"

	"concord/standard/match"
)

// sounding tells a clause that asks how a name sounds
// (https://hl7.org/fhir/R4/patient.html#search, phonetic): by Soundex, which is for
// English and what is written like it. What has no such code is compared by its
// letters.
func (c *Clause) sounding() bool { return c.Param.Name == "phonetic" && c.Modifier == "" }

// sounds tells whether each word of what is wanted sounds like one of a name.
func sounds(name, want string) bool {
	words := strings.Fields(Fold(name))
	wanted := strings.Fields(Fold(want))
	for _, w := range wanted {
		code := match.Soundex(w)
		if !slices.ContainsFunc(words, func(have string) bool {
			return code != "" && match.Soundex(have) == code || code == "" && strings.HasPrefix(have, w)
		}) {
			return false
		}
	}
	return len(wanted) > 0
}

// soundsLike is what the names begin with that sound like a text: Soundex keeps the
// first letter.
func soundsLike(text string) string {
	first, _, _ := strings.Cut(Fold(text), " ")
	if match.Soundex(first) == "" {
		return first
	}
	return first[:1]
}
