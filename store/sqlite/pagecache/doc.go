// Package pagecache owns the pages that SQLite keeps in memory: of each connection its
// own, as many as it may have, the one used longest ago given up first.
//
// SQLite's own cache, as the library builds it (SQLITE_ENABLE_MEMORY_MANAGEMENT), is one
// for all connections of the process, behind one lock. A connection that has as many
// pages as it may takes those of others, which may then hold more together than all may
// have; from there on no page is kept that is not in use, and a View reads the root of an
// index anew for each look-up. Each page takes twice its size, too, since the allocator
// rounds it up to the next power of two.
//
// It never reads or writes a page, and is not for several goroutines at once: a
// connection is one goroutine's at a time.
//
// Invariants:
//   - A page that is pinned stays where it is, under its number, until it is unpinned.
//   - Of a cache that may purge no more pages are kept than it may have, but for those
//     that are pinned.
//   - Memory is given back when the cache is shrunk or destroyed.
//
// Specification: https://sqlite.org/c3ref/pcache_methods2.html.
package pagecache
