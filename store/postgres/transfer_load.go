package postgres

import (
	"context"
	"iter"
	"math/rand/v2"
	"strings"

	"concord/fault"
	"concord/store"
)

const (
	lockHead    = "LOCK TABLE head IN EXCLUSIVE MODE"
	moreMemory  = "SET LOCAL maintenance_work_mem = '256MB'"
	lastName    = "SELECT coalesce(max(id), 0) FROM name"
	columnTypes = "SELECT attname::text, atttypid::bigint FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped"
)

// Load is described in store.Transfer. It works on a connection of its own and
// for every writer looks like the commit of another process.
func (e *Engine) Load(ctx context.Context, rows iter.Seq2[store.Row, error], key []byte, accept func([]store.Sum) error) error {
	c, err := dial(ctx, e.config, e.opts.Now, nil)
	if err != nil {
		return err
	}
	defer c.close()
	l := &loading{c: c, schema: e.schema, s: &snapshot{e: e, c: c, now: e.opts.Now}}
	if err = l.steps(ctx, begin); err != nil {
		return failed(err, "load a store")
	}
	err = l.fill(ctx, rows, key, accept)
	if l.told != nil {
		return l.told
	}
	if err == nil {
		err = l.steps(ctx, commit)
	}
	return failed(err, "load a store")
}

// loading is one Load.
type loading struct {
	c      *conn
	s      *snapshot
	schema string
	head   counters
	told   error // what the caller's rows or accept ended with
}

func (l *loading) steps(ctx context.Context, queries ...string) error {
	for _, q := range queries {
		if err := l.c.run(ctx, q, nil); err != nil {
			return err
		}
	}
	return nil
}

// fill does everything between begin and commit, holding the writers' lock.
func (l *loading) fill(ctx context.Context, rows iter.Seq2[store.Row, error], key []byte, accept func([]store.Sum) error) error {
	if err := l.c.run(ctx, takeLock, nil, lockKey(l.schema, lockWrite)); err != nil {
		return err
	}
	if err := l.steps(ctx, lockHead); err != nil {
		return err
	}
	if err := l.empty(ctx); err != nil {
		return err
	}
	if err := l.steps(ctx, dropCode, dropValue, moreMemory); err != nil {
		return err
	}
	if err := l.copy(ctx, rows); err != nil {
		return err
	}
	if err := l.steps(ctx, createCode, createValue, statistics); err != nil {
		return err
	}
	s := store.NewSummer(key)
	if err := l.s.dump(ctx, func(r store.Row) error { s.Add(r); return nil }); err != nil {
		return err
	}
	l.told = accept(s.Sums())
	return l.told
}

// empty expects a store that nobody has written to.
func (l *loading) empty(ctx context.Context) error {
	err := l.c.run(ctx, lastHead, func(r row) error {
		l.head.n = r.int(0)
		for i := 1; i < len(r); i++ {
			l.head.at |= r.int(i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if l.head.at != 0 {
		return notEmpty("head")
	}
	for _, t := range store.Tables() {
		if t.Name == "counter" {
			continue
		}
		some := false
		if err := l.c.run(ctx, "SELECT 1 FROM "+t.Name+" LIMIT 1", func(row) error { some = true; return nil }); err != nil {
			return err
		}
		if some {
			return notEmpty(t.Name)
		}
	}
	return nil
}

func notEmpty(table string) error {
	return fault.New(fault.Conflict, "store.not-empty", "the store that is to be filled is not empty (%s)", table)
}

// copy sends the rows, one COPY for the rows of a table that come together,
// and the counters as the next head.
func (l *loading) copy(ctx context.Context, rows iter.Seq2[store.Row, error]) error {
	pull, stop := iter.Pull2(rows)
	defer stop()
	next := func() (store.Row, error, bool) {
		r, err, more := pull()
		l.told = err
		return r, err, more
	}
	r, err, more := next()
	for more && err == nil && r.Table.Name != "counter" {
		types, terr := l.types(ctx, r.Table.Name)
		if terr != nil {
			return terr
		}
		from := &copying{table: r.Table, types: types, next: next, row: r, more: true}
		_, cerr := l.c.pg.CopyFrom(ctx, from, "COPY "+r.Table.Name+" ("+strings.Join(copyColumns(r.Table), ", ")+") FROM STDIN (FORMAT binary)")
		r, err, more = from.end()
		if err == nil {
			err = cerr
		}
	}
	if err != nil {
		return err
	}
	if !more || len(r.Cells) != 5 {
		return fault.New(fault.Internal, "store.cut", "the rows to be loaded end too early")
	}
	h := counters{n: l.head.n + 1, change: r.Cells[0].Int, at: r.Cells[1].Int, pk: r.Cells[2].Int, job: r.Cells[3].Int, message: r.Cells[4].Int}
	if _, err, more = next(); err != nil {
		return err
	}
	if more {
		return fault.New(fault.Internal, "store.cut", "rows follow behind the counters")
	}
	if err := l.c.run(ctx, lastName, func(r row) error { h.name = int32(r.int(0)); return nil }); err != nil {
		return err
	}
	return l.c.run(ctx, insertHead, nil, h.n, int64(rand.Uint64()), h.change, h.at, h.pk, h.job, h.message, h.name)
}

// types are the types of a table's columns.
func (l *loading) types(ctx context.Context, table string) (map[string]uint32, error) {
	types := map[string]uint32{}
	err := l.c.run(ctx, columnTypes, func(r row) error { types[r.text(0)] = uint32(r.int(1)); return nil }, table)
	return types, err
}

// copyColumns are the columns as the table has them.
func copyColumns(t *store.Table) []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}
