// Package shelf owns the current documents that were read lately: what lies on
// it is read without a statement.
//
// It is below every decision. It stands in the place of the store's documents
// for one View, and gives what the store would give on that snapshot, to whoever
// asks; who may see it is decided afterwards, as for what the store gives.
//
// Invariants:
//   - What is given for a snapshot is what the store holds on it. A document is
//     put on the shelf by a View that stands where the shelf stands in the
//     change feed, and taken off when the feed names it, whichever process wrote.
//     A View older than what lies there asks the store.
//   - Nothing of a transaction that is not committed comes here: only Views do.
//   - It takes no more memory than it was given.
//
// It never decides, never writes, and never answers how something was at
// another time.
package shelf
