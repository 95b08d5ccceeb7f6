package uk

import (
	"fmt"
	"strings"
	"time"
)

// DisplayName writes FAMILY, Given (Title) (NID-0001 and following). Missing
// parts are left out; without any it is "Name not recorded".
func DisplayName(family, given, title string) string {
	family, given, title = strings.TrimSpace(family), strings.TrimSpace(given), strings.TrimSpace(title)
	parts := make([]string, 0, 2)
	if family != "" {
		parts = append(parts, strings.ToUpper(family))
	}
	if given != "" {
		parts = append(parts, given)
	}
	name := strings.Join(parts, ", ")
	switch {
	case name == "":
		return "Name not recorded"
	case title != "":
		return name + " (" + title + ")"
	}
	return name
}

// DisplayDate writes DD-Mmm-YYYY in English whatever the locale (D+Ta-0006).
func DisplayDate(t time.Time) string { return t.Format("02-Jan-2006") }

// DisplayDateTime writes DD-Mmm-YYYY HH:MM.
func DisplayDateTime(t time.Time) string { return t.Format("02-Jan-2006 15:04") }

// DisplayPartialDate writes what is known of a FHIR date: "1971", "Jun-1971"
// or "12-Jun-1971". Text that is no date stays as it is.
func DisplayPartialDate(date string) string {
	for _, f := range [][2]string{{"2006-01-02", "02-Jan-2006"}, {"2006-01", "Jan-2006"}} {
		if t, err := time.Parse(f[0], date); err == nil {
			return t.Format(f[1])
		}
	}
	return date
}

// Age writes an age for the banner (PAB, D+Ta): hours under two days would
// need a time of birth, so that days are the least unit. Under 4 weeks in
// days, under a year in weeks and days, under two years in months and days,
// under 18 in years and months, then in years. A birth after the day is "".
func Age(born, on time.Time) string {
	born, on = day(born), day(on)
	days := int(on.Sub(born).Hours() / 24)
	years, months, rest := elapsed(born, on)
	switch {
	case days < 0:
		return ""
	case days < 28:
		return fmt.Sprintf("%dd", days)
	case years < 1:
		return joined(days/7, "w", days%7, "d")
	case years < 2:
		return joined(12+months, "m", rest, "d")
	case years < 18:
		return joined(years, "y", months, "m")
	}
	return fmt.Sprintf("%dy", years)
}

// Years is the age in completed years.
func Years(born, on time.Time) int {
	years, _, _ := elapsed(day(born), day(on))
	return years
}

func joined(n int, unit string, m int, small string) string {
	if m == 0 {
		return fmt.Sprintf("%d%s", n, unit)
	}
	return fmt.Sprintf("%d%s %d%s", n, unit, m, small)
}

func day(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// elapsed counts full years, full months after them, and the days left. One
// born on 29 February has a birthday on 1 March in other years.
func elapsed(from, to time.Time) (years, months, days int) {
	all := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	last := from.AddDate(0, all, 0)
	if last.After(to) {
		all--
		last = from.AddDate(0, all, 0)
	}
	return all / 12, all % 12, int(to.Sub(last).Hours() / 24)
}
