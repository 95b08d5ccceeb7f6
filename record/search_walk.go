package record

import (
	"cmp"
	"context"
	"slices"
	"time"

	"concord/standard/fhir"
	"concord/store"
)

// A walk reads ahead in growing steps, so that a page that fills at once costs
// little and one that does not costs few look-ups.
const mostStride = 256

// firstStride: most resources of a patient lie in one record with many others
// of their type, those of other types in a record each.
func (s *searching) firstStride(typ string) int {
	if typ != "Patient" && s.desk.searches().table.InCompartment(typ) {
		return 1
	}
	return min(s.size()+1, mostStride)
}

// walk goes over the candidates of a source in key order, after a key, until
// take wants no more; whole tells that the end was reached.
func (s *searching) walk(ctx context.Context, src *source, after store.Key, take func(*store.Doc) (bool, error)) (whole bool, err error) {
	if src.pks == nil {
		if err := s.complete(); err != nil {
			return false, err
		}
	}
	stride, at := s.firstStride(src.typ), after.PK-1
	terms := src.lookup.Terms
	if len(terms) > 1 && !src.beside {
		terms = terms[1:] // every other term is of the type too
	}
	typ := fhir.R4().Number(src.typ)
	if s.q.Contained != "" {
		typ = 0
	}
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		pks, err := s.records(ctx, src, terms, at, stride)
		if err != nil {
			return false, err
		}
		if len(pks) == 0 {
			return true, nil
		}
		if s.own != nil {
			s.own.pks = pks
		}
		docs, err := s.within(ctx, src, pks, typ)
		if err != nil {
			return false, err
		}
		for _, doc := range docs {
			if !laterKey(doc.Key, after) {
				continue
			}
			if err := s.spend(1); err != nil {
				return false, err
			}
			more, err := take(doc)
			if err != nil || !more {
				return false, err
			}
		}
		at, stride = pks[len(pks)-1], min(2*stride, mostStride)
	}
}

// records are the next that a walk goes to: those that the query is pinned to, or
// those of the index.
func (s *searching) records(ctx context.Context, src *source, terms [][]uint64, after int64, limit int) ([]int64, error) {
	if src.pks == nil {
		return s.r.FindRecords(ctx, terms, after, limit)
	}
	from, found := slices.BinarySearch(src.pks, after)
	if found {
		from++
	}
	return src.pks[from:min(from+limit, len(src.pks))], nil
}

// within reads the candidates of some records, in key order.
func (s *searching) within(ctx context.Context, src *source, pks []int64, typ uint16) ([]*store.Doc, error) {
	if typ != 0 {
		return s.chart(ctx, src, pks)
	}
	var ranges []store.Range
	for i := range fhir.R4().Names() {
		ranges = append(ranges, store.Range{Type: uint16(i + 1)})
	}
	groups, err := s.r.Chart(ctx, pks, ranges, time.Time{})
	if err != nil {
		return nil, err
	}
	var docs []*store.Doc
	for _, g := range groups {
		docs = append(docs, g...)
	}
	slices.SortFunc(docs, func(a, b *store.Doc) int { return compareKeys(a.Key, b.Key) })
	return docs, nil
}

// chart reads the candidates of a type within records, in key order: those
// whose date fits, and those whose date does not tell.
func (s *searching) chart(ctx context.Context, src *source, pks []int64) ([]*store.Doc, error) {
	l, typ := &src.lookup, fhir.R4().Number(src.typ)
	ranges := []store.Range{{Type: typ, Need: l.Need, From: l.From, To: l.To}}
	if l.From != 0 || l.To != 0 {
		ranges = append(ranges, store.Range{Type: typ, Need: append(slices.Clone(l.Need), []uint32{l.Lasting})})
	}
	groups, err := s.r.Chart(ctx, pks, ranges, time.Time{})
	if err != nil {
		return nil, err
	}
	docs := groups[0]
	if len(groups) > 1 {
		docs = append(docs, groups[1]...)
	}
	slices.SortFunc(docs, func(a, b *store.Doc) int { return compareKeys(a.Key, b.Key) })
	return slices.CompactFunc(docs, func(a, b *store.Doc) bool { return a.Key == b.Key }), nil
}

func compareKeys(a, b store.Key) int {
	return cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.LID, b.LID))
}

func laterKey(a, b store.Key) bool { return compareKeys(a, b) > 0 }

// maxLate is how many changes since the first page a later page of a walk
// makes up for; beyond, what has changed meanwhile may be missing from it.
const maxLate = 5000

// asOf makes a walk see the store as it was at a change number: documents
// changed since are shown in the version of then, and those that no longer
// look the part are put back in their place.
type asOf struct {
	change int64
	late   []*store.Doc // versions of then, in key order
	known  map[store.Key]bool
}

func (s *searching) asOf(ctx context.Context, change int64, src *source, after store.Key) (*asOf, error) {
	a := &asOf{change: change, known: map[store.Key]bool{}}
	if change >= s.now {
		return a, nil
	}
	changes, err := s.r.Changes(ctx, change, maxLate)
	if err != nil || len(changes) >= maxLate {
		return a, err
	}
	typ := fhir.R4().Number(src.typ)
	var then []store.VersionKey
	for _, c := range changes {
		if c.Key.Type() != typ && s.q.Contained == "" || a.known[c.Key] || !laterKey(c.Key, after) {
			continue
		}
		a.known[c.Key] = true
		if c.Version > 1 {
			then = append(then, store.VersionKey{Key: c.Key, Version: c.Version - 1})
		}
	}
	if a.late, err = s.r.GetVersions(ctx, then); err != nil {
		return nil, err
	}
	slices.SortFunc(a.late, func(x, y *store.Doc) int { return compareKeys(x.Key, y.Key) })
	return a, nil
}

// walkAsOf is walk on the store as it was.
func (s *searching) walkAsOf(ctx context.Context, src *source, after store.Key, then *asOf, take func(*store.Doc) (bool, error)) (bool, error) {
	whole, err := s.walk(ctx, src, after, func(doc *store.Doc) (bool, error) {
		for len(then.late) > 0 && laterKey(doc.Key, then.late[0].Key) {
			old := then.late[0]
			then.late = then.late[1:]
			if more, err := take(old); err != nil || !more {
				return false, err
			}
		}
		if doc.Change > then.change {
			return true, nil // its version of then is among the late ones, or it is new
		}
		return take(doc)
	})
	if err != nil || !whole {
		return false, err
	}
	for i, old := range then.late {
		more, err := take(old)
		if err != nil || !more {
			return i == len(then.late)-1 && err == nil, err
		}
	}
	return true, nil
}
