package review

import (
	"slices"
	"strings"
	"time"

	"concord/record/access"
)

// Staff is what is known of who looks.
type Staff struct {
	Family string   // folded surname, "" when it is not known
	NHS    string   // their own NHS number, "" when it is not known
	Homes  []string // where their own record says they live
}

// Patient is what is known of whose record it is. It says what their records
// say; nothing of it is kept in a case.
type Patient struct {
	NHS       []string
	Families  []string // folded
	Homes     []string // postcode and first line, folded
	Relations []access.Relation
	Works     []string // organisations for which they work, as the staff directory has it
}

// afterCare is how long after the end of care a look is nothing unusual:
// letters are written and results come in.
const afterCare = 7 * 24 * time.Hour

// Signals picks out what is unusual about somebody's looking at a patient's
// record at a moment, gravest first. Claims, broken glasses and watched records
// are told by the access itself.
func Signals(who access.Requester, s Staff, p Patient, at time.Time) []Kind {
	var out []Kind
	own := s.NHS != "" && slices.Contains(p.NHS, s.NHS)
	if own {
		out = append(out, Own)
	}
	if !own && slices.Contains(p.Works, who.Org) {
		out = append(out, Colleague)
	}
	if !own && slices.ContainsFunc(s.Homes, func(h string) bool { return slices.Contains(p.Homes, h) }) {
		out = append(out, Household)
	}
	if !own && s.Family != "" && slices.Contains(p.Families, s.Family) {
		out = append(out, Surname)
	}
	if over(who, p.Relations, at) {
		out = append(out, Discharged)
	}
	return out
}

// Period is the time around a day in which a kind makes one case for one user and
// patient: that day, or for what says little by itself, its month.
func (k Kind) Period(day time.Time) (from, to time.Time) {
	if k == Surname || k == Discharged {
		first := day.AddDate(0, 0, 1-day.Day())
		return first, first.AddDate(0, 1, 0)
	}
	return day, day.AddDate(0, 0, 1)
}

// over tells that all that ties somebody to a patient ended some time ago and
// lasts only by grace.
func over(who access.Requester, relations []access.Relation, at time.Time) bool {
	held := false
	for _, r := range relations {
		if !r.Holds(who, at) {
			continue
		}
		if r.Until.IsZero() || at.Before(r.Until.Add(-access.Grace).Add(afterCare)) {
			return false
		}
		held = true
	}
	return held
}

// SurnameOf is the surname within a name to show, folded: its last word.
func SurnameOf(display string) string {
	words := strings.Fields(display)
	if len(words) < 2 {
		return "" // one word may be anything
	}
	return strings.ToLower(words[len(words)-1])
}
