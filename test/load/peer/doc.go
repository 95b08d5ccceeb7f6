// Command peer measures Concord beside another FHIR server: the HAPI FHIR JPA
// server of the folder hapi, on PostgreSQL, then Concord on PostgreSQL and on
// SQLite. Each starts empty on this machine, alone, and is put under the load
// of test/load/fhirload; a database is a fresh PostgreSQL with fsync on, which
// all reach through TCP.
//
//	go run ./test/load/peer -corpus ../shared/corpora/fhir/synthea-r4 -json runs.json >peer.md
//
// It prints the table of docs/performance.md. Runs are kept in the JSON file
// and a further one is added to them: the table gives the smallest and the
// largest of each figure. HAPI is built before, with mvn package.
package main
