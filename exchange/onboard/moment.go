package onboard

import "time"

// when reads a day, or a day and time, in one of the forms that extracts come
// in: 2026-11-25, 20261125, 25/11/2026, with T14:05, 14:05 or 1405 behind, with
// seconds or without. It gives them as 2026-11-25 and 2026-11-25T14:05:00.
func (k *checker) when(i int, v []byte) ([]byte, string) {
	col := &k.class.Columns[i]
	y, m, d, n := dayIn(v)
	if n == 0 || !isDay(y, m, d) {
		return v, wrongFormat
	}
	h, min, s, ok := clockIn(v[n:])
	if !ok || col.Kind == Moment && n == len(v) && len(v) < 8 {
		return v, wrongFormat
	}
	at := dayNumber(y, m, d)
	k.days[i] = at
	var out []byte
	if col.Kind == Date && len(v) == 10 && v[4] == '-' {
		out = v // it has the form already
	} else {
		out = appendMoment(make([]byte, 0, 19), y, m, d)
		if col.Kind == Moment {
			out = append(out, 'T', byte('0'+h/10), byte('0'+h%10), ':', byte('0'+min/10), byte('0'+min%10), ':', byte('0'+s/10), byte('0'+s%10))
		}
	}
	switch r := k.ranges[i]; {
	case at > r[1] && col.When == Past:
		return out, wrongFuture
	case at < r[0] && col.When == Future:
		return out, wrongPast
	case at < r[0] || at > r[1]:
		return out, wrongAge
	}
	return out, ""
}

// inOrder tells the first column whose day lies before the one that it
// follows, -1 if none does. It is asked when all fields of a row were read.
func (k *checker) inOrder() int {
	for i, before := range k.after {
		if before >= 0 && k.days[i] != 0 && k.days[before] != 0 && k.days[i] < k.days[before] {
			return i
		}
	}
	return -1
}

// dayIn reads the day at the front of v; n is how many bytes it takes, 0 if
// there is none.
func dayIn(v []byte) (y, m, d, n int) {
	switch {
	case len(v) >= 10 && v[4] == '-' && v[7] == '-':
		return number(v[0:4]), number(v[5:7]), number(v[8:10]), 10
	case len(v) >= 10 && v[2] == '/' && v[5] == '/':
		return number(v[6:10]), number(v[3:5]), number(v[0:2]), 10
	case len(v) >= 8 && number(v[0:8]) > 0:
		return number(v[0:4]), number(v[4:6]), number(v[6:8]), 8
	}
	return 0, 0, 0, 0
}

// clockIn reads what stands behind a day: nothing, or a time of the day.
func clockIn(v []byte) (h, m, s int, ok bool) {
	if len(v) == 0 {
		return 0, 0, 0, true
	}
	if v[0] == 'T' || v[0] == ' ' {
		v = v[1:]
	}
	switch {
	case len(v) == 4:
		h, m = number(v[0:2]), number(v[2:4])
	case len(v) == 6:
		h, m, s = number(v[0:2]), number(v[2:4]), number(v[4:6])
	case len(v) == 5 && v[2] == ':':
		h, m = number(v[0:2]), number(v[3:5])
	case len(v) >= 8 && v[2] == ':' && v[5] == ':' && (len(v) == 8 || v[8] == '.'):
		h, m, s = number(v[0:2]), number(v[3:5]), number(v[6:8])
	default:
		return 0, 0, 0, false
	}
	return h, m, s, h >= 0 && h < 24 && m >= 0 && m < 60 && s >= 0 && s < 60
}

// number reads digits, -1 if something else is among them.
func number(v []byte) int {
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func isDay(y, m, d int) bool {
	if y < 1800 || y > 2200 || m < 1 || m > 12 || d < 1 {
		return false
	}
	most := 31
	switch m {
	case 4, 6, 9, 11:
		most = 30
	case 2:
		most = 28
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			most = 29
		}
	}
	return d <= most
}

// dayNumber counts days since 1800, which is day 1: the civil calendar in whole
// numbers, since a row has several days and there are millions of rows.
func dayNumber(y, m, d int) day {
	a := (14 - m) / 12
	yy, mm := y+4800-a, m+12*a-3
	julian := d + (153*mm+2)/5 + 365*yy + yy/4 - yy/100 + yy/400 - 32045
	const first = 2378497 // 1 January 1800
	return day(julian - first + 1)
}

func appendMoment(b []byte, y, m, d int) []byte {
	return append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d/10), byte('0'+d%10))
}

func minutesOf(n int) time.Duration { return time.Duration(n) * time.Minute }
