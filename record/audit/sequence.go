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
		if err == nil && n >= sequenceBatch {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(SequenceEvery):
		}
	}
}

// Once adds a batch of rows to the tree and signs what it gives, files a batch
// in the index when one is due, and says how many rows the larger of them had.
// Errors: Conflict "store.hash-gap" or "audit.filed" when another has done it;
// the store's.
func (s *Sequencer) Once(ctx context.Context) (int, error) {
	n, err := s.addToTree(ctx)
	if err != nil {
		return n, err
	}
	filed, err := s.file(ctx)
	return max(n, filed), err
}

func (s *Sequencer) addToTree(ctx context.Context) (int, error) {
	g, err := s.grow(ctx)
	if err != nil || g.n == 0 {
		return 0, err
	}
	var signed []byte
	if s.Sign != nil {
		if signed, err = s.Sign(g.head); err != nil {
			return 0, err
		}
	}
	return g.n, s.Engine.Update(ctx, func(tx store.Tx) error {
		for i := 0; i < len(g.hashes); i += longestRun {
			run := g.hashes[i:min(i+longestRun, len(g.hashes))]
			if err := tx.AppendHashes(ctx, Log, g.first+int64(i), run); err != nil {
				return err
			}
		}
		if signed == nil {
			return nil
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
}

func (s *Sequencer) grow(ctx context.Context) (growth, error) {
	var g growth
	err := s.Engine.View(ctx, func(r store.Reader) error {
		g = growth{}
		count, err := r.LogHashCount(ctx, Log)
		if err != nil {
			return err
		}
		size := treeSize(count)
		rows, err := r.LogEntries(ctx, Log, size, sequenceBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		edge, err := storedEdge(ctx, r, size)
		if err != nil {
			return err
		}
		g.n, g.first = len(rows), count
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
	})
	return g, err
}
