package search

import (
	"net/url"
	"slices"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// cutChain takes "subject:Patient.name:exact" apart into "subject:Patient" and
// "name:exact".
func cutChain(n string) (head, rest string, ok bool) {
	head, rest, ok = strings.Cut(n, ".")
	return head, rest, ok && head != "" && rest != ""
}

func (r *reading) deeper() (*reading, error) {
	next := *r
	next.lenient = false
	if next.depth++; next.depth > maxChain {
		return nil, fault.New(fault.TooCostly, "search.limit", "a chain may have %d links", maxChain)
	}
	return &next, nil
}

// chain: https://hl7.org/fhir/R4/search.html#chaining. Of the types that the
// reference may lead to, those that have the rest as a parameter are searched.
func (r *reading) chain(q *Query, head, rest, v string) (known bool, err error) {
	name, target, _ := strings.Cut(head, ":")
	p := r.table.ofEvery(q.Types, name)
	if p == nil {
		return false, nil
	}
	if p.Kind != Reference {
		return true, fault.New(fault.Invalid, "search.parameter", "only a reference can be chained").In(bounded(name))
	}
	next, err := r.deeper()
	if err != nil {
		return true, err
	}
	targets := p.Targets
	switch {
	case target != "" && fhir.R4().Number(target) == 0:
		return true, fault.New(fault.Invalid, "search.modifier", "a chain's modifier is a resource type").In(bounded(name))
	case target != "":
		targets = []string{target}
	case len(targets) == 0 || targets[0] == "*":
		targets = fhir.R4().Names()
	}
	c := Clause{Param: p, Modifier: target}
	var failure error
	for _, typ := range targets {
		sub, err := next.query([]string{typ}, url.Values{rest: {v}})
		if err != nil {
			if r.table.begins(typ, rest) {
				failure = err
			}
			continue
		}
		if len(sub.Clauses) == 1 {
			c.Chain = append(c.Chain, sub)
		}
	}
	if c.Chain == nil {
		if failure == nil {
			failure = fault.New(fault.Invalid, "search.parameter", "%s is no search parameter of %s, to which the chain leads", bounded(rest), oneOfTypes(targets)).In(bounded(head + "." + rest))
		}
		return true, failure
	}
	q.Clauses = append(q.Clauses, c)
	return true, nil
}

// begins tells whether what a chain goes on with begins with a parameter that
// the type has.
func (t *Table) begins(typ, rest string) bool {
	name, _, _ := strings.Cut(rest, ".")
	name, _, _ = strings.Cut(name, ":")
	return t.Param(typ, name) != nil || strings.HasPrefix(name, "_")
}

// oneOfTypes names types in an error, when they are few.
func oneOfTypes(types []string) string {
	const few = 12
	if len(types) > few {
		return "any type"
	}
	return strings.Join(types, " or ")
}

// has: https://hl7.org/fhir/R4/search.html#has, "_has:Type:reference:rest".
func (r *reading) has(q *Query, n, v string) error {
	parts := strings.SplitN(n, ":", 4)
	if len(parts) < 4 || fhir.R4().Number(parts[1]) == 0 {
		return fault.New(fault.Invalid, "search.parameter", "_has is _has:Type:reference:parameter").In(bounded(n))
	}
	ref := r.table.Param(parts[1], parts[2])
	if ref == nil || ref.Kind != Reference || !ref.reaches(q.Types) {
		return fault.New(fault.Invalid, "search.parameter", "no such reference from that type to the type searched").In(bounded(n))
	}
	next, err := r.deeper()
	if err != nil {
		return err
	}
	sub, err := next.query([]string{parts[1]}, url.Values{parts[3]: {v}})
	if err != nil {
		return err
	}
	if len(sub.Clauses) != 1 {
		return fault.New(fault.Invalid, "search.parameter", "_has ends in a search parameter").In(bounded(n))
	}
	q.Clauses = append(q.Clauses, Clause{Has: &Has{Ref: ref, Query: sub}})
	return nil
}

// reaches tells whether a reference may lead to one of the types.
func (p *Param) reaches(types []string) bool {
	if len(p.Targets) == 0 || p.Targets[0] == "*" {
		return true
	}
	return slices.ContainsFunc(types, func(typ string) bool { return slices.Contains(p.Targets, typ) })
}
