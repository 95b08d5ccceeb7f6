// Package profile owns what a profile says: it makes a tree of constraints of a
// StructureDefinition, in which only the elements stand that the profile (or a
// profile that it derives from) says something about. Together with the types of
// package fhir that is the snapshot, without the elements that add nothing.
//
// It never judges a resource (package validate does) and never fetches a
// definition from elsewhere.
//
// Invariants: a tree does not change once made; a circle of profiles is an
// error; what a differential says of an element that does not exist is left out.
//
// Spec: https://hl7.org/fhir/R4/profiling.html,
// https://hl7.org/fhir/R4/elementdefinition.html
package profile
