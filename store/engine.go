package store

import (
	"context"
	"time"
)

// Reader is one snapshot of everything.
type Reader interface {
	Documents
	Population
	Journal
	Keys
	Links
	Logs
	Queue
	// LastChange is the change number of the newest commit in this snapshot that
	// did more than append to logs.
	LastChange(ctx context.Context) (int64, error)
}

// Tx is a Reader that sees its own writes, and the writers.
type Tx interface {
	Reader
	DocumentWriter
	JournalWriter
	KeyWriter
	LinkWriter
	LogWriter
	QueueWriter
	// Change is the change number that this transaction's writes carry. One that
	// only appends to logs takes none: readers need not look at what it changed.
	Change() int64
	// Time is the time that this transaction's writes carry.
	Time() time.Time
}

// Engine is a store: SQLite, later PostgreSQL.
type Engine interface {
	// View runs f on a snapshot.
	View(ctx context.Context, f func(Reader) error) error
	// Update runs f in a transaction; nil means durable. Several Updates that
	// wait at the same time may share one commit, each atomic on its own.
	// Errors: what f returned; Busy "store.full" when the disk is full;
	// Internal otherwise.
	Update(ctx context.Context, f func(Tx) error) error
	// Bulk trades durability until it is switched off again for speed: a crash
	// meanwhile may lose what was written since it was switched on, never
	// halve a transaction, and Check then says "store.bulk-interrupted".
	// Switching off makes everything durable, or tells that something is lost.
	Bulk(ctx context.Context, on bool) error
	// Check looks for structural damage: the engine's own integrity check,
	// index entries without document, versions without history, gaps in logs.
	Check(ctx context.Context, report func(Finding)) error
	// Usage tells rows and bytes by table, for the operator.
	Usage(ctx context.Context) ([]TableUsage, error)
	Close() error
}

// Finding is one thing that Check found wrong.
type Finding struct{ Code, Where, Text string }

// TableUsage is the size of one table with its indexes.
type TableUsage struct {
	Table string
	Rows  int64
	Bytes int64
}
