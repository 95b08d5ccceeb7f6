package person

import (
	"strings"
	"time"

	"concord/fault"
	"concord/standard/search"
)

// Wanted are the particulars by which somebody looks for a person, by the rules
// of the Personal Demographics Service
// (https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir,
// "Search for a patient").
type Wanted struct {
	Family, Given    string // "Ann*" begins with Ann
	Gender           string // FHIR's code; better left out
	BornFrom, BornTo string // YYYY-MM-DD; one day when equal
	DiedFrom, DiedTo string // the same; "" = not asked
	Postcode         string // "LS*" begins with LS
	Practice         string // ODS code
	Phone, Email     string
	Sounds           bool // fuzzy: names that sound alike, given and family in either place; history
	History          bool // names, addresses and the like of the past count too
	Exact            bool // only what agrees in everything
}

// minBefore is how many characters stand before the * of a wildcard.
const minBefore = 2

// maxSpan is the longest range of dates of birth.
const maxSpan = 11 * 366 * 24 * time.Hour

// Check tells whether so much may be asked for. Errors (Invalid, the field in
// At): "people.too-few" (a search needs family name and date of birth; by sound,
// given name, family name and date of birth, or one name, date of birth, gender
// and postcode), "people.wildcard", "people.gender", "people.date".
func (w *Wanted) Check() error {
	w.tidy()
	if err := w.checkDates(); err != nil {
		return err
	}
	switch w.Gender {
	case "", "male", "female", "other", "unknown":
	default:
		return fault.New(fault.Invalid, "people.gender", "a gender is male, female, other or unknown").In("gender")
	}
	for _, f := range []struct{ name, value string }{{"family", w.Family}, {"given", w.Given}, {"postcode", w.Postcode}} {
		if err := w.checkWildcard(f.name, f.value); err != nil {
			return err
		}
	}
	born, place := w.BornFrom != "", w.Gender != "" && w.Postcode != ""
	switch {
	case !w.Sounds && (w.Family == "" || !born):
		return fault.New(fault.Invalid, "people.too-few", "a family name and a date of birth are needed").In(missing(w.Family == "", "family", "born"))
	case w.Sounds && !(born && (w.Family != "" && w.Given != "" || place && (w.Family != "" || w.Given != ""))):
		return fault.New(fault.Invalid, "people.too-few",
			"to search by sound, give family name, given name and date of birth; or one of the names with date of birth, gender and postcode").In(missing(!born, "born", "given"))
	}
	return nil
}

func missing(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func (w *Wanted) tidy() {
	for _, p := range []*string{&w.Family, &w.Given, &w.Gender, &w.Postcode, &w.Practice, &w.Phone, &w.Email} {
		*p = strings.TrimSpace(*p)
	}
	w.Gender = strings.ToLower(w.Gender)
	w.Practice = strings.ToUpper(w.Practice)
	if w.BornTo == "" {
		w.BornTo = w.BornFrom
	}
	if w.BornFrom == "" {
		w.BornFrom = w.BornTo
	}
	if w.DiedTo == "" {
		w.DiedTo = w.DiedFrom
	}
	if w.DiedFrom == "" {
		w.DiedFrom = w.DiedTo
	}
	if w.Sounds {
		w.History = true
	}
}

func (w *Wanted) checkDates() error {
	for _, span := range []struct{ name, from, to string }{{"born", w.BornFrom, w.BornTo}, {"died", w.DiedFrom, w.DiedTo}} {
		if span.from == "" {
			continue
		}
		from, err1 := time.Parse(time.DateOnly, span.from)
		to, err2 := time.Parse(time.DateOnly, span.to)
		if err1 != nil || err2 != nil || to.Before(from) || to.Sub(from) > maxSpan {
			return fault.New(fault.Invalid, "people.date", "a date is given as YYYY-MM-DD, or two of them at most ten years apart").In(span.name)
		}
	}
	return nil
}

// checkWildcard: one * at the end, behind so many characters, and none where
// names are looked for by sound.
func (w *Wanted) checkWildcard(field, value string) error {
	before, rest, has := strings.Cut(value, "*")
	switch {
	case !has:
		return nil
	case w.Sounds:
		return fault.New(fault.Invalid, "people.wildcard", "a search by sound takes no *").In(field)
	case rest != "" || len([]rune(strings.ReplaceAll(search.Fold(before), " ", ""))) < minBefore:
		return fault.New(fault.Invalid, "people.wildcard", "a * stands at the end, behind at least two letters").In(field)
	}
	return nil
}

// Days lists the dates of birth that are looked for; nil when they are more
// than limit.
func (w *Wanted) Days(limit int) []string {
	from, err1 := time.Parse(time.DateOnly, w.BornFrom)
	to, err2 := time.Parse(time.DateOnly, w.BornTo)
	if err1 != nil || err2 != nil {
		return nil
	}
	var out []string
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		if len(out) == limit {
			return nil
		}
		out = append(out, d.Format(time.DateOnly))
	}
	return out
}
