// Package storetest is the suite that every engine of the store must pass.
//
// It knows the contract of package store and nothing of an engine: what it
// needs of one is a function that opens it. Run holds everything that works on
// one engine; Crash and Full stop one in the middle; Bench holds the benchmarks,
// so that both engines are measured at the same work.
package storetest
