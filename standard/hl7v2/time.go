package hl7v2

import (
	"strings"
	"time"

	"concord/fault"
)

// Precision says how much of a timestamp was written.
type Precision uint8

// Precisions from coarse to fine.
const (
	Year Precision = iota + 1
	Month
	Day
	Hour
	Minute
	Second
	Fraction
)

// Time is an HL7 timestamp (DT, DTM, TS): the first instant of what was
// written, how much was written, and whether an offset was.
type Time struct {
	time.Time
	Precision Precision
	HasOffset bool
}

// ParseTime reads YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ] (HL7 2.5.1,
// 2.A.22). Times without an offset are local in loc. An hour that a change of
// clocks makes ambiguous is taken as time.Date takes it; one that does not
// exist moves on by the change.
func ParseTime(s string, loc *time.Location) (Time, error) {
	var t Time
	body := s
	if i := strings.IndexAny(s, "+-"); i >= 0 {
		offset, ok := readOffset(s[i:])
		if !ok {
			return t, badTime()
		}
		body, loc, t.HasOffset = s[:i], offset, true
	}
	body, frac, hasFrac := strings.Cut(body, ".")
	nanos, ok := readFraction(frac)
	if !ok || hasFrac && (frac == "" || len(body) != 14) {
		return t, badTime()
	}
	var part [6]int
	if part, t.Precision, ok = readParts(body); !ok {
		return t, badTime()
	}
	if hasFrac {
		t.Precision = Fraction
	}
	t.Time = time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], nanos, loc)
	return t, nil
}

func badTime() error {
	return fault.New(fault.Invalid, "hl7v2.time", "not an HL7 timestamp")
}

// readParts cuts YYYYMMDDHHMMSS and checks each part's range.
func readParts(s string) (part [6]int, p Precision, ok bool) {
	part = [6]int{0, 1, 1, 0, 0, 0}
	limits := [6][2]int{{1, 9999}, {1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 59}}
	for i := range part {
		width := 2
		if i == 0 {
			width = 4
		}
		if s == "" && i > 0 {
			break
		}
		if len(s) < width {
			return part, 0, false
		}
		n, valid := number(s[:width])
		if !valid || n < limits[i][0] || n > limits[i][1] {
			return part, 0, false
		}
		part[i], p, s = n, Precision(i+1), s[width:]
	}
	return part, p, s == "" && part[2] <= daysIn(part[0], part[1])
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func number(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

func readFraction(s string) (nanos int, ok bool) {
	if len(s) > 9 {
		return 0, false
	}
	n, ok := number(s)
	for i := len(s); i < 9; i++ {
		n *= 10
	}
	return n, ok
}

func readOffset(s string) (*time.Location, bool) {
	if len(s) != 5 {
		return nil, false
	}
	n, ok := number(s[1:])
	if !ok || n/100 > 14 || n%100 > 59 {
		return nil, false
	}
	seconds := (n/100*60 + n%100) * 60
	if s[0] == '-' {
		seconds = -seconds
	}
	if seconds == 0 {
		return time.UTC, true
	}
	return time.FixedZone("", seconds), true
}

// FormatTime writes a timestamp to the second with its offset.
func FormatTime(t time.Time) string { return t.Format("20060102150405-0700") }
