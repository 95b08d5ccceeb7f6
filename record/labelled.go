package record

import (
	"context"
	"slices"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// labelToken is in the token column of every resource that a label keeps from
// somebody, whatever the label is: so those of a record are found without opening
// the others.
func labelToken(x *search.Extractor) uint32 { return x.Token("_security", "") }

// withLabel adds the token of a labelled resource to what is filed of it.
func withLabel(x *search.Extractor, e search.Entries, body *fhir.Value) search.Entries {
	security := body.Path("meta.security")
	if security == nil || access.MarksOf(body.Type(), security).Label == access.Normal {
		return e
	}
	at, _ := slices.BinarySearch(e.Tokens, labelToken(x))
	e.Tokens = slices.Insert(e.Tokens, at, labelToken(x))
	return e
}

// labels are the resources of a record that a label keeps from somebody, in the
// order of their places; known is false while the index does not tell.
type labels struct {
	lids  []int64
	known bool
}

func (l labels) has(lid int64) bool {
	_, found := slices.BinarySearch(l.lids, lid)
	return found
}

// of counts those of a type, 0 = of all.
func (l labels) of(typ uint16) int {
	n := 0
	for _, lid := range l.lids {
		if typ == 0 || (store.Key{LID: lid}).Type() == typ {
			n++
		}
	}
	return n
}

// labelled tells which resources of a record are labelled, from what is
// remembered as far as that holds.
func (s *sight) labelled(ctx context.Context, pk int64) (labels, error) {
	if l, have := s.labels[pk]; have {
		return l, nil
	}
	l, err := s.desk.labelled(ctx, s.r, s.change, pk)
	if err != nil {
		return l, err
	}
	if s.labels == nil {
		s.labels = map[int64]labels{}
	}
	s.labels[pk] = l
	return l, nil
}

func (d *Desk) labelled(ctx context.Context, r store.Reader, change, pk int64) (labels, error) {
	g := &d.guard
	g.mu.Lock()
	l, have := g.labels[pk]
	whole, none := g.whole || g.unlabelled, !g.marked[pk] && !g.touched[pk]
	g.mu.Unlock()
	switch {
	case have:
		return l, nil
	case whole:
		return labels{}, nil
	case none:
		return labels{known: true}, nil
	}
	need := [][]uint32{{labelToken(d.searches().extract)}}
	found, err := r.Chart(ctx, []int64{pk}, []store.Range{{Need: need, Bare: true}}, time.Time{})
	if err != nil {
		return labels{}, err
	}
	l.known = true
	for _, doc := range found[0] {
		l.lids = append(l.lids, doc.Key.LID)
	}
	slices.Sort(l.lids)
	g.mu.Lock()
	defer g.mu.Unlock()
	if change >= g.upto && g.ready && !g.whole && !g.unlabelled {
		if len(g.labels) >= mostFacts {
			g.labels = map[int64]labels{}
		}
		g.labels[pk] = l
	}
	return l, nil
}

// unlabelled tells that a current version has no label, when that is known
// without opening it. Of the first few of a record it is not worth asking: they
// are mostly opened anyway, to be shown.
func (s *sight) unlabelled(ctx context.Context, doc *store.Doc) (bool, error) {
	l, have := s.labels[doc.PK]
	if !have {
		const few = 2
		if s.opened == nil {
			s.opened = map[int64]int{}
		}
		if s.opened[doc.PK]++; s.opened[doc.PK] <= few && len(doc.Body) > 0 {
			return false, nil
		}
		var err error
		if l, err = s.labelled(ctx, doc.PK); err != nil {
			return false, err
		}
	}
	return l.known && !l.has(doc.Key.LID), nil
}

// plain tells that only labels keep anything of a patient from the requester:
// neither an objection nor a flag on the patient does.
func (s *sight) plain(ctx context.Context, pk int64) (bool, error) {
	h, err := s.human(ctx, pk)
	if err != nil {
		return false, err
	}
	f := h.facts
	return !f.Restricted && !f.Objects && !f.Dissents && !f.OptedOut, nil
}
