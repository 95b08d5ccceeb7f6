// Package course owns the course of an organisation's joining: which organisations
// there are and where each stands, the steps that people ask for at the pages or
// at the command line, and the figures that a runbook's rules refer to.
//
// Steps that take long are done beside the server, one at a time for each
// organisation, and tell how far they are. A step asked for by a person is decided
// by the Desk first, for that organisation, and is in the audit log before it
// begins; what it writes is written by the trust's own errand.
//
// It never holds a rule of staging, loading or reconciling, and shows no patient:
// what it gives out are counts, codes and source keys.
//
// Invariants:
//   - One step at a time works on an organisation's stage.
//   - A step that was begun is in the run that is at work, if the run has it; it
//     counts as done there only when it ended well.
//   - Totals for commissioners are rounded, and small ones are left out.
//
// Specification: issue 6; docs/operate/join.md.
package course
