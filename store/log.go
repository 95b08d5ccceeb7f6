package store

import (
	"context"
	"time"
)

// Entry is one line of an append-only log.
type Entry struct {
	Seq  int64 // 0, 1, 2 … without gaps
	At   time.Time
	Body []byte
}

// Logs reads append-only logs. Beside the entries a log keeps numbered hashes
// (its Merkle tree, for which the log's owner does the arithmetic).
type Logs interface {
	// LogSize is the number of entries.
	LogSize(ctx context.Context, log string) (int64, error)
	// LogHashCount is the number of stored hashes.
	LogHashCount(ctx context.Context, log string) (int64, error)
	// LogEntries returns entries from a sequence on, at most limit.
	LogEntries(ctx context.Context, log string, from int64, limit int) ([]Entry, error)
	// LogHashes returns the stored hashes with those numbers, in that order.
	// Errors: NotFound.
	LogHashes(ctx context.Context, log string, numbers []int64) ([][32]byte, error)
}

// LogWriter appends inside an Update.
type LogWriter interface {
	// AppendLog adds an entry and returns its sequence.
	AppendLog(ctx context.Context, log string, body []byte) (seq int64, err error)
	// AppendHashes stores hashes numbered from first on.
	AppendHashes(ctx context.Context, log string, first int64, hashes [][32]byte) error
	// ReplaceLog puts another body in the place of an entry's. It is for
	// retention; the log's owner sees to it that its hashes bear it. Errors:
	// NotFound "store.entry".
	ReplaceLog(ctx context.Context, log string, seq int64, body []byte) error
	// LogMark is what SetLogMark was last told in an Update of this engine that
	// was kept, or earlier in this one. It is only in memory: nil in a store just
	// opened, and after a commit whose outcome was in doubt.
	LogMark(log string) []byte
	// SetLogMark remembers a mark; it is forgotten if this Update is not kept.
	SetLogMark(log string, mark []byte)
}
