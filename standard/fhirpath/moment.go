package fhirpath

import (
	"strconv"
	"strings"
	"time"
)

// precision is the finest part of a moment that is given. Seconds and their
// fractions count as one precision.
type precision uint8

const (
	toYear precision = iota + 1
	toMonth
	toDay
	toHour
	toMinute
	toSecond
)

// moment is a Date, DateTime or Time with its precision.
type moment struct {
	year, month, day     int
	hour, minute, second int
	nano                 int
	fraction             int // digits written after the second
	precision            precision
	clock                bool // a Time
	dateTime             bool // a DateTime, even when only a date is given
	zoned                bool
	offset               int // minutes east of UTC
}

func (m *moment) item() Item {
	switch {
	case m.clock:
		return Item{kind: timeKind, ref: m}
	case m.dateTime:
		return Item{kind: dateTimeKind, ref: m}
	}
	return Item{kind: dateKind, ref: m}
}

// literalMoment reads what stands behind the @ of a literal.
func literalMoment(s string) (Item, bool) {
	switch t := strings.IndexByte(s, 'T'); {
	case t == 0:
		return parseMoment(s[1:], timeKind)
	case t > 0:
		return parseMoment(strings.TrimSuffix(s, "T"), dateTimeKind)
	}
	return parseMoment(s, dateKind)
}

// parseMoment reads the text of a date, a dateTime or a time.
func parseMoment(s string, k kind) (Item, bool) {
	m := &moment{}
	date, clock, timed := s, s, false
	switch k {
	case timeKind:
		m.clock, date, timed = true, "", true
	case dateTimeKind:
		m.dateTime = true
		date, clock, timed = strings.Cut(s, "T")
	}
	if !m.clock && !m.readDate(date) {
		return Item{}, false
	}
	if timed && (!m.clock && m.precision != toDay || !m.readClock(clock)) {
		return Item{}, false
	}
	return m.item(), true
}

// readDate: YYYY, YYYY-MM or YYYY-MM-DD.
func (m *moment) readDate(s string) bool {
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return false
	}
	ok := number(s[:4], &m.year, 1, 9999)
	m.precision, m.month, m.day = toYear, 1, 1
	if len(s) >= 7 {
		ok = ok && s[4] == '-' && number(s[5:7], &m.month, 1, 12)
		m.precision = toMonth
	}
	if len(s) == 10 {
		ok = ok && s[7] == '-' && number(s[8:10], &m.day, 1, daysIn(m.year, m.month))
		m.precision = toDay
	}
	return ok
}

// readClock: hh, hh:mm, hh:mm:ss or hh:mm:ss.fff, for a DateTime with offset.
func (m *moment) readClock(s string) bool {
	if !m.clock {
		var ok bool
		if s, ok = m.readOffset(s); !ok {
			return false
		}
	}
	if len(s) < 2 || !number(s[:2], &m.hour, 0, 23) {
		return false
	}
	m.precision = toHour
	if len(s) == 2 {
		return true
	}
	if len(s) < 5 || s[2] != ':' || !number(s[3:5], &m.minute, 0, 59) {
		return false
	}
	m.precision = toMinute
	if len(s) == 5 {
		return true
	}
	// A leap second is written as 60; it counts as the 59th.
	if len(s) < 8 || s[5] != ':' || !number(s[6:8], &m.second, 0, 60) {
		return false
	}
	m.second = min(m.second, 59)
	m.precision = toSecond
	return len(s) == 8 || s[8] == '.' && m.readFraction(s[9:])
}

func (m *moment) readFraction(s string) bool {
	if !allDigits(s) {
		return false
	}
	s = s[:min(len(s), 9)]
	m.fraction = len(s)
	n, err := strconv.Atoi(s + "000000000"[len(s):])
	m.nano = n
	return err == nil
}

// readOffset cuts Z or ±hh:mm from the end.
func (m *moment) readOffset(s string) (rest string, ok bool) {
	if rest, ok := strings.CutSuffix(s, "Z"); ok {
		m.zoned = true
		return rest, true
	}
	at := strings.IndexAny(s, "+-")
	if at < 0 {
		return s, true
	}
	var hours, minutes int
	z := s[at+1:]
	if len(z) != 5 || z[2] != ':' || !number(z[:2], &hours, 0, 14) || !number(z[3:], &minutes, 0, 59) {
		return "", false
	}
	m.zoned, m.offset = true, hours*60+minutes
	if s[at] == '-' {
		m.offset = -m.offset
	}
	return s[:at], true
}

func number(s string, to *int, low, high int) bool {
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	*to = n
	return n >= low && n <= high
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// String writes the moment as its literal without @.
func (m *moment) String() string {
	b := make([]byte, 0, 32)
	if !m.clock {
		b = padded(b, m.year, 4)
		if m.precision >= toMonth {
			b = padded(append(b, '-'), m.month, 2)
		}
		if m.precision >= toDay {
			b = padded(append(b, '-'), m.day, 2)
		}
		if m.precision >= toHour {
			b = append(b, 'T')
		}
	}
	if m.precision >= toHour {
		b = padded(b, m.hour, 2)
	}
	if m.precision >= toMinute {
		b = padded(append(b, ':'), m.minute, 2)
	}
	if m.precision >= toSecond {
		b = padded(append(b, ':'), m.second, 2)
		if m.fraction > 0 {
			nano := padded(nil, m.nano, 9)
			b = append(append(b, '.'), nano[:m.fraction]...)
		}
	}
	if m.zoned && m.precision >= toHour {
		b = m.appendOffset(b)
	}
	return string(b)
}

func (m *moment) appendOffset(b []byte) []byte {
	if m.offset == 0 {
		return append(b, 'Z')
	}
	sign, n := byte('+'), m.offset
	if n < 0 {
		sign, n = '-', -n
	}
	b = padded(append(b, sign), n/60, 2)
	return padded(append(b, ':'), n%60, 2)
}

func padded(b []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for i := len(s); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, s...)
}

// momentAt makes the DateTime of an instant, to the millisecond.
func momentAt(t time.Time) *moment {
	_, offset := t.Zone()
	return &moment{
		year: t.Year(), month: int(t.Month()), day: t.Day(), hour: t.Hour(), minute: t.Minute(), second: t.Second(),
		nano: t.Nanosecond() / 1e6 * 1e6, fraction: 3, precision: toSecond, dateTime: true, zoned: true, offset: offset / 60,
	}
}
