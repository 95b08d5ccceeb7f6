package record

import (
	"net/url"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
)

// CheckScope refuses a scope that could not be held to: of a type that R4 does
// not have, or with parameters that do not decide on a resource by itself.
// Errors: Invalid access.scope.
func (d *Desk) CheckScope(x access.AppScope) error {
	if x.Type != "*" && fhir.R4().Number(x.Type) == 0 {
		return fault.New(fault.Invalid, "access.scope", "a scope names a resource type that R4 does not have")
	}
	if x.Query == "" {
		return nil
	}
	_, err := d.scopeQuery(x)
	return err
}

// scopeQuery is the search that a resource has to match for a scope to speak
// of it.
func (d *Desk) scopeQuery(x access.AppScope) (*search.Query, error) {
	wrong := fault.New(fault.Invalid, "access.scope", "the parameters of a scope are plain search parameters of its type, such as category=laboratory")
	form, err := url.ParseQuery(x.Query)
	if err != nil {
		return nil, wrong
	}
	for name := range form {
		if name == "" || name[0] == '_' {
			return nil, wrong // what shapes an answer decides on no resource; _id and its like name single ones
		}
	}
	q, err := d.sectionQuery(Section{Type: x.Type, Where: x.Query})
	if err != nil {
		return nil, wrong
	}
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Linked() || c.Text != nil || c.Circle != nil || c.Param == nil || asksTerms(c.Modifier) {
			return nil, wrong
		}
	}
	if len(q.Clauses) == 0 || len(q.Include)+len(q.RevInclude)+len(q.Sort) > 0 {
		return nil, wrong
	}
	return q, nil
}

// asksTerms tells modifiers whose answer depends on more than the resource.
func asksTerms(modifier string) bool {
	switch modifier {
	case "in", "not-in", "above", "below", "of-type":
		return true
	}
	return false
}
