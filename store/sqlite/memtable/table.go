package memtable

import (
	"cmp"
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
	return cmp.Or(cmp.Compare(a.v, b.v), cmp.Compare(a.id, b.id), cmp.Compare(a.seq, b.seq)) < 0
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
// number of a commit.
type Change struct {
	Key    Key
	before int64
	had    bool
}

// Add files entries under the number of a commit, joins them with what that commit
// has filed before, and gives the steps by which they can be taken back.
func (t *Table) Add(seq int64, entries []Entry, steps []Change) []Change {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		before, had := t.get(seq, e.Key)
		t.set(seq, e.Key, e.Kind.add(before, e.N))
		steps = append(steps, Change{Key: e.Key, before: before, had: had})
	}
	return steps
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

// Get is what a commit has filed for a key.
func (t *Table) Get(seq int64, k Key) (n int64, had bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.get(seq, k)
}

func (t *Table) get(seq int64, k Key) (n int64, had bool) {
	if k.Kind == Text {
		e, ok := t.texts.Get(text{v: k.V, hashed: hashed{h: k.H, id: k.ID, seq: seq}})
		return e.n, ok
	}
	e, ok := t.hashed[k.Kind].Get(hashed{h: k.H, id: k.ID, seq: seq})
	return e.n, ok
}

func (t *Table) set(seq int64, k Key, n int64) {
	e := hashed{h: k.H, id: k.ID, seq: seq, n: n}
	if k.Kind == Text {
		t.texts.Set(text{v: strings.Clone(k.V), hashed: e}) // it may be a piece of a whole document
		return
	}
	t.hashed[k.Kind].Set(e)
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
