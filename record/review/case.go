package review

import (
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
)

// Kind is why an access is reviewed.
type Kind string

// The kinds.
const (
	BreakGlass Kind = "break-glass" // the glass was broken
	Claimed    Kind = "claimed"     // a relationship was claimed
	Watched    Kind = "watched"     // the record of somebody in the public eye
	Colleague  Kind = "colleague"   // the record of an employee
	Own        Kind = "own"         // the user's own record
	Surname    Kind = "surname"     // the patient has the user's surname
	Household  Kind = "household"   // the patient lives where the user does
	Discharged Kind = "discharged"  // care ended some time ago
	Volume     Kind = "volume"      // unusually many patients in a day
)

// Kinds lists every kind, the gravest first.
func Kinds() []Kind {
	return []Kind{Own, BreakGlass, Watched, Colleague, Household, Claimed, Surname, Volume, Discharged}
}

// State is how it goes with a case.
type State string

// The states. Open, Queried and Escalated cases stand in the queue.
const (
	Open      State = "open"
	Queried   State = "queried"   // the user, or their manager, was asked
	Escalated State = "escalated" // handed on: to the Caldicott Guardian, HR, the police
	Justified State = "justified" // closed: the access was right
	Upheld    State = "upheld"    // closed: the access was wrong
)

// Closed tells whether a case has left the queue.
func (s State) Closed() bool { return s == Justified || s == Upheld }

// Case is one access, or one day's accesses, under review.
type Case struct {
	ID     string      `json:"id"`
	At     time.Time   `json:"at"` // the first access
	Kind   Kind        `json:"kind"`
	User   string      `json:"user"`
	Role   access.Role `json:"role"`
	Org    string      `json:"org"`
	Person string      `json:"person,omitempty"` // id of the person; "" for a volume
	Code   string      `json:"code,omitempty"`   // lawful reason for which the glass was broken
	Reason string      `json:"reason,omitempty"` // in the user's words
	Count  int         `json:"count,omitempty"`  // of a volume: patients that day
	Usual  int         `json:"usual,omitempty"`  // of a volume: the user's median day
	State  State       `json:"state"`
	Steps  []Step      `json:"steps,omitempty"`
}

// Step is what became of a case at one moment.
type Step struct {
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	State State     `json:"state"`
	Words string    `json:"words"`
}

const minWords, maxWords = 5, 1000

// Settle takes a step. Open cases may go anywhere; a closed one may only be
// opened again. Errors: Invalid "review.state" (in "state"), "review.words" (in
// "words"); Denied "review.own" for a case about whoever settles it.
func (c *Case) Settle(by string, to State, words string, now time.Time) error {
	words = strings.TrimSpace(words)
	if n := len([]rune(words)); n < minWords || n > maxWords {
		return fault.New(fault.Invalid, "review.words", "say in %d to %d characters why", minWords, maxWords).In("words")
	}
	if by == c.User {
		return fault.New(fault.Denied, "review.own", "nobody settles a case about themselves")
	}
	known := to == Queried || to == Escalated || to.Closed()
	if c.State.Closed() {
		known = to == Open
	}
	if !known || to == c.State {
		return fault.New(fault.Invalid, "review.state", "choose what becomes of the case").In("state")
	}
	c.State = to
	c.Steps = append(c.Steps, Step{At: now.UTC(), By: by, State: to, Words: words})
	return nil
}

// Settled is when a closed case was closed.
func (c *Case) Settled() (time.Time, bool) {
	if !c.State.Closed() || len(c.Steps) == 0 {
		return time.Time{}, false
	}
	return c.Steps[len(c.Steps)-1].At, true
}
