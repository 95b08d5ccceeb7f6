package demo

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// moment is a time as a pathway writes it.
type moment struct {
	from   byte // d: day of the story, t: today, n: now
	count  int
	unit   byte // d, w, m, y; of now: m, h
	hour   int
	minute int
}

var (
	dayForm = regexp.MustCompile(`^([dt])([+-]?\d+)?([dwmy])? ([0-2]\d):([0-5]\d)$`)
	nowForm = regexp.MustCompile(`^now(?:-(\d+)([mh]))?$`)
)

// parseMoment reads "d3 09:30", "d-2y 09:00", "t+14 10:15", "now-40m".
func parseMoment(s string) (moment, error) {
	if m := nowForm.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		unit := byte('m')
		if m[2] != "" {
			unit = m[2][0]
		}
		return moment{from: 'n', count: n, unit: unit}, nil
	}
	m := dayForm.FindStringSubmatch(s)
	if m == nil {
		return moment{}, fmt.Errorf("%q is no time such as d3 09:30, t+14 10:15 or now-40m", s)
	}
	out := moment{from: m[1][0], unit: 'd'}
	out.count, _ = strconv.Atoi(m[2])
	if m[3] != "" {
		out.unit = m[3][0]
	}
	out.hour, _ = strconv.Atoi(m[4])
	out.minute, _ = strconv.Atoi(m[5])
	if out.hour > 23 {
		return moment{}, fmt.Errorf("%q has no such hour", s)
	}
	return out, nil
}

// calendar turns the moments of one story into times.
type calendar struct {
	now  time.Time
	day0 time.Time // midnight of the story's day 0
}

// at gives the time of a moment; "" is the zero time. The text has been
// checked when the pathway was read.
func (c calendar) at(s string) time.Time {
	m, err := parseMoment(s)
	if err != nil {
		return time.Time{}
	}
	if m.from == 'n' {
		unit := time.Minute
		if m.unit == 'h' {
			unit = time.Hour
		}
		return c.now.Add(-time.Duration(m.count) * unit).Truncate(time.Minute)
	}
	from := c.day0
	if m.from == 't' {
		from = midnight(c.now)
	}
	y, mo, d := from.Date()
	switch m.unit {
	case 'd':
		d += m.count
	case 'w':
		d += 7 * m.count
	case 'm':
		mo += time.Month(m.count)
	case 'y':
		y += m.count
	}
	return time.Date(y, mo, d, m.hour, m.minute, 0, 0, c.now.Location())
}

// day gives the date of "d-3y" or "t-10", without a time of day.
func (c calendar) day(s string) time.Time { return c.at(s + " 00:00") }

// workday moves a time on a Saturday or Sunday to Monday.
func workday(t time.Time) time.Time {
	switch t.Weekday() {
	case time.Saturday:
		return t.AddDate(0, 0, 2)
	case time.Sunday:
		return t.AddDate(0, 0, 1)
	}
	return t
}
