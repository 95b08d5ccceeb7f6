// Package pgtest starts throw-away PostgreSQL servers for tests: initdb in a
// temporary directory, a socket of its own, stopped at the end, killed and
// started again when a test wants a crash.
//
// It is for tests only. A server never outlives the test binary, and is never
// one that was there before; CONCORD_PGTEST_DSN names one that is to be used
// instead. Without an installed PostgreSQL the tests are skipped, and say so.
package pgtest
