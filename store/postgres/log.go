package postgres

import (
	"context"
	"slices"

	"concord/fault"
	"concord/store"
)

const hashSize = 32

const (
	logSize    = "SELECT seq + 1 FROM log WHERE log = $1 ORDER BY seq DESC LIMIT 1"
	logEntries = "SELECT seq, at, body FROM log WHERE log = $1 AND seq >= $2 ORDER BY seq LIMIT $3"
	hashCount  = "SELECT first + length(h) / 32 FROM loghash WHERE log = $1 ORDER BY first DESC LIMIT 1"
	logHashes  = `SELECT n.n, substr(l.h, ((n.n - l.first) * 32 + 1)::int, 32) FROM unnest($2::bigint[]) AS n(n)
		CROSS JOIN LATERAL (SELECT first, h FROM loghash WHERE log = $1 AND first <= n.n ORDER BY first DESC LIMIT 1) l
		WHERE (n.n - l.first) * 32 < length(l.h)`
	rangeHashes = `SELECT first, h FROM loghash WHERE log = $1 AND first < $3
		AND first >= (SELECT max(first) FROM loghash WHERE log = $1 AND first <= $2) ORDER BY first`
)

// LogSize is the number of entries.
func (s *snapshot) LogSize(ctx context.Context, log string) (int64, error) {
	id, err := s.nameID(ctx, log)
	if err != nil || id == 0 {
		return 0, err
	}
	return s.intOf(ctx, logSize, id)
}

// LogHashCount is the number of stored hashes.
func (s *snapshot) LogHashCount(ctx context.Context, log string) (int64, error) {
	id, err := s.nameID(ctx, log)
	if err != nil || id == 0 {
		return 0, err
	}
	return s.intOf(ctx, hashCount, id)
}

// LogEntries returns entries from a sequence on.
func (s *snapshot) LogEntries(ctx context.Context, log string, from int64, limit int) ([]store.Entry, error) {
	id, err := s.nameID(ctx, log)
	if err != nil || id == 0 {
		return nil, err
	}
	var out []store.Entry
	err = s.each(ctx, logEntries, func(r row) error {
		out = append(out, store.Entry{Seq: r.int(0), At: moment(r.int(1)), Body: r.blob(2)})
		return nil
	}, id, from, int64(max(limit, 0)))
	return out, err
}

// LogHashes returns the stored hashes with those numbers, in that order.
func (s *snapshot) LogHashes(ctx context.Context, log string, numbers []int64) ([][hashSize]byte, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	id, err := s.nameID(ctx, log)
	if err != nil {
		return nil, err
	}
	return s.hashes(ctx, id, numbers)
}

// hashRange reads hashes numbered from first on.
func (s *snapshot) hashRange(ctx context.Context, log int32, first int64, n int) ([][hashSize]byte, error) {
	out, next := make([][hashSize]byte, n), first
	err := s.each(ctx, rangeHashes, func(r row) error {
		for at := int(next-r.int(0)) * hashSize; at >= 0 && at+hashSize <= len(r[1]) && int(next-first) < n; at += hashSize {
			copy(out[next-first][:], r[1][at:])
			next++
		}
		return nil
	}, log, first, first+int64(n))
	if err == nil && int(next-first) < n {
		err = hashFault(next)
	}
	return out, err
}

func (s *snapshot) hashes(ctx context.Context, log int32, numbers []int64) ([][hashSize]byte, error) {
	if n := len(numbers); n > 1 && numbers[n-1]-numbers[0] == int64(n-1) && slices.IsSorted(numbers) {
		return s.hashRange(ctx, log, numbers[0], n)
	}
	found := make(map[int64][hashSize]byte, len(numbers))
	err := s.each(ctx, logHashes, func(r row) error {
		if len(r[1]) == hashSize {
			found[r.int(0)] = [hashSize]byte(r[1])
		}
		return nil
	}, log, numbers)
	if err != nil {
		return nil, err
	}
	out := make([][hashSize]byte, len(numbers))
	for i, n := range numbers {
		h, ok := found[n]
		if !ok {
			return nil, hashFault(n)
		}
		out[i] = h
	}
	return out, nil
}

func hashFault(n int64) error {
	return fault.New(fault.NotFound, "store.hash", "the log has no hash number %d", n)
}
