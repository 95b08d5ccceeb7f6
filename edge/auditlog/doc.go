// Package auditlog publishes what proves the audit log: the newest signed
// checkpoint, the newest that witnesses have co-signed, the public keys, and proofs that an entry lies in the tree and
// that the tree only grew.
//
// It never shows an entry. What it shows are hashes of salted hashes, which
// tell nothing of anybody, so that it asks nobody who they are.
//
// Spec: https://c2sp.org/tlog-checkpoint; RFC 6962, section 2.1, for the order
// of the hashes of a proof.
package auditlog
