// Package validate owns the rules that every resource is held against before
// it is kept: the base structure of FHIR R4.
//
// It checks names, cardinalities, JSON types, the form of primitive values,
// the types that references may point at, required codes that R4 itself lists,
// and the XHTML of narratives. It never evaluates invariants or profiles, never
// looks outside the resource, and never puts a value from the resource into an
// issue: an issue names the place and the rule.
//
// Invariants: a valid resource costs no allocation beyond unescaping; any Value
// is answered, however odd, and at most MaxIssues issues come back.
//
// Spec: https://hl7.org/fhir/R4/validation.html, https://hl7.org/fhir/R4/json.html,
// https://hl7.org/fhir/R4/datatypes.html
package validate
