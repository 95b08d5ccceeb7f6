package record

import (
	"context"
	"net/url"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
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

// scopeAsk is the search of a scope, and what of a resource it looks at; nil =
// all of it.
type scopeAsk struct {
	query *search.Query
	reads func(member string) bool
}

// scopeAsked is scopeQuery, each scope once in the life of the desk. Scopes are
// of registered apps; beyond a number of them they are read each time.
func (d *Desk) scopeAsked(x access.AppScope) (scopeAsk, error) {
	if have, ok := d.scopes.Load(x); ok {
		return have.(scopeAsk), nil
	}
	q, err := d.scopeQuery(x)
	if err != nil {
		return scopeAsk{}, err
	}
	ask := scopeAsk{q, q.Reads(x.Type)}
	if d.scopesKept.Add(1) <= maxSectionQueries {
		d.scopes.Store(x, ask)
	}
	return ask, nil
}

// asksTerms tells modifiers whose answer depends on more than the resource.
func asksTerms(modifier string) bool {
	switch modifier {
	case "in", "not-in", "above", "below", "of-type":
		return true
	}
	return false
}

// within tells whether one of an app's scopes grants a document: of a type, of
// the patient in context where the scope is of a patient, and matching the
// scope's parameters. An earlier version has to match as it was and as it is
// now. contact says that it is seen whole.
func (s *sight) within(ctx context.Context, doc *store.Doc, typ string, past, contact bool) (bool, error) {
	return s.withinOf(ctx, doc, doc, typ, past, contact)
}

// withinOf is within of what something else stands for.
func (s *sight) withinOf(ctx context.Context, doc, stands *store.Doc, typ string, past, contact bool) (bool, error) {
	for x := range s.Filter.Scopes(typ) {
		ok, err := s.speaksOf(ctx, x, fhir.R4().Name(stands.Type()), stands.PK)
		if err != nil {
			return false, err
		}
		if !ok {
			continue
		}
		if x.Query == "" {
			return true, nil
		}
		if ok, err = s.matchesScope(ctx, x, doc, past, contact); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// speaksOf tells whether a scope's context covers a record. The directory is
// nobody's: an app that may read of a patient may read who treats them.
func (s *sight) speaksOf(ctx context.Context, x access.AppScope, typ string, pk int64) (bool, error) {
	if x.Context != access.OfPatient {
		return true, nil
	}
	if access.KindOf(typ) == access.Directory {
		return s.Filter.Reads(), nil
	}
	circle, err := s.inCircle(ctx)
	return circle[pk], err
}

// inCircle are the records of the patient in an app's context: the person and
// every trust's entry. A person who is not (any more) there has none.
func (s *sight) inCircle(ctx context.Context) (map[int64]bool, error) {
	if s.circle != nil {
		return s.circle, nil
	}
	circle := map[int64]bool{}
	if l := s.who.Limits; l != nil && l.Patient != "" {
		n, known, err := s.desk.personNamed(ctx, s.r, l.Patient, time.Time{})
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if known && err == nil {
			for _, pk := range append(n.records(), n.person) {
				circle[pk] = true
			}
		}
	}
	s.circle = circle
	return circle, nil
}

func (s *sight) matchesScope(ctx context.Context, x access.AppScope, doc *store.Doc, past, contact bool) (bool, error) {
	ask, err := s.desk.scopeAsked(x)
	if err != nil || doc.Deleted {
		return false, nil // what cannot be held to grants nothing
	}
	reads := ask.reads
	if reads == nil || !contact {
		reads = func(string) bool { return true }
	}
	it, part, err := s.desk.scanned(doc, reads)
	if err == nil && !contact {
		part = veiled(part)
	}
	if err != nil || !ask.query.Match(search.Subject{Resource: part, ID: it.ID, Updated: it.Updated}, s.desk.london) {
		return false, err
	}
	if !past {
		return true, nil
	}
	now, err := s.r.Get(ctx, doc.Key)
	if err != nil || now.Deleted {
		return false, err
	}
	return s.matchesScope(ctx, x, now, false, contact)
}

// writesWithin tells whether one of an app's scopes grants what is to be
// written, where it will lie.
func (s *sight) writesWithin(ctx context.Context, dr *draft) (bool, error) {
	if !s.Filter.Limited() {
		return true, nil
	}
	for x := range s.Filter.Scopes(dr.op.Type) {
		ok, err := s.speaksOf(ctx, x, dr.op.Type, dr.key.PK)
		if err != nil {
			return false, err
		}
		if !ok {
			continue
		}
		if x.Query == "" {
			return true, nil
		}
		ask, err := s.desk.scopeAsked(x)
		if err == nil && ask.query.Match(search.Subject{Resource: dr.op.Resource, ID: dr.op.ID}, s.desk.london) {
			return true, nil
		}
	}
	return false, nil
}

// encircles tells whether anything of a type in a record can be an app's to
// see.
func (s *sight) encircles(ctx context.Context, typ string, pk int64) (bool, error) {
	if !s.Filter.Bound(typ) {
		return true, nil
	}
	circle, err := s.inCircle(ctx)
	return circle[pk], err
}

// inContext refuses an app that is held to one patient the record of another:
// it is not even told that there is such a person.
func (s *sight) inContext(ctx context.Context, n named) error {
	if !s.Filter.Limited() {
		return nil
	}
	bound := true
	for _, typ := range fhir.R4().Names() {
		bound = bound && (access.KindOf(typ) == access.Directory || s.Filter.Bound(typ))
	}
	if !bound {
		return nil
	}
	circle, err := s.inCircle(ctx)
	if err == nil && !circle[n.person] && (n.entry == 0 || !circle[n.entry]) {
		err = withheldHere("Patient")
	}
	return err
}

// bound reads the candidates of a search from the record of the patient in
// context: nothing else can pass.
func (s *searching) bound(ctx context.Context, src *source) error {
	circle, err := s.v.inCircle(ctx)
	if err != nil {
		return err
	}
	src.home = circle
	var pks []int64
	for pk := range circle {
		pks = append(pks, pk)
	}
	s.tell(src.typ + ": scan the record of the patient in the app's context")
	if len(pks) > 0 {
		src.docs, err = s.chart(ctx, src, pks)
	}
	return err
}
