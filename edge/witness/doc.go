// Package witness is a transparency-log witness: a partner organisation runs it
// and co-signs the checkpoints of other organisations' audit logs.
//
// It owns what was seen of each log: the newest checkpoint, in a file that is
// on disk before the co-signature is answered. It never sees an entry, and never
// co-signs a tree that does not go on from the one before.
//
// Invariants: of each log the sizes that are co-signed never shrink, and of one
// size there is one root; two requests at once are looked at one after the
// other; what contradicts a log that signed both is kept as evidence.
//
// Spec: https://c2sp.org/tlog-witness, https://c2sp.org/tlog-cosignature,
// https://c2sp.org/tlog-checkpoint.
package witness
