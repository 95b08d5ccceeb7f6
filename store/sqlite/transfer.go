package sqlite

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite/memtable"
)

var _ store.Transfer = (*Engine)(nil)

// The neutral parts of a place, see row.go, and of the columns that are kept in
// another form than they are handed over in.
const (
	pkOfRow  = "id >> 31"
	lidOfRow = "((id >> 23) & 255) << 32 | (id & 8388607)"
	fullTime = "upd + 1906502400000000" // epoch
)

// dumpQuery selects the neutral columns of a table in the order of its key.
func dumpQuery(t *store.Table) string {
	var columns []string
	packed, placed := t.Name == "rec" || t.Name == "rec_hist", false
	for _, c := range t.Columns {
		placed = placed || c.Kind == store.Place
		switch {
		case c.Kind == store.Place:
			columns = append(columns, lidOfRow)
		case packed && c.Name == "upd":
			columns = append(columns, fullTime)
		default:
			columns = append(columns, c.Name)
		}
	}
	if placed {
		for i, c := range t.Columns {
			if c.Name == "pk" {
				columns[i] = pkOfRow
			}
		}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + t.Name
}

// Dump is described in store.Transfer. A store whose bulk load was never
// finished is refused: Conflict "store.bulk-interrupted".
func (e *Engine) Dump(ctx context.Context, yield func(store.Row) error) error {
	if e.Interrupted() {
		return interruptedFault()
	}
	if err := e.catchUp(ctx); err != nil {
		return err
	}
	return e.View(ctx, func(r store.Reader) error { return r.(*snapshot).dump(ctx, yield) })
}

func interruptedFault() error {
	return fault.New(fault.Conflict, "store.bulk-interrupted", "a bulk import into this store was not finished: run it again to its end first")
}

func (s *snapshot) dump(ctx context.Context, yield func(store.Row) error) error {
	tables := store.Tables()
	for i := range tables {
		t := &tables[i]
		r := store.Row{Table: t, Cells: make([]store.Cell, len(t.Columns))}
		o, err := s.overlayOf(t.Name, func(e memtable.Entry) error {
			toCells(e, r.Cells)
			return yield(r)
		})
		if err != nil {
			return err
		}
		err = s.each(dumpQuery(t), func(st *sqlite.Stmt) error {
			if err := ctx.Err(); err != nil {
				return cancelled(err)
			}
			for c := range r.Cells {
				readCell(st, c, t.Columns[c].Kind, &r.Cells[c])
			}
			if o == nil {
				return yield(r)
			}
			e, err := fromCells(t.Name, r.Cells)
			if err != nil {
				return err
			}
			return o.row(e)
		})
		if err == nil && o != nil {
			err = o.end()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readCell reads a column into a cell, whose room is used again.
func readCell(st *sqlite.Stmt, col int, k store.Kind, c *store.Cell) {
	c.Null = st.ColumnIsNull(col)
	switch k {
	case store.Text, store.Blob:
		n := st.ColumnLen(col)
		if cap(c.Bytes) < n {
			c.Bytes = make([]byte, n)
		}
		c.Bytes = c.Bytes[:n]
		st.ColumnBytes(col, c.Bytes)
	case store.Real:
		c.Real = st.ColumnFloat(col)
	default:
		c.Int = st.ColumnInt64(col)
	}
}
