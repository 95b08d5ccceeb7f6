package store

import "context"

// Population looks for documents over all records by what they say. The hits
// are candidates: the hashes behind them are short, and the caller confirms
// each on its body.
type Population interface {
	// FindCode lists documents with a leading code in order of their Date, at
	// most limit.
	FindCode(ctx context.Context, r CodeRange, limit int) ([]Dated, error)
	// FindQuantity lists the keys of documents with that unit whose value lies
	// in [low, high], in order of value, at most limit.
	FindQuantity(ctx context.Context, unit uint64, low, high float64, limit int) ([]Key, error)
	// FindRecords walks, in ascending order after a record key, the records
	// that hold for every group at least one current document with one of the
	// group's terms (search.Entries.Terms), at most limit. It costs in
	// proportion to what it returns and to the rarest group, never to the
	// size of the store. No group means no record.
	FindRecords(ctx context.Context, groups [][]uint64, after int64, limit int) ([]int64, error)
	// FindRecordsEach answers several such questions, in the order asked. An engine
	// to which each is a journey makes of them no more journeys than of one.
	FindRecordsEach(ctx context.Context, asks []RecordsAsk) ([][]int64, error)
	// FindIdents looks up the identifier index for each of several hashes, in the
	// order asked, at most limit for each; ids that were claimed are left out. It is
	// one journey where each lookup would be one.
	FindIdents(ctx context.Context, hashes []uint64, limit int) ([][]Key, error)
	// CountTerm is the number of current documents with a term, over all
	// records.
	CountTerm(ctx context.Context, term uint64) (int64, error)
}

// RecordsAsk is what FindRecords is asked.
type RecordsAsk struct {
	Groups [][]uint64
	After  int64
	Limit  int
}

// CodeRange is a stretch of the index by code and date.
type CodeRange struct {
	Code     uint64
	From, To int64 // Date in [From, To), in search.Entries.Date units; To 0 = open; documents without a date have 0
	Oldest   bool  // oldest first, each date in key order; else latest first, and keys backwards
	After    Dated // continue after this one; zero = from the beginning
}

// Dated is a document's key with its Date.
type Dated struct {
	Key
	Date int64
}
