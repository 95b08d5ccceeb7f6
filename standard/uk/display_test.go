package uk

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func date(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse("2006-01-02", s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAge(t *testing.T) {
	for _, c := range []struct{ born, on, want string }{
		{"2024-03-01", "2024-02-29", ""},
		{"2024-03-01", "2024-03-01", "0d"},
		{"2024-03-01", "2024-03-28", "27d"},
		{"2024-03-01", "2024-03-29", "4w"},
		{"2024-03-01", "2024-03-30", "4w 1d"},
		{"2024-03-01", "2025-02-28", "52w"},
		{"2024-03-01", "2025-03-01", "12m"},
		{"2024-03-01", "2025-04-15", "13m 14d"},
		{"2024-03-01", "2026-02-28", "23m 27d"},
		{"2024-03-01", "2026-03-01", "2y"},
		{"2024-03-01", "2026-04-01", "2y 1m"},
		{"2006-03-02", "2024-03-01", "17y 11m"},
		{"2006-03-01", "2024-03-01", "18y"},
		{"1924-02-29", "2024-02-28", "99y"},
		{"2004-02-29", "2023-02-28", "18y"},
		{"2004-02-29", "2023-03-01", "19y"},
	} {
		if got := Age(date(t, c.born), date(t, c.on)); got != c.want {
			t.Errorf("born %s, on %s: %q, want %q", c.born, c.on, got, c.want)
		}
	}
}

func TestAgeNeverGoesBack(t *testing.T) {
	start := date(t, "1990-01-01")
	rapid.Check(t, func(t *rapid.T) {
		born := start.AddDate(0, 0, rapid.IntRange(0, 12000).Draw(t, "born"))
		on := born.AddDate(0, 0, rapid.IntRange(0, 20000).Draw(t, "lived"))
		if Years(born, on.AddDate(0, 0, 1)) < Years(born, on) || Age(born, on) == "" {
			t.Fatalf("born %v, on %v", born, on)
		}
	})
}

func TestDisplay(t *testing.T) {
	for _, c := range []struct{ family, given, title, want string }{
		{"Forster", "Ann", "Dr", "FORSTER, Ann (Dr)"},
		{"Forster", "Ann", "", "FORSTER, Ann"},
		{"Forster", "", "Mr", "FORSTER (Mr)"},
		{"", "Ann", "", "Ann"},
		{" ", "", "Mr", "Name not recorded"},
		{"o’neill", "Zoë", "", "O’NEILL, Zoë"},
	} {
		if got := DisplayName(c.family, c.given, c.title); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for in, want := range map[string]string{"1971-06-12": "12-Jun-1971", "1971-05": "May-1971", "1971": "1971", "soon": "soon"} {
		if got := DisplayPartialDate(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := DisplayDateTime(time.Date(2024, 5, 3, 9, 5, 0, 0, time.UTC)); got != "03-May-2024 09:05" {
		t.Error(got)
	}
}

func TestTrusts(t *testing.T) {
	seen := map[string]bool{}
	for _, trust := range Trusts() {
		if !TrustCode(trust.Code) || len(trust.Sites) == 0 {
			t.Errorf("%s: bad code or no sites", trust.Code)
		}
		for _, s := range trust.Sites {
			if seen[s.Code] || !ODSCode(s.Code) || s.Code[:3] != trust.Code {
				t.Errorf("site %s", s.Code)
			}
			seen[s.Code] = true
			if owner, ok := TrustByCode(s.Code); !ok || owner.Code != trust.Code {
				t.Errorf("site %s belongs to %s", s.Code, owner.Code)
			}
		}
		if got, ok := HospitalNumberTrust(HospitalNumber.System(trust.Code)); !ok || got != trust.Code {
			t.Errorf("%s: system does not lead back", trust.Code)
		}
	}
	for s, want := range map[string]bool{"RYJ": true, "RYJ01": true, "A81001": true, "12345": false, "ry1": false, "RY": false, "RYJ-1": false} {
		if ODSCode(s) != want {
			t.Errorf("ODSCode(%q) = %v", s, !want)
		}
	}
}

func TestVitalByCode(t *testing.T) {
	for _, c := range []struct{ system, code, key string }{
		{LOINC, "8867-4", "pulse"}, {LOINC, "59408-5", "oxygen-saturation"}, {SNOMED, "1104051000000101", "news2"},
		{SNOMED, "8867-4", ""}, {LOINC, "", ""}, {"", "", ""},
	} {
		if v, _ := VitalByCode(c.system, c.code); v.Key != c.key {
			t.Errorf("%s %s: %q", c.system, c.code, v.Key)
		}
	}
}
