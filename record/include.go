package record

import (
	"context"
	"net/url"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// maxIncluded bounds what a page may bring along.
const maxIncluded = 5000

// rounds bounds how often _include:iterate goes on from what it brought.
const rounds = 10

// along adds to a page what it brings along: included resources, and the link
// from each Patient entry to its person.
func (s *searching) along(ctx context.Context, f *Found) error {
	if len(s.q.Include)+len(s.q.RevInclude) > 0 {
		in := &including{s: s, seen: map[string]bool{}}
		for _, it := range f.Matches {
			in.seen[it.Ref()] = true
		}
		if err := in.all(ctx, f.Matches); err != nil {
			return err
		}
		f.Included = in.out
	}
	return s.leadToPersons(ctx, f)
}

// including is what a page brings along, gathered. The filter of the verdict
// holds for each resource; a circle of references ends where it began.
type including struct {
	s    *searching
	seen map[string]bool
	out  []*Item
	// anybody is inward for "*", by type.
	anybody map[string][]inward
}

func (in *including) all(ctx context.Context, matches []*Item) error {
	from := matches
	for round := 0; len(from) > 0; round++ {
		before := len(in.out)
		for _, one := range in.s.q.Include {
			if round == 0 || one.Iterate {
				if err := in.forward(ctx, one, from); err != nil {
					return err
				}
			}
		}
		for _, one := range in.s.q.RevInclude {
			if round == 0 || one.Iterate {
				if err := in.reverse(ctx, one, from); err != nil {
					return err
				}
			}
		}
		from = in.out[before:]
		if round == rounds {
			return nil
		}
	}
	return nil
}

func (in *including) add(it *Item) error {
	if it == nil || it.Deleted || in.seen[it.Ref()] || !in.s.v.Filter.Type(it.Type) {
		return nil
	}
	in.seen[it.Ref()] = true
	in.out = append(in.out, it)
	if len(in.out) > maxIncluded {
		return fault.New(fault.TooCostly, "record.include", "a page may bring along %d resources; ask for smaller pages", maxIncluded)
	}
	return nil
}

// params are the reference parameters that an include names, of one type.
func (in *including) params(one search.Include, typ string) []*search.Param {
	table := in.s.desk.searches().table
	if one.Param != "*" {
		return []*search.Param{table.Param(typ, one.Param)}
	}
	var out []*search.Param
	for _, p := range table.Params(typ) {
		if p.Kind == search.Reference {
			out = append(out, p)
		}
	}
	return out
}

// forward follows the references of what is there.
func (in *including) forward(ctx context.Context, one search.Include, from []*Item) error {
	if err := in.fetch(ctx, one, from); err != nil {
		return err
	}
	for _, it := range from {
		if one.Source != "*" && it.Type != one.Source {
			continue
		}
		if all, err := in.allKnown(ctx, it); all || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		refs, err := in.refsOf(one, it)
		if err != nil {
			return err
		}
		for _, ref := range refs {
			target, err := in.s.target(ctx, ref)
			if err != nil {
				return err
			}
			if target != nil && (one.Target == "" || one.Target == target.Type) {
				if err := in.add(target); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// refsOf lists what an item refers to by the parameters of an include.
func (in *including) refsOf(one search.Include, it *Item) ([]string, error) {
	if one.Param == "*" && it.open != nil {
		return it.open.refersTo(in.s.desk.searches().table, it.Type)
	}
	body, err := it.content()
	if err != nil {
		return nil, err
	}
	var refs []string
	for _, p := range in.params(one, it.Type) {
		refs = append(refs, p.Refs(body)...)
	}
	return refs, nil
}

// allKnown tells that whatever an item refers to is on the page already, or is
// not here; it looks at the text, so that the item need not be parsed.
func (in *including) allKnown(ctx context.Context, it *Item) (bool, error) {
	if it.open == nil {
		return false, nil
	}
	refs, ok := it.open.text.References()
	if !ok {
		return false, nil
	}
	for _, ref := range refs {
		if in.seen[ref] {
			continue
		}
		target, err := in.s.target(ctx, ref)
		if target != nil && !in.seen[target.Ref()] || err != nil {
			return false, err
		}
	}
	return true, nil
}

// inward is a parameter by which resources of a type refer to what is there.
type inward struct {
	source string
	*search.Param
}

// inward lists those that an include names, for a resource of a type; "*" names the
// reference parameters of every type that may refer to it.
func (in *including) inward(one search.Include, typ string) (out []inward) {
	if one.Source != "*" {
		if in.s.v.Filter.Type(one.Source) {
			for _, p := range in.params(one, one.Source) {
				out = append(out, inward{one.Source, p})
			}
		}
		return out
	}
	if have, ok := in.anybody[typ]; ok {
		return have
	}
	for _, p := range in.s.desk.searches().table.Referring(typ) {
		if in.s.v.Filter.Type(p.Type) {
			out = append(out, inward{p.Type, p})
		}
	}
	if in.anybody == nil {
		in.anybody = map[string][]inward{}
	}
	in.anybody[typ] = out
	return out
}

// reverse finds what refers to what is there.
func (in *including) reverse(ctx context.Context, one search.Include, from []*Item) error {
	for _, it := range from {
		if one.Target != "" && one.Target != it.Type {
			continue
		}
		refs, err := in.s.former(ctx, it.Ref())
		if err != nil {
			return err
		}
		for _, p := range in.inward(one, it.Type) {
			for _, ref := range refs {
				if err := in.referring(ctx, p, ref); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (in *including) referring(ctx context.Context, p inward, ref string) error {
	q := &search.Query{Type: p.source, Types: []string{p.source}, Clauses: []search.Clause{search.Refer(p.Param, ref)}}
	hits, _, err := in.s.sub(ctx, q, maxIncluded+1, in.s.budget)
	if err != nil {
		return err
	}
	for _, hit := range hits {
		if err := in.add(hit); err != nil {
			return err
		}
	}
	return nil
}

// matching finds the first resources that a condition names.
func (d *Desk) matching(ctx context.Context, r store.Reader, v *sight, typ, query string, limit int) ([]*Item, error) {
	q, err := d.condition(typ, query)
	if err != nil {
		return nil, err
	}
	s := &searching{desk: d, r: r, v: v, q: q, now: v.change, budget: d.scan}
	hits, _, err := s.sub(ctx, q, limit, s.budget)
	if err != nil {
		return nil, err
	}
	return hits, parsed(hits)
}

// condition reads a condition. Errors: Invalid "record.condition", those of a search.
func (d *Desk) condition(typ, query string) (*search.Query, error) {
	form, err := url.ParseQuery(query)
	if err != nil || len(form) == 0 {
		return nil, fault.New(fault.Invalid, "record.condition", "the condition is not a search query")
	}
	q, err := d.searches().table.Parse(typ, form, d.london, false)
	if err == nil && len(q.Clauses) == 0 {
		err = fault.New(fault.Invalid, "record.condition", "the condition names no search parameter")
	}
	return q, err
}

// parsed parses every item.
func parsed(items []*Item) error {
	for _, it := range items {
		if _, err := it.Full(); err != nil {
			return err
		}
	}
	return nil
}
