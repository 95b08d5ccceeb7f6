package sqlite

import (
	"strconv"
	"strings"

	"concord/store/sqlite/memtable"
)

// mergeLeast is how many entries a commit merges at the least, and mergeStep how many
// are fetched at a time.
const (
	mergeLeast = 64
	mergeStep  = 4096
)

// merge moves about n entries of the generation that is merged into their tables, in
// the transaction that is open. A commit asks for half as many again as it has filed, so
// that a generation is merged before the next has as many.
func (p *pending) merge(s *snapshot, n int) error {
	if p.merging == nil || p.ended {
		return nil
	}
	view := memtable.See(p.merging, nil, nil, 1<<63-1)
	for n > 0 {
		step := min(n, mergeStep)
		entries := view.Pending(p.merged, step)
		if err := s.mergeAll(entries); err != nil {
			return err
		}
		if len(entries) < step {
			p.ended = true
			return s.run("DELETE FROM pending WHERE seq <= ?1", p.last)
		}
		at := entries[len(entries)-1].Key
		p.merged = &at
		n -= step
	}
	return nil
}

// mergeAtOnce is how many entries of a kind one statement merges, where so many that are
// to be there follow each other: a third less work than one by one.
const mergeAtOnce = 16

// The statements. To ignore what is there rather than to say so of a conflict lets SQLite
// do without a journal of the statement.
var (
	mergePostings    = manyRows("INSERT INTO post (term, pk, n) VALUES ", 3, mergeAtOnce) + " ON CONFLICT DO UPDATE SET n = n + excluded.n"
	mergeIdentifiers = manyRows("INSERT OR IGNORE INTO ident (h, id) VALUES ", 2, mergeAtOnce)
)

// manyRows is a statement with its values: "(?1, ?2), (?3, ?4)".
func manyRows(query string, width, many int) string {
	rows := make([]string, many)
	for i := range rows {
		cols := make([]string, width)
		for j := range cols {
			cols[j] = "?" + strconv.Itoa(i*width+j+1)
		}
		rows[i] = "(" + strings.Join(cols, ", ") + ")"
	}
	return query + strings.Join(rows, ", ")
}

// mergeAll brings rows of the tables to what is pending for them.
func (s *snapshot) mergeAll(entries []memtable.Entry) error {
	for len(entries) > 0 {
		n, err := s.mergeMany(entries)
		if err == nil && n == 0 {
			n, err = 1, s.mergeOne(entries[0])
		}
		if err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// mergeMany merges what comes first with one statement, and gives how many those were: 0
// where they are not of one kind, or some are to be there no more.
func (s *snapshot) mergeMany(entries []memtable.Entry) (n int, err error) {
	kind := entries[0].Kind
	if len(entries) < mergeAtOnce || kind != memtable.Posting && kind != memtable.Identifier {
		return 0, nil
	}
	entries = entries[:mergeAtOnce]
	for _, e := range entries {
		if e.Kind != kind || e.N <= 0 {
			return 0, nil
		}
	}
	query := mergePostings
	if kind == memtable.Identifier {
		query = mergeIdentifiers
	}
	st, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	at := 0
	bind := func(v int64) { at++; st.BindInt64(at, v) }
	for _, e := range entries {
		bind(e.H)
		bind(e.ID)
		if kind == memtable.Posting {
			bind(e.N)
		}
	}
	return len(entries), done(st)
}

// mergeOne brings one row of a table to what is pending for it.
func (s *snapshot) mergeOne(e memtable.Entry) error {
	switch there := e.N > 0; {
	case e.N == 0:
		return nil
	case e.Kind == memtable.Posting && there:
		return s.run("INSERT INTO post (term, pk, n) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = n + excluded.n", e.H, e.ID, e.N)
	case e.Kind == memtable.Posting:
		if err := s.run("UPDATE post SET n = n + ?3 WHERE term = ?1 AND pk = ?2", e.H, e.ID, e.N); err != nil {
			return err
		}
		return s.run("DELETE FROM post WHERE term = ?1 AND pk = ?2 AND n <= 0", e.H, e.ID)
	case e.Kind == memtable.Identifier && there:
		return s.run("INSERT INTO ident (h, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", e.H, e.ID)
	case e.Kind == memtable.Identifier:
		return s.run("DELETE FROM ident WHERE h = ?1 AND id = ?2", e.H, e.ID)
	case e.Kind == memtable.Alias && there:
		return s.run("INSERT INTO alias (h, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", e.H, e.ID)
	case e.Kind == memtable.Alias:
		return s.run("DELETE FROM alias WHERE h = ?1 AND id = ?2", e.H, e.ID)
	case there:
		return s.run("INSERT INTO str (h, v, id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", e.H, e.V, e.ID)
	}
	return s.run("DELETE FROM str WHERE h = ?1 AND v = ?2 AND id = ?3", e.H, e.V, e.ID)
}
