package sqlite

import (
	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store/sqlite/memtable"
)

// pending is the writer's side of the index entries that are not in their tables
// yet. An entry of an index lies anywhere in its table: each changes a page of its
// own, which a commit has to write whole. So they are kept in memory, a commit writes
// all of its own as one row of the table pending, and when many have gathered they
// are merged in the order of their tables, where many change one page, a few with
// each commit. What is made and deleted before then never reaches the tables.
//
// A generation is filled until it has limit entries; then the next is filled while it
// is merged.
type pending struct {
	e     *Engine
	limit int

	seq     int64 // of the last commit that has filed entries
	filling *memtable.Table
	merging *memtable.Table   // nil when there is nothing to merge
	last    int64             // the last commit of the generation that is merged
	merged  *memtable.Key     // up to where, in the transaction that is open
	kept    *memtable.Key     // up to where, on the disk
	ended   bool              // the open transaction merges the last of a generation
	steps   []memtable.Change // of the commit that is gathering
	roomy   bool              // it is of work that is in no hurry
}

// tables are what readers see of it.
type tables struct{ merging, filling *memtable.Table }

// defaultPending is the size of a generation: some 6 MB of memory. While work that is
// in no hurry writes much, a load, it is as many times larger: in a large store the
// fewer merges there are, the more entries change one page.
const (
	defaultPending = 128 << 10
	roomyPending   = 4
)

// openPending reads what was filed and not merged when the process ended.
func openPending(e *Engine, s *snapshot) (*pending, error) {
	p := &pending{e: e, limit: e.opts.PendingEntries}
	m, err := s.mergeState()
	if err != nil {
		return nil, err
	}
	t, last, err := s.readPending(m)
	if err != nil {
		return nil, err
	}
	p.seq, p.merging, p.filling, p.last = m.filed, t.merging, t.filling, last
	p.merged, p.kept = m.merged, m.merged
	e.tables.Store(t)
	return p, nil
}

// add files entries for the commit that is gathering.
func (p *pending) add(entries []memtable.Entry) {
	p.steps = p.filling.Add(p.seq+1, entries, p.steps)
}

// back takes away what was filed since there were n steps.
func (p *pending) back(n int) {
	p.filling.Undo(p.seq+1, p.steps[n:])
	p.steps = p.steps[:n]
}

// reset goes back to what the disk has.
func (p *pending) reset() {
	p.back(0)
	p.merged, p.ended = p.kept, false
}

// view is what the open transaction sees beside the tables.
func (p *pending) view() *memtable.View {
	return memtable.See(p.merging, p.merged, p.filling, 1<<63-1)
}

// write writes what the commit has filed, and merges in proportion: a generation is
// merged before the next is full.
func (p *pending) write(s *snapshot) error {
	if len(p.steps) == 0 {
		return nil
	}
	if err := p.merge(s, len(p.steps)*3/2+mergeLeast); err != nil {
		return err
	}
	return s.run("INSERT INTO pending (seq, generation, entries) VALUES (?1, ?2, ?3)", p.seq+1, p.filling.Generation, notNil(memtable.Pack(memtable.Outcome(p.steps))))
}

// committed takes note that the disk has it, and begins to merge a generation that
// is full.
func (p *pending) committed() {
	if len(p.steps) > 0 {
		p.seq++
	}
	p.steps = p.steps[:0]
	p.kept = p.merged
	if p.ended {
		p.merging, p.merged, p.kept, p.ended = nil, nil, nil, false
		p.e.tables.Store(&tables{filling: p.filling})
	}
	if p.merging == nil && p.filling.Len() >= p.size() {
		p.merging, p.last = p.filling, p.seq
		p.filling = memtable.New(p.merging.Generation + 1)
		p.e.tables.Store(&tables{p.merging, p.filling})
	}
}

func (p *pending) size() int {
	if p.roomy {
		return roomyPending * p.limit
	}
	return p.limit
}

// state is what the counters say once the open transaction is committed.
func (p *pending) state() mergeState {
	m := mergeState{filed: p.seq, filling: p.filling.Generation, merged: p.merged}
	if len(p.steps) > 0 {
		m.filed++
	}
	if m.merging = m.filling; p.merging != nil && !p.ended {
		m.merging = p.merging.Generation
	}
	if p.ended {
		m.merged = nil
	}
	return m
}

// mergeState is the part of the counters that tells what of pending is where.
type mergeState struct {
	filed, merging, filling int64
	merged                  *memtable.Key
}

func (s *snapshot) mergeState() (m mergeState, err error) {
	var at []byte
	err = s.each("SELECT filed, merging, filling, merged FROM counter", func(st *sqlite.Stmt) error {
		m = mergeState{filed: st.ColumnInt64(0), merging: st.ColumnInt64(1), filling: st.ColumnInt64(2)}
		at = blob(st, 3)
		return nil
	})
	if err != nil || at == nil {
		return m, err
	}
	e, err := memtable.Unpack(at)
	if err == nil && len(e) != 1 {
		err = fault.New(fault.Internal, "store.pending", "the place up to which index entries are merged cannot be read")
	}
	if err == nil {
		m.merged = &e[0].Key
	}
	return m, err
}

// pack is the column of the place.
func (m mergeState) pack() []byte {
	if m.merged == nil {
		return nil
	}
	return memtable.Pack([]memtable.Entry{{Key: *m.merged}})
}

// readPending reads the rows of the generations that are not merged, and gives the
// last row of the one that is being merged.
func (s *snapshot) readPending(m mergeState) (t *tables, last int64, err error) {
	t = &tables{filling: memtable.New(m.filling)}
	if m.merging != m.filling {
		t.merging = memtable.New(m.merging)
	}
	err = s.each("SELECT seq, generation, entries FROM pending ORDER BY seq", func(st *sqlite.Stmt) error {
		seq, into := st.ColumnInt64(0), t.filling
		if st.ColumnInt64(1) == m.merging && t.merging != nil {
			into, last = t.merging, seq
		}
		entries, err := memtable.Unpack(blob(st, 2))
		if err == nil {
			into.Add(seq, entries, nil)
		}
		return err
	})
	return t, last, err
}

func notNil(b []byte) []byte {
	if b == nil {
		b = []byte{}
	}
	return b
}
