package memtable

import (
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// Table holds the entries of one generation: those of a run of commits.
type Table struct {
	Generation int64

	mu     sync.RWMutex
	hashed [Alias + 1]*btree.BTreeG[hashed] // by kind
	texts  *btree.BTreeG[text]
}

// hashed is an entry without text: no pointers, so that collecting passes over them.
type hashed struct{ h, id, seq, n int64 }

type text struct {
	v string
	hashed
}

func lessHashed(a, b hashed) bool {
	if a.h != b.h {
		return a.h < b.h
	}
	if a.id != b.id {
		return a.id < b.id
	}
	return a.seq < b.seq
}

func lessText(a, b text) bool {
	if a.h != b.h {
		return a.h < b.h
	}
	if c := strings.Compare(a.v, b.v); c != 0 {
		return c < 0
	}
	return lessHashed(a.hashed, b.hashed)
}

// New is an empty table.
func New(generation int64) *Table {
	t := &Table{Generation: generation}
	own := btree.Options{NoLocks: true}
	for _, k := range Kinds() {
		if k != Text {
			t.hashed[k] = btree.NewBTreeGOptions(lessHashed, own)
		}
	}
	t.texts = btree.NewBTreeGOptions(lessText, own)
	return t
}

// Len is the number of entries.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.hashed[Posting].Len() + t.hashed[Identifier].Len() + t.hashed[Alias].Len() + t.texts.Len()
}

// Change is a step that can be taken back: what was pending for a key under the
// number of a commit before it, and N, what is since.
type Change struct {
	Entry
	before int64
	had    bool
}

// Add files entries under the number of a commit, joins them with what that commit
// has filed before, and gives the steps by which they can be taken back.
func (t *Table) Add(seq int64, entries []Entry, steps []Change) []Change {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		before, had := t.set(seq, e.Key, e.N)
		if n := e.Kind.add(before, e.N); had && n != e.N {
			t.set(seq, e.Key, n)
			e.N = n
		}
		steps = append(steps, Change{Entry: e, before: before, had: had})
	}
	return steps
}

// Outcome is what a commit has filed by its steps: for each key what is pending after
// the last, in the order of the keys. What came and went is left out.
func Outcome(steps []Change) []Entry {
	order := make([]int32, len(steps))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := steps[a].Compare(steps[b].Key); c != 0 {
			return c
		}
		return int(a - b)
	})
	out := make([]Entry, 0, len(steps))
	for i, at := range order {
		last := i+1 == len(order) || steps[order[i+1]].Key != steps[at].Key
		if last && steps[at].N != 0 {
			out = append(out, steps[at].Entry)
		}
	}
	return out
}

// Undo takes steps back, the last first.
func (t *Table) Undo(seq int64, steps []Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(steps) - 1; i >= 0; i-- {
		if c := steps[i]; c.had {
			t.set(seq, c.Key, c.before)
		} else {
			t.remove(seq, c.Key)
		}
	}
}

// set gives what was pending before.
func (t *Table) set(seq int64, k Key, n int64) (before int64, had bool) {
	e := hashed{h: k.H, id: k.ID, seq: seq, n: n}
	if k.Kind == Text {
		was, had := t.texts.Set(text{v: strings.Clone(k.V), hashed: e}) // it may be a piece of a whole document
		return was.n, had
	}
	was, had := t.hashed[k.Kind].Set(e)
	return was.n, had
}

func (t *Table) remove(seq int64, k Key) {
	e := hashed{h: k.H, id: k.ID, seq: seq}
	if k.Kind == Text {
		t.texts.Delete(text{v: k.V, hashed: e})
		return
	}
	t.hashed[k.Kind].Delete(e)
}

// ascend walks the entries of one kind from a key, each as it was filed.
func (t *Table) ascend(from Key, f func(k Key, seq, n int64) bool) {
	if from.Kind == Text {
		t.texts.Ascend(text{v: from.V, hashed: hashed{h: from.H, id: from.ID, seq: -1}}, func(e text) bool {
			return f(Key{Text, e.h, e.v, e.id}, e.seq, e.n)
		})
		return
	}
	t.hashed[from.Kind].Ascend(hashed{h: from.H, id: from.ID, seq: -1}, func(e hashed) bool {
		return f(Key{Kind: from.Kind, H: e.h, ID: e.id}, e.seq, e.n)
	})
}
