package postgres

import (
	"context"
	"math"
	"strings"

	"concord/fault"
	"concord/store"
)

var _ store.Transfer = (*Engine)(nil)

// dumpQuery selects the neutral columns of a table: keys and dates unpacked as
// row.go packs them; a value as the shortest decimal number that it is.
func dumpQuery(t *store.Table) string {
	if t.Name == "counter" {
		return "SELECT change, at, pk, job, message FROM head ORDER BY n DESC LIMIT 1"
	}
	var columns []string
	for _, c := range t.Columns {
		text := c.Name
		switch {
		case c.Kind == store.Place:
			text = "((lid >> 23)::bigint << 32 | (lid & 8388607))"
		case c.Kind == store.Date:
			text = "d::bigint + 2147483648"
		case c.Kind == store.Hash:
			text = "nullif(" + c.Name + ", 0)"
		case c.Kind == store.Real:
			text = "CASE WHEN qh <> 0 THEN qv::text::float8 END"
		case c.Name == "del" || c.Name == "parked":
			text = c.Name + "::int"
		}
		columns = append(columns, text)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + t.Name
}

// Dump is described in store.Transfer. A store whose bulk load was never
// finished is refused: Conflict "store.bulk-interrupted".
func (e *Engine) Dump(ctx context.Context, yield func(store.Row) error) error {
	c, err := dial(ctx, e.config, e.opts.Now, nil)
	if err != nil {
		return err
	}
	defer c.close()
	s := &snapshot{e: e, c: c, now: e.opts.Now, view: true}
	left, err := s.bulkLeft(ctx)
	if err != nil {
		return err
	}
	if left {
		return fault.New(fault.Conflict, "store.bulk-interrupted", "a bulk import into this store was not finished: run it again to its end first")
	}
	return s.dump(ctx, yield)
}

// dump walks whole tables, which the settings for questions would make slow.
func (s *snapshot) dump(ctx context.Context, yield func(store.Row) error) error {
	s.send(seqscanOn, nil)
	tables := store.Tables()
	for i := range tables {
		t := &tables[i]
		out := store.Row{Table: t, Cells: make([]store.Cell, len(t.Columns))}
		err := s.each(ctx, dumpQuery(t), func(r row) error {
			for c := range out.Cells {
				readCell(r, c, t.Columns[c].Kind, &out.Cells[c])
			}
			return yield(out)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readCell reads a column into a cell, which is valid as long as the row.
func readCell(r row, col int, k store.Kind, c *store.Cell) {
	c.Null = r.null(col)
	switch k {
	case store.Text, store.Blob:
		c.Bytes = r[col]
	case store.Real:
		c.Real = math.Float64frombits(uint64(r.int(col)))
	default:
		c.Int = r.int(col)
	}
}
