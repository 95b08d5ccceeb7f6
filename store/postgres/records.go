package postgres

import (
	"context"
	"slices"
)

// nextPosts reads the next records of each term of a group, in order; most
// terms have few. probePosts tells which of some records a group has.
const (
	nextPosts = `SELECT p.pk FROM unnest($1::bigint[]) AS t(term)
		CROSS JOIN LATERAL (SELECT pk FROM post WHERE post.term = t.term AND post.pk > $2 ORDER BY post.pk LIMIT $3) p`
	probePosts = `SELECT k.pk FROM unnest($1::int[]) AS k(pk)
		WHERE EXISTS (SELECT 1 FROM post WHERE post.term = ANY($2::bigint[]) AND post.pk = k.pk)`
)

const (
	firstAhead = 32
	mostAhead  = 4096
)

// stretch is what lies ahead in one group: its next records, and whether there
// are more behind the last.
type stretch struct {
	pks  []int32
	more bool
}

// FindRecords walks the records that have a term of every group.
//
// Of every group the next few records are read, all at the same time. The
// group whose records reach farthest is the rarest here: its records are then
// looked up in the others. So the cost follows the rarest group, whichever it
// is in this part of the store, and no list is ever read whole.
func (s *snapshot) FindRecords(ctx context.Context, groups [][]uint64, after int64, limit int) ([]int64, error) {
	at := pkOf(max(after, 0))
	if len(groups) == 0 || limit <= 0 || at < 0 {
		return nil, nil
	}
	terms := make([][]int64, len(groups))
	for i, g := range groups {
		for _, h := range slices.Compact(slices.Sorted(slices.Values(g))) {
			terms[i] = append(terms[i], int64(h))
		}
	}
	var out []int64
	for ahead := max(min(limit, mostAhead), firstAhead); ; ahead = min(2*ahead, mostAhead) {
		next, err := s.ahead(ctx, terms, at, ahead)
		if err != nil {
			return nil, err
		}
		rarest := 0
		for i := range next {
			if farther(next[i], next[rarest]) {
				rarest = i
			}
		}
		hits, err := s.probe(ctx, next, terms, rarest)
		if err != nil {
			return nil, err
		}
		for _, pk := range hits {
			if out = append(out, int64(pk)); len(out) == limit {
				return out, nil
			}
		}
		r := next[rarest]
		if !r.more || len(r.pks) == 0 {
			return out, nil
		}
		at = r.pks[len(r.pks)-1]
	}
}

// farther tells whether a reaches farther than b: a stretch that ends is
// farthest, and of two the one with fewer records.
func farther(a, b stretch) bool {
	switch {
	case a.more != b.more:
		return !a.more
	case !a.more:
		return len(a.pks) < len(b.pks)
	}
	return a.pks[len(a.pks)-1] > b.pks[len(b.pks)-1]
}

// ahead reads the next records of every group, in one journey.
func (s *snapshot) ahead(ctx context.Context, terms [][]int64, at int32, n int) ([]stretch, error) {
	next := make([]stretch, len(terms))
	for i, group := range terms {
		s.send(nextPosts, func(r row) error {
			next[i].pks = append(next[i].pks, int32(r.int(0)))
			return nil
		}, group, at, int64(n))
	}
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	for i := range next {
		f := &next[i]
		f.more = len(f.pks) >= n
		slices.Sort(f.pks)
		f.pks = slices.Compact(f.pks)
		if len(f.pks) > n { // beyond that a term may have been cut
			f.pks = f.pks[:n]
		}
	}
	return next, nil
}

// probe looks the records of one stretch up in the other groups, all at the
// same time; what the stretches hold already is not asked.
func (s *snapshot) probe(ctx context.Context, next []stretch, terms [][]int64, rarest int) ([]int32, error) {
	pks := next[rarest].pks
	in := make([]map[int32]bool, len(next))
	asked := false
	for i, f := range next {
		if i == rarest || len(pks) == 0 {
			continue
		}
		in[i] = make(map[int32]bool, len(pks))
		for _, pk := range f.pks {
			in[i][pk] = true
		}
		var beyond []int32
		if f.more {
			from, _ := slices.BinarySearch(pks, f.pks[len(f.pks)-1]+1)
			beyond = pks[from:]
		}
		if len(beyond) > 0 {
			asked = true
			s.send(probePosts, func(r row) error { in[i][int32(r.int(0))] = true; return nil }, beyond, terms[i])
		}
	}
	if asked {
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
	}
	var out []int32
	for _, pk := range pks {
		every := true
		for i := range in {
			every = every && (in[i] == nil || in[i][pk])
		}
		if every {
			out = append(out, pk)
		}
	}
	return out, nil
}
