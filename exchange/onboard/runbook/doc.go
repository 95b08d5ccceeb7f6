// Package runbook owns the runbook of an organisation's joining and its runs:
// trial load, dress rehearsal and cutover are runs of one list of steps, each
// timed against the plan and against the run before.
//
// A runbook is a YAML file: steps with owner and minutes, what each waits for,
// what is done by itself, which figure must hold before a step counts as done;
// and the rules of go and no-go. Figures are those of profile, match, load and
// reconciliation, by name.
//
// It never does a step itself, never takes a figure for good that it was not
// given, and holds no patient's data: the timeline that staff see without signing
// in is made of the steps' public words and times alone.
//
// Invariants:
//   - A step is done once, after those that it waits for, by somebody who is named.
//   - A run goes by the text of the runbook with which it began.
//   - Go is said when every rule holds, and never otherwise.
//
// Specification: issue 6; docs/operate/join.md.
package runbook
