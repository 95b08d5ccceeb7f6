package sqlite

import "concord/store/sqlite/memtable"

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
		for _, e := range entries {
			if err := s.mergeOne(e); err != nil {
				return err
			}
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
