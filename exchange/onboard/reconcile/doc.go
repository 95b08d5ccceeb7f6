// Package reconcile holds what a load has brought into the record against the
// extract that it came from, and makes one report of it, which people sign.
//
// The two sides are read by different ways: rows of the stage column by column,
// resources of the record element by element, as they were when the load had
// written them. Nothing of how the load makes resources is used. Clocks of
// referral-to-treatment pathways are worked out on each side by itself.
//
// It never writes to the record, never puts a value of a patient into a report
// (source keys and codes alone), and never calls equal what it has not read.
//
// Invariants:
//   - A report is a function of the load id: the same load gives the same bytes,
//     whatever has been changed in the record since, as long as nothing that the
//     load wrote was deleted and nobody has signed meanwhile.
//   - A difference in allergies, active medicines or clocks blocks the go.
//   - What is sealed is in the audit log by its hash, and signed with the key of
//     the audit log under a name of its own, so that it is no checkpoint.
//
// Signatures: https://c2sp.org/signed-note. Clocks: concord/standard/uk.
// Specification: issue 6.
package reconcile
