package search

import (
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

// Limits of one query, so that no request can ask for unbounded work.
const (
	maxChain  = 8    // links of a chain
	maxValues = 2000 // alternatives of one parameter
	maxParams = 200  // parameters of one query
)

// reading is one parse under way.
type reading struct {
	table   *Table
	loc     *time.Location
	lenient bool
	depth   int
}

// Parse checks a search of one type. lenient leaves out unknown parameters and
// reports them; otherwise they are an error (docs/spec-clarifications.md).
// Errors: Invalid "search.parameter", "search.value", "search.modifier";
// Unsupported "search.unsupported"; TooCostly "search.limit".
func (t *Table) Parse(typ string, form url.Values, loc *time.Location, lenient bool) (*Query, error) {
	return (&reading{table: t, loc: loc, lenient: lenient}).query([]string{typ}, form)
}

// ParseTypes checks a search over several types, as GET [base]?_type=A,B asks.
func (t *Table) ParseTypes(types []string, form url.Values, loc *time.Location, lenient bool) (*Query, error) {
	return (&reading{table: t, loc: loc, lenient: lenient}).query(types, form)
}

func (r *reading) query(types []string, form url.Values) (*Query, error) {
	for _, typ := range types {
		if fhir.R4().Number(typ) == 0 {
			return nil, fault.New(fault.NotFound, "search.type", "R4 has no such resource type").In(bounded(typ))
		}
	}
	q := &Query{Types: types, Count: -1}
	if len(types) == 1 {
		q.Type = types[0]
	}
	names := make([]string, 0, len(form))
	for n := range form {
		names = append(names, n)
	}
	sort.Strings(names)
	n := 0
	for _, name := range names {
		for _, v := range form[name] {
			if n++; n > maxParams {
				return nil, fault.New(fault.TooCostly, "search.limit", "a search may have %d parameters", maxParams)
			}
			if err := r.one(q, name, v); err != nil {
				return nil, err
			}
		}
	}
	return q, nil
}

func (r *reading) one(q *Query, name, v string) error {
	known, err := r.parameter(q, name, v)
	if err != nil || known {
		return err
	}
	if !r.lenient {
		typ := q.Type
		if typ == "" {
			typ = "not every type searched"
		}
		return fault.New(fault.Invalid, "search.parameter", "%s has no such search parameter", typ).In(bounded(name))
	}
	q.Ignored = append(q.Ignored, bounded(name))
	return nil
}

// bounded limits what an error repeats of a parameter's name.
func bounded(n string) string {
	if len(n) > 60 {
		return n[:60]
	}
	return n
}

// parameter takes one parameter in; known is false when there is no such one.
func (r *reading) parameter(q *Query, n, v string) (known bool, err error) {
	base, modifier, _ := strings.Cut(n, ":")
	if known, err = r.control(q, base, modifier, v); known || err != nil {
		return true, err
	}
	if known, err = r.special(q, n, base, modifier, v); known || err != nil {
		return true, err
	}
	if head, rest, chained := cutChain(n); chained {
		return r.chain(q, head, rest, v)
	}
	p := r.table.ofEvery(q.Types, base)
	if p == nil {
		return false, nil
	}
	c, err := r.clause(p, modifier, v)
	if err != nil {
		return true, err
	}
	q.Clauses = append(q.Clauses, c)
	return true, nil
}

// control takes the parameters that shape the answer.
func (r *reading) control(q *Query, base, modifier, v string) (bool, error) {
	switch base {
	case "_format", "_pretty", "_explain":
		return true, nil
	case "_count":
		c, err := strconv.Atoi(v)
		if err != nil || c < 0 {
			return true, fault.New(fault.Invalid, "search.value", "_count is a whole number from 0").In("_count")
		}
		q.Count = c
		return true, nil
	case "_total":
		q.Total = v
		return true, oneOf("_total", v, "none estimate accurate")
	case "_summary":
		q.Summary = v
		return true, oneOf("_summary", v, "true false count text data")
	case "_elements":
		for _, e := range strings.Split(v, ",") {
			q.Elements = append(q.Elements, strings.TrimSpace(e))
		}
		return true, nil
	case "_contained":
		q.Contained = v
		if v == "false" {
			q.Contained = ""
		}
		return true, oneOf("_contained", v, "true false both")
	case "_containedType":
		if v == "contained" {
			return true, fault.New(fault.Unsupported, "search.unsupported", "what contains a match is answered, with the match in it: _containedType=container").In("_containedType")
		}
		return true, oneOf("_containedType", v, "container contained")
	case "_sort":
		return true, r.sort(q, v)
	case "_include", "_revinclude":
		return true, r.include(q, base, modifier, v)
	}
	return false, nil
}

// special takes the parameters that are no search parameter of a type.
func (r *reading) special(q *Query, n, base, modifier, v string) (bool, error) {
	switch base {
	case "_has":
		return true, r.has(q, n, v)
	case "_list":
		if !fhir.ValidID(strings.TrimPrefix(v, "List/")) {
			return true, r.functional(q, v)
		}
		q.Clauses = append(q.Clauses, Clause{List: strings.TrimPrefix(v, "List/")})
		return true, nil
	case "_text", "_content":
		if modifier != "" {
			return true, fault.New(fault.Invalid, "search.modifier", "%s takes no modifier", base).In(base)
		}
		text, err := parseText(base, v)
		if err == nil {
			q.Clauses = append(q.Clauses, Clause{Text: text})
		}
		return true, err
	case "_filter":
		return true, r.filter(q, v)
	case "_query":
		return true, fault.New(fault.Unsupported, "search.unsupported", "no named queries are defined here").In("_query")
	case "_type":
		for _, typ := range strings.Split(v, ",") {
			if !slices.Contains(q.Types, strings.TrimSpace(typ)) {
				return true, fault.New(fault.Invalid, "search.value", "_type names a resource type that is not searched here").In("_type")
			}
		}
		return true, nil
	}
	return false, nil
}

func oneOf(n, v, allowed string) error {
	if slices.Contains(strings.Fields(allowed), v) {
		return nil
	}
	return fault.New(fault.Invalid, "search.value", "one of: %s", allowed).In(n)
}

func (r *reading) sort(q *Query, v string) error {
	for _, s := range strings.Split(v, ",") {
		n, down := strings.CutPrefix(strings.TrimSpace(s), "-")
		if n == "_score" {
			return fault.New(fault.Unsupported, "search.unsupported", "a search has no score: what matches, matches; Patient/$match tells how well").In("_sort")
		}
		p := r.table.ofEvery(q.Types, n)
		if p == nil || p.Kind == Composite || p.Kind == Special {
			return fault.New(fault.Invalid, "search.parameter", "there is no such search parameter to sort by").In("_sort")
		}
		q.Sort = append(q.Sort, Sort{p, down})
	}
	return nil
}

// include reads Type:parameter[:Target], Type:* and *.
func (r *reading) include(q *Query, which, modifier, v string) error {
	if modifier != "" && modifier != "iterate" && modifier != "recurse" {
		return fault.New(fault.Invalid, "search.modifier", "%s takes the modifier iterate", which).In(which)
	}
	parts := strings.Split(v, ":")
	in := Include{Source: parts[0], Param: "*", Iterate: modifier != ""}
	if len(parts) > 1 {
		in.Param = parts[1]
	}
	if len(parts) > 2 {
		in.Target = parts[2]
	}
	bad := len(parts) > 3 || len(parts) == 1 && v != "*" || in.Source != "*" && fhir.R4().Number(in.Source) == 0 ||
		in.Target != "" && fhir.R4().Number(in.Target) == 0
	if bad {
		return fault.New(fault.Invalid, "search.value", "%s is Type:parameter, Type:parameter:Target, Type:* or *", which).In(which)
	}
	if in.Param != "*" {
		if p := r.table.Param(in.Source, in.Param); p == nil || p.Kind != Reference {
			return fault.New(fault.Invalid, "search.parameter", "no such reference parameter").In(which)
		}
	}
	if which == "_include" {
		q.Include = append(q.Include, in)
	} else {
		q.RevInclude = append(q.RevInclude, in)
	}
	return nil
}
