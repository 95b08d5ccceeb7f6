package fhir

import (
	"strings"
	"time"
)

// Precision is how much of a date or time was given.
type Precision uint8

// Precisions from coarse to fine.
const (
	Year Precision = iota + 1
	Month
	Day
	Minute
	Second
)

// Instant is a FHIR date, dateTime or instant with its precision. Start is the
// first moment that the value covers, in UTC; a value without offset (a date)
// is read in the location given to ParseInstant.
type Instant struct {
	Start     time.Time
	Precision Precision
}

// ParseInstant reads date, dateTime and instant
// (https://hl7.org/fhir/R4/datatypes.html#dateTime). ok is false for text that
// is none of them.
func ParseInstant(s string, loc *time.Location) (in Instant, ok bool) {
	if loc == nil {
		loc = time.UTC
	}
	layout, precision := "", Year
	switch {
	case len(s) == 4:
		layout = "2006"
	case len(s) == 7:
		layout, precision = "2006-01", Month
	case len(s) == 10:
		layout, precision = "2006-01-02", Day
	case strings.IndexByte(s, 'T') != 10:
		return in, false
	default:
		return parseClock(s, loc)
	}
	t, err := time.ParseInLocation(layout, s, loc)
	if err != nil || t.Year() == 0 {
		return in, false
	}
	return Instant{t.UTC(), precision}, true
}

func parseClock(s string, loc *time.Location) (Instant, bool) {
	if len(s) > 19 && s[16:19] == ":60" {
		// A leap second, which package time does not know, is the next second.
		in, ok := parseClock(s[:17]+"59"+s[19:], loc)
		in.Start = in.Start.Add(time.Second)
		return in, ok
	}
	for _, l := range [...]struct {
		layout string
		p      Precision
	}{
		{"2006-01-02T15:04:05.999999999Z07:00", Second},
		{"2006-01-02T15:04Z07:00", Minute},
		{"2006-01-02T15:04:05.999999999", Second},
		{"2006-01-02T15:04", Minute},
	} {
		if t, err := time.ParseInLocation(l.layout, s, loc); err == nil {
			return Instant{t.UTC(), l.p}, true
		}
	}
	return Instant{}, false
}

// End is the first moment after the value: a day after a date, a year after a
// year, a second after a time with seconds.
func (in Instant) End(loc *time.Location) time.Time {
	if loc == nil {
		loc = time.UTC
	}
	t := in.Start.In(loc)
	switch in.Precision {
	case Year:
		return t.AddDate(1, 0, 0).UTC()
	case Month:
		return t.AddDate(0, 1, 0).UTC()
	case Day:
		return t.AddDate(0, 0, 1).UTC()
	case Minute:
		return t.Add(time.Minute).UTC()
	}
	return t.Truncate(time.Second).Add(time.Second).UTC()
}

// FormatInstant writes an instant with milliseconds and offset, the form of
// meta.lastUpdated.
func FormatInstant(t time.Time) string { return t.UTC().Format(instantLayout) }

const instantLayout = "2006-01-02T15:04:05.000Z"

// FormatDateTime writes a dateTime to the second with the offset of loc.
func FormatDateTime(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("2006-01-02T15:04:05-07:00")
}
