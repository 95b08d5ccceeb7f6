package record

import (
	"fmt"
	"strings"
	"time"

	"concord/standard/search"
)

// told is how a search was done, for who asks (_explain): what was understood, then
// each step with what it cost, and the statements that it ran. It is shared by a
// search and those that it makes itself; nil = nobody asks.
type told struct {
	lines []string
	now   func() time.Time
	began time.Time
	depth int // of searches within the search

	step  int // the line of the step at hand, -1 = none
	since time.Time
	cost  toldCost // of the step
	all   toldCost
}

// toldCost is what was done: statements, the rows that they gave and their time, and
// resources that were looked at.
type toldCost struct {
	statements, rows, looked int
	stored                   time.Duration
}

// mostLines is how many lines are told.
const mostLines = 200

func (d *Desk) telling(q *search.Query) *told {
	t := &told{now: d.now, began: d.now(), step: -1}
	t.since = t.began
	for _, typ := range q.Types {
		if len(t.lines) == maxToldTypes {
			t.lines = append(t.lines, fmt.Sprintf("parse: and %d types more", len(q.Types)-maxToldTypes))
			break
		}
		t.lines = append(t.lines, "parse: "+typ+" by "+d.understood(q, typ))
	}
	return t
}

const maxToldTypes = 5

// understood are the clauses of a query, and the index that each has over all records.
func (d *Desk) understood(q *search.Query, typ string) string {
	if len(q.Clauses) == 0 {
		return "nothing: all of the type"
	}
	x := d.searches().extract
	pin := d.searches().asks.LookupType(q, typ).By["pin"]
	parts := make([]string, len(q.Clauses))
	for i := range q.Clauses {
		c := &q.Clauses[i]
		how := "beyond the resource"
		if c.Param != nil && !c.Linked() {
			switch how = x.Indexed(typ, c.Param); {
			case pin != "" && pin == c.Name():
				how = "the records of whom it names"
			case how == "":
				how = "no index over all records"
			default:
				how = "index of " + how
			}
			how = string(c.Param.Kind) + ", " + how
		}
		parts[i] = fmt.Sprintf("%s (%s)", c.Name(), how)
	}
	return strings.Join(parts, ", ")
}

// tell begins a step.
func (t *told) tell(line string) {
	if t == nil {
		return
	}
	t.endStep()
	if len(t.lines) < mostLines {
		t.step = len(t.lines)
		t.lines = append(t.lines, strings.Repeat("  ", t.depth)+"plan: "+line)
	}
}

// endStep says what the step at hand cost. What comes before the first is of finding
// out whom the requester may see.
func (t *told) endStep() {
	now := t.now()
	if took := now.Sub(t.since); t.step >= 0 {
		t.lines[t.step] += fmt.Sprintf(" — looked at %d, %s", t.cost.looked, t.cost.in(took))
	}
	t.all.statements += t.cost.statements
	t.all.rows += t.cost.rows
	t.all.looked += t.cost.looked
	t.all.stored += t.cost.stored
	t.cost, t.since, t.step = toldCost{}, now, -1
}

func (c toldCost) in(took time.Duration) string {
	return fmt.Sprintf("%d statements, %d rows, %s in the store, %s in all", c.statements, c.rows, c.stored.Round(time.Microsecond), took.Round(time.Microsecond))
}

// ran is told of every statement.
func (t *told) ran(statement string, rows int, took time.Duration) {
	t.cost.statements++
	t.cost.rows += rows
	t.cost.stored += took
	if len(t.lines) < mostLines {
		t.lines = append(t.lines, fmt.Sprintf("%ssql: %s — %d rows, %s", strings.Repeat("  ", t.depth), strings.Join(strings.Fields(statement), " "), rows, took.Round(time.Microsecond)))
	}
}

func (t *told) looked(n int) {
	if t != nil {
		t.cost.looked += n
	}
}

// within is told of a search within the search: its steps are set in.
func (t *told) within(by int) {
	if t != nil {
		t.depth += by
	}
}

// done gives the lines, with what all of it cost at the end.
func (t *told) done(matches, along, budget int) []string {
	if t == nil {
		return nil
	}
	t.endStep()
	return append(t.lines, fmt.Sprintf("cost: looked at %d resources of at most %d, %d on this page, %d brought along; %s", t.all.looked, budget, matches, along, t.all.in(t.now().Sub(t.began))))
}
