package audit

import (
	"context"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
	"concord/store"
)

// walk reads on while what was read is verified: reading and hashing take about
// as long as each other.
func (v *verifier) walk() error {
	ctx, stop := context.WithCancel(v.ctx)
	chunks := make(chan chunk, 2)
	var wg sync.WaitGroup
	wg.Go(func() { defer close(chunks); v.readOn(ctx, chunks) })
	// The snapshot is the reader's alone until it has ended.
	defer wg.Wait()
	defer stop()
	for c := range chunks {
		if c.err != nil {
			return c.err
		}
		if len(c.rows) == 0 {
			v.find("audit.gap", c.from, "the entry is missing")
			return nil
		}
		v.batch(c)
	}
	return nil
}

// chunk is some rows that follow each other, with the hashes that are stored
// for those of them that are in the tree.
type chunk struct {
	from   int64
	rows   []store.Entry
	parsed []row
	bad    []bool // rows that cannot be read
	stored [][32]byte
	edge   *edge // as it is stored behind the last row in the tree; nil if it is not there
	err    error
}

// readOn reads chunks until a row is missing, which an empty chunk tells.
func (v *verifier) readOn(ctx context.Context, out chan<- chunk) {
	for from := int64(0); from < v.rows; {
		c := v.read(ctx, from)
		select {
		case out <- c:
		case <-ctx.Done():
			return
		}
		if c.err != nil || len(c.rows) == 0 {
			return
		}
		from += int64(len(c.rows))
	}
}

func (v *verifier) read(ctx context.Context, from int64) chunk {
	c := chunk{from: from}
	if c.rows, c.err = v.r.LogEntries(ctx, Log, from, verifyBatch); c.err != nil {
		return c
	}
	for i, e := range c.rows {
		if e.Seq != from+int64(i) {
			c.rows = c.rows[:i]
			break
		}
	}
	c.parsed, c.bad = make([]row, len(c.rows)), make([]bool, len(c.rows))
	for i, e := range c.rows {
		r, err := parseRow(e.Body)
		c.parsed[i], c.bad[i] = r, err != nil
	}
	size := min(from+int64(len(c.rows)), v.tree)
	if size <= from {
		return c
	}
	first := tlog.StoredHashCount(from)
	numbers := make([]int64, tlog.StoredHashCount(size)-first)
	for i := range numbers {
		numbers[i] = first + int64(i)
	}
	c.stored, c.err = v.r.LogHashes(ctx, Log, numbers)
	if c.err == nil {
		c.edge, c.err = storedEdge(ctx, v.r, size)
	}
	if fault.Is(c.err, fault.NotFound) {
		c.err, c.stored, c.edge = nil, nil, nil
	}
	return c
}

// batch verifies a chunk.
func (v *verifier) batch(c chunk) {
	made := make([][32]byte, 0, 2*len(c.rows)+64)
	ends := make([]int, 0, len(c.rows)) // of each sequenced row's hashes
	for i := range c.rows {
		leaf := v.row(c.rows[i], &c.parsed[i], c.bad[i])
		if c.rows[i].Seq >= v.tree {
			continue
		}
		made = v.grown.add(leaf, made)
		ends = append(ends, len(made))
		v.landmarks()
	}
	switch {
	case len(made) == 0:
	case c.stored == nil:
		v.find("audit.hash", c.from, "a hash of this entry or of the next %d is missing", len(ends))
	case v.altered(c.from, made, c.stored, ends) && c.edge != nil:
		v.grown = *c.edge // go on from what is stored, so that what follows is judged for itself
	}
}
