package record

import "context"

// mostKeptBack is how many records are looked at to take from a count what is
// kept back; beyond, the matches are counted one by one.
const mostKeptBack = 5000

// keptBack counts the matches of a type that may not be seen, which the index
// has counted among the others. ok is false when that cannot be told so: where
// a relationship decides, or too much is marked.
func (s *searching) keptBack(ctx context.Context, typ string) (n int, ok bool, err error) {
	if !s.v.impersonal() {
		return 0, false, nil
	}
	pks, ok := s.desk.guard.specials(mostKeptBack)
	if !ok || len(pks) == 0 {
		return 0, ok, nil
	}
	src := s.plain(typ)
	docs, err := s.chart(ctx, src, pks)
	if err != nil {
		return 0, false, err
	}
	for _, doc := range docs {
		o, err := s.v.look(ctx, doc, false)
		if err != nil {
			return 0, false, err
		}
		if o.Shown {
			continue
		}
		it, err := s.confirm(ctx, doc, src, o)
		if err != nil {
			return 0, false, err
		}
		if it != nil {
			n++
		}
	}
	return n, true, nil
}
