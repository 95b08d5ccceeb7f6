// Package store owns the primitives in which everything rests: documents with
// versions and a search index, the journal of received messages, append-only
// logs, a queue with leases, small keys, and the links between records.
//
// It never knows who asks (record does) and holds no SQL: store/sqlite and
// later engines implement Engine, and store/storetest is the suite that each
// of them must pass. It never parses a resource: a body is packed bytes, an
// index is what standard/search made of it.
//
// Invariants
//   - An Update is atomic, durable when it returns nil, and serial with every
//     other Update; its function may run more than once and must not have
//     effects outside the transaction.
//   - A View sees one snapshot: all of a commit or nothing of it.
//   - Change numbers grow in commit order, and the time of a change never runs
//     backwards.
//   - A version is never altered: Put copies the old row to history first, a
//     deletion is a version.
//
// Design: docs/architecture/store.md.
package store
