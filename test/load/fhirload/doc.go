// Package fhirload is a load of plain FHIR R4 over HTTP, for any server that
// has a base URL and takes a bearer token: import, CRUD, search, chart and a
// mix of reads and writes. It uses nothing that only Concord has.
//
// Every response is checked: its status, and that a search has matches. One in
// fifty is read whole: each match has to fit what was asked. What does not is
// counted, told, and never dropped.
//
// It is a closed loop: each client sends its next request when it has read the
// answer to the last. A client is one connection and one goroutine, so that
// the tool leaves the cores to the server that it shares them with.
package fhirload
