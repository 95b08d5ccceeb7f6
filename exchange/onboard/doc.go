// Package onboard brings a trust's data into the live record, rehearsed and
// provable: an extract is staged, profiled and matched against the live index
// before anything is written to it.
//
// An extract lies in the trust's own stage, a folder of files: rows in the
// layout's columns, values in one form, with a checksum; the rows that were
// refused, each with its reason, ready to be mended and staged again; and the
// report of each step. The store is not touched until a load.
//
// It never changes the record while it stages, profiles or matches; never puts
// a value of a patient into a report, a log or an error; and never guesses: a
// row that may be wrong in what a load needs is refused.
//
// Invariants:
//   - A row of the source is accepted or refused, never neither and never both.
//   - The same extract twice is one extract; an older one than that staged last
//     is refused unless it is asked for.
//   - A step is complete or absent: a crash leaves nothing that a later step
//     takes for whole.
//   - Memory does not grow with the rows, but for 16 bytes a row of what other
//     rows refer to.
//
// Layout: docs/operate/extract-layout.md. Specification: issue 6; referral to
// treatment: concord/standard/uk.
package onboard
