// Package conformance owns the tests that hold the product against material
// made by others (the shared corpora), and writes what came of it to
// docs/conformance.md:
//
//	go test ./test/conformance/ -write
package conformance
