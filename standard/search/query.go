package search

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

// Query is a checked search of one type.
type Query struct {
	Type       string
	Clauses    []Clause // all must hold
	Sort       []Sort
	Count      int // page size; -1 = not given
	Total      string
	Summary    string
	Elements   []string
	Include    []Include
	RevInclude []Include
	// Ignored are parameters that were not understood and left out, when the
	// client asked for lenient handling.
	Ignored []string
}

// Clause is one parameter with its alternatives.
type Clause struct {
	Param    *Param
	Modifier string // "", exact, contains, not, missing, or a type for references
	Values   []Value
	// Pinned tells that candidates come from the records that the values name,
	// so that naming any patient at all is a match: a person's record holds
	// resources whose subject is one of several entries.
	Pinned bool
}

// Value is one alternative of a clause, taken apart by the parameter's kind.
type Value struct {
	Prefix    string // eq ne gt lt ge le sa eb ap
	Text      string // string, uri, reference as written
	System    string
	HasSystem bool
	Code      string
	When      period
	Number    float64
	Low, High float64 // of a number's precision
	Missing   bool
}

// Sort is one sort key.
type Sort struct {
	Param *Param
	Down  bool
}

// Include is one _include or _revinclude.
type Include struct {
	Source, Param, Target string
	Iterate               bool
}

var modifiers = map[Kind]string{
	Token:     " not missing ",
	Reference: " missing ",
	String:    " exact contains missing ",
	Date:      " missing ",
	Number:    " missing ",
	Quantity:  " missing ",
	URI:       " missing below ",
}

// Modifiers lists what is served for a parameter kind.
func Modifiers(k Kind) []string { return strings.Fields(modifiers[k]) }

// Parse checks a search of one type. lenient leaves out unknown parameters and
// reports them; otherwise they are an error (docs/spec-clarifications.md).
// Errors: Invalid "search.parameter", "search.value", "search.modifier";
// Unsupported "search.unsupported".
func (t *Table) Parse(typ string, form url.Values, loc *time.Location, lenient bool) (*Query, error) {
	if fhir.R4().Number(typ) == 0 {
		return nil, fault.New(fault.NotFound, "search.type", "R4 has no such resource type").In(typ)
	}
	q := &Query{Type: typ, Count: -1}
	names := make([]string, 0, len(form))
	for n := range form {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		for _, v := range form[n] {
			known, err := t.parameter(q, n, v, loc)
			if err != nil {
				return nil, err
			}
			if !known && !lenient {
				return nil, fault.New(fault.Invalid, "search.parameter", "%s has no such search parameter here", typ).In(name(n))
			}
			if !known {
				q.Ignored = append(q.Ignored, name(n))
			}
		}
	}
	return q, nil
}

// name bounds what an error repeats of a parameter's name.
func name(n string) string {
	if len(n) > 60 {
		return n[:60]
	}
	return n
}

func (t *Table) parameter(q *Query, n, v string, loc *time.Location) (bool, error) {
	base, modifier, _ := strings.Cut(n, ":")
	switch base {
	case "_format", "_pretty":
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
		q.Elements = strings.Split(v, ",")
		return true, nil
	case "_sort":
		return true, t.sort(q, v)
	case "_include", "_revinclude":
		return true, t.include(q, base, modifier, v)
	}
	if strings.Contains(base, ".") || base == "_has" || base == "_filter" || base == "_content" || base == "_text" || base == "_list" || base == "_contained" {
		return true, fault.New(fault.Unsupported, "search.unsupported", "chained and special parameters are not served").In(name(n))
	}
	p := t.Param(q.Type, base)
	if p == nil {
		return false, nil
	}
	c, err := clause(p, modifier, v, loc)
	if err != nil {
		return true, err
	}
	q.Clauses = append(q.Clauses, c)
	return true, nil
}

func oneOf(n, v, allowed string) error {
	for _, a := range strings.Fields(allowed) {
		if v == a {
			return nil
		}
	}
	return fault.New(fault.Invalid, "search.value", "one of: %s", allowed).In(n)
}

func (t *Table) sort(q *Query, v string) error {
	for _, s := range strings.Split(v, ",") {
		n, down := strings.CutPrefix(strings.TrimSpace(s), "-")
		p := t.Param(q.Type, n)
		if p == nil {
			return fault.New(fault.Invalid, "search.parameter", "%s has no such search parameter to sort by", q.Type).In("_sort")
		}
		q.Sort = append(q.Sort, Sort{p, down})
	}
	return nil
}

func (t *Table) include(q *Query, which, modifier, v string) error {
	parts := strings.Split(v, ":")
	if len(parts) < 2 || len(parts) > 3 || modifier != "" && modifier != "iterate" {
		return fault.New(fault.Invalid, "search.value", "%s is Type:parameter or Type:parameter:Target", which).In(which)
	}
	in := Include{Source: parts[0], Param: parts[1], Iterate: modifier == "iterate"}
	if len(parts) == 3 {
		in.Target = parts[2]
	}
	if in.Iterate {
		return fault.New(fault.Unsupported, "search.unsupported", ":iterate is not served").In(which)
	}
	if p := t.Param(in.Source, in.Param); p == nil || p.Kind != Reference {
		return fault.New(fault.Invalid, "search.parameter", "no such reference parameter").In(which)
	}
	if which == "_include" {
		q.Include = append(q.Include, in)
	} else {
		q.RevInclude = append(q.RevInclude, in)
	}
	return nil
}

func clause(p *Param, modifier, v string, loc *time.Location) (Clause, error) {
	c := Clause{Param: p, Modifier: modifier}
	if modifier != "" && !strings.Contains(modifiers[p.Kind], " "+modifier+" ") {
		if p.Kind != Reference || fhir.R4().Number(modifier) == 0 {
			return c, fault.New(fault.Unsupported, "search.modifier", "modifiers served for a %s parameter:%s", p.Kind, modifiers[p.Kind]).In(p.Name)
		}
	}
	for _, alt := range splitEscaped(v, ',') {
		val, err := p.value(alt, modifier, loc)
		if err != nil {
			return c, err
		}
		c.Values = append(c.Values, val)
	}
	if len(c.Values) == 0 {
		return c, fault.New(fault.Invalid, "search.value", "a value is needed").In(p.Name)
	}
	return c, nil
}

// splitEscaped splits at a separator that no backslash escapes; empty parts
// are dropped (https://hl7.org/fhir/R4/search.html#escaping).
func splitEscaped(s string, sep byte) []string {
	var out []string
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s)-1 && s[i] == '\\' {
			i++
			continue
		}
		if i >= len(s) || s[i] == sep {
			if part := s[start:min(i, len(s))]; part != "" {
				out = append(out, part)
			}
			start = i + 1
		}
	}
	return out
}

var unescaper = strings.NewReplacer(`\,`, ",", `\|`, "|", `\$`, "$", `\\`, `\`)

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return unescaper.Replace(s)
}
