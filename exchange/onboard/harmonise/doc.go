// Package harmonise owns the build harmonisation of a trust that joins: what of
// the domain's catalogues each of its codes is (orders, results and their units,
// wards, clinics, specialties, document kinds, staff, drugs, alerts).
//
// The joiner's side are the codes that the rows of its extract have, with what
// its catalogue files say of them. The domain's side is what runs: the domain's
// catalogue, the org pack of the joiner, and the codes that the record has. Each
// code that is used is mapped, allowed as it is (owner, reason, review date), a
// variance that stays (owner, reason), or open; while one is open a load does not
// begin. Decisions are one file of the stage, kept from trial to trial, in which
// every entry says who, when and why.
//
// It never applies a suggestion by itself, but for an entry of the same national
// code where the policy file says so; never suggests a drug of another
// ingredient, strength or release, however alike the names are; and never maps
// one unit to another that it does not convert into.
//
// Invariants:
//   - A code has one target at most, and no target is a code that is mapped on.
//   - A decision whose grounds have changed (the code's name, its units, the
//     target) does not stand: the code is open again and says why.
//   - The source's code stays beside the one that it is mapped to.
//
// Files: docs/operate/harmonise.md. UCUM: https://ucum.org/ucum; ConceptMap:
// https://hl7.org/fhir/R4/conceptmap.html.
package harmonise
