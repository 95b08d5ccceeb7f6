// Package sqlite is the store on one SQLite database in a data directory: the
// embedded engine, for one machine and one writing process.
//
// It owns its SQL, its files and their locks. It never decides who may see
// what, never parses a body, and never lets a second process write.
//
// How it works
//   - Rows of one record lie together: rec is in the order of (pk, lid), so a
//     chart is a few range scans and needs no index.
//   - One goroutine writes. Updates that wait at the same time share one
//     commit, each in its own savepoint, and are answered when the commit is
//     on the disk (writer.go).
//   - Updates that are in no hurry (a load) run when nobody else waits
//     (later.go).
//   - Views read their own snapshot on one of a few reader connections and
//     never wait for the writer (view.go).
//   - Updates that only append to logs are durable in a file ahead of the
//     database, which catches up soon (ahead.go).
//   - Index entries gather in memory and in one row for each commit, and are merged
//     into their tables in order (pending.go).
//   - The log of the database (WAL) is folded back in the background, so that
//     no Update waits for it (checkpoint.go).
//
// Invariants
//   - rec holds the newest version of each document, tombstones included;
//     rec_hist the versions before it, without gaps.
//   - change has one row per Update that wrote documents and names each
//     version once.
//   - An index entry exists exactly for current versions: in its table, as what is
//     pending changes it.
//
// Files: concord.db (with -wal, -shm and .ahead), concord.lock. See
// https://www.sqlite.org/wal.html and https://www.sqlite.org/withoutrowid.html.
package sqlite
