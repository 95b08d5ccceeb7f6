package sqlite

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"concord/store"
	"concord/store/sqlite/memtable"
)

// identsAtOnce is how many hashes one statement looks up at the most: what a statement
// costs beside what it finds is then little. Fewer than fewIdents have one each.
const (
	identsAtOnce = 32
	fewIdents    = 4
)

// manyIdents is the statement. A hash that is not needed is NULL, which nothing equals.
var manyIdents = "WITH q (h) AS (" + manyRows("VALUES ", 1, identsAtOnce) + ") SELECT ident.h, ident.id FROM q CROSS JOIN ident ON ident.h = q.h"

// FindIdents is described in store.Population. The hashes are looked up in the order of
// the index, where those of one page lie beside each other.
func (s *snapshot) FindIdents(ctx context.Context, hashes []uint64, limit int) ([][]store.Key, error) {
	sorted := make([]int64, len(hashes))
	for i, h := range hashes {
		sorted[i] = int64(h)
	}
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	found := make([][]store.Key, len(sorted))
	for at := 0; at < len(sorted); {
		if err := ctx.Err(); err != nil {
			return nil, cancelled(err)
		}
		some := sorted[at:min(at+identsAtOnce, len(sorted))]
		done, err := s.someIdents(some, max(limit, 0), found[at:])
		if err != nil {
			return nil, err
		}
		at += done
	}
	out := make([][]store.Key, len(hashes))
	for i, h := range hashes {
		at, _ := slices.BinarySearch(sorted, int64(h))
		out[i] = slices.Clip(found[at])
	}
	return out, nil
}

// someIdents looks up some hashes, which are in order, and gives how many of them it is
// done with: one that has more than is wanted is the last.
func (s *snapshot) someIdents(hashes []int64, limit int, found [][]store.Key) (done int, err error) {
	v, err := s.filed()
	if err != nil {
		return 0, err
	}
	query := "SELECT h, id FROM ident WHERE h = ?1 ORDER BY id"
	if len(hashes) < fewIdents {
		hashes = hashes[:1]
	} else {
		query = manyIdents
	}
	st, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	for i, h := range hashes {
		st.BindInt64(i+1, h)
	}
	for i := len(hashes); i < identsAtOnce && len(hashes) > 1; i++ {
		st.BindNull(i + 1)
	}
	w := identWalk{hashes: hashes, pending: v.Hashed(memtable.Identifier, hashes), limit: limit, found: found}
	err = s.traced(query, st, func(st *sqlite.Stmt) error { return w.row(st.ColumnInt64(0), st.ColumnInt64(1)) })
	if err != nil {
		return 0, err
	}
	return w.end(), nil
}

// identWalk makes of the rows of several hashes, and of what is pending for each, the
// documents that are filed under each.
type identWalk struct {
	hashes  []int64
	pending [][]memtable.Entry
	limit   int
	found   [][]store.Key
	at      int // the hash whose rows come
	o       overlay
	begun   bool
	full    bool // that hash has more than is wanted
}

// row takes the next row: those of a hash come together, in the order of the hashes.
func (w *identWalk) row(h, id int64) error {
	for w.begin(); w.hashes[w.at] != h; w.begin() {
		w.finish()
	}
	return w.o.row(memtable.Entry{Key: memtable.Key{Kind: memtable.Identifier, H: h, ID: id}, N: 1})
}

// begin makes ready for the rows of the hash that is next.
func (w *identWalk) begin() {
	if w.begun {
		return
	}
	at := w.at
	w.begun, w.o = true, overlay{pending: w.pending[at], f: func(e memtable.Entry) error {
		if len(w.found[at]) >= w.limit {
			w.full = true
			return stop{}
		}
		w.found[at] = append(w.found[at], keyOf(e.ID))
		return nil
	}}
}

// finish takes what is pending behind the last row of a hash. An overlay gives no error
// but that it was stopped.
func (w *identWalk) finish() {
	_ = w.o.end()
	w.at, w.begun, w.full = w.at+1, false, false
}

// end gives how many hashes are done: all but those behind one that has too many rows.
func (w *identWalk) end() int {
	for !w.full && w.at < len(w.hashes) {
		w.begin()
		w.finish()
	}
	if w.full {
		return w.at + 1
	}
	return w.at
}
