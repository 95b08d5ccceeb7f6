package audit

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
	"concord/store"
)

const (
	sequenceBatch = 4096
	// longestRun is how many hashes lie in one row of the store.
	longestRun = 48
	// SequenceEvery is how often a sequencer looks for new rows.
	SequenceEvery = 500 * time.Millisecond
)

// Sequencer adds rows to the tree and to the index, in the order of the log.
// One runs at a time (jobs.Lead); should two run for a moment, the store takes
// the work of one and the other begins again.
type Sequencer struct {
	Engine store.Engine
	Sign   Sign // nil = no checkpoints are signed
}

// Run sequences until ctx ends. fault is told of each failure; it goes on.
func (s *Sequencer) Run(ctx context.Context, failed func(error)) {
	for ctx.Err() == nil {
		n, err := s.Once(ctx)
		if err != nil && !fault.Is(err, fault.Conflict) && ctx.Err() == nil {
			failed(err)
		}
		if err == nil && n == sequenceBatch {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(SequenceEvery):
		}
	}
}

// Once adds a batch of rows, signs the tree that it gives, and says how many
// rows went into the tree or the index. Errors: Conflict "store.hash-gap" or
// "audit.indexed" when another has added them; the store's.
func (s *Sequencer) Once(ctx context.Context) (int, error) {
	g, err := s.grow(ctx)
	if err != nil || g.n == 0 {
		return 0, err
	}
	var signed []byte
	if s.Sign != nil && len(g.hashes) > 0 {
		if signed, err = s.Sign(g.head); err != nil {
			return 0, err
		}
	}
	keys := g.found.keys()
	return g.n, s.Engine.Update(ctx, func(tx store.Tx) error {
		for i := 0; i < len(g.hashes); i += longestRun {
			run := g.hashes[i:min(i+longestRun, len(g.hashes))]
			if err := tx.AppendHashes(ctx, Log, g.first+int64(i), run); err != nil {
				return err
			}
		}
		if err := g.index(ctx, tx, keys); err != nil || signed == nil {
			return err
		}
		return tx.SetKey(ctx, space, store.KeyValue{Key: checkpointKey, Value: signed})
	})
}

// growth is what a batch of rows adds.
type growth struct {
	n      int
	first  int64 // number of the first hash
	hashes [][32]byte
	head   Head
	from   int64 // below which entry the index was complete
	to     int64 // and will be
	found  *postings
}

// index files the postings.
func (g *growth) index(ctx context.Context, tx store.Tx, keys []store.KeyValue) error {
	now, err := indexed(ctx, tx)
	if err != nil {
		return err
	}
	if now != g.from {
		return fault.New(fault.Conflict, "audit.indexed", "another process has filled the index")
	}
	for _, kv := range keys {
		if err := tx.SetKey(ctx, indexSpace, kv); err != nil {
			return err
		}
	}
	return setIndexed(ctx, tx, g.to)
}

func (s *Sequencer) grow(ctx context.Context) (growth, error) {
	var g growth
	err := s.Engine.View(ctx, func(r store.Reader) error {
		g = growth{found: newPostings()}
		count, err := r.LogHashCount(ctx, Log)
		if err != nil {
			return err
		}
		size := treeSize(count)
		rows, err := r.LogEntries(ctx, Log, size, sequenceBatch)
		if err != nil {
			return err
		}
		if g.from, err = indexed(ctx, r); err != nil {
			return err
		}
		if err := g.leaves(ctx, r, count, size, rows); err != nil {
			return err
		}
		// A store from before the index has rows in the tree that are not in it.
		unfiled := rows
		if g.from < size {
			if unfiled, err = r.LogEntries(ctx, Log, g.from, int(min(sequenceBatch, size-g.from))); err != nil {
				return err
			}
		}
		g.postings(unfiled)
		g.n = max(len(rows), len(unfiled))
		return nil
	})
	return g, err
}

// leaves adds rows to the tree.
func (g *growth) leaves(ctx context.Context, r store.Reader, count, size int64, rows []store.Entry) error {
	g.first = count
	if len(rows) == 0 {
		return nil
	}
	edge, err := storedEdge(ctx, r, size)
	if err != nil {
		return err
	}
	for _, e := range rows {
		row, err := parseRow(e.Body)
		leaf := row.leaf()
		if err != nil { // a row that was spoilt stops nobody: Verify names it
			leaf = tlog.RecordHash(e.Body)
		}
		g.hashes = edge.add(leaf, g.hashes)
	}
	g.head = Head{edge.size, edge.root()}
	return nil
}

// postings adds rows to the index. A row whose payload is gone or spoilt says
// nothing.
func (g *growth) postings(rows []store.Entry) {
	g.to = g.from
	for _, e := range rows {
		g.to = e.Seq + 1
		if entry, err := Decode(e.Body); err == nil {
			g.found.add(e.Seq, &entry)
		}
	}
}
