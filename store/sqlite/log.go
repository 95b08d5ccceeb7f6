package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

// tail is the end of a log as the writer knows it.
type tail struct{ entries, hashes int64 }

const hashSize = 32

// LogSize is the number of entries.
func (s *snapshot) LogSize(ctx context.Context, log string) (int64, error) {
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

// LogEntries returns entries from a sequence on.
func (s *snapshot) LogEntries(ctx context.Context, log string, from int64, limit int) ([]store.Entry, error) {
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
	id, err := s.nameID(log)
	if err != nil {
		return nil, err
	}
	out := make([][hashSize]byte, len(numbers))
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
	end := &tail{entries, hashes}
	t.w.tails[id] = end
	return end, nil
}

// AppendLog adds an entry and returns its sequence.
func (t *tx) AppendLog(ctx context.Context, log string, body []byte) (int64, error) {
	id, end, err := t.log(ctx, log)
	if err != nil {
		return 0, err
	}
	st, err := t.write(ctx, "INSERT INTO log (log, seq, at, body) VALUES (?1, ?2, ?3, ?4)")
	if err != nil {
		return 0, err
	}
	st.BindInt64(1, id)
	st.BindInt64(2, end.entries)
	st.BindInt64(3, t.at)
	st.BindBytes(4, body)
	if err := t.exec(st); err != nil {
		return 0, err
	}
	end.entries++
	return end.entries - 1, nil
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
	var room [4 * hashSize]byte
	packed := room[:0]
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
