package pagecache

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// mark writes into a page, and marked reads from it: what stays in memory is what was
// put there.
func mark(page uintptr, v uintptr) { *word(*word(page) + 8) = v }
func marked(page uintptr) uintptr  { return *word(*word(page) + 8) }
func beside(page uintptr) *uintptr { return word(*word(page + unsafe.Sizeof(page))) }

// model is what a cache is to do: pages by number, and those that are not pinned by when
// they were used.
type model struct {
	at     map[uint32]uintptr
	pinned map[uint32]bool
	used   []uint32 // not pinned, the one used longest ago first
}

func (m *model) forget(key uint32) {
	delete(m.at, key)
	delete(m.pinned, key)
	m.unused(key)
}

func (m *model) unused(key uint32) {
	for i, k := range m.used {
		if k == key {
			m.used = append(m.used[:i:i], m.used[i+1:]...)
			return
		}
	}
}

// TestCacheIsItsModel holds random histories against the model: which pages are there,
// where they lie, what is in them, and which goes when another comes.
func TestCacheIsItsModel(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		most, purgeable := 1+r.IntN(40), seed%5 != 0
		c := newCache(512, 96, purgeable)
		c.resize(most)
		m := &model{at: map[uint32]uintptr{}, pinned: map[uint32]bool{}}
		for step := range 4000 {
			key := uint32(1 + r.IntN(3*most+20))
			switch r.IntN(24) {
			case 0:
				c.truncate(key)
				for k := range m.at {
					if k >= key {
						m.forget(k)
					}
				}
			case 1:
				most = 1 + r.IntN(40)
				c.resize(most)
				for purgeable && len(m.at) > most && len(m.used) > 0 {
					m.forget(m.used[0])
				}
			case 2:
				c.shrink()
				for purgeable && len(m.used) > 0 {
					m.forget(m.used[0])
				}
			case 3, 4:
				to := uint32(1 + r.IntN(3*most+20))
				if !m.pinned[key] || m.pinned[to] || to == key {
					continue
				}
				c.rekey(slotOf(m.at[key]), to)
				m.forget(to)
				m.at[to], m.pinned[to] = m.at[key], true
				delete(m.at, key)
				delete(m.pinned, key)
			case 5, 6, 7, 8, 9, 10, 11, 12:
				if !m.pinned[key] {
					continue
				}
				discard := r.IntN(6) == 0
				c.unpin(slotOf(m.at[key]), discard)
				switch {
				case discard || purgeable && len(m.at) > most:
					m.forget(key)
				default:
					delete(m.pinned, key)
					m.used = append(m.used, key)
				}
			default:
				m.fetched(t, c, key, int32(r.IntN(3)), most)
			}
			if c.n != len(m.at) || c.pins != len(m.pinned) {
				t.Fatalf("seed %d, step %d: %d pages, %d pinned; %d and %d are to be", seed, step, c.n, c.pins, len(m.at), len(m.pinned))
			}
		}
		c.truncate(0)
		if c.shrink(); c.n != 0 || len(c.mem.blocks) != 0 {
			t.Errorf("seed %d: %d pages, %d blocks are left", seed, c.n, len(c.mem.blocks))
		}
	}
}

func (m *model) fetched(t *testing.T, c *cache, key uint32, create int32, most int) {
	t.Helper()
	had, is := m.at[key]
	got := c.fetch(key, create)
	switch {
	case is:
		if got != had || marked(got) != uintptr(key) && marked(got) != had {
			t.Fatalf("page %d was at %x, is at %x", key, had, got)
		}
		if !m.pinned[key] {
			m.unused(key)
			m.pinned[key] = true
		}
	case create == 0 || create == 1 && c.purgeable && len(m.pinned) >= most*9/10:
		if got != 0 {
			t.Fatalf("page %d was made for %d, with %d pinned of %d", key, create, len(m.pinned), most)
		}
	default:
		if got == 0 || *beside(got) != 0 {
			t.Fatalf("page %d was not made, or not as new", key)
		}
		if c.purgeable && len(m.at) >= most && len(m.used) > 0 {
			m.forget(m.used[0])
		}
		for k, at := range m.at {
			if at == got {
				t.Fatalf("page %d lies where page %d does", key, k)
			}
		}
		*beside(got) = 1
		mark(got, got)
		m.at[key], m.pinned[key] = got, true
	}
}
