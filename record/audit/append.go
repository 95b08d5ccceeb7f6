package audit

import (
	"context"
	"crypto/rand"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
	"concord/store"
)

// Log is the name of the audit log in the store.
const Log = "audit"

// Append adds a row for the entry. The tree grows later (Sequence): a commit
// bears one row and three hashes, and reads nothing.
func Append(ctx context.Context, tx store.Tx, e *Entry) error {
	e.At = tx.Time()
	payload, err := e.encode()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "audit.entry", "an audit entry cannot be written")
	}
	w := writerOf(tx.LogMark(Log))
	r := row{writer: w.id, counter: w.counter, at: e.At.UnixMicro(), chain: w.last, payload: payload}
	rand.Read(r.salt[:])
	r.seal()
	if _, err := tx.AppendLog(ctx, Log, r.encode()); err != nil {
		return err
	}
	tx.SetLogMark(Log, writer{w.id, w.counter + 1, r.leaf()}.mark())
	return nil
}

// writer is how far a process has come with its own rows. The store keeps it
// beside the log in memory and takes it back with an Update that fails. A
// process that does not know how far it has come begins as a new writer.
type writer struct {
	id      [8]byte
	counter uint64    // of its next row
	last    tlog.Hash // the leaf of its last row
}

func (w writer) mark() []byte {
	out := make([]byte, 0, 48)
	out = append(out, w.id[:]...)
	out = binary.BigEndian.AppendUint64(out, w.counter)
	return append(out, w.last[:]...)
}

func writerOf(mark []byte) writer {
	var w writer
	if len(mark) != 48 {
		rand.Read(w.id[:])
		return w
	}
	copy(w.id[:], mark)
	w.counter = binary.BigEndian.Uint64(mark[8:])
	copy(w.last[:], mark[16:])
	return w
}
