// Package record is the Desk: the only door to a patient.
//
// A Desk is asked for one requester and one reason: desk.For(requester,
// reason) gives an Errand, and every read, search, chart, write, export and
// message goes through it. Its order is fixed: decide, then fetch or commit,
// then audit. A write commits with its audit entry in one transaction; a read
// returns nothing before its entry is durable, and the entry names the change
// number that was seen. If audit cannot be kept, access is refused.
//
// It never lets anything pass that no rule allows, never re-keys a resource,
// and never forgets a version.
//
// Invariants
//   - Every exported method of Errand leaves exactly one audit entry per call,
//     allowed or refused (journal bookkeeping of a feed aside, which the entry
//     of the applied message covers).
//   - Each patient entry belongs to exactly one person.
//   - A stored subject never changes; merges are links.
//
// See docs/architecture/life-of-a-read.md and life-of-a-merge.md.
package record
