package sqlite

import (
	"bytes"
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

// tail is the end of a log as the writer knows it.
type tail struct{ entries, hashes int64 }

const hashSize = 32

// LogSize is the number of entries.
func (s *snapshot) LogSize(ctx context.Context, log string) (int64, error) {
	s, err := s.logged()
	if err != nil {
		return 0, err
	}
	id, err := s.nameID(log)
	if err != nil || id == 0 {
		return 0, err
	}
	return s.logSize(id)
}

func (s *snapshot) logSize(id int64) (int64, error) {
	return s.intOf("SELECT seq + 1 FROM log WHERE log = ?1 ORDER BY seq DESC LIMIT 1", id)
}

// hashCount is the number of hashes of a log.
func (s *snapshot) hashCount(id int64) (int64, error) {
	return s.intOf("SELECT first + length(h) / 32 FROM loghash WHERE log = ?1 ORDER BY first DESC LIMIT 1", id)
}

// LogHashCount is the number of stored hashes.
func (s *snapshot) LogHashCount(ctx context.Context, log string) (int64, error) {
	s, err := s.logged()
	if err != nil {
		return 0, err
	}
	id, err := s.nameID(log)
	if err != nil || id == 0 {
		return 0, err
	}
	return s.hashCount(id)
}

// LogEntries returns entries from a sequence on.
func (s *snapshot) LogEntries(ctx context.Context, log string, from int64, limit int) ([]store.Entry, error) {
	s, err := s.logged()
	if err != nil {
		return nil, err
	}
	id, err := s.nameID(log)
	if err != nil || id == 0 {
		return nil, err
	}
	var out []store.Entry
	err = s.each("SELECT seq, at, body FROM log WHERE log = ?1 AND seq >= ?2 ORDER BY seq LIMIT +?3", func(st *sqlite.Stmt) error {
		out = append(out, store.Entry{Seq: st.ColumnInt64(0), At: moment(st.ColumnInt64(1)), Body: blob(st, 2)})
		return nil
	}, id, from, max(limit, 0))
	return out, err
}

// LogHashes returns the stored hashes with those numbers, in that order.
func (s *snapshot) LogHashes(ctx context.Context, log string, numbers []int64) ([][hashSize]byte, error) {
	s, err := s.logged()
	if err != nil {
		return nil, err
	}
	id, err := s.nameID(log)
	if err != nil {
		return nil, err
	}
	out := make([][hashSize]byte, len(numbers))
	if n := len(numbers); n > 1 && numbers[n-1]-numbers[0] == int64(n-1) && slices.IsSorted(numbers) {
		return out, s.hashRange(id, numbers[0], out)
	}
	for i, n := range numbers {
		st, err := s.prepare("SELECT first, h FROM loghash WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1")
		if err != nil {
			return nil, err
		}
		st.BindInt64(1, id)
		st.BindInt64(2, n)
		found := false
		err = rows(st, func(st *sqlite.Stmt) error {
			at := int(n-st.ColumnInt64(0)) * hashSize
			if h := blob(st, 1); at+hashSize <= len(h) {
				copy(out[i][:], h[at:])
				found = true
			}
			return stop{}
		})
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fault.New(fault.NotFound, "store.hash", "the log has no hash number %d", n)
		}
	}
	return out, nil
}

// hashRange reads hashes numbered from first on into out.
func (s *snapshot) hashRange(id, first int64, out [][hashSize]byte) error {
	next := first
	err := s.each(`SELECT first, h FROM loghash WHERE log = ?1 AND first < ?3
		AND first >= (SELECT max(first) FROM loghash WHERE log = ?1 AND first <= ?2) ORDER BY first`, func(st *sqlite.Stmt) error {
		h := blob(st, 1)
		for at := int(next-st.ColumnInt64(0)) * hashSize; at >= 0 && at+hashSize <= len(h) && int(next-first) < len(out); at += hashSize {
			copy(out[next-first][:], h[at:])
			next++
		}
		return nil
	}, id, first, first+int64(len(out)))
	if err == nil && int(next-first) < len(out) {
		err = fault.New(fault.NotFound, "store.hash", "the log has no hash number %d", next)
	}
	return err
}

// tail is where a log ends, counted once and then kept.
func (t *tx) tail(id int64) (*tail, error) {
	if end := t.w.tails[id]; end != nil {
		return end, nil
	}
	entries, err := t.logSize(id)
	if err != nil {
		return nil, err
	}
	hashes, err := t.hashCount(id)
	if err != nil {
		return nil, err
	}
	entries = t.w.ahead.end(id, entries)
	for _, r := range t.w.logs {
		if r.log == id {
			entries = max(entries, r.seq+1)
		}
	}
	for _, r := range t.logs {
		if r.log == id {
			entries = max(entries, r.seq+1)
		}
	}
	end := &tail{entries, hashes}
	t.w.tails[id] = end
	return end, nil
}

