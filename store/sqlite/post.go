package sqlite

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"concord/standard/search"
	"concord/store"
	"concord/store/sqlite/memtable"
)

// posting names one term of one record.
type posting struct {
	term uint64
	pk   int64
}

// posts gathers by how much the postings of an Update change: the documents of
// one record mostly share their terms, so that many of them touch few rows.
type posts map[posting]int

// move counts the terms that a version brings and those that it takes away.
func (p posts) move(pk int64, from, to []uint64) {
	for _, h := range from {
		if !slices.Contains(to, h) {
			p[posting{h, pk}]--
		}
	}
	for _, h := range to {
		if !slices.Contains(from, h) {
			p[posting{h, pk}]++
		}
	}
}

// writePosts files what has gathered.
func (t *tx) writePosts() {
	if len(t.posts) == 0 {
		return
	}
	out := make([]memtable.Entry, 0, len(t.posts))
	for k, n := range t.posts {
		if n != 0 {
			out = append(out, memtable.Entry{Key: memtable.Key{Kind: memtable.Posting, H: int64(k.term), ID: k.pk}, N: int64(n)})
		}
	}
	clear(t.posts)
	t.w.pending.add(out)
}

// Index moves the index entries of a current version without a new one.
func (t *tx) Index(ctx context.Context, k store.Key, version int64, from, to search.Entries) error {
	row, err := rowOf(k)
	if err != nil {
		return err
	}
	have, err := t.version(row)
	if err != nil {
		return err
	}
	if have != version {
		return versionFault()
	}
	st, err := t.write(ctx, "UPDATE rec SET d = ?2, code = ?3, qh = ?4, qv = ?5, tok = ?6 WHERE id = ?1")
	if err != nil {
		return err
	}
	st.BindInt64(1, row)
	bindIndex(st, 2, &to)
	if err := t.exec(st); err != nil {
		return err
	}
	t.posts.move(k.PK, from.Terms, to.Terms)
	t.moveIndex(row, &from, &to)
	return nil
}

// CountTerm adds up the postings of a term.
func (s *snapshot) CountTerm(_ context.Context, term uint64) (int64, error) {
	v, err := s.filed()
	if err != nil {
		return 0, err
	}
	n, err := s.intOf("SELECT coalesce(sum(n), 0) FROM post WHERE term = ?1", int64(term))
	pending, _ := v.Entries(firstPosting(term, 0), 1<<31-1, ofTerm(term))
	for _, e := range pending {
		n += e.N
	}
	return n, err
}

func firstPosting(term uint64, pk int64) memtable.Key {
	return memtable.Key{Kind: memtable.Posting, H: int64(term), ID: pk}
}

func ofTerm(term uint64) func(memtable.Key) bool {
	return func(k memtable.Key) bool { return k.H == int64(term) }
}

// FindRecords walks the records that have a term of every group: the cursors
// of the groups leap over each other, so that the rarest sets the pace.
func (s *snapshot) FindRecords(ctx context.Context, groups [][]uint64, after int64, limit int) ([]int64, error) {
	var out []int64
	if len(groups) == 0 {
		return nil, nil
	}
	cursors := make([]cursor, len(groups))
	for i, g := range groups {
		cursors[i] = cursor{terms: g}
	}
	at, agree := after+1, 0
	for i := 0; len(out) < limit; i = (i + 1) % len(cursors) {
		if err := ctx.Err(); err != nil {
			return nil, cancelled(err)
		}
		pk, err := cursors[i].seek(s, at)
		if err != nil || pk == 0 {
			return out, err
		}
		if pk != at {
			at, agree = pk, 0
		}
		if agree++; agree == len(cursors) {
			out = append(out, pk)
			at, agree = pk+1, 0
		}
	}
	return out, nil
}

// cursor walks the records of one group of terms in order. It reads ahead a
// little, and more the longer it is followed step by step.
type cursor struct {
	terms []uint64
	ahead []int64
	more  bool // there may be more after end
	end   int64
	size  int
}

const (
	firstAhead = 16
	mostAhead  = 512
)

// seek is the first record at or after pk that has a term of the group, 0 when
// there is none.
func (c *cursor) seek(s *snapshot, pk int64) (int64, error) {
	for i, have := range c.ahead {
		if have >= pk {
			c.ahead = c.ahead[i:]
			return have, nil
		}
	}
	if c.size > 0 && !c.more {
		return 0, nil
	}
	for pk = max(pk, 0); ; pk = c.end + 1 {
		c.size = min(max(2*c.size, firstAhead), mostAhead)
		if err := c.fill(s, pk); err != nil {
			return 0, err
		}
		if len(c.ahead) > 0 {
			return c.ahead[0], nil
		}
		if !c.more {
			return 0, nil
		}
	}
}

// fill reads the next records of each term and merges them, up to where all of
// them are known.
func (c *cursor) fill(s *snapshot, pk int64) error {
	c.ahead, c.more, c.end = c.ahead[:0], false, 1<<63-1
	v, err := s.filed()
	if err != nil {
		return err
	}
	for _, term := range c.terms {
		if err := c.read(s, v, term, pk); err != nil {
			return err
		}
	}
	slices.Sort(c.ahead)
	c.ahead = slices.Compact(c.ahead)
	if c.more {
		n := len(c.ahead)
		for n > 0 && c.ahead[n-1] > c.end {
			n--
		}
		c.ahead = c.ahead[:n]
	}
	return nil
}

// read adds the next records of one term, with what is pending for them.
func (c *cursor) read(s *snapshot, v *memtable.View, term uint64, pk int64) error {
	o := overlay{f: func(e memtable.Entry) error { c.ahead = append(c.ahead, e.ID); return nil }}
	var whole bool
	if o.pending, whole = v.Entries(firstPosting(term, pk), c.size, ofTerm(term)); !whole {
		c.cut(o.pending[len(o.pending)-1].ID)
	}
	n, last := 0, int64(0)
	err := s.each("SELECT pk, n FROM post WHERE term = ?1 AND pk >= ?2 ORDER BY pk LIMIT +?3", func(st *sqlite.Stmt) error {
		n, last = n+1, st.ColumnInt64(0)
		return o.row(memtable.Entry{Key: firstPosting(term, last), N: st.ColumnInt64(1)})
	}, int64(term), pk, c.size)
	if err != nil {
		return err
	}
	if n == c.size {
		c.cut(last)
	}
	return o.end()
}

// cut notes that records behind one are not all known.
func (c *cursor) cut(last int64) {
	c.more, c.end = true, min(c.end, last)
}

// FindRecordsEach is described in store.Population; here a question is no journey.
func (s *snapshot) FindRecordsEach(ctx context.Context, asks []store.RecordsAsk) ([][]int64, error) {
	out := make([][]int64, len(asks))
	for i, a := range asks {
		var err error
		if out[i], err = s.FindRecords(ctx, a.Groups, a.After, a.Limit); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FindRecordsEach of an Update sees its own postings too.
func (t *tx) FindRecordsEach(ctx context.Context, asks []store.RecordsAsk) ([][]int64, error) {
	t.writePosts()
	return t.snapshot.FindRecordsEach(ctx, asks)
}

// FindRecords of an Update sees its own postings too.
func (t *tx) FindRecords(ctx context.Context, groups [][]uint64, after int64, limit int) ([]int64, error) {
	t.writePosts()
	return t.snapshot.FindRecords(ctx, groups, after, limit)
}

// CountTerm of an Update counts its own postings too.
func (t *tx) CountTerm(ctx context.Context, term uint64) (int64, error) {
	t.writePosts()
	return t.snapshot.CountTerm(ctx, term)
}
