package record

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// decided tells a search of a patient's record whose index says all that is
// asked, so that only what is shown has to be looked at.
func (s *searching) decided(ctx context.Context, src *source) (bool, error) {
	if !src.lookup.Decided || src.walk || s.asked.LastN > 0 {
		return false, nil
	}
	if len(s.q.Sort) > 0 && (!src.lookup.Dated || s.desk.searches().state.Upgrade) {
		return false, nil
	}
	if slices.ContainsFunc(src.docs, func(doc *store.Doc) bool { return !src.home[doc.PK] }) {
		return false, nil
	}
	beside, err := s.beside(ctx, src)
	return !beside && err == nil, err
}

// beside tells whether in one of the records that a query is pinned to there is anything
// of the type that is not about the patient.
func (s *searching) beside(ctx context.Context, src *source) (bool, error) {
	pks := slices.Sorted(maps.Keys(src.home))
	for len(pks) > 0 {
		next, err := s.nextBeside(ctx, src, pks[0])
		if err != nil || len(next) == 0 {
			return false, err
		}
		if src.home[next[0]] {
			return true, nil
		}
		pks = slices.DeleteFunc(pks, func(pk int64) bool { return pk < next[0] })
	}
	return false, nil
}

// nextBeside is the first record from one on in which anything lies beside; what was
// asked with the records named is not asked again.
func (s *searching) nextBeside(ctx context.Context, src *source, from int64) ([]int64, error) {
	if known := src.besides; known != nil {
		src.besides = nil
		return *known, nil
	}
	ask := s.besideFrom(src, from)
	return s.r.FindRecords(ctx, ask.Groups, ask.After, ask.Limit)
}

func (s *searching) besideFrom(src *source, from int64) store.RecordsAsk {
	return store.RecordsAsk{Groups: [][]uint64{{s.desk.searches().extract.BesideTerm(src.typ)}}, After: from - 1, Limit: 1}
}

// whole finds the candidates of a search for all that belongs to a patient, of
// several types, when they lie in the patient's own records; else nil.
func (s *searching) whole(ctx context.Context, types []string) (*source, error) {
	if len(types) < 2 || s.asked.LastN > 0 || s.desk.searches().state.Upgrade {
		return nil, nil
	}
	id, unless, ok := s.desk.searches().asks.Whole(s.q)
	if !ok {
		return nil, nil
	}
	if elsewhere, err := s.r.FindRecords(ctx, [][]uint64{{unless}}, 0, 1); err != nil || len(elsewhere) > 0 {
		return nil, err
	}
	pks, err := s.desk.recordsOf(ctx, s.r, []string{id})
	if err != nil {
		return nil, err
	}
	src := &source{home: map[int64]bool{}, reads: func(string) bool { return false }}
	for _, pk := range pks {
		src.home[pk] = true
	}
	// A page shows few of them: of the others it is enough that they are there.
	if src.bare, err = s.barely(ctx, pks); err != nil {
		return nil, err
	}
	all, err := s.r.Chart(ctx, pks, []store.Range{{Bare: src.bare}}, time.Time{})
	if err != nil {
		return nil, err
	}
	wanted := map[uint16]bool{}
	for _, typ := range types {
		wanted[fhir.R4().Number(typ)] = true
	}
	src.docs = slices.DeleteFunc(all[0], func(doc *store.Doc) bool { return !wanted[doc.Type()] || !s.q.MatchTime(doc.Updated) })
	s.tell(fmt.Sprintf("all types: scan %d records of Patient/%s", len(pks), id))
	return src, nil
}

// barely tells that of the documents of some records it is enough to know that they
// are there: what is kept back of them is known by their labels.
func (s *searching) barely(ctx context.Context, pks []int64) (bool, error) {
	if s.v.Filter.Limited() {
		return false, nil
	}
	for _, pk := range pks {
		if !s.desk.guard.special(pk) {
			continue
		}
		if plain, err := s.v.plain(ctx, pk); err != nil || !plain {
			return false, err
		}
	}
	return true, nil
}

// decidedPage is the first page of such a search, by date where that is asked,
// else newest first. Each match that is shown is confirmed on its body.
func (s *searching) decidedPage(ctx context.Context, src *source) (*Found, error) {
	docs := slices.DeleteFunc(src.docs, func(doc *store.Doc) bool { return doc.Deleted })
	if len(s.q.Sort) > 0 {
		if err := s.byDate(src, docs); err != nil {
			return nil, err
		}
	} else {
		slices.SortFunc(docs, newestFirst)
	}
	f := &Found{}
	shown := s.size()
	if s.q.Summary == "count" || s.q.Count == 0 {
		shown = 0
	}
	kept := docs[:0]
	for i, doc := range docs {
		if len(f.Matches) == shown {
			rest, err := s.found(ctx, docs[i:], src)
			if err != nil {
				return nil, err
			}
			kept = append(kept, rest...)
			break
		}
		if src.bare && len(doc.Body) == 0 {
			if err := s.withBodies(ctx, docs[i:min(i+shown-len(f.Matches), len(docs))]); err != nil {
				return nil, err
			}
			doc = docs[i]
		}
		it, err := s.hit(ctx, doc, src)
		if err != nil {
			return nil, err
		}
		if it != nil {
			f.Matches, kept = append(f.Matches, it), append(kept, doc)
		}
	}
	f.Total = len(kept)
	if shown > 0 && len(kept) > len(f.Matches) {
		rest := make([]store.VersionKey, len(kept))
		for i, doc := range kept {
			rest[i] = store.VersionKey{Key: doc.Key, Version: doc.Version}
		}
		id, err := s.keepList(rest)
		if err != nil {
			return nil, err
		}
		f.Next = s.token(pageToken{List: id, Offset: len(f.Matches), Change: s.now})
	}
	return f, nil
}

// newestFirst is the order of those whom nothing else tells apart: order's own.
func newestFirst(a, b *store.Doc) int {
	return cmp.Or(cmp.Compare(b.Change, a.Change), compareKeys(a.Key, b.Key))
}

// withBodies puts whole documents in the place of some that came without.
func (s *searching) withBodies(ctx context.Context, docs []*store.Doc) error {
	keys := make([]store.Key, len(docs))
	for i, doc := range docs {
		keys[i] = doc.Key
	}
	full, err := s.r.GetMany(ctx, keys)
	if err != nil {
		return err
	}
	if len(full) != len(docs) {
		return fault.New(fault.Internal, "record.body", "a document of the snapshot is not there any more")
	}
	copy(docs, full)
	return nil
}
