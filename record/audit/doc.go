// Package audit owns the record of every access decision: an append-only log
// whose rows become the leaves of a Merkle tree (golang.org/x/mod/sumdb/tlog).
//
// A row commits with what it tells of: a write and its row are one commit, a
// read's row is durable before its first byte is sent. The tree grows behind
// it: one Sequencer adds rows in batches and signs checkpoints. It never
// changes or deletes a row, but for Retention, which takes away payload and
// salt and leaves the leaf and the rule's name.
//
// Invariants: row n is leaf n; the stored hashes are exactly those that
// tlog.StoredHashes gives; each writer's rows are counted without gaps and each
// holds the leaf of the one before; Verify recomputes all of it from the rows.
//
// Spec: RFC 6962 (tree hashes); https://c2sp.org/tlog-checkpoint and
// https://c2sp.org/signed-note; FHIR AuditEvent
// (https://hl7.org/fhir/R4/auditevent.html) for what an entry holds.
package audit
