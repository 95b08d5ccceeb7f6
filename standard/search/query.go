package search

import (
	"strings"
)

// Query is a checked search of one type, or of several (a search of the whole
// system or of a compartment).
type Query struct {
	Type       string   // "" when of several types
	Types      []string // the types searched; one when Type is set
	Clauses    []Clause // all must hold
	Sort       []Sort
	Count      int // page size; -1 = not given
	Total      string
	Summary    string
	Elements   []string
	Include    []Include
	RevInclude []Include
	// Contained says what of contained resources is searched: "" none, "true"
	// only they, "both".
	Contained string
	// Functional is the functional list that was asked for ("$current-problems"); its
	// clauses are among the others.
	Functional string
	// Ignored are parameters that were not understood and left out, when the
	// client asked for lenient handling.
	Ignored []string
}

// Clause is one parameter with its alternatives, or one of the forms that look
// beyond the resource: a chain, a reverse chain, a list, a text, a filter.
type Clause struct {
	Param    *Param
	Modifier string // "", exact, contains, not, missing, …, or a type for references
	Values   []Value
	// Pinned tells that candidates come from the records that the values name,
	// so that naming any patient at all is a match: a person's record holds
	// resources whose subject is one of several entries.
	Pinned bool
	// Chain are the searches of which one must match what Param refers to.
	Chain []*Query
	// Has is a search of resources that refer to this one.
	Has *Has
	// List is the id of a List that must name the resource.
	List string
	// Text is what the narrative or the whole content must say.
	Text *TextSearch
	// Filter is an expression of _filter.
	Filter *Filter
	// Circle is a compartment.
	Circle *Circle
	// Care is a range of dates of care.
	Care *Care

	terms Terminology
}

// Has is a reverse chain: resources of the query's type that refer to the
// subject through Ref.
type Has struct {
	Ref   *Param
	Query *Query
}

// Linked tells whether the clause looks beyond the resource itself, so that
// Match cannot decide it alone.
func (c *Clause) Linked() bool {
	return c.Chain != nil || c.Has != nil || c.List != "" || c.Filter != nil && c.Filter.linked()
}

// Name is what the clause asks by, without its values.
func (c *Clause) Name() string {
	switch {
	case c.Has != nil:
		return "_has:" + c.Has.Query.Type + ":" + c.Has.Ref.Name + ":" + names(c.Has.Query)
	case c.List != "":
		return "_list"
	case c.Text != nil:
		return c.Text.Name
	case c.Filter != nil:
		return "_filter"
	case c.Circle != nil:
		return "compartment " + c.Circle.Compartment
	case c.Care != nil:
		return "start and end"
	case c.Chain != nil:
		return c.Param.Name + "." + names(c.Chain[0])
	case c.Modifier != "":
		return c.Param.Name + ":" + c.Modifier
	}
	return c.Param.Name
}

func names(q *Query) string {
	parts := make([]string, len(q.Clauses))
	for i := range q.Clauses {
		parts[i] = q.Clauses[i].Name()
	}
	return strings.Join(parts, "&")
}

// Value is one alternative of a clause, taken apart by the parameter's kind.
type Value struct {
	Prefix    string // eq ne gt lt ge le sa eb ap
	Text      string // string, uri, reference as written
	System    string
	HasSystem bool
	Code      string
	Type      string // of-type: the code of Identifier.type
	When      period
	Number    float64
	Low, High float64 // of a number's precision
	Missing   bool
	Parts     []Value // of a composite
	Near      *near   // of the special parameter near
}

// Sort is one sort key.
type Sort struct {
	Param *Param
	Down  bool
}

// Include is one _include or _revinclude. Param "*" stands for every reference.
type Include struct {
	Source, Param, Target string
	Iterate               bool
}

var modifiers = map[Kind]string{
	Token:     " not missing text in not-in above below of-type ",
	Reference: " missing identifier above below ",
	String:    " exact contains missing ",
	Date:      " missing ",
	Number:    " missing ",
	Quantity:  " missing ",
	URI:       " missing above below ",
	Composite: " missing ",
	Special:   " missing ",
}

// Modifiers lists what is served for a parameter kind; a reference also takes
// a resource type.
func Modifiers(k Kind) []string { return strings.Fields(modifiers[k]) }
