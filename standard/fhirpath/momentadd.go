package fhirpath

import (
	"time"

	"github.com/cockroachdb/apd/v3"
)

// add moves a moment by a duration
// (http://hl7.org/fhirpath/N1/#datetime-arithmetic). ok is false when the
// result cannot be written; an error says that the unit is no duration that
// calendars know.
func (m *moment) add(q *quantity, negative bool) (out *moment, ok bool, err error) {
	unit, ok := q.step()
	if !ok {
		return nil, false, errType("a date moves by calendar units, and by UCUM units up to the week")
	}
	if m.clock && unit < toHour {
		return nil, false, errType("a time moves by hours, minutes and seconds")
	}
	n, nanos, ok := q.steps()
	if !ok {
		return nil, false, nil
	}
	if negative {
		n, nanos = -n, -nanos
	}
	if n, unit = m.coarsen(n, unit); unit != toSecond {
		nanos = 0
	}
	if n > 1e12 || n < -1e12 {
		return nil, false, nil
	}
	c := *m
	switch unit {
	case toYear:
		c.addMonths(12 * n)
	case toMonth:
		c.addMonths(n)
	case toDay:
		t := c.local().AddDate(0, 0, int(n))
		c.set(t)
	default:
		c.addClock(n, unit, nanos)
	}
	return &c, c.year >= 1 && c.year <= 9999 || c.clock, nil
}

// step tells which part of a moment the unit of a duration moves.
func (q *quantity) step() (precision, bool) {
	name := calendarUnit(q.unit)
	if name == "" {
		// A UCUM year is no calendar year: only what is the same in both is taken.
		name = definiteUnits[q.unit]
	}
	switch name {
	case "year":
		return toYear, true
	case "month":
		return toMonth, true
	case "week", "day":
		return toDay, true
	case "hour":
		return toHour, true
	case "minute":
		return toMinute, true
	case "second", "millisecond":
		return toSecond, true
	}
	return 0, false
}

var definiteUnits = map[string]string{
	"wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond",
}

// steps gives the whole number of units, and the rest in nanoseconds where the
// unit is the calendar's second. Fractions of coarser units do not count, and
// by the R4 suite neither do those of the UCUM second.
func (q *quantity) steps() (n, nanos int64, ok bool) {
	n, ok = wholeOf(&q.value)
	if !ok || n > 1e12 || n < -1e12 {
		return 0, 0, false
	}
	switch name := calendarUnit(q.unit); {
	case name == "week" || q.unit == "wk":
		n *= 7
	case name == "millisecond" || q.unit == "ms":
		return n / 1000, n % 1000 * 1e6, true
	case name == "second":
		c := exactly()
		rest, billion := new(apd.Decimal), apd.New(1, 9)
		if _, err := c.Sub(rest, &q.value, apd.New(n, 0)); err != nil {
			return 0, 0, false
		}
		if _, err := c.Mul(rest, rest, billion); err != nil {
			return 0, 0, false
		}
		nanos, ok = wholeOf(rest)
	}
	return n, nanos, ok
}

// coarsen turns a duration finer than the moment into the moment's own
// precision, dropping the rest: 2014 + 24 months is 2016.
func (m *moment) coarsen(n int64, unit precision) (int64, precision) {
	per := [...]int64{toMonth: 12, toDay: 30, toHour: 24, toMinute: 60, toSecond: 60}
	for unit > m.precision {
		if unit == toDay && m.precision == toYear {
			return n / 365, toYear
		}
		n /= per[unit]
		unit--
	}
	return n, unit
}

// local is the moment on its own clock.
func (m *moment) local() time.Time {
	return time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, m.nano, time.UTC)
}

func (m *moment) set(t time.Time) {
	m.year, m.month, m.day = t.Year(), int(t.Month()), t.Day()
	m.hour, m.minute, m.second, m.nano = t.Hour(), t.Minute(), t.Second(), t.Nanosecond()
}

// addMonths keeps the day, or takes the last one of a shorter month.
func (m *moment) addMonths(n int64) {
	total := int64(m.year)*12 + int64(m.month-1) + n
	if total < 12 || total >= 120_000 {
		m.year = 0 // out of range: add tells
		return
	}
	m.year, m.month = int(total/12), int(total%12)+1
	m.day = min(m.day, daysIn(m.year, m.month))
}

func (m *moment) addClock(n int64, unit precision, nanos int64) {
	seconds := n * [...]int64{toHour: 3600, toMinute: 60, toSecond: 1}[unit]
	if m.clock {
		const day = 24 * 3600
		at := ((int64(m.hour*3600+m.minute*60+m.second)+seconds)%day + day) % day
		t := time.Date(2000, 1, 2, 0, 0, int(at), m.nano, time.UTC).Add(time.Duration(nanos))
		m.hour, m.minute, m.second, m.nano = t.Hour(), t.Minute(), t.Second(), t.Nanosecond()
	} else {
		m.set(time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second+int(seconds), m.nano+int(nanos), time.UTC))
	}
	for m.fraction < 9 && m.nano%pow10(9-m.fraction) != 0 {
		m.fraction++
	}
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}
