// Package launch starts the real binary for tests and benchmarks that speak to
// it over HTTP: builds it, serves a data folder or a database on a free port,
// issues tokens, and ends it in order.
//
// It never touches the store: what it does, an operator could do.
package launch
