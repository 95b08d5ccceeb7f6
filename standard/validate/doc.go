// Package validate owns the rules that resources are held against: FHIR R4 on
// every write (Check), and on demand also the definitions of extensions, advice,
// and the profiles of implementation guides (Validate).
//
// Check walks a resource once: names, cardinalities, JSON types, the form of
// primitive values, the types that references may point at, required value sets,
// the XHTML of narratives, the constraints of R4 (in FHIRPath; those of nearly
// every resource in Go), what is contained, and the entries of bundles. Validate
// adds what is a warning to break, and a walk along each profile: package
// profile says what it asks, package pack has the definitions.
//
// It never looks outside the resource but through the functions that the caller
// gives, never refuses for what cannot be told (a code of SNOMED CT, an unknown
// profile, dates without order), and never puts a value from the resource into
// an issue: an issue names the place, the rule, and the definition. mustSupport
// is a matter of systems, so it is not looked at.
//
// Invariants: a valid resource costs Check no allocation beyond unescaping; any
// Value is answered, however odd, within bounds (MaxIssues, maxLooks,
// maxEvaluation); every constraint in Go is proved equal to its expression.
//
// The tables (elements, codes, bindings, invariants, definitions) are made by
// standard/validate/gen from the official package of R4.
//
// Spec: https://hl7.org/fhir/R4/validation.html, https://hl7.org/fhir/R4/json.html,
// https://hl7.org/fhir/R4/datatypes.html, https://hl7.org/fhir/R4/profiling.html,
// https://hl7.org/fhir/R4/conformance-rules.html
package validate
