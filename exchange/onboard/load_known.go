package onboard

import "strings"

// knownPatients are references to the trust's patients, by the keys of their rows. They
// are entries that the record has: an id once given stays that entry's, whatever becomes
// of it. Nearly all ids are the record's own, of ten letters, which stand in the map
// itself, so that a million take some 40 MB and collecting passes over them.
type knownPatients struct {
	short map[[2]uint64][shortID]byte
	long  map[[2]uint64]string
}

// Bounds of what is remembered: about 60 MB and 10 MB. Who comes after that is looked for
// row by row.
const (
	shortID   = 10
	mostShort = 1_500_000
	mostLong  = 100_000
)

func newKnownPatients() *knownPatients {
	return &knownPatients{short: map[[2]uint64][shortID]byte{}, long: map[[2]uint64]string{}}
}

// ref is the reference to the patient of a key, "" when it is not known.
func (k *knownPatients) ref(key []byte) string {
	if k == nil {
		return ""
	}
	h := keyOf(key)
	id, known := k.short[h]
	if !known {
		return k.long[h]
	}
	n := len(id)
	for n > 0 && id[n-1] == 0 {
		n--
	}
	return "Patient/" + string(id[:n])
}

// learn remembers who a patient of the trust is.
func (k *knownPatients) learn(key []byte, ref string) {
	h, id := keyOf(key), strings.TrimPrefix(ref, "Patient/")
	delete(k.short, h)
	delete(k.long, h)
	switch {
	case len(id) > shortID && len(k.long) < mostLong:
		k.long[h] = ref
	case len(id) <= shortID && len(k.short) < mostShort:
		var short [shortID]byte
		copy(short[:], id)
		k.short[h] = short
	}
}
