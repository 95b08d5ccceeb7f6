// Package pds asks the Personal Demographics Service of the NHS about a person:
// by NHS number, or by particulars.
//
// It owns the requests, the access token, the pace that the service allows, and
// what an answer means: a number that was superseded by another, a record that
// was invalidated, a restricted (sensitive) patient, too many matches. It never
// writes to the service, keeps nothing, and changes no record here: what to do
// with an answer is for a steward.
//
// Invariants: without settings there is no client, and nothing leaves the house;
// no request is made for a number with a wrong check digit or for too few
// particulars; an answer that is not what was asked for is a fault, never a
// patient; the addresses of a restricted patient are dropped, should any come.
//
// Spec: https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
package pds
