package audit

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
	"concord/store"
)

// Log is the name of the audit log in the store.
const Log = "audit"

// Append adds an entry and the hashes that it completes.
func Append(ctx context.Context, tx store.Tx, e *Entry) error {
	e.At = tx.Time()
	leaf, err := e.encode()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "audit.entry", "an audit entry cannot be written")
	}
	seq, err := tx.AppendLog(ctx, Log, leaf)
	if err != nil {
		return err
	}
	hashes, err := tlog.StoredHashesForRecordHash(seq, tlog.RecordHash(leaf), reader{ctx, tx})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "audit.tree", "the audit tree cannot grow")
	}
	plain := make([][32]byte, len(hashes))
	for i, h := range hashes {
		plain[i] = h
	}
	return tx.AppendHashes(ctx, Log, tlog.StoredHashIndex(0, seq), plain)
}

// reader lets tlog read stored hashes.
type reader struct {
	ctx  context.Context
	logs store.Logs
}

func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	stored, err := r.logs.LogHashes(r.ctx, Log, indexes)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(stored))
	for i, h := range stored {
		out[i] = h
	}
	return out, nil
}
