package linkage

import (
	"cmp"
	"slices"
)

// known is the truth about the records of a run, by their numbers.
type known struct {
	of     []uint32 // the cluster of each, from 1; 0 = none is known
	people int      // clusters that there are
	rows   []belongs
	ids    []uint64 // of each record, where the truth is pairs
	pairs  map[[2]uint64]bool
}

// about makes a truth ready for so many records.
func (t *Truth) about(records int) *known {
	if t.pairs != nil {
		return &known{ids: make([]uint64, records), pairs: t.pairs}
	}
	if t.people == 0 {
		t.number()
	}
	return &known{of: make([]uint32, records), rows: t.rows, people: t.people}
}

// number puts the rows in the order of ids and gives clusters numbers for names. Of an
// id that came twice the last row counts.
func (t *Truth) number() {
	slices.SortStableFunc(t.rows, func(a, b belongs) int { return cmp.Compare(a.id, b.id) })
	kept := t.rows[:0]
	for i, row := range t.rows {
		if i+1 == len(t.rows) || t.rows[i+1].id != row.id {
			kept = append(kept, row)
		}
	}
	names := make([]uint64, len(kept))
	for i, row := range kept {
		names[i] = row.cluster
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for i, row := range kept {
		n, _ := slices.BinarySearch(names, row.cluster)
		kept[i].cluster = uint64(n + 1)
	}
	t.rows, t.people = kept, len(names)
}

// meet notes which record has an id (hashed), and gives its cluster, 0 when none is
// known.
func (k *known) meet(record uint32, id uint64) uint32 {
	if k.pairs != nil {
		k.ids[record] = id
		return 0
	}
	if i, ok := slices.BinarySearchFunc(k.rows, id, func(row belongs, id uint64) int { return cmp.Compare(row.id, id) }); ok {
		k.of[record] = uint32(k.rows[i].cluster)
	}
	return k.of[record]
}

// same tells whether two records are of one person.
func (k *known) same(a, b uint32) bool {
	if k.pairs != nil {
		return k.pairs[pairOf(k.ids[a], k.ids[b])]
	}
	return k.of[a] != 0 && k.of[a] == k.of[b]
}
