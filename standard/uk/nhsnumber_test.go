package uk

import (
	"testing"

	"concord/fault"
	"pgregory.net/rapid"
)

func TestParseNHSNumber(t *testing.T) {
	for in, code := range map[string]string{
		"9990000018":   "",
		"999 000 0018": "",
		"999-000-0018": "",
		"9990000019":   "uk.nhs-number.check-digit",
		"999000001":    "uk.nhs-number.shape",
		"99900000180":  "uk.nhs-number.shape",
		"":             "uk.nhs-number.shape",
		"999000001X":   "uk.nhs-number.shape",
		"９９９0000018":   "uk.nhs-number.shape",
	} {
		n, err := ParseNHSNumber(in)
		if code == "" && (err != nil || n != "9990000018" || n.String() != "999 000 0018") {
			t.Errorf("%q: %s, %v", in, n, err)
		}
		if code != "" && (err == nil || fault.Of(err).Code != code) {
			t.Errorf("%q: %v", in, err)
		}
	}
	if n, err := ParseNHSNumber("0012585114"); err != nil || n != "0012585114" {
		t.Errorf("leading zeros: %s, %v", n, err)
	}
}

// Exactly one tenth digit fits a stem, or none: and any single wrong digit and
// any swap of two neighbours is found.
func TestCheckDigitFindsSlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stem := rapid.StringMatching(`[0-9]{9}`).Draw(t, "stem")
		fits := 0
		for d := byte('0'); d <= '9'; d++ {
			if _, err := ParseNHSNumber(stem + string(d)); err == nil {
				fits++
			}
		}
		check, ok := CheckDigit(stem)
		if ok && fits != 1 || !ok && fits != 0 {
			t.Fatalf("%s: %d digits fit", stem, fits)
		}
		if !ok {
			return
		}
		good := stem + string(check)
		slip := []byte(good)
		at := rapid.IntRange(0, 9).Draw(t, "at")
		slip[at] = byte('0' + (int(slip[at]-'0')+rapid.IntRange(1, 9).Draw(t, "by"))%10)
		if _, err := ParseNHSNumber(string(slip)); err == nil {
			t.Fatalf("%s passes for %s", slip, good)
		}
		swap := []byte(good)
		if i := rapid.IntRange(0, 8).Draw(t, "swap"); swap[i] != swap[i+1] {
			swap[i], swap[i+1] = swap[i+1], swap[i]
			if _, err := ParseNHSNumber(string(swap)); err == nil {
				t.Fatalf("%s passes for %s", swap, good)
			}
		}
	})
}

func TestIssuer(t *testing.T) {
	for n, want := range map[NHSNumber]Issuer{
		"9990000018": NeverIssued, "9000000009": NeverIssued, "4000000004": EnglandWales, "4999999999": EnglandWales,
		"5000000000": Unallocated, "6000000000": EnglandWales, "7999999999": EnglandWales, "8000000000": Unallocated,
		"0100000000": Scotland, "3119999999": Scotland, "3200000000": NorthernIreland, "3999999999": NorthernIreland,
		"0090000000": Unallocated, "": Unallocated,
	} {
		if got := n.Issuer(); got != want {
			t.Errorf("%s: %d", n, got)
		}
	}
}

func TestParseStatus(t *testing.T) {
	for in, want := range map[string]bool{"01": true, "1": true, "08": true, "09": false, "00": false, "": false, "NSTS01": false} {
		if _, ok := ParseStatus(in); ok != want {
			t.Errorf("%q: %v", in, ok)
		}
	}
}

func FuzzParseNHSNumber(f *testing.F) {
	f.Add("999 000 0018")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNHSNumber(s)
		if err != nil {
			return
		}
		if again, err := ParseNHSNumber(n.String()); err != nil || again != n {
			t.Fatalf("%q: shown form is not read back", s)
		}
	})
}
