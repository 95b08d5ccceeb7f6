package record

import (
	"sync"

	"concord/record/person"
	"concord/store"
)

// met remembers keys that were found once, or written. A key that was used stays used,
// so that what it remembers never grows old. Of patients, to whom everything refers, it
// remembers many: their record keys lie close together, a bit is enough for each.
type met struct {
	mu       sync.Mutex
	keys     map[store.Key]struct{}
	patients map[int64]*metPage // by record key
}

// Bounds of what is remembered: about 2 MB of keys, and as much of patients, up to eight
// million of them.
const (
	mostMet      = 50_000
	mostMetPages = 16_000
	metPageBits  = 9
)

type metPage [1 << metPageBits / 64]uint64

// bit is where a record key lies in a page.
func (p *metPage) bit(pk int64) (word *uint64, bit uint64) {
	at := pk & (1<<metPageBits - 1)
	return &p[at/64], 1 << (at % 64)
}

func (m *met) has(k store.Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k != person.PatientKey(k.PK) {
		_, ok := m.keys[k]
		return ok
	}
	page := m.patients[k.PK>>metPageBits]
	if page == nil {
		return false
	}
	word, bit := page.bit(k.PK)
	return *word&bit != 0
}

func (m *met) add(k store.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k == person.PatientKey(k.PK) {
		m.addPatient(k.PK)
		return
	}
	if m.keys == nil || len(m.keys) >= mostMet {
		m.keys = make(map[store.Key]struct{}, 1024)
	}
	m.keys[k] = struct{}{}
}

func (m *met) addPatient(pk int64) {
	page := m.patients[pk>>metPageBits]
	if page == nil {
		if m.patients == nil || len(m.patients) >= mostMetPages {
			m.patients = map[int64]*metPage{}
		}
		page = &metPage{}
		m.patients[pk>>metPageBits] = page
	}
	word, bit := page.bit(pk)
	*word |= bit
}
