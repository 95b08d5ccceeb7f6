// Package sweep is the batch linkage over the whole index: every entry is read,
// compared with all that share a blocking key, and the pairs that are found go
// through the door that arrivals go through.
//
// It finds what arrival passed over: keys that more than 200 entries share (here
// 4,000), entries that came before names were counted, and what stewards were not
// asked about for the number of likelier pairs.
//
// It never decides by itself: it hands pairs to the index (record.SweepPairs), the
// heaviest first, which compares the two as they are then, holds what guards, rivals
// or a steward's word speak against, and keeps each decision. It parts nobody.
//
// Invariants:
//   - The pairs found lie in the work folder in one order; how many were decided
//     stands in the store, written with the decisions. Whenever a run is stopped, the
//     next goes on there: no pair is lost or decided twice.
//   - A folder of another store, or of another model or count of names, is refused.
//   - A trial writes nothing but its audit entries.
//
// Design: docs/matching.md.
package sweep
