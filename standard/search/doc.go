// Package search owns FHIR search: the parameters that are served, what the
// index keeps of a resource, and parse → check → plan → match of a query.
//
// It never does I/O: a plan names what the store has to look up and a match
// function confirms each candidate on its body.
//
// Spec: https://hl7.org/fhir/R4/search.html
package search
