package pagecache

import (
	"sync"
	"sync/atomic"
)

// handles are the caches that SQLite holds, by the number that it knows each by.
type handles struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*cache] // replaced when it grows; an element is its cache's alone
	gaps []uintptr
}

var all handles

// of is the cache of a number. It takes no lock: the number was given out before.
func (x *handles) of(h uintptr) *cache { return (*x.list.Load())[h-1] }

func (x *handles) add(c *cache) uintptr {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := len(x.gaps); n > 0 {
		h := x.gaps[n-1]
		x.gaps = x.gaps[:n-1]
		(*x.list.Load())[h-1] = c
		return h
	}
	var old []*cache
	if at := x.list.Load(); at != nil {
		old = *at
	}
	list := make([]*cache, max(16, 2*len(old)))
	copy(list, old)
	for h := len(list); h > len(old)+1; h-- {
		x.gaps = append(x.gaps, uintptr(h))
	}
	list[len(old)] = c
	x.list.Store(&list)
	return uintptr(len(old) + 1)
}

func (x *handles) remove(h uintptr) {
	c := x.of(h)
	c.mem.release()
	x.mu.Lock()
	defer x.mu.Unlock()
	(*x.list.Load())[h-1] = nil
	x.gaps = append(x.gaps, h)
}
