package sqlite

import (
	"zombiezen.com/go/sqlite"

	"concord/store/sqlite/memtable"
)

// filed is what a snapshot sees of pending index entries: nothing, or what the View
// or the writer that it belongs to sees.
func (s *snapshot) filed() (*memtable.View, error) {
	switch {
	case s.pending != nil:
		return s.pending.view(), nil
	case s.sees != nil:
		return s.sees.view(s)
	}
	return &memtable.View{}, nil
}

// sees is what a View sees of pending entries. The tables of before it began and the
// ones of now hold what its snapshot has not found merged, unless it began to read
// long after: then, and in a process that does not write, they are read from the disk.
type sees struct {
	e    *Engine
	had  *tables
	seen *memtable.View
}

func (v *sees) view(s *snapshot) (*memtable.View, error) {
	if v.seen != nil {
		return v.seen, nil
	}
	m, err := s.mergeState()
	if err != nil {
		return nil, err
	}
	t := v.had.of(m)
	if t == nil {
		t = v.e.tables.Load().of(m)
	}
	if t == nil {
		t, err = v.read(s, m)
	}
	if err != nil {
		return nil, err
	}
	v.seen = memtable.See(t.merging, m.merged, t.filling, m.filed)
	return v.seen, nil
}

// read takes the tables from the disk. They serve the Views after it as long as
// nothing more is filed.
func (v *sees) read(s *snapshot, m mergeState) (*tables, error) {
	if v.e.opts.ReadOnly {
		if r := v.e.readBefore.Load(); r != nil && r.filed == m.filed && r.merging == m.merging && r.filling == m.filling {
			return r.t, nil
		}
	}
	t, _, err := s.readPending(m)
	if err == nil && v.e.opts.ReadOnly {
		v.e.readBefore.Store(&readTables{m, t})
	}
	return t, err
}

// readTables are tables that were read from the disk in some state.
type readTables struct {
	mergeState
	t *tables
}

// of are the tables in memory of a state of the disk, nil when they are not these.
func (t *tables) of(m mergeState) *tables {
	if t == nil {
		return nil
	}
	find := func(generation int64) *memtable.Table {
		for _, have := range [...]*memtable.Table{t.merging, t.filling} {
			if have != nil && have.Generation == generation {
				return have
			}
		}
		return nil
	}
	out := &tables{filling: find(m.filling)}
	if m.merging != m.filling {
		if out.merging = find(m.merging); out.merging == nil {
			return nil
		}
	}
	if out.filling == nil {
		return nil
	}
	return out
}

// overlay makes one walk of the rows of a table and of what is pending for them.
type overlay struct {
	pending []memtable.Entry
	f       func(memtable.Entry) error
	stopped bool
}

// row takes the next row of the table, with its count (1 where there is none).
func (o *overlay) row(r memtable.Entry) error {
	for len(o.pending) > 0 && o.pending[0].Compare(r.Key) < 0 {
		if err := o.next(0); err != nil {
			return err
		}
	}
	if len(o.pending) > 0 && o.pending[0].Key == r.Key {
		return o.next(r.N)
	}
	return o.give(r)
}

// next gives the next pending row, of which the table has a count.
func (o *overlay) next(have int64) error {
	e := o.pending[0]
	o.pending = o.pending[1:]
	e.N = e.Stands(have)
	return o.give(e)
}

func (o *overlay) give(e memtable.Entry) error {
	if e.N <= 0 {
		return nil
	}
	err := o.f(e)
	o.stopped = o.stopped || err == error(stop{})
	return err
}

// end gives what is pending behind the last row of the table.
func (o *overlay) end() error {
	for len(o.pending) > 0 && !o.stopped {
		if err := o.next(0); err != nil && !o.stopped {
			return err
		}
	}
	return nil
}

// overlaid walks the rows of a query, from the first on as long as they are within,
// and what is pending there.
func (s *snapshot) overlaid(from memtable.Key, within func(memtable.Key) bool, query string, row func(*sqlite.Stmt) memtable.Entry, f func(memtable.Entry) error, args ...any) error {
	v, err := s.filed()
	if err != nil {
		return err
	}
	o := overlay{f: f}
	o.pending, _ = v.Entries(from, 1<<31-1, within)
	err = s.each(query, func(st *sqlite.Stmt) error {
		if r := row(st); within(r.Key) {
			return o.row(r)
		}
		return stop{}
	}, args...)
	if err != nil {
		return err
	}
	return o.end()
}
