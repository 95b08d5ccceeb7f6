package audit

import (
	"context"
	"time"

	"concord/fault"
	"concord/store"
)

// A batch is filed when so many rows wait, or when they span so much time:
// searches read what waits from the log itself, and the larger a batch is the
// less an entry costs. It is filed in several short Updates, so that no reader
// waits for long behind one.
const (
	fileBatch = 8192
	fileSpan  = 30 * time.Second
	fileKeys  = 256 // of one Update
)

// filing is how far the index has come.
type filing struct {
	from int64 // the index is complete below this entry
	to   int64 // what is being filed ends before this one; 0 = nothing is
}

func readFiling(ctx context.Context, r store.Keys) (f filing, err error) {
	if f.from, err = indexed(ctx, r); err != nil {
		return f, err
	}
	f.to, err = number(ctx, r, filingKey)
	return f, err
}

// still makes sure that nobody else has filed meanwhile.
func (f filing) still(ctx context.Context, tx store.Tx) error {
	now, err := readFiling(ctx, tx)
	if err == nil && now != f {
		err = fault.New(fault.Conflict, "audit.filed", "another process has filed what waited")
	}
	return err
}

// file puts a batch into the index if one is due, or ends one that a process
// began and did not end: the same rows give the same keys. It says how many
// rows it filed.
func (s *Sequencer) file(ctx context.Context) (int, error) {
	f, err := s.due(ctx)
	if err != nil || f.to == 0 {
		return 0, err
	}
	found := newPostings()
	if err := s.Engine.View(ctx, func(r store.Reader) error { return found.read(ctx, r, f) }); err != nil {
		return 0, err
	}
	keys := found.keys()
	for {
		some := keys[:min(fileKeys, len(keys))]
		keys = keys[len(some):]
		err := s.Engine.Update(ctx, func(tx store.Tx) error {
			if err := f.still(ctx, tx); err != nil {
				return err
			}
			for _, kv := range some {
				if err := tx.SetKey(ctx, indexSpace, kv); err != nil {
					return err
				}
			}
			if len(keys) > 0 {
				return nil
			}
			return setFiling(ctx, tx, filing{from: f.to})
		})
		if err != nil || len(keys) == 0 {
			return int(f.to - f.from), err
		}
	}
}

// due begins a batch when one is due, and gives one that has begun; its to is 0
// when there is nothing to file.
func (s *Sequencer) due(ctx context.Context) (filing, error) {
	var f, next filing
	err := s.Engine.View(ctx, func(r store.Reader) error {
		var err error
		if f, err = readFiling(ctx, r); err != nil || f.to > 0 {
			return err
		}
		count, err := r.LogHashCount(ctx, Log)
		if err != nil {
			return err
		}
		next, err = f.next(ctx, r, treeSize(count))
		return err
	})
	if err != nil || f.to > 0 || next.to == 0 {
		return f, err
	}
	return next, s.Engine.Update(ctx, func(tx store.Tx) error {
		if err := f.still(ctx, tx); err != nil {
			return err
		}
		return setFiling(ctx, tx, next)
	})
}

// next is the batch that is due, its to 0 when none is.
func (f filing) next(ctx context.Context, r store.Logs, size int64) (filing, error) {
	switch {
	case size <= f.from:
		return filing{}, nil
	case size-f.from >= fileBatch:
		return filing{f.from, f.from + fileBatch}, nil
	}
	first, err := r.LogEntries(ctx, Log, f.from, 1)
	if err != nil {
		return filing{}, err
	}
	last, err := r.LogEntries(ctx, Log, size-1, 1)
	if err != nil || len(first) == 0 || len(last) == 0 || last[0].At.Sub(first[0].At) < fileSpan {
		return filing{}, err
	}
	return filing{f.from, size}, nil
}

func setFiling(ctx context.Context, tx store.Tx, f filing) error {
	if err := setNumber(ctx, tx, indexedKey, f.from); err != nil {
		return err
	}
	if f.to == 0 {
		return tx.DeleteKey(ctx, space, filingKey)
	}
	return setNumber(ctx, tx, filingKey, f.to)
}

// read adds the rows of a batch. A row whose payload is gone or spoilt says
// nothing.
func (p *postings) read(ctx context.Context, r store.Logs, f filing) error {
	for from := f.from; from < f.to; {
		rows, err := r.LogEntries(ctx, Log, from, int(min(verifyBatch, f.to-from)))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fault.New(fault.Internal, "audit.gap", "the audit log ends before its tree")
		}
		for _, row := range rows {
			if entry, ok := sayingsOf(row.Body); ok {
				p.add(row.Seq, entry)
			}
		}
		from = rows[len(rows)-1].Seq + 1
	}
	return nil
}
