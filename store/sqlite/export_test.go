package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"
)

// Watch has f told of every statement. Call it before the engine is used.
func (e *Engine) Watch(f func(query string)) {
	e.writer.snap.seen = f
	for _, s := range e.readers.all {
		s.seen = f
	}
}

// Plan asks SQLite how it would run a statement.
func (e *Engine) Plan(query string) (steps []string, err error) {
	err = e.submit(&request{ctx: context.Background(), done: make(chan struct{}, 1), work: func() error {
		return e.writer.snap.each("EXPLAIN QUERY PLAN "+query, func(st *sqlite.Stmt) error {
			steps = append(steps, st.ColumnText(3))
			return nil
		})
	}})
	return steps, err
}

// AheadRows counts the rows that a file of entries ahead of the database holds.
func AheadRows(records []byte) int { return len(aheadRecords(records)) }

// Waiting counts the Updates that wait for the writer.
func (e *Engine) Waiting() int { return len(e.writer.queue) + len(e.writer.later) }
