package access

import (
	"sync/atomic"

	"github.com/cedar-policy/cedar-go"
)

// ask is what a decision depends on beside the document and its patient. The
// space of asks and targets is finite: the policies are put each question once.
type ask struct {
	role     Role
	purpose  Purpose
	action   Action
	inside   bool // of this care system
	unseals  bool // has the national activity B0083
	reasoned bool // gave a reason in words
}

// table is the policies' answers to one ask, filled in as they are needed.
type table struct {
	policies *Policies
	ask      ask
	sets     map[Action]cedar.PolicyMap // of the action, and of what is asked beside
	cells    [targets]atomic.Uint32
	kinds    [Service + 1]atomic.Uint32 // of each kind, the rule that allows most; bestNone when none does
}

// A cell is known, and holds the outcome's flags and the number of its rule.
const (
	cellKnown = 1 << iota
	cellShown
	cellExists
	cellContact
	cellAlert
	ruleShift = 8
	bestNone  = 1<<32 - 1
)

func (t *table) look(x Target) Outcome {
	if !t.ask.purpose.Beyond() {
		x.OptedOut = false
	}
	x = x.normal()
	at := &t.cells[x.index()]
	cell := at.Load()
	if cell == 0 {
		cell = t.put(x)
		at.Store(cell)
	}
	return Outcome{Shown: cell&cellShown != 0, Known: cell&cellExists != 0, Contact: cell&cellContact != 0,
		Alert: cell&cellAlert != 0, Rule: t.policies.rules[cell>>ruleShift]}
}

// put asks the policies about one target.
func (t *table) put(x Target) uint32 {
	cell := uint32(cellKnown)
	facts := contextOf(t.ask, x, true)
	question := func(act Action) (bool, string) {
		return t.policies.decide(t.sets[act], t.ask.role, act, x.Kind, facts)
	}
	also := func(act Action) bool { ok, _ := question(act); return ok }
	shown, rule := question(t.ask.action)
	cell |= uint32(t.policies.number[rule]) << ruleShift
	if !shown {
		if also(knowOf) {
			cell |= cellExists
		}
		return cell
	}
	cell |= cellShown
	if also(seeContact) {
		cell |= cellContact
	}
	if !also(unalerted) {
		cell |= cellAlert
	}
	return cell
}

// best is the rule that allows the plainest target of a kind, "" when there is
// none that is allowed.
func (t *table) best(k Kind) string {
	if n := t.kinds[k].Load(); n != 0 {
		if n == bestNone {
			return ""
		}
		return t.policies.rules[n]
	}
	found := ""
	if !t.policies.opens(t.ask.role, t.ask.action, k) {
		t.kinds[k].Store(bestNone)
		return ""
	}
	eachTarget(k, func(x Target) bool {
		shown, rule := t.policies.authorize(t.sets[t.ask.action], t.ask, x, true)
		if shown {
			found = rule
		}
		return !shown
	})
	n := uint32(bestNone)
	if found != "" {
		n = uint32(t.policies.number[found])
	}
	t.kinds[k].Store(n)
	return found
}
