package postgres

import "context"

const (
	// mostKeys is how many small values are remembered; then all are forgotten.
	mostKeys = 4096
	// largestKey is the length of the longest value that is remembered.
	largestKey = 4096
)

// memory is what the writer remembers of small values and of names that nobody
// has, so that a setting which every Update looks at costs no journey.
//
// It holds what is committed as of the head that the next group is founded on.
// That no other process has written since is proved when the group ends: by
// the key of head, by the lock, or by confirm. When it is not so, the group
// runs again and nothing is remembered (writer.begin). What a group or an
// Update has read while its own writes were on the server is forgotten when
// those are taken back (undoAll, back).
type memory struct {
	keys     map[spaceKey]keySet // a value of nil: there is none
	nameless map[string]bool
}

func (m *memory) clear() {
	clear(m.keys)
	clear(m.nameless)
}

// keep remembers what was read, or written and committed.
func (m *memory) keep(k keySet) {
	if len(k.value) > largestKey || len(k.key) > largestKey {
		return
	}
	if m.keys == nil || len(m.keys) >= mostKeys {
		m.keys = map[spaceKey]keySet{}
	}
	m.keys[k.spaceKey] = k
}

// drop forgets a value that is about to change.
func (m *memory) drop(at spaceKey) { delete(m.keys, at) }

// committed remembers the values that a group has written.
func (m *memory) committed(b *buffer) {
	for _, i := range b.keyAt {
		m.keep(b.keys[i])
	}
}

// nameID looks a name up; 0 when nothing has that name.
func (t *tx) nameID(ctx context.Context, v string) (int32, error) {
	m := &t.g.w.memory
	if m.nameless[v] {
		return 0, nil
	}
	id, err := t.snapshot.nameID(ctx, v)
	if err != nil || id != 0 || v == "" {
		return id, err
	}
	if m.nameless == nil || len(m.nameless) >= mostKeys {
		m.nameless = map[string]bool{}
	}
	m.nameless[v] = true
	return 0, nil
}
