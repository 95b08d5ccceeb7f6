// Package fault owns the kinds of failure and their stable codes.
//
// A Fault says what kind of thing went wrong (closed list), which rule spoke
// (a dotted code that never changes, such as "access.no-relationship"), where
// in the input it happened, and a sentence for the person who has to mend it.
//
// It never carries patient data: an expression path and a rule, not a value.
// Each edge has one table from Kind to its own language (HTTP status, HL7
// acknowledgement code, page, exit code). An error that is not a Fault is
// Internal, and outsiders see a reference number only.
package fault
