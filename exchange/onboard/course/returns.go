package course

import (
	"slices"
	"strings"

	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
)

// Who signs a return off, and how long they are planned to take.
const (
	returnOwner   = "Head of information"
	returnMinutes = 30
)

// returnStep is the step at which a return is signed off.
func returnStep(name string) string { return "return-" + name }

// withReturns puts a sign-off of each return that a pack owes before go or no-go,
// once the joined record was reconciled; the decision waits for them. A book that has
// the step already keeps its own.
func withReturns(b *runbook.Book, returns []pack.Return) {
	at := slices.IndexFunc(b.Steps, func(s runbook.Step) bool { return s.Do == runbook.Decide })
	if at < 0 {
		at = len(b.Steps)
	}
	after := joinedAt(b.Steps[:at])
	var steps []runbook.Step
	for _, r := range returns {
		id := returnStep(r.Name)
		if slices.ContainsFunc(b.Steps, func(s runbook.Step) bool { return s.ID == id }) {
			continue
		}
		steps = append(steps, runbook.Step{ID: id, Owner: returnOwner, Minutes: returnMinutes, After: after,
			Title: strings.ToUpper(r.Name) + " was produced from the joined record and compared with the last one from the old system"})
		if at < len(b.Steps) {
			b.Steps[at].After = append(slices.Clone(b.Steps[at].After), id)
		}
	}
	b.Steps = slices.Insert(b.Steps, at, steps...)
}

// joinedAt is the last of the steps after which the record is the joined one; nil if
// the book has none of them.
func joinedAt(steps []runbook.Step) []string {
	for _, deed := range []Deed{Reconcile, Load} {
		for _, s := range slices.Backward(steps) {
			if s.Do == string(deed) {
				return []string{s.ID}
			}
		}
	}
	return nil
}
