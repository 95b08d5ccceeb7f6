package postgres

import (
	"context"
	"slices"

	"concord/store"
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

// recordsWalk is a walk over the records that have a term of every group.
type recordsWalk struct {
	terms [][]int64
	at    int32 // it goes on after this one
	limit int
	ahead int // how many records of a group are read next
	out   []int64
	rest  []int64 // found beyond the limit
	whole bool    // nothing comes behind rest
	done  bool
}

// walked is what the last walk of a View has found beyond its limit, for who goes on
// from there: it reads ahead anyway. whole tells that nothing comes behind.
type walked struct {
	groups [][]uint64
	after  int64
	pks    []int64
	whole  bool
}

// next takes up to limit records that are at hand; ok is false when they are not.
func (w *walked) next(groups [][]uint64, after int64, limit int) (pks []int64, ok bool) {
	if w.groups == nil || after != w.after || limit <= 0 || len(w.pks) < limit && !w.whole ||
		!slices.EqualFunc(groups, w.groups, slices.Equal[[]uint64]) {
		return nil, false
	}
	n := min(limit, len(w.pks))
	pks, w.pks = w.pks[:n:n], w.pks[n:]
	if n > 0 {
		w.after = pks[n-1]
	}
	return pks, true
}

// left keeps what a walk found beyond its limit.
func (w *recordsWalk) left(groups [][]uint64) walked {
	if len(w.out) < w.limit || len(w.out) == 0 {
		return walked{}
	}
	kept := make([][]uint64, len(groups)) // the caller may use them again
	for i, g := range groups {
		kept[i] = slices.Clone(g)
	}
	return walked{kept, w.out[len(w.out)-1], w.rest, w.whole}
}

func walkOf(a store.RecordsAsk) *recordsWalk {
	w := &recordsWalk{at: pkOf(max(a.After, 0)), limit: a.Limit, ahead: max(min(a.Limit, mostAhead), firstAhead)}
	if w.done = len(a.Groups) == 0 || a.Limit <= 0 || w.at < 0; w.done {
		return w
	}
	w.terms = make([][]int64, len(a.Groups))
	for i, g := range a.Groups {
		for _, h := range slices.Compact(slices.Sorted(slices.Values(g))) {
			w.terms[i] = append(w.terms[i], int64(h))
		}
	}
	return w
}

// FindRecords walks the records that have a term of every group.
//
// Of every group the next few records are read, all at the same time. The
// group whose records reach farthest is the rarest here: its records are then
// looked up in the others. So the cost follows the rarest group, whichever it
// is in this part of the store, and no list is ever read whole.
func (s *snapshot) FindRecords(ctx context.Context, groups [][]uint64, after int64, limit int) ([]int64, error) {
	if !s.writing {
		if pks, ok := s.walked.next(groups, after, limit); ok {
			return pks, nil
		}
	}
	walks, err := s.findRecords(ctx, []store.RecordsAsk{{Groups: groups, After: after, Limit: limit}})
	if err != nil {
		return nil, err
	}
	s.walked = walks[0].left(groups)
	return walks[0].out, nil
}

// FindRecordsEach walks several times; what they read next they read in one journey.
func (s *snapshot) FindRecordsEach(ctx context.Context, asks []store.RecordsAsk) ([][]int64, error) {
	walks, err := s.findRecords(ctx, asks)
	if err != nil {
		return nil, err
	}
	out := make([][]int64, len(asks))
	for i, w := range walks {
		out[i] = w.out
	}
	return out, nil
}

func (s *snapshot) findRecords(ctx context.Context, asks []store.RecordsAsk) ([]*recordsWalk, error) {
	walks := make([]*recordsWalk, len(asks))
	for i, a := range asks {
		walks[i] = walkOf(a)
	}
	for {
		going := slices.DeleteFunc(slices.Clone(walks), func(w *recordsWalk) bool { return w.done })
		if len(going) == 0 {
			break
		}
		next, err := s.ahead(ctx, going)
		if err != nil {
			return nil, err
		}
		for i, w := range going {
			if err := s.step(ctx, w, next[i]); err != nil {
				return nil, err
			}
		}
	}
	return walks, nil
}

// step takes up what lies ahead of a walk.
func (s *snapshot) step(ctx context.Context, w *recordsWalk, next []stretch) error {
	rarest := 0
	for i := range next {
		if farther(next[i], next[rarest]) {
			rarest = i
		}
	}
	hits, err := s.probe(ctx, next, w.terms, rarest)
	if err != nil {
		return err
	}
	r := next[rarest]
	for _, pk := range hits {
		if len(w.out) == w.limit {
			w.rest = append(w.rest, int64(pk))
		} else {
			w.out = append(w.out, int64(pk))
		}
	}
	if len(w.out) == w.limit {
		w.done, w.whole = true, !r.more
		return nil
	}
	if w.done = !r.more || len(r.pks) == 0; !w.done {
		w.at, w.ahead = r.pks[len(r.pks)-1], min(2*w.ahead, mostAhead)
	}
	return nil
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

// ahead reads the next records of every group of some walks, in one journey.
func (s *snapshot) ahead(ctx context.Context, walks []*recordsWalk) ([][]stretch, error) {
	out := make([][]stretch, len(walks))
	for n, w := range walks {
		next := make([]stretch, len(w.terms))
		for i, group := range w.terms {
			s.send(nextPosts, func(r row) error {
				next[i].pks = append(next[i].pks, int32(r.int(0)))
				return nil
			}, group, w.at, int64(w.ahead))
		}
		out[n] = next
	}
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	for n, w := range walks {
		for i := range out[n] {
			f := &out[n][i]
			f.more = len(f.pks) >= w.ahead
			slices.Sort(f.pks)
			f.pks = slices.Compact(f.pks)
			if len(f.pks) > w.ahead { // beyond that a term may have been cut
				f.pks = f.pks[:w.ahead]
			}
		}
	}
	return out, nil
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
