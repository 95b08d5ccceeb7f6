// Package fhirapi is the FHIR R4 front door: REST interactions in JSON under
// one base path, each an errand at the Desk.
//
// It owns routes, headers, and the mapping of faults to HTTP and
// OperationOutcome. It never decides who may see what and never touches the
// store.
//
// Invariants: every request but /metadata carries a bearer token; every error
// is an OperationOutcome; what CapabilityStatement says is exactly what is
// routed.
//
// Spec: https://hl7.org/fhir/R4/http.html
package fhirapi
