// Package crosswalk owns what becomes of a trust's own codes in the record: for
// each code the domain's, for each unit the domain's and by how much values are
// multiplied, and how that is written into resources. The load of a joining trust
// and its living feeds go by the same table, so that what was and what comes are
// one series.
//
// The table that runs for an organisation is kept in the record, and its versions,
// and who made them so, are those of any resource. It decides nothing: people do
// (exchange/onboard/harmonise).
//
// Invariants:
//   - The sender's code stays beside the domain's.
//   - A value is converted only where its unit is known to convert into that of the
//     domain's test; what was sent stays beside it.
//   - What the table does not know is left as it was sent.
//
// ConceptMap in all but name: https://hl7.org/fhir/R4/conceptmap.html. Units:
// https://ucum.org/ucum. Files: docs/operate/harmonise.md.
package crosswalk
