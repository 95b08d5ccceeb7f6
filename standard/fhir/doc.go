// Package fhir owns what a FHIR R4 resource is inside Concord: an ordered JSON
// document whose numbers, strings and order of members are kept as they were
// sent, with small typed views on top. It reads the JSON and the XML format, and
// holds the table of R4 types and elements (elements.txt) that XML reading and
// validation go by.
//
// It never generates a struct per resource type (types are data), never does
// I/O and never reads the clock. A Value is immutable once made: it may be read
// from many goroutines, and every edit returns a new Value that shares what did
// not change.
//
// Invariants: Parse accepts exactly RFC 8259 JSON in valid UTF-8 with unique
// member names and bounded depth; Append(Parse(b)) differs from b in white
// space only.
//
// Spec: https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/xml.html,
// https://hl7.org/fhir/R4/datatypes.html
package fhir
