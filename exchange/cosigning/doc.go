// Package cosigning asks partner organisations to co-sign the checkpoints of
// the audit log, so that nobody here can write the log anew unseen.
//
// It owns when each witness is asked, what is sent, and what becomes of the
// answers. It never decides what the log is: a witness that is dead, slow or
// hostile stops nothing; it shows in the standings.
//
// Invariants: what is kept is the checkpoint with signatures that the known
// keys have made; a witness that has seen another or a longer log than ours is
// told apart from one that does not answer.
//
// Spec: https://c2sp.org/tlog-witness and https://c2sp.org/tlog-cosignature.
package cosigning
