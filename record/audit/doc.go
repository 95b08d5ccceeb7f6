// Package audit owns the record of every access decision: an append-only log
// whose entries are the leaves of a Merkle tree (golang.org/x/mod/sumdb/tlog).
//
// It never updates or deletes an entry. An entry, its hashes and the tree grow
// in the transaction of what they tell of: a write and its entry are one
// commit, a read's entry is durable before its first byte is sent.
//
// Invariants: entry n is leaf n; the stored hashes are exactly those that
// tlog.StoredHashes gives; Verify recomputes them all from the entries.
//
// Spec: RFC 6962 (tree hashes); FHIR AuditEvent (https://hl7.org/fhir/R4/auditevent.html)
// for what an entry holds.
package audit
