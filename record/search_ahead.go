package record

import (
	"context"
	"fmt"
	"slices"

	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// What a chain leads to is looked up beforehand when it is little; else each
// candidate's own reference is followed.
const (
	aheadHits   = 300
	aheadBudget = 3000
)

// ahead turns the first linked clause whose other side is small into a pin or
// into ids. done tells that candidates were found that way.
func (s *searching) ahead(ctx context.Context, src *source) (done bool, err error) {
	for i := range s.q.Clauses {
		c := &s.q.Clauses[i]
		switch {
		case c.List != "":
			return true, s.aheadList(ctx, src, c.List)
		case c.Chain != nil:
			done, err = s.aheadChain(ctx, src, c)
		case c.Has != nil:
			done, err = s.aheadHas(ctx, src, c.Has)
		}
		if done || err != nil {
			return done, err
		}
	}
	return false, nil
}

func (s *searching) aheadList(ctx context.Context, src *source, id string) error {
	list, err := s.list(ctx, id)
	if err != nil {
		return err
	}
	var ids []string
	for ref := range list {
		if r, ok := fhir.ParseReference(ref); ok && r.Type == src.typ && r.Base == "" {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	s.tell(fmt.Sprintf("%s: read the %d that List/%s names", src.typ, len(ids), id))
	src.docs, err = s.desk.byIDs(ctx, s.r, src.typ, ids)
	return err
}

func (s *searching) aheadChain(ctx context.Context, src *source, c *search.Clause) (bool, error) {
	var refs []string
	for _, q := range c.Chain {
		if !s.v.Filter.Type(q.Type) {
			continue
		}
		hits, whole, err := s.sub(ctx, q, aheadHits+1, aheadBudget)
		if err != nil || !whole || len(refs)+len(hits) > aheadHits {
			return false, err
		}
		for _, it := range hits {
			refs = append(refs, it.Ref())
			s.remember(it.Ref(), it) // each candidate's reference leads there
		}
	}
	var l search.Lookup
	if len(refs) > 0 {
		q := &search.Query{Type: src.typ, Types: []string{src.typ}, Clauses: []search.Clause{search.Refer(c.Param, refs...)}}
		if l = s.desk.searches().asks.LookupType(q, src.typ); l.Pin == nil && len(l.Terms) < 2 {
			return false, nil
		}
		if l.Pin == nil {
			l.Pin = &search.Pin{Terms: l.Terms[1]}
		}
	}
	within, few, err := s.chainWithin(ctx, src, c, l.Pin)
	if err != nil || !few {
		return false, err
	}
	if len(refs) == 0 {
		src.docs = within
		s.tell(fmt.Sprintf("%s: %s leads to nothing beyond %d that contain such", src.typ, c.Name(), len(within)))
		return true, nil
	}
	s.tell(fmt.Sprintf("%s: %s leads to %d resources", src.typ, c.Name(), len(refs)))
	l.Need, l.Terms = append(l.Need, src.lookup.Need...), append(l.Terms, src.lookup.Terms...)
	if l.Pin.Patients != nil {
		l.Need = src.lookup.Need
	}
	before, most := src.lookup, fewPinned
	if len(within) > 0 {
		most = maxPinned // they are no part of a walk over what the chain leads to
	}
	src.lookup.Pin, src.lookup.Need, src.lookup.Terms = l.Pin, l.Need, l.Terms
	src.lookup.By["pin"] = c.Name()
	if err := s.pinned(ctx, src, most); err != nil {
		return false, err
	}
	src.home = nil // the clause still names the patients that it leads to
	if len(within) > 0 && src.walk {
		src.walk, src.lookup = false, before
		return false, nil
	}
	for _, doc := range within {
		if !slices.ContainsFunc(src.docs, func(d *store.Doc) bool { return d.Key == doc.Key }) {
			src.docs = append(src.docs, doc)
		}
	}
	return true, nil
}

// fewWithin is how many records are looked through for a chain into what their
// resources contain.
const fewWithin = 500

// chainWithin are the resources in which a chain may end without leaving them
// (https://hl7.org/fhir/R4/search.html#chaining): those of records that hold the type
// and something that contains one of the types of the chain. few is false when those
// are many. The records that the pin's terms name are asked for on the same journey.
func (s *searching) chainWithin(ctx context.Context, src *source, c *search.Clause, pin *search.Pin) (docs []*store.Doc, few bool, err error) {
	var types []string
	for _, q := range c.Chain {
		types = append(types, q.Type)
	}
	asks := []store.RecordsAsk{{Groups: append([][]uint64{s.desk.searches().asks.Containing(types...)}, src.lookup.Terms...), Limit: fewWithin + 1}}
	if pin != nil && pin.Terms != nil {
		asks = append(asks, store.RecordsAsk{Groups: [][]uint64{pin.Terms}, Limit: maxPinned + 1})
	}
	found, err := s.r.FindRecordsEach(ctx, asks)
	if err != nil || len(found[0]) > fewWithin {
		return nil, false, err
	}
	if len(found) > 1 {
		src.named = &found[1]
	}
	if len(found[0]) > 0 {
		docs, err = s.chart(ctx, src, found[0])
	}
	return docs, true, err
}

func (s *searching) aheadHas(ctx context.Context, src *source, has *search.Has) (bool, error) {
	if !s.v.Filter.Type(has.Query.Type) {
		return true, nil
	}
	if narrowed, err := s.having(ctx, src, has); narrowed || err != nil {
		return false, err
	}
	hits, whole, err := s.sub(ctx, has.Query, aheadHits+1, aheadBudget)
	if err != nil || !whole || len(hits) > aheadHits {
		return false, err
	}
	var ids []string
	for _, it := range hits {
		body, err := it.content()
		if err != nil {
			return false, err
		}
		for _, ref := range has.Ref.Refs(body) {
			if r, ok := fhir.ParseReference(ref); ok && r.Type == src.typ && r.Base == "" && !slices.Contains(ids, r.ID) {
				ids = append(ids, r.ID)
			}
		}
	}
	s.tell(fmt.Sprintf("%s: read the %d to which %d of %s refer", src.typ, len(ids), len(hits), has.Query.Type))
	src.docs, err = s.desk.byIDs(ctx, s.r, src.typ, ids)
	return true, err
}

// having narrows the walk over patients to those in whose own records lies
// what must refer to them, unless anything of the kind refers to the patient
// of another record.
func (s *searching) having(ctx context.Context, src *source, has *search.Has) (bool, error) {
	if src.typ != "Patient" {
		return false, nil
	}
	terms, unless, ok := s.desk.searches().asks.Having(has)
	if !ok {
		return false, nil
	}
	astray, err := s.r.FindRecords(ctx, unless, 0, 1)
	if err != nil || len(astray) > 0 {
		return false, err
	}
	src.lookup.Terms, src.beside = append(src.lookup.Terms, terms...), true
	src.lookup.By["records "+has.Query.Type] = "_has"
	inner := *s
	inner.q, inner.asked = has.Query, Asked{}
	s.own = &own{has: has, src: inner.plain(has.Query.Type)}
	return true, nil
}

// own is a reverse chain whose other side is known to lie in the records of
// the patients themselves.
type own struct {
	has  *search.Has
	src  *source
	pks  []int64                // of the patients that the walk is at
	docs map[int64][]*store.Doc // what was read of them
}

// ownStep is how many patients' records are read at once.
const ownStep = 24

// of gives the candidates in a record. Those of the next records of the walk are
// read with them.
func (o *own) of(ctx context.Context, s *searching, pk int64) ([]*store.Doc, error) {
	if docs, read := o.docs[pk]; read {
		return docs, nil
	}
	pks := []int64{pk}
	if at := slices.Index(o.pks, pk); at >= 0 {
		pks = o.pks[at:min(at+ownStep, len(o.pks))]
	}
	docs, err := s.chart(ctx, o.src, pks)
	if err != nil {
		return nil, err
	}
	o.docs = make(map[int64][]*store.Doc, len(pks))
	for _, pk := range pks {
		o.docs[pk] = nil
	}
	for _, doc := range docs {
		o.docs[doc.PK] = append(o.docs[doc.PK], doc)
	}
	return o.docs[pk], nil
}

// holdsOwn tells whether a record has what a reverse chain asks for.
func (s *searching) holdsOwn(ctx context.Context, pk int64) (bool, error) {
	docs, err := s.own.of(ctx, s, pk)
	if err != nil {
		return false, err
	}
	inner := *s
	inner.q, inner.asked, inner.own = s.own.has.Query, Asked{}, nil
	for _, doc := range docs {
		if err := s.spend(1); err != nil {
			return false, err
		}
		it, err := inner.hit(ctx, doc, s.own.src)
		if it != nil || err != nil {
			return it != nil, err
		}
	}
	return false, nil
}
