package sqlite

import (
	"concord/store"
	"concord/store/sqlite/memtable"
)

// kindOf is the kind of the entries that are pending for a table, 0 for others.
func kindOf(table string) memtable.Kind {
	switch table {
	case "post":
		return memtable.Posting
	case "ident":
		return memtable.Identifier
	case "str":
		return memtable.Text
	case "alias":
		return memtable.Alias
	}
	return 0
}

// overlayOf makes ready to walk a table with what is pending for it, nil when that
// can be nothing.
func (s *snapshot) overlayOf(table string, f func(memtable.Entry) error) (*overlay, error) {
	kind := kindOf(table)
	if kind == 0 {
		return nil, nil
	}
	v, err := s.filed()
	if err != nil {
		return nil, err
	}
	o := &overlay{f: f}
	o.pending, _ = v.Entries(memtable.Key{Kind: kind, H: -1 << 63}, 1<<31-1, func(memtable.Key) bool { return true })
	return o, nil
}

// fromCells reads the cells of a row of an index: a hash, of str a value, then the
// record and of post a count, of others the place in it.
func fromCells(table string, cells []store.Cell) (e memtable.Entry, err error) {
	e.Kind, e.H, e.N = kindOf(table), cells[0].Int, 1
	if e.Kind == memtable.Posting {
		e.ID, e.N = cells[1].Int, cells[2].Int
		return e, nil
	}
	if e.Kind == memtable.Text {
		e.V = string(cells[1].Bytes)
	}
	n := len(cells)
	e.ID, err = rowOf(store.Key{PK: cells[n-2].Int, LID: cells[n-1].Int})
	return e, err
}

// toCells is the way back.
func toCells(e memtable.Entry, cells []store.Cell) {
	cells[0].Int = e.H
	if e.Kind == memtable.Posting {
		cells[1].Int, cells[2].Int = e.ID, e.N
		return
	}
	if e.Kind == memtable.Text {
		cells[1].Bytes = append(cells[1].Bytes[:0], e.V...)
	}
	n, k := len(cells), keyOf(e.ID)
	cells[n-2].Int, cells[n-1].Int = k.PK, k.LID
}
