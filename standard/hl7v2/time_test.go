package hl7v2

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestParseTime(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]struct {
		text   string
		p      Precision
		offset bool
	}{
		"20240301062905":           {"2024-03-01T06:29:05Z", Second, false},
		"20240701062905":           {"2024-07-01T06:29:05+01:00", Second, false},
		"19710612000000":           {"1971-06-12T00:00:00+01:00", Second, false},
		"202403":                   {"2024-03-01T00:00:00Z", Month, false},
		"2024":                     {"2024-01-01T00:00:00Z", Year, false},
		"20240229":                 {"2024-02-29T00:00:00Z", Day, false},
		"2024022913":               {"2024-02-29T13:00:00Z", Hour, false},
		"202402291305":             {"2024-02-29T13:05:00Z", Minute, false},
		"20240701062905+0000":      {"2024-07-01T06:29:05Z", Second, true},
		"20240701062905.1234-0500": {"2024-07-01T06:29:05.1234-05:00", Fraction, true},
		"20240331013000":           {"2024-03-31T02:30:00+01:00", Second, false}, // does not exist: the clocks went on
	} {
		got, err := ParseTime(in, london)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if s := got.Format(time.RFC3339Nano); s != want.text || got.Precision != want.p || got.HasOffset != want.offset {
			t.Errorf("%s: %s, precision %d, offset %v", in, s, got.Precision, got.HasOffset)
		}
	}
	for _, bad := range []string{"", "20", "20241301", "20240230", "2024030124", "2007100914484648", "2024-03-01", "20240301062905.", "202403.5", "20240301+1", "20240301062905+9900", "abcd", "00000000"} {
		if got, err := ParseTime(bad, london); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("20240301062905.1234-0500")
	f.Add("19710612")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTime(s, time.UTC)
		if err == nil && got.Precision >= Second {
			if again, err := ParseTime(FormatTime(got.Time), time.UTC); err != nil || !again.Equal(got.Truncate(time.Second)) {
				t.Fatalf("%q: %v, %v", s, again, err)
			}
		}
	})
}
