package postgres

import (
	"context"
	"maps"
	"sync/atomic"
)

// names are the strings that rows hold as small numbers: organisations, feeds,
// spaces, logs, topics. The table is small and only grows, so that everybody
// shares one immutable copy without a lock. It holds committed names only.
type names struct{ table atomic.Pointer[nameTable] }

type nameTable struct {
	id   map[string]int32
	name map[int32]string
}

func newNames() *names {
	n := &names{}
	n.table.Store(&nameTable{id: map[string]int32{}, name: map[int32]string{}})
	return n
}

// add publishes committed names.
func (n *names) add(fresh map[string]int32) {
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

const (
	nameByText = "SELECT id FROM name WHERE v = $1"
	namesByID  = "SELECT id, v FROM name WHERE id = ANY($1)"
	everyName  = "SELECT id, v FROM name"
)

// nameID looks a name up; 0 when nothing has that name.
func (s *snapshot) nameID(ctx context.Context, v string) (int32, error) {
	if v == "" {
		return 0, nil
	}
	if id, ok := s.e.names.table.Load().id[v]; ok {
		return id, nil
	}
	if id, ok := s.fresh[v]; ok {
		return id, nil
	}
	var id int32
	err := s.each(ctx, nameByText, func(r row) error { id = int32(r.int(0)); return nil }, []byte(v))
	if err == nil && id != 0 { // committed: those of this transaction are in fresh
		s.e.names.add(map[string]int32{v: id})
	}
	return id, err
}

// nameOf is the name of an id that learn has seen.
func (s *snapshot) nameOf(id int64) string {
	if id == 0 {
		return ""
	}
	if v, ok := s.e.names.table.Load().name[int32(id)]; ok {
		return v
	}
	return s.local[int32(id)]
}

// learn makes the names of ids known, those that are not yet.
func (s *snapshot) learn(ctx context.Context, ids ...int64) error {
	table := s.e.names.table.Load().name
	for v, id := range s.fresh { // of this transaction, which can still fail
		if s.local == nil {
			s.local = map[int32]string{}
		}
		s.local[id] = v
	}
	var missing []int32
	for _, id := range ids {
		if _, ok := table[int32(id)]; !ok && id != 0 && s.local[int32(id)] == "" {
			missing = append(missing, int32(id))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found := map[string]int32{}
	if err := s.each(ctx, namesByID, func(r row) error { found[r.text(1)] = int32(r.int(0)); return nil }, missing); err != nil {
		return err
	}
	s.e.names.add(found)
	return nil
}
