// Package review owns the cases that privacy officers look into: an access that
// was claimed, broken open, or that looks as if it had another reason than
// care. It holds the signals by which accesses are picked out, what may become
// of a case, and how cases are kept.
//
// It never decides on access, never shows anything of a patient, and reads no
// record: the Desk tells it the facts. A case names people by id.
//
// Invariants: a signal for one user and one patient makes one case in its
// period, however often the log is read; a case is never deleted and each step
// says who took it, when and why; nobody settles a case about themselves.
//
// Spec: ../../docs/access.md (review); UK GDPR article 32(4).
package review
