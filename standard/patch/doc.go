// Package patch owns the two ways to change a resource by a patch: JSON Patch
// and FHIRPath Patch.
//
// It never judges whether the outcome is a valid resource, never looks at
// permissions and never changes the document that it is given: the outcome is a
// new document. What a patch does not touch keeps its text: decimals, order and
// escapes.
//
// Invariants: a patch applies whole or not at all; its cost is bounded by the
// sizes of the document and of the patch.
//
// Spec: https://hl7.org/fhir/R4/http.html#patch,
// https://www.rfc-editor.org/rfc/rfc6902 (JSON Patch),
// https://www.rfc-editor.org/rfc/rfc6901 (JSON Pointer),
// https://hl7.org/fhir/R4/fhirpatch.html (FHIRPath Patch)
package patch
