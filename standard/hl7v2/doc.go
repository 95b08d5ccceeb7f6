// Package hl7v2 owns the wire form of HL7 version 2: MLLP frames, ER7 text
// (segments, fields, repetitions, components, subcomponents, escapes), files
// that hold many messages, and acknowledgements.
//
// It never maps to FHIR, never opens a connection and never reads a clock.
//
// Invariants:
//   - Parsing is lazy: it finds the segments, and fields are cut out when they
//     are asked for. The bytes as received stay available (Message.Raw).
//   - Every number in this package starts at 1, as in the standard: field 3,
//     repetition 1, component 4, subcomponent 1.
//   - Nothing is lost: an unknown escape stays as it stands, and bytes that are
//     not in the declared character set are read as windows-1252 with a
//     warning.
//   - An explicit null ("" between delimiters) is told apart from an empty
//     field; its String is empty all the same.
//
// Specifications: HL7 2.5.1 chapter 2 (control), appendix C (lower layer
// protocols) and MLLP release 1; tables 0008 (acknowledgement code), 0155
// (accept conditions), 0211 (character sets), 0357 (message error condition).
package hl7v2
