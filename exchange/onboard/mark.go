package onboard

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/dchest/siphash"
)

// mark is what is kept of a row to find it again by its key: 16 bytes of a hash
// in place of the key, so that the same key is the same mark.
type mark struct {
	key  [2]uint64
	rank uint64 // what comes first among marks of one key
	row  uint64 // which row it is, or what it says
	sum  uint64 // what it says
}

const markSize = 40

func (m *mark) put(b []byte) {
	binary.BigEndian.PutUint64(b[0:], m.key[0])
	binary.BigEndian.PutUint64(b[8:], m.key[1])
	binary.BigEndian.PutUint64(b[16:], m.rank)
	binary.BigEndian.PutUint64(b[24:], m.row)
	binary.BigEndian.PutUint64(b[32:], m.sum)
}

func (m *mark) get(b []byte) {
	m.key = [2]uint64{binary.BigEndian.Uint64(b[0:]), binary.BigEndian.Uint64(b[8:])}
	m.rank, m.row, m.sum = binary.BigEndian.Uint64(b[16:]), binary.BigEndian.Uint64(b[24:]), binary.BigEndian.Uint64(b[32:])
}

func compareMarks(a, b *mark) int {
	switch {
	case a.key[0] != b.key[0]:
		return cmp.Compare(a.key[0], b.key[0])
	case a.key[1] != b.key[1]:
		return cmp.Compare(a.key[1], b.key[1])
	case a.rank != b.rank:
		return cmp.Compare(a.rank, b.rank)
	}
	return cmp.Compare(a.row, b.row)
}

// Marks are hashes of 128 bits: among ten million keys two that share one come
// up once in 10^24 extracts.
const hash0, hash1 = 0x636f6e636f7264, 0x6f6e626f617264

func keyOf(v []byte) [2]uint64 {
	a, b := siphash.Hash128(hash0, hash1, v)
	return [2]uint64{a, b}
}

// marks sorts more marks than fit in memory: sorted runs on disk, merged when
// they are read.
type marks struct {
	dir   string
	name  string
	most  int
	room  []mark
	runs  []string
	total int64
}

func newMarks(dir, name string, most int) *marks { return &marks{dir: dir, name: name, most: most} }

func (s *marks) add(m mark) error {
	s.room = append(s.room, m)
	s.total++
	if len(s.room) >= s.most {
		return s.spill()
	}
	return nil
}

func (s *marks) spill() error {
	s.sort()
	name := filepath.Join(s.dir, fmt.Sprintf("%s.run-%d", s.name, len(s.runs)))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return unstaged(err)
	}
	s.runs = append(s.runs, name)
	out := bufio.NewWriterSize(f, 1<<18)
	var b [markSize]byte
	for i := range s.room {
		s.room[i].put(b[:])
		out.Write(b[:])
	}
	s.room = s.room[:0]
	return unstaged(errors.Join(out.Flush(), f.Close()))
}

func (s *marks) sort() { slices.SortFunc(s.room, func(a, b mark) int { return compareMarks(&a, &b) }) }

// groups hands the marks of each key to f, in their order. A group is valid
// until the next.
func (s *marks) groups(f func([]mark) error) error {
	var group []mark
	err := s.each(func(m *mark) error {
		if len(group) > 0 && group[0].key != m.key {
			if err := f(group); err != nil {
				return err
			}
			group = group[:0]
		}
		group = append(group, *m)
		return nil
	})
	if err == nil && len(group) > 0 {
		err = f(group)
	}
	return err
}

// each hands over all marks in order.
func (s *marks) each(f func(*mark) error) error {
	if len(s.runs) == 0 {
		s.sort()
		for i := range s.room {
			if err := f(&s.room[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.room = nil
	var h runHeap
	for _, name := range s.runs {
		file, err := os.Open(name)
		if err != nil {
			return unstaged(err)
		}
		defer file.Close()
		r := &markRun{in: bufio.NewReaderSize(file, 1<<16)}
		if more, err := r.next(); err != nil {
			return err
		} else if more {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	for len(h) > 0 {
		if err := f(&h[0].at); err != nil {
			return err
		}
		more, err := h[0].next()
		if err != nil {
			return err
		}
		if more {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	return nil
}

// close removes what is on disk.
func (s *marks) close() {
	for _, name := range s.runs {
		os.Remove(name)
	}
}

type markRun struct {
	in *bufio.Reader
	at mark
}

func (r *markRun) next() (bool, error) {
	var b [markSize]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, unstaged(err)
	}
	r.at.get(b[:])
	return true, nil
}

type runHeap []*markRun

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return compareMarks(&h[i].at, &h[j].at) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)        { *h = append(*h, x.(*markRun)) }
func (h *runHeap) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}

// sumOf tells what a row says.
func sumOf(v []byte) uint64 { return siphash.Hash(hash0, hash1, v) }

// keySet are the keys of a class that other rows refer to: 16 bytes each, in
// order.
type keySet [][2]uint64

func (s keySet) has(k [2]uint64) bool {
	_, ok := slices.BinarySearchFunc(s, k, compareKeys)
	return ok
}

func compareKeys(a, b [2]uint64) int {
	if a[0] != b[0] {
		return cmp.Compare(a[0], b[0])
	}
	return cmp.Compare(a[1], b[1])
}
