// Package memtable holds in memory the index entries that a store has filed and
// not yet merged into the tables of its database: the front of a log-structured
// merge. https://en.wikipedia.org/wiki/Log-structured_merge-tree
//
// It owns the order of the entries and what a snapshot sees of them. It never
// touches a database, and makes nothing durable.
//
// Invariants
//   - Entries are in the order of the database's tables, so that both can be
//     read as one, and merged in one pass.
//   - What an earlier snapshot sees does not change: a change of a key is an
//     entry of its own, under the number of the commit that brought it.
//   - One goroutine writes; any number read meanwhile.
package memtable
