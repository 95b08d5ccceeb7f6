package search

import (
	"slices"
	"strings"
	"time"
)

// Reads tells which top-level members of a resource a query looks at, so that
// the others need not be parsed; nil = it may look at any. Of resources of a
// type, when one is named.
func (q *Query) Reads(typ string) func(member string) bool {
	r := reads{names: map[string]bool{}, typ: typ}
	if q.Contained != "" || !r.clauses(q.Clauses) {
		return nil
	}
	for _, s := range q.Sort {
		if !r.param(s.Param) {
			return nil
		}
	}
	return r.keep
}

// Unread tells that of what lies in a record that the query is pinned to no member is
// looked at (Subject.Home, Clause.Pinned).
func (q *Query) Unread() bool {
	if q.Contained != "" || len(q.Sort) > 0 {
		return false
	}
	for i := range q.Clauses {
		switch c := &q.Clauses[i]; {
		case c.Has != nil || c.List != "" || c.Circle != nil && c.Pinned:
		case c.Param == nil || c.Chain != nil || c.Param.Name != "_id" && c.Param.Name != "_lastUpdated":
			return false
		}
	}
	return true
}

type reads struct {
	names   map[string]bool
	choices []string
	typ     string
}

func (r *reads) keep(member string) bool {
	if r.names[member] {
		return true
	}
	for _, c := range r.choices {
		if strings.HasPrefix(member, c) {
			return true
		}
	}
	return false
}

func (r *reads) clauses(list []Clause) bool {
	for i := range list {
		if !r.clause(&list[i]) {
			return false
		}
	}
	return true
}

func (r *reads) clause(c *Clause) bool {
	switch {
	case c.Has != nil || c.List != "":
		return true
	case c.Text != nil:
		return false
	case c.Circle != nil:
		return r.typ != "" && !slices.ContainsFunc(c.Circle.params(r.typ), func(p *Param) bool { return !r.param(p) })
	case c.Care != nil:
		prm := c.Care.table.leading(r.typ)
		return r.typ != "" && (prm == nil || r.param(prm))
	case c.Filter != nil:
		return r.filter(c.Filter)
	case c.Chain != nil:
		r.names["contained"] = true
	}
	return r.param(c.Param)
}

func (r *reads) filter(f *Filter) bool {
	for _, k := range f.Kids {
		if !r.filter(k) {
			return false
		}
	}
	return f.Leaf == nil || r.clause(f.Leaf)
}

func (r *reads) param(p *Param) bool {
	if p.find != nil {
		return false
	}
	for _, way := range p.paths {
		if len(way) == 0 { // the resource itself: what a composite's parts look at
			for _, part := range p.Parts {
				if !r.param(part.Param) {
					return false
				}
			}
			continue
		}
		if way[0].choice {
			r.choices = append(r.choices, way[0].name)
		} else {
			r.names[way[0].name] = true
		}
	}
	for _, part := range p.Parts {
		if part.Root && !r.param(part.Param) {
			return false
		}
	}
	return true
}

// UpdatedWithin is the stretch of _lastUpdated that a query allows; zero ends
// are open.
func (q *Query) UpdatedWithin() (since, until time.Time) {
	var out stretch
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Param == nil || c.Param.Name != "_lastUpdated" || c.Modifier != "" || c.Chain != nil {
			continue
		}
		out = out.within(stretchOf(c.Values))
	}
	return out.from, out.to
}

// OnlyUpdated tells a query that asks by _lastUpdated and nothing else.
func (q *Query) OnlyUpdated() bool {
	for i := range q.Clauses {
		if c := &q.Clauses[i]; c.Param == nil || c.Param.Name != "_lastUpdated" || c.Modifier != "" || c.Chain != nil {
			return false
		}
	}
	return len(q.Clauses) > 0
}

// MatchTime tells whether a time of writing fits; it is part of Match, for who
// has not opened the body yet.
func (q *Query) MatchTime(updated time.Time) bool {
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Param != nil && c.Param.Name == "_lastUpdated" && c.Chain == nil && !c.Match(Subject{Updated: updated}, nil) {
			return false
		}
	}
	return true
}
