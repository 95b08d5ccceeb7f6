package store

import (
	"context"
	"time"
)

// Keys reads small values by space and key: sessions, accounts, settings,
// feeds. A value past its expiry is absent.
type Keys interface {
	// GetKey returns nil when absent.
	GetKey(ctx context.Context, space, key string) ([]byte, error)
	// ListKeys walks a space in key order from prefix, at most limit.
	ListKeys(ctx context.Context, space, prefix string, limit int) ([]KeyValue, error)
	// ListKeysFrom is ListKeys of those keys that are not before from, so that
	// a long list is walked in steps.
	ListKeysFrom(ctx context.Context, space, prefix, from string, limit int) ([]KeyValue, error)
}

// KeyValue is one small value.
type KeyValue struct {
	Key     string
	Value   []byte
	Expires time.Time // zero = never
}

// KeyWriter changes small values inside an Update.
type KeyWriter interface {
	SetKey(ctx context.Context, space string, kv KeyValue) error
	DeleteKey(ctx context.Context, space, key string) error
	// DropExpired removes values past their expiry and says how many.
	DropExpired(ctx context.Context, limit int) (int, error)
}

// Links reads which person a record key belongs to. A link runs from a record
// key (an entry, or a superseded person) to a person, with the time it was
// made and, once replaced, the time it ended: the past can be asked.
type Links interface {
	// PersonOf follows the link of one record key; 0 when it has none.
	PersonOf(ctx context.Context, pk int64, asAt time.Time) (person int64, err error)
	// PersonsOf is PersonOf of several record keys as they stand, in the order asked.
	PersonsOf(ctx context.Context, pks []int64) (persons []int64, err error)
	// Members lists the record keys linked to a person, in key order.
	Members(ctx context.Context, person int64, asAt time.Time) ([]int64, error)
	// LinkHistory lists every link that a record key ever had, oldest first.
	LinkHistory(ctx context.Context, pk int64) ([]Link, error)
}

// Link is one stretch of belonging.
type Link struct {
	PK, Person int64
	From, To   time.Time // To zero = stands
	Change     int64
}

// LinkWriter changes links inside an Update.
type LinkWriter interface {
	// SetLink ends the standing link of pk, if any, and makes a new one;
	// person 0 only ends it. Setting the same person changes nothing.
	SetLink(ctx context.Context, pk, person int64) error
}
