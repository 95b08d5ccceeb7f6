package onboard

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestValues: forms are brought into one, and what is wrong is told by its code.
func TestValues(t *testing.T) {
	taken := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct{ class, column, value, staged, wrong string }{
		{"patients", "nhs_number", "999 000 0018", "9990000018", ""},
		{"patients", "nhs_number", "9990000019", "9990000019", wrongCheck},
		{"patients", "nhs_number", "NK", "NK", wrongFormat},
		{"patients", "nhs_number", "5000000008", "5000000008", wrongCheck},
		{"patients", "nhs_status", "1", "01", ""},
		{"patients", "born", "25/11/1960", "1960-11-25", ""},
		{"patients", "born", "19601125", "1960-11-25", ""},
		{"patients", "born", "1960-11-25", "1960-11-25", ""},
		{"patients", "born", "11/25/1960", "11/25/1960", wrongFormat},
		{"patients", "born", "1961-02-29", "1961-02-29", wrongFormat},
		{"patients", "born", "2026-11-26", "2026-11-26", wrongFuture},
		{"patients", "born", "2026-11-25", "2026-11-25", ""},
		{"patients", "born", "1890-01-01", "1890-01-01", wrongAge},
		{"patients", "born", "", "", wrongMissing},
		{"patients", "postcode", "ha13uj", "HA1 3UJ", ""},
		{"patients", "postcode", "HA1 3UJ", "HA1 3UJ", ""},
		{"patients", "postcode", "HARROW", "HARROW", wrongFormat},
		{"patients", "sex", "m", "M", ""},
		{"patients", "sex", "X", "X", wrongChoice},
		{"patients", "family", "Zoë", "Zoë", ""},
		{"patients", "family", "ZoÃ«", "ZoÃ«", wrongMojibake},
		{"patients", "family", "Oâ€™Leary", "Oâ€™Leary", wrongMojibake},
		{"patients", "family", "SÃO", "SÃO", ""},
		{"patients", "family", "Zo\xeb", "Zo\xeb", wrongEncoding},
		{"patients", "given", "A\x00B", "A\x00B", wrongControl},
		{"alerts", "text", "Allergy\x0bto nuts", "Allergy\x0bto nuts", wrongControl},
		{"patients", "address_1", "1 Road\r\nThe Lodge\tEast", "1 Road\r\nThe Lodge\tEast", ""},
		{"patients", "multiple_birth", "y", "Y", ""},
		{"appointments", "starts", "2026-12-01 09:15", "2026-12-01T09:15:00", ""},
		{"appointments", "starts", "01/12/2026 9:15", "01/12/2026 9:15", wrongFormat},
		{"appointments", "starts", "2026-11-24 09:15", "2026-11-24T09:15:00", wrongPast},
		{"results", "taken", "202611240915", "2026-11-24T09:15:00", ""},
		{"results", "taken", "2026-11-24T09:15:20.123", "2026-11-24T09:15:20", ""},
		{"results", "taken", "2026-11-24 25:15", "2026-11-24 25:15", wrongFormat},
		{"waiting", "weeks", "12", "12", ""}, {"waiting", "weeks", "-1", "-1", wrongFormat},
	} {
		class, _ := classAt(c.class)
		k := newChecker(&class, taken)
		staged, wrong := k.field(class.column(c.column), []byte(c.value))
		if string(staged) != c.staged || wrong != c.wrong {
			t.Errorf("%s.%s %q: %q %q, not %q %q", c.class, c.column, c.value, staged, wrong, c.staged, c.wrong)
		}
	}
}

// TestDays: days are counted as the calendar has them.
func TestDays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		at := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 146_000).Draw(r, "days"))
		y, m, d := at.Date()
		n := dayNumber(y, int(m), d)
		if n != dayOf(at) || !n.time().Equal(at) || !isDay(y, int(m), d) {
			r.Fatalf("%s is day %d, or %d", at.Format(time.DateOnly), n, dayOf(at))
		}
		if string(appendMoment(nil, y, int(m), d)) != at.Format(time.DateOnly) {
			r.Fatal("written wrongly")
		}
		z := at.AddDate(0, 1, 0) // the last day of a month is a day, the one after is none
		last := z.AddDate(0, 0, -z.Day())
		if isDay(last.Year(), int(last.Month()), last.Day()+1) {
			r.Fatalf("a day after the last of %s", last.Format(time.DateOnly))
		}
	})
}

// TestShifted: a lost field is told from values that are merely bad.
func TestShifted(t *testing.T) {
	class, _ := classAt("patients")
	header := strings.Split("key,nhs_number,nhs_status,family,given,born,sex,address_1,town,postcode,phone", ",")
	for _, c := range []struct {
		row  string
		want string
	}{
		{"L1,9990000018,01,EXAMPLE,Ada,1961-04-30,female,1 Road,Harrow,HA1 3ZZ,000", ""},
		{"L1,9990000018,01,EXAMPLE,1961-04-30,female,1 Road,Harrow,HA1 3ZZ,000,", wrongShifted},
		{"L1,9990000018,01,EXAMPLE,Ada,Beth,1961-04-30,female,1 Road,Harrow,HA1 3ZZ", wrongShifted},
		{"L1,9990000018,01,EXAMPLE,Ada,30.4.61,x,1 Road,Harrow,HA1 3ZZ,000", "born: format; sex: choice"},
		{"L1,9990000019,01,EXAMPLE,Ada,1961-04-30,female,1 Road,Harrow,HARROW,000", ""},
	} {
		k := newChecker(&class, time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
		k.order = nil
		fields := make([][]byte, len(class.Columns))
		for i, v := range strings.Split(c.row, ",") {
			k.order = append(k.order, class.column(header[i]))
			fields[class.column(header[i])] = []byte(v)
		}
		if got := k.row(fields, make([][]byte, len(fields)), tally{}); got != c.want {
			t.Errorf("%s: %q, not %q", c.row, got, c.want)
		}
	}
}