// AppendLog adds an entry and returns its sequence.
func (t *tx) AppendLog(ctx context.Context, log string, body []byte) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, cancelled(err)
	}
	id, end, err := t.log(ctx, log)
	if err != nil {
		return 0, err
	}
	t.logs, t.dirty = append(t.logs, logRow{id, end.entries, t.at, bytes.Clone(body)}), true
	end.entries++
	return end.entries - 1, nil
}

// logRow is an entry that is appended and not written yet: those of all Updates
// that share a commit are written together, before it or before a log is read.
type logRow struct {
	log, seq, at int64
	body         []byte
}

const (
	logRows   = 8 // in one statement
	insertLog = "INSERT INTO log (log, seq, at, body) VALUES (?, ?, ?, ?)"
	moreLog   = ", (?, ?, ?, ?)"
	// insertLogs is insertLog of logRows rows.
	insertLogs = insertLog + moreLog + moreLog + moreLog + moreLog + moreLog + moreLog + moreLog
)

// writeLogs writes the rows of the Updates that have succeeded, in the open
// transaction: those that are durable already first.
func (w *writer) writeLogs() error {
	if a := w.ahead; a.waits() {
		if err := w.snap.insertLogs(a.rows[a.in:]); err != nil {
			return err
		}
		a.in = len(a.rows)
	}
	err := w.snap.insertLogs(w.logs)
	clear(w.logs)
	w.logs = w.logs[:0]
	return err
}

func (s *snapshot) insertLogs(rows []logRow) error {
	for len(rows) > 0 {
		n, query := 1, insertLog
		if len(rows) >= logRows {
			n, query = logRows, insertLogs
		}
		st, err := s.prepare(query)
		if err != nil {
			return err
		}
		for i, r := range rows[:n] {
			st.BindInt64(4*i+1, r.log)
			st.BindInt64(4*i+2, r.seq)
			st.BindInt64(4*i+3, r.at)
			st.BindBytes(4*i+4, r.body)
		}
		if err := done(st); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// settle writes what this Update has appended, so that it reads its own.
func (t *tx) settle() error {
	if len(t.logs) == 0 && len(t.w.logs) == 0 && !t.w.ahead.waits() {
		return nil
	}
	if err := t.open(); err != nil {
		return err
	}
	rows := t.logs
	t.logs = nil
	return t.fail(t.insertLogs(rows))
}

// LogSize sees what this commit has appended too.
func (t *tx) LogSize(ctx context.Context, log string) (int64, error) {
	if err := t.settle(); err != nil {
		return 0, err
	}
	return t.snapshot.LogSize(ctx, log)
}

// LogEntries sees what this commit has appended too.
func (t *tx) LogEntries(ctx context.Context, log string, from int64, limit int) ([]store.Entry, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	return t.snapshot.LogEntries(ctx, log, from, limit)
}

// AppendHashes stores hashes numbered from first on, which must be the next
// number. Errors: Conflict "store.hash-gap".
func (t *tx) AppendHashes(ctx context.Context, log string, first int64, hashes [][hashSize]byte) error {
	if len(hashes) == 0 {
		return nil
	}
	id, end, err := t.log(ctx, log)
	if err != nil {
		return err
	}
	if first != end.hashes {
		return fault.New(fault.Conflict, "store.hash-gap", "the next hash of the log is number %d, not %d", end.hashes, first)
	}
	st, err := t.write(ctx, "INSERT INTO loghash (log, first, h) VALUES (?1, ?2, ?3)")
	if err != nil {
		return err
	}
	packed := make([]byte, 0, len(hashes)*hashSize)
	for i := range hashes {
		packed = append(packed, hashes[i][:]...)
	}
	st.BindInt64(1, id)
	st.BindInt64(2, first)
	st.BindBytes(3, packed)
	if err := t.exec(st); err != nil {
		return err
	}
	end.hashes += int64(len(hashes))
	return nil
}

func (t *tx) log(ctx context.Context, log string) (int64, *tail, error) {
	id, err := t.intern(ctx, log)
	if err != nil {
		return 0, nil, err
	}
	end, err := t.tail(id)
	return id, end, err
}

// ReplaceLog puts another body in the place of an entry's.
func (t *tx) ReplaceLog(ctx context.Context, log string, seq int64, body []byte) error {
	id, end, err := t.log(ctx, log)
	if err != nil {
		return err
	}
	if seq < 0 || seq >= end.entries {
		return fault.New(fault.NotFound, "store.entry", "the log has no entry %d", seq)
	}
	if err := t.settle(); err != nil {
		return err
	}
	return t.apply(ctx, "UPDATE log SET body = ?3 WHERE log = ?1 AND seq = ?2", id, seq, body)
}

// LogMark is described in store.LogWriter.
func (t *tx) LogMark(log string) []byte {
	if m, ok := t.marks[log]; ok {
		return m
	}
	return t.w.marks[log]
}

// SetLogMark is described in store.LogWriter.
func (t *tx) SetLogMark(log string, mark []byte) {
	if t.marks == nil {
		t.marks = map[string][]byte{}
	}
	t.marks[log] = mark
}
