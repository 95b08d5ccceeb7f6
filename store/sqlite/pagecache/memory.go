package pagecache

import (
	"unsafe"

	"modernc.org/libc"
)

// memory is what the pages of a cache lie in, outside of what Go collects: blocks of
// places one behind the other. A place begins with a sqlite3_pcache_page (the addresses
// of the page and of what SQLite keeps beside it) and the number of its slot; the page
// and what is beside it follow.
type memory struct {
	page, place uintptr // bytes
	blocks      []uintptr
	starts      []uintptr // the address of each place, by slot
}

// A cache takes few places at first, since most are those of a sort or of a small
// table, and twice as many each time, up to these.
const firstPlaces, mostPlaces = 2, 64

// head is the length of what stands before a page.
const head = 4 * unsafe.Sizeof(uintptr(0))

func newMemory(pageSize, extra int) memory {
	const align = 16
	size := head + uintptr(pageSize) + uintptr(extra)
	return memory{page: uintptr(pageSize), place: (size + align - 1) &^ (align - 1)}
}

// grow takes more places, and tells how many; 0 when there is no memory.
func (m *memory) grow() int {
	n := min(mostPlaces, max(firstPlaces, len(m.starts)))
	at := libc.Xmalloc(nil, libc.Tsize_t(m.place*uintptr(n)))
	if at == 0 {
		return 0
	}
	m.blocks = append(m.blocks, at)
	for range n {
		*word(at) = at + head
		*word(at + unsafe.Sizeof(at)) = at + head + m.page
		*word(at + 2*unsafe.Sizeof(at)) = uintptr(len(m.starts))
		m.starts = append(m.starts, at)
		at += m.place
	}
	return n
}

// address is that of the sqlite3_pcache_page of a slot.
func (m *memory) address(i int32) uintptr { return m.starts[i] }

// renew is address, for a page that was not there: SQLite knows by the first word of
// what it keeps beside a page that it has not begun to.
func (m *memory) renew(i int32) uintptr {
	at := m.starts[i]
	*word(at + head + m.page) = 0
	return at
}

// slotOf is the slot of a sqlite3_pcache_page.
func slotOf(page uintptr) int32 { return int32(*word(page + 2*unsafe.Sizeof(page))) }

// release gives all of it back.
func (m *memory) release() {
	for _, b := range m.blocks {
		libc.Xfree(nil, b)
	}
	m.blocks, m.starts = nil, nil
}

// word is the word at an address outside of Go's heap.
func word(at uintptr) *uintptr { return *(**uintptr)(unsafe.Pointer(&at)) }
