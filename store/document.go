package store

import (
	"context"
	"time"

	"concord/standard/search"
)

// Key names one resource. PK is the record key: one patient entry of one
// trust, one person, or one resource that belongs to no patient. LID is the
// resource's place in that record: type number << 32 | sequence.
type Key struct{ PK, LID int64 }

// MakeLID joins a type number and a sequence within (record, type).
func MakeLID(typ uint16, seq uint32) int64 { return int64(typ)<<32 | int64(seq) }

// Type is the type number of the key.
func (k Key) Type() uint16 { return uint16(k.LID >> 32) }

// Seq is the sequence within (record, type).
func (k Key) Seq() uint32 { return uint32(k.LID) }

// Doc is one version of one resource as it lies in the store. It is shared by
// who reads it, and not changed.
type Doc struct {
	Key
	Version int64     // 1, 2, 3 …; the ETag
	Change  int64     // change number of the commit that wrote it
	Updated time.Time // UTC, microseconds
	Deleted bool
	Org     string // ODS code of the controlling organisation
	Feed    string // name of the feed or client that wrote it
	Date    int64  // the resource's own date as search.Entries.Date, 0 if it has none
	Body    []byte // packed, see Codec; empty in a tombstone
	Tokens  []byte // packed, see PackTokens; of a Range that asks for them
}

// Range asks for the documents of one type, or of all, within the records of a
// chart.
type Range struct {
	Type   uint16     // 0 = every type
	Newest int        // at most so many per range, newest Date first; 0 = all, in key order
	Need   [][]uint32 // each group must have one of its tokens in the document's token column; nil = no filter
	From   int64      // Date at or after, 0 = open (in search.Entries.Date units)
	To     int64      // Date before, 0 = open
	Tokens bool       // the documents come with their tokens; not with Newest
	Bare   bool       // they may come without their bodies
}

// Documents reads resources.
type Documents interface {
	// Get returns the current version, tombstones included. Errors: NotFound.
	Get(ctx context.Context, k Key) (*Doc, error)
	// GetMany returns the current versions of those that exist, in the order asked.
	GetMany(ctx context.Context, keys []Key) ([]*Doc, error)
	// Versions returns the versions of one resource, newest first.
	Versions(ctx context.Context, k Key) ([]*Doc, error)
	// Chart answers every range over all the records in one round trip: result
	// i belongs to range i. asAt zero means now; otherwise documents are as
	// they were at that moment. Tombstones are left out. Token and date
	// filters look at the index of the version returned; a document without a
	// date passes no date filter. Records that are not there are empty.
	Chart(ctx context.Context, pks []int64, ranges []Range, asAt time.Time) ([][]*Doc, error)
	// Find looks up the alias and identifier indexes: every key filed under
	// the hash, at most limit.
	Find(ctx context.Context, h uint64, limit int) ([]Key, error)
	// FindString looks up the string index: keys whose value under param h
	// begins with prefix (or is exactly it), in value order, at most limit.
	FindString(ctx context.Context, h uint64, prefix string, exact bool, limit int) ([]Key, error)
	// Scan walks the current documents of one type (0 = every type) over all
	// records in key order, after the given key, at most limit; tombstones
	// included. It is the costly way to search: callers bound it.
	Scan(ctx context.Context, typ uint16, after Key, limit int) ([]*Doc, error)
	// NextSeq is the next free sequence of a type within a record, from 1.
	NextSeq(ctx context.Context, pk int64, typ uint16) (uint32, error)
	// Changes lists the change feed after a change number, in order. It never
	// cuts a commit: the last one is given whole, even beyond limit.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)
	// Bodies lists the packed bodies of a part after a place, in the order of
	// their places, at most limit and about MaxBodyBytes; empty ones are left
	// out. None means that the part is at its end.
	Bodies(ctx context.Context, after BodyPlace, limit int) ([]Body, error)
	History
}

// History reads what was, in the order of its change numbers.
type History interface {
	// ChangesBefore lists the change feed below a change number (0 = from the
	// newest on), newest commit first, within a commit in the order written.
	// It never cuts a commit: the last one is given whole, even beyond limit.
	ChangesBefore(ctx context.Context, before int64, limit int) ([]Change, error)
	// ChangeAt is the newest change number written at or before a moment, 0 if
	// there is none.
	ChangeAt(ctx context.Context, at time.Time) (int64, error)
	// GetVersions returns the versions named that exist, current or earlier,
	// tombstones included, in the order asked.
	GetVersions(ctx context.Context, versions []VersionKey) ([]*Doc, error)
}

// VersionKey names one version of one resource.
type VersionKey struct {
	Key
	Version int64
}

// Change is one line of the change feed.
type Change struct {
	Change  int64
	Key     Key
	Version int64
	At      time.Time
	Deleted bool
}

// Put writes one new version.
type Put struct {
	Key
	// IfVersion is the version that must be current: 0 = must not exist,
	// AnyVersion = no condition. Otherwise Conflict "store.version".
	IfVersion int64
	Deleted   bool
	Org, Feed string
	Body      []byte         // packed
	Index     search.Entries // of this version; empty for a tombstone
	Old       search.Entries // of the version that it replaces, so that its entries go
}

// AnyVersion is the IfVersion that puts no condition.
const AnyVersion = -1

// DocumentWriter changes resources inside an Update.
type DocumentWriter interface {
	// NewRecord allocates a record key that was never used.
	NewRecord(ctx context.Context) (int64, error)
	// Put writes a version and its index entries and returns the new version
	// number.
	Put(ctx context.Context, p Put) (version int64, err error)
	// Index moves the index entries of a current version without writing a new
	// one, when what is indexed has changed. Errors: Conflict "store.version"
	// when that is not the current version.
	Index(ctx context.Context, k Key, version int64, old, index search.Entries) error
	// Repack puts other packings of the same texts in the place of bodies that
	// are still what From says; neither version nor change number moves. It
	// tells how many were put.
	Repack(ctx context.Context, list []Repacking) (int, error)
	// Claim files a key under a hash that may belong to one key only: it
	// returns the owner, which is k when the claim succeeded or stood already.
	Claim(ctx context.Context, h uint64, k Key) (owner Key, err error)
}
