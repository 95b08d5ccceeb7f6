package record

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"concord/standard/search"
	"concord/standard/uk"
)

// peopleText is what somebody typed, understood.
type peopleText struct {
	NHS    string // a well-formed NHS number
	Trust  string // ODS code before a hospital number, "" = any trust
	Number string // a hospital number as typed, "" when names were typed
	Names  []string
	Born   string // YYYY-MM-DD, "" when not given in full
	Year   string // YYYY, when only the year was given
	// NoSuchDay: a date was typed that does not exist; nobody was born on it.
	NoSuchDay bool
}

var (
	digitsOnly  = regexp.MustCompile(`^[0-9 \-]+$`)
	numericDate = regexp.MustCompile(`^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})$`)
	isoDate     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	wordDate    = regexp.MustCompile(`(?i)\b(\d{1,2})[ \-](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ \-](\d{4}|\d{2})\b`)
	plainYear   = regexp.MustCompile(`^(18|19|20)\d{2}$`)
	trustPrefix = regexp.MustCompile(`(?i)^(R[A-Z0-9]{2})[ :/\-]*([A-Z0-9\-]{3,})$`)
	nhsLabel    = regexp.MustCompile(`(?i)^nhs(\s*(no\.?|number))?[:\s]+(\d)`)
	hasDigit    = regexp.MustCompile(`\d`)
)

// readPeopleText understands a search. now decides the century of a two-digit
// year: nobody is born in the future.
func readPeopleText(text string, now time.Time) peopleText {
	text = nhsLabel.ReplaceAllString(strings.TrimSpace(text), "$3")
	var p peopleText
	if digitsOnly.MatchString(text) {
		compact := strings.NewReplacer(" ", "", "-", "").Replace(text)
		if n, err := uk.ParseNHSNumber(compact); err == nil {
			p.NHS = string(n)
		}
		if !isoDate.MatchString(text) && !numericDate.MatchString(text) && !plainYear.MatchString(text) {
			p.Number = compact
			return p
		}
	}
	if m := trustPrefix.FindStringSubmatch(text); m != nil && hasDigit.MatchString(m[2]) {
		if _, ok := uk.TrustByCode(strings.ToUpper(m[1])); ok {
			p.Trust, p.Number = strings.ToUpper(m[1]), m[2]
			return p
		}
	}
	if !strings.ContainsAny(text, " ,") && hasDigit.MatchString(text) && !isoDate.MatchString(text) &&
		!numericDate.MatchString(text) && !plainYear.MatchString(text) {
		p.Number = text
		return p
	}
	if m := wordDate.FindStringSubmatch(text); m != nil {
		p.Born = wordedDate(m, now)
		text = strings.Replace(text, m[0], " ", 1)
	}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
		p.word(w, now)
	}
	return p
}

func (p *peopleText) word(w string, now time.Time) {
	switch m := numericDate.FindStringSubmatch(w); {
	case m != nil:
		if p.Born = dateOf(m[3], m[2], m[1], now); p.Born == "" {
			p.NoSuchDay = true
		}
	case isoDate.MatchString(w):
		p.Born = w
	case plainYear.MatchString(w):
		p.Year = w
	default:
		p.Names = append(p.Names, strings.Fields(search.Fold(w))...)
	}
}

func wordedDate(m []string, now time.Time) string {
	months := "janfebmaraprmayjunjulaugsepoctnovdec"
	month := strings.Index(months, strings.ToLower(m[2]))/3 + 1
	return dateOf(m[3], strconv.Itoa(month), m[1], now)
}

// dateOf reads day, month and year as British writers put them; "" when there
// is no such day.
func dateOf(y, m, d string, now time.Time) string {
	year, _ := strconv.Atoi(y)
	month, _ := strconv.Atoi(m)
	day, _ := strconv.Atoi(d)
	if len(y) == 2 {
		year += now.Year() / 100 * 100
		if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).After(now) {
			year -= 100
		}
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || int(t.Month()) != month {
		return ""
	}
	return t.Format("2006-01-02")
}

// kind is how the text was understood, in words for the page.
func (p peopleText) kind() string {
	switch {
	case p.NoSuchDay:
		return "A date that does not exist"
	case p.NHS != "":
		return "NHS number"
	case p.Number != "":
		return "Hospital number"
	case len(p.Names) > 0 && (p.Born != "" || p.Year != ""):
		return "Name and date of birth"
	case p.Born != "":
		return "Date of birth"
	}
	return "Name"
}
