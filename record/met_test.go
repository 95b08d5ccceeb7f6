package record

import (
	"testing"

	"concord/record/person"
	"concord/store"
)

// TestMet: what was met is known, and nothing else, of patients far apart too; beyond the
// bounds it is forgotten, and never taken for another.
func TestMet(t *testing.T) {
	var m met
	patients := []int64{1, 63, 64, 511, 512, 513, 1 << 20, 1<<40 - 1}
	for _, pk := range patients {
		m.add(person.PatientKey(pk))
	}
	other := store.Key{PK: 7, LID: store.MakeLID(3, 9)}
	m.add(other)
	for _, pk := range patients {
		if !m.has(person.PatientKey(pk)) {
			t.Errorf("patient %d is not known", pk)
		}
	}
	for _, pk := range []int64{2, 62, 65, 510, 514, 1<<20 + 1, 1<<20 + 512, 1<<40 - 2} {
		if m.has(person.PatientKey(pk)) {
			t.Errorf("patient %d was never met", pk)
		}
	}
	if !m.has(other) || m.has(person.PatientKey(other.PK)) || m.has(store.Key{PK: 1, LID: other.LID}) {
		t.Error("what is of another type is known by its key")
	}
	for i := range int64(mostMetPages) {
		m.add(person.PatientKey(1 + i<<metPageBits))
	}
	if len(m.patients) > mostMetPages {
		t.Errorf("%d pages are kept", len(m.patients))
	}
	if last := person.PatientKey(1 + (mostMetPages-1)<<metPageBits); !m.has(last) {
		t.Error("who was met last is not known")
	}
}
