package onboard

import (
	"bytes"
	"slices"
	"time"
	"unicode/utf8"

	"concord/standard/uk"
)

// What is wrong with a value, or with a row. The codes are stable: reports and
// refused rows carry them.
const (
	wrongMissing  = "missing"        // a value that a load needs is not there
	wrongFormat   = "format"         // it has not the form of its kind
	wrongChoice   = "choice"         // it is none of the values that the column may have
	wrongFuture   = "future"         // a day after the extract was taken
	wrongPast     = "past"           // a day before it, where one to come is meant
	wrongAge      = "implausible"    // a day more than 130 years ago, or 20 ahead
	wrongOrder    = "order"          // a day before the one that it follows
	wrongCheck    = "check-digit"    // an NHS number whose check digit is wrong
	wrongRange    = "never-issued"   // an NHS number of a range that is not issued
	wrongEncoding = "encoding"       // bytes that are no text in the encoding of the extract
	wrongControl  = "control"        // a control character, which text of the record may not have
	wrongMojibake = "mojibake"       // text that was read in another encoding once before
	wrongColumns  = "columns"        // more or fewer fields than the header
	wrongShifted  = "shifted"        // fields that fit their columns when moved by one
	wrongQuote    = "quote"          // a quoted field that does not end
	wrongLong     = "long"           // a value or row beyond any sense
	wrongTwice    = "duplicate"      // another row of this key says something else
	wrongRepeated = "repeated"       // the same row once more
	wrongOrphan   = "orphan"         // it refers to a row that is not there
	wrongResource = "resource"       // a FHIR resource or message that cannot be read
	wrongNoFile   = "no-file"        // a document whose content is not in the extract
	wrongOrphaned = "orphan-refused" // it refers to a row that was refused
)

// day counts days since 1 January 1800; 0 = none.
type day int32

func dayOf(t time.Time) day {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.Date()
	return dayNumber(y, int(m), d)
}

func (d day) time() time.Time {
	if d == 0 {
		return time.Time{}
	}
	return epoch().AddDate(0, 0, int(d)-1)
}

func epoch() time.Time { return time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC) }

// checker holds values of one class against its columns, as of the day on
// which the extract was taken. It is for one goroutine.
type checker struct {
	class  *Class
	order  []int // columns as they stand in the source; below 0 those that the class has not
	after  []int // by column: the one whose day it follows, -1
	ranges [][2]day
	days   []day
	wrong  []wrongValue
}

func newChecker(c *Class, taken time.Time) *checker {
	k := &checker{class: c, days: make([]day, len(c.Columns))}
	at := dayOf(taken)
	for i, col := range c.Columns {
		k.order = append(k.order, i)
		k.after = append(k.after, c.column(col.After))
		r := [2]day{at - 130*366, at + 20*366}
		switch col.When {
		case Past:
			r[1] = at
		case Future:
			r[0] = at
		}
		k.ranges = append(k.ranges, r)
	}
	return k
}

// field holds one value against its column: it gives the value in the form in
// which it is staged, and what is wrong with it ("" = nothing). The value given
// is valid until the next row.
func (k *checker) field(i int, v []byte) (staged []byte, wrong string) {
	col := &k.class.Columns[i]
	k.days[i] = 0
	if len(v) == 0 {
		if col.Must {
			return v, wrongMissing
		}
		return v, ""
	}
	if len(v) > maxValue {
		return v, wrongLong
	}
	switch col.Kind {
	case Text, Code:
		return v, textual(v)
	case Key, Ref, Pathway:
		if len(v) > maxKey || hasControl(v) {
			return v, wrongFormat
		}
		return v, textual(v)
	case NHS:
		return k.nhs(v)
	case Date, Moment:
		return k.when(i, v)
	case Choice:
		return choice(col.Of, v)
	case Postcode:
		return postcodeOf(v)
	case ODS:
		if !uk.ODSCode(string(v)) {
			return v, wrongFormat
		}
	case Whole:
		for _, c := range v {
			if c < '0' || c > '9' || len(v) > 9 {
				return v, wrongFormat
			}
		}
	case Flag:
		return choice([]string{"Y", "N"}, v)
	}
	return v, ""
}

const (
	maxValue = 64 << 10
	maxKey   = 100
)

func hasControl(v []byte) bool {
	return slices.ContainsFunc(v, func(c byte) bool { return c < ' ' })
}

// textual tells text that is not what it was: bytes that are no UTF-8, control
// characters (https://hl7.org/fhir/R4/datatypes.html#string), and UTF-8 that was taken
// for Windows-1252 and written as UTF-8 again.
func textual(v []byte) string {
	ascii := true
	for _, c := range v {
		switch {
		case c >= 0x80:
			ascii = false
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return wrongControl
		}
	}
	switch {
	case ascii:
		return ""
	case !utf8.Valid(v):
		return wrongEncoding
	case bytes.Contains(v, []byte("\xef\xbf\xbd")):
		return wrongMojibake
	}
	for i := 0; i+3 < len(v); i++ {
		if v[i] == 0xc3 && (v[i+1] == 0x83 || v[i+1] == 0x82 || v[i+1] == 0xa2) { // "Ã", "Â" and "â" lead in
			if r, _ := utf8.DecodeRune(v[i+2:]); upperHalf(r) {
				return wrongMojibake
			}
		}
	}
	return ""
}

// upperHalf tells the signs that Windows-1252 has for the bytes 80 to BF, as
// the second byte of a letter in UTF-8 is.
func upperHalf(r rune) bool {
	if r >= 0x80 && r <= 0xbf {
		return true
	}
	switch r {
	case '€', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 'Ž', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 'ž', 'Ÿ':
		return true
	}
	return false
}

func choice(of []string, v []byte) ([]byte, string) {
	for _, o := range of {
		if string(v) == o {
			return v, ""
		}
	}
	for _, o := range of { // "4" for "04", "y" for "Y"
		if len(v) == 1 && len(o) == 2 && o[0] == '0' && o[1] == v[0] || len(o) == len(v) && bytes.EqualFold(v, []byte(o)) {
			return []byte(o), ""
		}
	}
	return v, wrongChoice
}

// nhs takes the spaces out. A number that is wrong stays as it is.
func (k *checker) nhs(v []byte) ([]byte, string) {
	n, err := uk.ParseNHSNumber(string(v))
	if err != nil {
		digits := 0
		for _, c := range v {
			if c >= '0' && c <= '9' {
				digits++
			}
		}
		if digits == 10 {
			return v, wrongCheck
		}
		return v, wrongFormat
	}
	if n.Issuer() == uk.Unallocated {
		return []byte(n), wrongRange
	}
	if len(v) == 10 {
		return v, ""
	}
	return []byte(n), ""
}

// postcodeOf writes a postcode with its space, in capitals.
func postcodeOf(v []byte) ([]byte, string) {
	var b [8]byte
	n := 0
	for _, c := range v {
		switch {
		case c == ' ':
			continue
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		case (c < 'A' || c > 'Z') && (c < '0' || c > '9'):
			return v, wrongFormat
		}
		if n == 7 {
			return v, wrongFormat
		}
		b[n] = c
		n++
	}
	if n < 5 || b[0] < 'A' || b[n-3] < '0' || b[n-3] > '9' || b[n-2] < 'A' || b[n-1] < 'A' {
		return v, wrongFormat
	}
	out := make([]byte, 0, 8)
	out = append(out, b[:n-3]...)
	out = append(append(out, ' '), b[n-3:n]...)
	if bytes.Equal(out, v) {
		return v, ""
	}
	return out, ""
}
