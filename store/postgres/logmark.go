package postgres

import (
	"context"

	"concord/fault"
)

const replaceEntry = "UPDATE log SET body = $3 WHERE log = $1 AND seq = $2"

// ReplaceLog puts another body in the place of an entry's.
func (t *tx) ReplaceLog(ctx context.Context, log string, seq int64, body []byte) error {
	id, end, err := t.logEnd(ctx, log)
	if err != nil {
		return err
	}
	if seq < 0 || seq >= end.entries {
		return fault.New(fault.NotFound, "store.entry", "the log has no entry %d", seq)
	}
	return t.direct(ctx, replaceEntry, nil, id, seq, body)
}

// LogHashCount sees this Update's own hashes too.
func (t *tx) LogHashCount(ctx context.Context, log string) (int64, error) {
	id, err := t.nameID(ctx, log)
	if err != nil || id == 0 {
		return 0, err
	}
	end, err := t.tail(ctx, id)
	if err != nil {
		return 0, err
	}
	return end.hashes, nil
}

// LogMark is described in store.LogWriter.
func (t *tx) LogMark(log string) []byte { return t.g.w.marks[log] }

// SetLogMark is described in store.LogWriter.
func (t *tx) SetLogMark(log string, mark []byte) {
	marks := t.g.w.marks
	was := marks[log]
	marks[log] = mark
	t.g.undo = append(t.g.undo, func() {
		if _, known := marks[log]; known {
			marks[log] = was
		}
	})
}
