package search

// Entries is what the index keeps of one resource version.
type Entries struct {
	// Code is the keyed hash of the resource's leading code (system|code), 0
	// if it has none.
	Code uint64
	// Date is the resource's leading date as DateValue writes it, 0 if it has
	// none.
	Date int64
	// Quantity is the leading value: keyed hash of code and unit, and the
	// number. Unit 0 = none.
	Unit  uint64
	Value float64
	// Tokens are 32-bit keyed hashes of (parameter, value) for tokens and
	// references; a filter only, confirmed on the body.
	Tokens []uint32
	// Terms are 48-bit keyed hashes of (type, parameter, value), ascending and
	// without repeats: the store counts, for each record, how many of its
	// documents have each, so that a search over all records finds the records
	// to look into. A filter only, confirmed on the body.
	Terms []uint64
	// Strings are normalised values under the keyed hash of their parameter.
	Strings []StringEntry
	// Idents are 64-bit keyed hashes of (type, parameter, value) that are
	// indexed over all records.
	Idents []uint64
}

// StringEntry is one normalised string under the hash of its parameter.
type StringEntry struct {
	Param uint64
	Value string
}
