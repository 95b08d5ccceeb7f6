package person

import (
	"slices"
	"strings"

	"concord/standard/fhir"
	"concord/standard/search"
	"concord/standard/uk"
)

// Demographics are what two entries are compared by.
type Demographics struct {
	NHS    []string // well-formed NHS numbers
	Born   string   // YYYY-MM-DD, "" unless complete
	Sex    string   // administrative gender; "" when unknown or other
	Family []string // folded
	Given  []string // folded
}

// Of reads the demographics of a Patient resource.
func Of(patient *fhir.Value) Demographics {
	var d Demographics
	for id := range patient.Get("identifier").Each() {
		if id.StrAt("system") != uk.NHSNumberSystem {
			continue
		}
		if n, err := uk.ParseNHSNumber(id.StrAt("value")); err == nil && !placeholder(string(n)) {
			d.NHS = append(d.NHS, string(n))
		}
	}
	if b := patient.StrAt("birthDate"); len(b) == len("2006-01-02") {
		d.Born = b
	}
	if g := patient.StrAt("gender"); g == "male" || g == "female" {
		d.Sex = g
	}
	for n := range patient.Get("name").Each() {
		if f := search.Fold(n.StrAt("family")); f != "" {
			d.Family = append(d.Family, f)
		}
		for g := range n.Get("given").Each() {
			if s := search.Fold(g.Str()); s != "" {
				d.Given = append(d.Given, s)
			}
		}
	}
	return d
}

// placeholder tells a number of ten equal digits: each has a right check digit,
// none was ever issued, and systems write them where a number is not known.
func placeholder(number string) bool { return strings.Count(number, number[:1]) == len(number) }

// Field names the demographics that can differ.
type Field string

// The fields, in the words of the stewards' page.
const (
	DateOfBirth Field = "date of birth"
	Name        Field = "name"
	Sex         Field = "sex"
)

// Agree tells whether two entries that share an NHS number may be one person:
// the dates of birth are equal, and the name or the sex agrees. differs names
// the fields that are given on both sides and are not equal.
func Agree(a, b Demographics) (ok bool, differs []Field) {
	if a.Born != "" && b.Born != "" && a.Born != b.Born {
		differs = append(differs, DateOfBirth)
	}
	name := nameAgrees(a, b)
	if !name && len(a.Family) > 0 && len(b.Family) > 0 {
		differs = append(differs, Name)
	}
	sex := a.Sex != "" && a.Sex == b.Sex
	if a.Sex != "" && b.Sex != "" && !sex {
		differs = append(differs, Sex)
	}
	return a.Born != "" && a.Born == b.Born && (name || sex), differs
}

// nameAgrees: the family names have a word in common, and so have the given
// names where both sides give one.
func nameAgrees(a, b Demographics) bool {
	if !shareWord(a.Family, b.Family) {
		return false
	}
	return len(a.Given) == 0 || len(b.Given) == 0 || shareWord(a.Given, b.Given)
}

func shareWord(a, b []string) bool {
	words := map[string]bool{}
	for _, s := range a {
		for _, w := range strings.Fields(s) {
			words[w] = true
		}
	}
	for _, s := range b {
		for _, w := range strings.Fields(s) {
			if words[w] {
				return true
			}
		}
	}
	return false
}

// Shares tells whether the two have an NHS number in common.
func (d Demographics) Shares(o Demographics) bool {
	return slices.ContainsFunc(d.NHS, func(n string) bool { return slices.Contains(o.NHS, n) })
}

// Same tells whether nothing that joins depends on has changed.
func (d Demographics) Same(o Demographics) bool {
	return d.Born == o.Born && d.Sex == o.Sex && strings.Join(d.NHS, " ") == strings.Join(o.NHS, " ") &&
		strings.Join(d.Family, " ") == strings.Join(o.Family, " ") && strings.Join(d.Given, " ") == strings.Join(o.Given, " ")
}
