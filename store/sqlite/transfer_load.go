package sqlite

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"concord/fault"
	"concord/store"
)

// Load is described in store.Transfer. It is work of the writer, so that no
// Update comes between.
func (e *Engine) Load(ctx context.Context, rows iter.Seq2[store.Row, error], key []byte, accept func([]store.Sum) error) error {
	return e.submit(&request{ctx: ctx, done: make(chan struct{}, 1), work: func() error {
		return e.writer.loadAll(ctx, rows, key, accept)
	}})
}

// loadAll fills the store in one transaction, which the log holds until its
// end, so that a crash leaves nothing of it. The secondary indexes are made at
// the end; what they sort may be more than memory holds.
func (w *writer) loadAll(ctx context.Context, rows iter.Seq2[store.Row, error], key []byte, accept func([]store.Sum) error) error {
	if w.bulk != nil {
		return fault.New(fault.Conflict, "store.not-empty", "a bulk import is under way in the store that is to be filled")
	}
	conn := w.snap.conn
	if err := pragmas(conn, fmt.Sprintf("cache_size = -%d", bulkCacheKB), "temp_store = FILE"); err != nil {
		return err
	}
	err := w.begin()
	if err == nil {
		if err = w.fill(ctx, rows, key, accept); err == nil {
			err = w.snap.run("COMMIT")
		}
	}
	w.reset()
	perr := pragmas(conn, fmt.Sprintf("cache_size = -%d", writerCacheKB), "shrink_memory", "temp_store = MEMORY")
	if err == nil {
		err = perr
	}
	if err != nil {
		return err
	}
	w.finish("PASSIVE")
	return w.loadNames()
}

func (w *writer) fill(ctx context.Context, rows iter.Seq2[store.Row, error], key []byte, accept func([]store.Sum) error) error {
	if err := w.snap.empty(); err != nil {
		return err
	}
	for _, q := range [...]string{dropCode, dropValue, "DELETE FROM counter"} {
		if err := w.snap.run(q); err != nil {
			return err
		}
	}
	l := loader{s: w.snap}
	for r, err := range rows {
		if err == nil {
			err = l.load(r)
		}
		if err != nil {
			return err
		}
	}
	if n, err := w.snap.intOf("SELECT count(*) FROM counter"); err != nil || n != 1 {
		return orCut(err)
	}
	if err := createSecondary(w.snap.conn); err != nil {
		return err
	}
	s := store.NewSummer(key)
	if err := w.snap.dump(ctx, func(r store.Row) error { s.Add(r); return nil }); err != nil {
		return err
	}
	return accept(s.Sums())
}

// orCut is the error, or that the rows ended before the counters came.
func orCut(err error) error {
	if err == nil {
		err = fault.New(fault.Internal, "store.cut", "the rows to be loaded end too early")
	}
	return err
}

// empty expects a store that nobody has written to.
func (s *snapshot) empty() error {
	for _, t := range store.Tables() {
		q := "SELECT 1 FROM " + t.Name + " LIMIT 1"
		if t.Name == "counter" {
			q = "SELECT change + at + pk + job + message FROM counter"
		}
		n, err := s.intOf(q)
		if err != nil {
			return err
		}
		if n != 0 {
			return fault.New(fault.Conflict, "store.not-empty", "the store that is to be filled is not empty (%s)", t.Name)
		}
	}
	return nil
}

// loader writes rows; those of one table come together.
type loader struct {
	s        *snapshot
	table    *store.Table
	query    string
	nullable bool // bytes that are empty take no room
}

func (l *loader) load(r store.Row) error {
	if l.table == nil || l.table.Name != r.Table.Name {
		l.table, l.query = r.Table, loadQuery(r.Table)
		switch r.Table.Name {
		case "kv", "log", "loghash", "queue", "change":
			l.nullable = false
		default:
			l.nullable = true
		}
	}
	st, err := l.s.prepare(l.query)
	if err != nil {
		return err
	}
	param := 0
	for i, c := range r.Cells {
		kind, name := r.Table.Columns[i].Kind, r.Table.Columns[i].Name
		if kind == store.Place {
			row, err := rowOf(store.Key{PK: r.Cells[i-1].Int, LID: c.Int})
			if err != nil {
				return err
			}
			st.BindInt64(param, row) // in the place of the record key
			continue
		}
		param++
		switch {
		case kind == store.Text && words(r.Table.Name, name):
			bindWords(st, param, string(c.Bytes))
		case kind == store.Text:
			st.BindText(param, string(c.Bytes))
		case kind == store.Blob && l.nullable:
			bindBlob(st, param, c.Bytes)
		case kind == store.Blob:
			st.BindBytes(param, c.Bytes)
		case kind == store.Real && !c.Null:
			st.BindFloat(param, c.Real)
		case c.Null:
			st.BindNull(param)
		case name == "upd":
			st.BindInt64(param, c.Int-epoch)
		case name == "code" && kind == store.Int:
			bindSome(st, param, c.Int)
		default:
			st.BindInt64(param, c.Int)
		}
	}
	return done(st)
}

// words tells the texts that are NULL when they are empty.
func words(table, column string) bool {
	return table == "queue" || table == "journal" && (column == "place" || column == "text")
}

// loadQuery inserts the columns of load: a place takes one.
func loadQuery(t *store.Table) string {
	var columns, params []string
	for _, c := range t.Columns {
		if c.Kind == store.Place {
			columns[len(columns)-1] = "id"
			continue
		}
		columns = append(columns, c.Name)
		params = append(params, fmt.Sprintf("?%d", len(columns)))
	}
	if t.Name == "counter" {
		columns, params = append(columns, "id"), append(params, "1")
	}
	return "INSERT INTO " + t.Name + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(params, ", ") + ")"
}
