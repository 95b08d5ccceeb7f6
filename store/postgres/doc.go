// Package postgres is the store on PostgreSQL 15 or newer: for a server of its
// own, for several Concord processes at once, for readers on replicas.
//
// It owns its SQL, its schema and the connections. It never decides who may
// see what and never parses a body.
//
// How it works
//   - Rows of one record lie together: the key of rec is (record, type,
//     sequence), so a chart is a few range scans and needs no index.
//   - One goroutine of a process writes. Updates that wait at the same time
//     form a group: what they write is gathered in memory, seen by those that
//     follow, and sent as one statement per table together with the commit, in
//     one journey (group.go, buffer.go).
//   - Nothing is locked while the functions run. Every commit adds the next
//     row to head: when another process was first, the key of head refuses it,
//     and the group runs again, taking the writers' lock first (group.go).
//   - Versions, and that a message is new, are taken as the caller says; the
//     commit proves them, and if one is not so the group runs again, looking.
//   - A View is one REPEATABLE READ transaction on one of a few connections;
//     beginning and end are sent without waiting, so that a View of one
//     question is one journey (view.go). With a replica Views go there
//     (replica.go).
//
// Invariants
//   - rec holds the newest version of each document, tombstones included;
//     rec_hist the versions before it, without gaps.
//   - head has one row per commit, without gaps: change numbers grow in commit
//     order, over all processes.
//   - change has one row per Update that wrote documents and names each
//     version once.
//   - An index entry exists exactly for current versions.
//   - A commit whose answer was lost is looked up by its token, and if it is
//     not there it is made impossible before it is said to have failed.
//
// Why not SERIALIZABLE: its conflicts are found by page, so that appends to
// one log and one feed, which every Update does, abort each other; change
// numbers would not be in commit order. One lock at a time costs little, since
// it is held for one journey per group.
//
// Sharding: every statement about a chart names its record key (the test in
// shard_test.go proves it), so that rec, rec_hist, str, post, link and
// journal_record can be spread by it, ident and alias by their hash. The lock,
// head and change then exist once per shard; what fans out is listed there.
//
// See https://www.postgresql.org/docs/15/protocol-flow.html and
// https://www.postgresql.org/docs/15/explicit-locking.html.
package postgres
