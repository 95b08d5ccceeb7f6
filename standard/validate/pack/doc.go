// Package pack owns definitions: the profiles, extensions, value sets and code
// systems of FHIR R4 itself (embedded) and those of implementation guides, read
// from folders given as fs.FS. It finds them by canonical URL and answers
// whether a code is in a value set.
//
// It never guesses: a value set that leans on codes which are not in the pack
// (SNOMED CT, LOINC, UCUM) answers Unknown. It does no I/O beyond the fs.FS that
// it is given, and it does not judge resources; package validate does.
//
// Invariants: a Pack does not change once loaded and serves many goroutines;
// definitions are parsed when they are first asked for; a circle of value sets
// ends.
//
// Spec: https://hl7.org/fhir/R4/packages.html, https://hl7.org/fhir/R4/valueset.html,
// https://hl7.org/fhir/R4/codesystem.html, https://hl7.org/fhir/R4/references.html#canonical
package pack
