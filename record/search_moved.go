package record

import (
	"context"
	"slices"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/search"
)

// followMoves lets a search by a reference find what it finds by any other name
// of the same resource: the one under which that goes on since it was moved to
// the right patient, and those that it had before. A search that names nothing
// that can be moved costs nothing.
func (s *searching) followMoves(ctx context.Context) error { return s.renameIn(ctx, s.q) }

func (s *searching) renameIn(ctx context.Context, q *search.Query) error {
	for i := range q.Clauses {
		if err := s.renameOf(ctx, &q.Clauses[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *searching) renameOf(ctx context.Context, c *search.Clause) error {
	switch {
	case c.Has != nil:
		return s.renameIn(ctx, c.Has.Query)
	case c.Chain != nil:
		for _, q := range c.Chain {
			if err := s.renameIn(ctx, q); err != nil {
				return err
			}
		}
	case c.Filter != nil:
		return s.renameFilter(ctx, c.Filter)
	case c.Circle != nil && s.movable(c.Circle.Compartment):
		end, err := s.current(ctx, c.Circle.Compartment+"/"+c.Circle.ID)
		if err != nil {
			return err
		}
		to := *c.Circle
		_, to.ID, _ = strings.Cut(end, "/")
		c.Circle = &to
	case c.Param != nil && c.Param.Kind == search.Reference && c.Modifier != "missing" && c.Modifier != "identifier":
		return s.renameValues(ctx, c)
	}
	return nil
}

func (s *searching) renameFilter(ctx context.Context, f *search.Filter) error {
	for _, k := range f.Kids {
		if err := s.renameFilter(ctx, k); err != nil {
			return err
		}
	}
	if f.Leaf == nil {
		return nil
	}
	return s.renameOf(ctx, f.Leaf)
}

// renameValues adds the other names of what a clause refers to. An id without a
// type that may be a patient's is taken for one.
func (s *searching) renameValues(ctx context.Context, c *search.Clause) error {
	for _, v := range slices.Clone(c.Values) {
		typ, id, typed := strings.Cut(v.Text, "/")
		types := []string{typ}
		switch {
		case typed:
		case fhir.R4().Number(c.Modifier) != 0:
			id, types = v.Text, []string{c.Modifier}
		case slices.Contains(c.Param.Targets, "Patient"):
			continue
		default:
			id, types = v.Text, c.Param.Targets
		}
		for _, typ := range types {
			if !s.movable(typ) || strings.Contains(id, "/") {
				continue
			}
			names, err := s.names(ctx, typ+"/"+id)
			if err != nil {
				return err
			}
			for _, name := range names {
				other := v
				if other.Text = name; !typed {
					other.Text = name[len(typ)+1:]
				}
				if other.Text != v.Text {
					c.Values = append(c.Values, other)
				}
			}
		}
	}
	return nil
}

// movable tells a type of which resources belong to a patient, and so can have
// been filed under a wrong one.
func (s *searching) movable(typ string) bool {
	return typ != "Patient" && s.desk.searches().table.Belongs("Patient", typ)
}

// names are all references by which a resource goes or went.
func (s *searching) names(ctx context.Context, ref string) ([]string, error) {
	end, err := s.current(ctx, ref)
	if err != nil {
		return nil, err
	}
	return s.former(ctx, end)
}

// current is the reference under which what was moved away goes on; of anything
// else, and of what is not there, the same. In a store without moves nothing is
// read.
func (s *searching) current(ctx context.Context, ref string) (string, error) {
	if some, err := s.anyMoves(ctx); !some || err != nil {
		return ref, err
	}
	for range maxHops {
		typ, id, _ := strings.Cut(ref, "/")
		doc, err := s.desk.fetch(ctx, s.r, typ, id)
		if fault.Is(err, fault.NotFound) || err == nil && doc.Deleted {
			return ref, nil
		}
		if err != nil {
			return "", err
		}
		open, err := s.desk.opened(doc)
		if err != nil || !open.away {
			return ref, err
		}
		body, err := open.text.Only(func(member string) bool { return member == "extension" })
		if err != nil {
			return "", err
		}
		to := movedTo(body)
		if to == "" {
			return ref, nil
		}
		ref = to
	}
	return "", fault.New(fault.Internal, "record.moved", "moves go in a circle")
}
