package record

import (
	"context"

	"concord/standard/search"
	"concord/store"
)

// leadToPersons has each entry of a page lead to its person.
func (s *searching) leadToPersons(ctx context.Context, f *Found) error {
	var entries []*Item
	var pks []int64
	for _, list := range [...][]*Item{f.Matches, f.Included} {
		for _, it := range list {
			if it.Type == "Patient" {
				entries, pks = append(entries, it), append(pks, it.key.PK)
			}
		}
	}
	if len(pks) == 0 {
		return nil
	}
	persons, err := s.personsOf(ctx, pks)
	if err != nil {
		return err
	}
	for i, it := range entries {
		if persons[i] != 0 {
			it.leadTo(s.desk.ids.person(persons[i]))
		}
	}
	return nil
}

// personsOf is PersonsOf with whose compartment is asked for at hand.
func (s *searching) personsOf(ctx context.Context, pks []int64) ([]int64, error) {
	if len(pks) == 1 && s.whose != nil && s.whose.entry == pks[0] {
		return []int64{s.whose.person}, nil
	}
	return s.r.PersonsOf(ctx, pks)
}

// fetch reads what the items refer to in one go, for those who look for it one
// by one.
func (in *including) fetch(ctx context.Context, one search.Include, from []*Item) error {
	var keys []store.Key
	asked := map[string]bool{}
	for _, it := range from {
		if it.open == nil || one.Source != "*" && it.Type != one.Source {
			continue
		}
		refs, _ := it.open.text.References()
		for _, ref := range refs {
			if _, known := in.s.targets[ref]; known || in.seen[ref] || asked[ref] {
				continue
			}
			asked[ref] = true
			if k, ok := in.s.desk.keyNamed(ref); ok {
				keys = append(keys, k)
			}
		}
	}
	if len(keys) < 2 {
		return nil
	}
	docs, err := in.s.r.GetMany(ctx, keys)
	if err != nil {
		return err
	}
	r, ok := in.s.r.(*fetched)
	if !ok {
		r = &fetched{Reader: in.s.r, docs: map[store.Key]*store.Doc{}}
		in.s.r = r
	}
	for _, doc := range docs {
		r.docs[doc.Key] = doc
	}
	return nil
}

// fetched is a View's Reader that has some documents at hand.
type fetched struct {
	store.Reader
	docs map[store.Key]*store.Doc
}

// Get is described in store.Documents.
func (f *fetched) Get(ctx context.Context, k store.Key) (*store.Doc, error) {
	if doc := f.docs[k]; doc != nil {
		return doc, nil
	}
	return f.Reader.Get(ctx, k)
}
