package pagecache

// none is the end of a list of slots.
const none = -1

// cache holds the pages of one connection's one database. A page lies in a slot; slots
// are found by page number through a table of chains, and those that nobody has pinned
// are in one list by when they were used last.
type cache struct {
	purgeable bool // what is not pinned may be given up
	most      int  // pages that it may have, if purgeable
	mem       memory

	slots []slot
	table []int32 // heads of chains, by page number; its length is a power of two
	n     int     // pages
	pins  int     // of those the pinned ones
	free  int32   // head of the list of slots that were given up
	fresh int32   // the first slot that was never used since the cache was cleared

	newest, oldest int32 // of the pages that are not pinned
}

type slot struct {
	key          uint32
	pinned       bool
	next         int32 // in its chain, or in the list of those given up
	newer, older int32
}

// The least length of the table.
const leastTable = 64

func newCache(pageSize, extra int, purgeable bool) *cache {
	c := &cache{purgeable: purgeable, mem: newMemory(pageSize, extra), table: make([]int32, leastTable)}
	c.reset()
	return c
}

// reset forgets every page, in the time that the table takes.
func (c *cache) reset() {
	for i := range c.table {
		c.table[i] = none
	}
	c.n, c.pins, c.free, c.fresh, c.newest, c.oldest = 0, 0, none, 0, none, none
}

func (c *cache) chain(key uint32) *int32 { return &c.table[key&uint32(len(c.table)-1)] }

func (c *cache) find(key uint32) int32 {
	i := *c.chain(key)
	for i != none && c.slots[i].key != key {
		i = c.slots[i].next
	}
	return i
}

// fetch pins a page, and gives its address; 0 where there is none. What is made for a
// page that is not there: 0 nothing; 1 a page, unless most of what the cache may have is
// pinned: then pages that were changed are to be written first; 2 a page, while there is
// memory.
func (c *cache) fetch(key uint32, create int32) uintptr {
	i := c.find(key)
	switch {
	case i != none:
		if s := &c.slots[i]; !s.pinned {
			c.unlist(i)
			s.pinned = true
			c.pins++
		}
		return c.mem.address(i)
	case create == 0 || create == 1 && c.purgeable && c.pins >= c.most*9/10:
		return 0
	}
	if i = c.room(); i == none {
		return 0
	}
	c.slots[i] = slot{key: key, pinned: true}
	c.link(i)
	c.n++
	c.pins++
	return c.mem.renew(i)
}

// room is a slot for another page.
func (c *cache) room() int32 {
	if c.purgeable && c.n >= c.most && c.oldest != none {
		c.drop(c.oldest)
	}
	if i := c.free; i != none {
		c.free = c.slots[i].next
		return i
	}
	if int(c.fresh) == len(c.slots) {
		more := c.mem.grow()
		if more == 0 { // no memory: what is not in use makes room
			if c.oldest == none {
				return none
			}
			c.drop(c.oldest)
			i := c.free
			c.free = c.slots[i].next
			return i
		}
		c.slots = append(c.slots, make([]slot, more)...)
		c.widen()
	}
	i := c.fresh
	c.fresh++
	return i
}

// widen makes the table as long as there are slots.
func (c *cache) widen() {
	size := len(c.table)
	for size < len(c.slots) {
		size *= 2
	}
	if size == len(c.table) {
		return
	}
	old := c.table
	c.table = make([]int32, size)
	for i := range c.table {
		c.table[i] = none
	}
	for _, i := range old {
		for i != none {
			next := c.slots[i].next
			c.link(i)
			i = next
		}
	}
}

// link puts a slot at the head of its chain.
func (c *cache) link(i int32) {
	head := c.chain(c.slots[i].key)
	c.slots[i].next, *head = *head, i
}

// unlink takes a slot out of its chain.
func (c *cache) unlink(i int32) {
	at := c.chain(c.slots[i].key)
	for *at != i {
		at = &c.slots[*at].next
	}
	*at = c.slots[i].next
}

// list puts a slot before all that are not pinned.
func (c *cache) list(i int32) {
	s := &c.slots[i]
	s.newer, s.older = none, c.newest
	if c.newest != none {
		c.slots[c.newest].newer = i
	} else {
		c.oldest = i
	}
	c.newest = i
}

// unlist takes it out again.
func (c *cache) unlist(i int32) {
	s := &c.slots[i]
	if s.newer != none {
		c.slots[s.newer].older = s.older
	} else {
		c.newest = s.older
	}
	if s.older != none {
		c.slots[s.older].newer = s.newer
	} else {
		c.oldest = s.newer
	}
}

// drop gives a page up, pinned or not.
func (c *cache) drop(i int32) {
	s := &c.slots[i]
	if s.pinned {
		c.pins--
	} else {
		c.unlist(i)
	}
	c.unlink(i)
	c.n--
	s.pinned, s.next = false, c.free
	c.free = i
}

// unpin gives a page back, to be kept if that may be.
func (c *cache) unpin(i int32, discard bool) {
	if discard || c.purgeable && c.n > c.most {
		c.drop(i)
		return
	}
	c.slots[i].pinned = false
	c.pins--
	c.list(i)
}

// rekey gives a page another number; a page that had that number goes.
func (c *cache) rekey(i int32, key uint32) {
	if other := c.find(key); other != none && other != i {
		c.drop(other)
	}
	c.unlink(i)
	c.slots[i].key = key
	c.link(i)
}

// truncate gives up the pages from a number on, pinned ones too.
func (c *cache) truncate(from uint32) {
	if c.pins == 0 && from <= 1 { // pages are numbered from one on
		c.reset()
		return
	}
	for h := range c.table {
		for i := c.table[h]; i != none; {
			next := c.slots[i].next
			if c.slots[i].key >= from {
				c.drop(i)
			}
			i = next
		}
	}
}

// resize says how many pages the cache may have.
func (c *cache) resize(most int) {
	c.most = most
	for c.purgeable && c.n > c.most && c.oldest != none {
		c.drop(c.oldest)
	}
}

// shrink gives up what is not pinned, and the memory if nothing is.
func (c *cache) shrink() {
	for c.purgeable && c.oldest != none {
		c.drop(c.oldest)
	}
	if c.n == 0 {
		c.mem.release()
		c.slots, c.table = nil, make([]int32, leastTable)
		c.reset()
	}
}
