package validate

// Dates and times are scanned by hand: they stand in every resource, and the
// time package would allow what FHIR does not.
// (https://hl7.org/fhir/R4/datatypes.html#dateTime)

// isDate: YYYY, YYYY-MM or YYYY-MM-DD, and the day exists.
func isDate(s string) bool {
	switch len(s) {
	case 4, 7, 10:
		return calendarPrefix(s) == len(s)
	}
	return false
}

// isDateTime is a date, or a full date and time with offset.
func isDateTime(s string) bool {
	return isDate(s) || isInstant(s)
}

// isInstant: date, time to the second at least, and offset.
func isInstant(s string) bool {
	if len(s) < 20 || s[10] != 'T' || calendarPrefix(s) != 10 {
		return false
	}
	n := clockPrefix(s[11:])
	return n > 0 && isOffset(s[11+n:])
}

func isTime(s string) bool { return s != "" && clockPrefix(s) == len(s) }

// calendarPrefix is the length of the date that s begins with, 0 for none.
func calendarPrefix(s string) int {
	year := number(s, 0, 4)
	if year < 1 {
		return 0
	}
	if len(s) == 4 {
		return 4
	}
	month := number(s, 5, 7)
	if s[4] != '-' || month < 1 || month > 12 {
		return 0
	}
	if len(s) == 7 {
		return 7
	}
	day := number(s, 8, 10)
	if s[7] != '-' || day < 1 || day > daysIn(year, month) {
		return 0
	}
	return 10
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// clockPrefix is the length of hh:mm:ss[.fraction] at the start of s, 0 when
// there is none. A leap second is allowed.
func clockPrefix(s string) int {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0
	}
	hour, minute, second := number(s, 0, 2), number(s, 3, 5), number(s, 6, 8)
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0
	}
	n := 8
	if n < len(s) && s[n] == '.' {
		for n++; n < len(s) && isDigit(s[n]); n++ {
		}
		if n == 9 {
			return 0
		}
	}
	return n
}

// isOffset: Z, or ±hh:mm up to 14:00.
func isOffset(s string) bool {
	if s == "Z" {
		return true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return false
	}
	hour, minute := number(s, 1, 3), number(s, 4, 6)
	return hour >= 0 && minute >= 0 && minute <= 59 && hour*60+minute <= 14*60
}

// number reads the digits s[from:to], or is -1.
func number(s string, from, to int) int {
	if len(s) < to {
		return -1
	}
	n := 0
	for i := from; i < to; i++ {
		if !isDigit(s[i]) {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}
