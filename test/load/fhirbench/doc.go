// Command fhirbench measures FHIR on both stores: it serves a fresh SQLite data
// folder, then a fresh PostgreSQL, loads the Synthea Bundles and copies of them,
// and runs the scenarios of test/load/fhirload on little data and on times as
// much. What it prints is the table of docs/performance.md:
//
//	go run ./test/load/fhirbench -corpus ../shared/corpora/fhir/synthea-r4 >fhir.md
//
// Server, database and load share the machine. PostgreSQL syncs as it does by
// default; without an installed one its column stays empty, and that is said.
package main
