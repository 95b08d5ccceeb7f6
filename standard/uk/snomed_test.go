package uk

import "testing"

// TestSNOMEDIdentifier: identifiers of concepts that there are, of the international
// edition and of the United Kingdom's; each with one digit changed, or two that stand side
// by side in the other order, is none.
func TestSNOMEDIdentifier(t *testing.T) {
	for _, good := range []string{"22298006", "73211009", "165816005", "404684003", "138875005", "999000041000000102"} {
		if !SNOMEDIdentifier(good) {
			t.Errorf("%s is refused", good)
		}
		for i := range len(good) {
			for d := byte('0'); d <= '9'; d++ {
				wrong := []byte(good)
				if wrong[i] = d; d != good[i] && SNOMEDIdentifier(string(wrong)) {
					t.Errorf("%s passes for %s", wrong, good)
				}
			}
			if i > 0 && good[i] != good[i-1] {
				wrong := []byte(good)
				wrong[i], wrong[i-1] = wrong[i-1], wrong[i]
				if SNOMEDIdentifier(string(wrong)) {
					t.Errorf("%s passes for %s", wrong, good)
				}
			}
		}
	}
	for _, bad := range []string{"", "12345", "not a code", "2229800６", "022298006", "2229800-6", "1234567890123456789"} {
		if SNOMEDIdentifier(bad) {
			t.Errorf("%q passes", bad)
		}
	}
}
