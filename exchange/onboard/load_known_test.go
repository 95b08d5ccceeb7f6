package onboard

import "testing"

// TestKnownPatients: a key leads to the reference that was learnt last, whatever form its
// id has, and to no other's.
func TestKnownPatients(t *testing.T) {
	k := newKnownPatients()
	for _, s := range [][2]string{{"L1", "Patient/k3v9x2ab-1"}, {"L2", "Patient/x"}, {"L3", "Patient/an-id-of-the-clients-own"}, {"L4", "Patient/k3v9x2ac-1"}, {"L3", "Patient/k3v9x2ad-1"}, {"L4", "Patient/another-id-of-its-own"}} {
		k.learn([]byte(s[0]), s[1])
	}
	for key, want := range map[string]string{"L1": "Patient/k3v9x2ab-1", "L2": "Patient/x", "L3": "Patient/k3v9x2ad-1", "L4": "Patient/another-id-of-its-own", "L5": "", "": ""} {
		if got := k.ref([]byte(key)); got != want {
			t.Errorf("%q is %q, not %q", key, got, want)
		}
	}
	if got := (*knownPatients)(nil).ref([]byte("L1")); got != "" {
		t.Errorf("where nothing is remembered it is %q", got)
	}
}
