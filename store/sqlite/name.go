package sqlite

import (
	"context"
	"maps"
	"sync/atomic"
)

// names are the strings that rows hold as small numbers: organisations, feeds,
// spaces, logs, topics. The table is small and only grows, so that readers
// share one immutable copy without a lock. It holds committed names only.
type names struct{ table atomic.Pointer[nameTable] }

type nameTable struct {
	id   map[string]int64
	name map[int64]string
}

func newNames() *names {
	n := &names{}
	n.table.Store(&nameTable{id: map[string]int64{}, name: map[int64]string{}})
	return n
}

// add publishes committed names.
func (n *names) add(fresh map[string]int64) {
	for {
		old := n.table.Load()
		next := &nameTable{id: maps.Clone(old.id), name: maps.Clone(old.name)}
		for v, id := range fresh {
			next.id[v], next.name[id] = id, v
		}
		if n.table.CompareAndSwap(old, next) {
			return
		}
	}
}

// nameID looks a name up; 0 when nothing has that name.
func (s *snapshot) nameID(v string) (int64, error) {
	if v == "" {
		return 0, nil
	}
	if id, ok := s.names.table.Load().id[v]; ok {
		return id, nil
	}
	if id, ok := s.fresh[v]; ok {
		return id, nil
	}
	st, err := s.prepare("SELECT id FROM name WHERE v = ?1")
	if err != nil {
		return 0, err
	}
	st.BindText(1, v)
	id, err := oneInt(st)
	if err != nil || id == 0 {
		return 0, err
	}
	s.learn(v, id)
	return id, nil
}

// nameOf is the name of an id.
func (s *snapshot) nameOf(id int64) (string, error) {
	if id == 0 {
		return "", nil
	}
	if v, ok := s.names.table.Load().name[id]; ok {
		return v, nil
	}
	st, err := s.prepare("SELECT v FROM name WHERE id = ?1")
	if err != nil {
		return "", err
	}
	st.BindInt64(1, id)
	v, err := oneText(st)
	if err != nil {
		return "", err
	}
	s.learn(v, id)
	return v, nil
}

// learn shares a name that a snapshot of committed data has shown.
func (s *snapshot) learn(v string, id int64) {
	if s.fresh == nil {
		s.names.add(map[string]int64{v: id})
	}
}

// intern gives a name its number, making one if it is new.
func (t *tx) intern(ctx context.Context, v string) (int64, error) {
	id, err := t.nameID(v)
	if err != nil || id != 0 || v == "" {
		return id, err
	}
	st, err := t.write(ctx, "INSERT INTO name (v) VALUES (?1)")
	if err != nil {
		return 0, err
	}
	st.BindText(1, v)
	if err := done(st); err != nil {
		return 0, err
	}
	id = t.conn.LastInsertRowID()
	t.fresh[v] = id
	t.w.born = append(t.w.born, v)
	return id, nil
}
