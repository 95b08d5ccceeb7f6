// Package person is the master index: which patient entries of which trusts
// are one human being.
//
// An entry that arrives is compared with those that share a blocking key
// (Matcher, Candidates) and gets one of three answers (Arrive): it is joined
// with those that are certainly the same person, a steward is asked about those
// that may be, else it is a person of its own. Humans rule (Rule): join, part,
// need more, unlink, move, take back. Each decision on a pair is kept, with
// model, weight, levels, guards and who made it.
//
// Persons follow from ties alone: the entries that joined pairs tie together
// are one person, whose id is the oldest of the ids that they have by
// themselves. So a join that is taken back leaves no trace, whatever came in
// between, and the order of decisions does not matter.
//
// Invariants:
//   - An entry belongs to exactly one person; the store refuses a second link.
//   - Nothing is deleted or re-keyed: a join is a row in the links, other ids
//     redirect, and the past can be asked.
//   - An NHS number that is not valid joins nobody. Two valid numbers, one
//     number on two people, and pairs that a steward parted never become one
//     without a steward.
//   - The model never overrules a human.
//   - A claim joins only while no rival is there: the same entries come to the
//     same persons, whichever came first.
//
// Of three entries of which two conflict and both match the third for certain,
// the third stays with the one that came first, and a steward is asked.
//
// Spec: docs/architecture/life-of-a-merge.md, docs/matching.md.
package person
