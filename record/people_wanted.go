package record

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// How far a search by particulars looks.
const (
	maxDays      = 366     // dates of birth that are looked up one by one
	maxBornKeys  = 100_000 // entries born on them that are listed
	fewNamed     = 300     // of them, that are read rather than narrowed
	fewDays      = 31      // up to so many are looked up before the names are
	maxHistories = 1000    // entries whose past is read
)

// FindWanted finds persons by particulars, best first: at most 50, else nobody
// and TooMany, since a list of strangers helps nobody. Who is restricted is not
// found by where they live or are registered. The audit entry names every person
// shown. Errors: those of person.Wanted.Check, Denied.
func (e *Errand) FindWanted(ctx context.Context, w person.Wanted) (*People, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	var out *People
	err := e.read(ctx, access.FindPeople, "Patient", func(r store.Reader, v *sight, t *trace) error {
		f := &finding{desk: e.desk, w: &w, v: v, scores: map[int64]float64{}}
		t.what = []string{"people by " + strings.ToLower(f.kind())}
		if err := f.look(ctx, r); err != nil {
			return err
		}
		hits, err := f.hits(ctx, r)
		if err != nil {
			return err
		}
		out = &People{Read: f.kind(), Hits: hits, TooMany: f.many}
		for _, h := range out.Hits {
			pk, _, _ := e.desk.ids.decode(h.Person.ID)
			t.records = append(t.records, e.desk.ids.encodePK(pk))
		}
		t.count = len(out.Hits)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// finding is one such search.
type finding struct {
	desk   *Desk
	v      *sight
	w      *person.Wanted
	scores map[int64]float64 // person → the best of its entries
	past   int               // histories read
	many   bool              // too much to look at, or to show
}

func (f *finding) kind() string {
	if f.w.Sounds {
		return "Particulars, names by sound"
	}
	return "Particulars"
}

// look holds every candidate against what is wanted.
func (f *finding) look(ctx context.Context, r store.Reader) error {
	keys, err := f.candidates(ctx, r)
	if err != nil || f.many {
		return err
	}
	for batch := range slices.Chunk(keys, 200) {
		docs, err := r.GetMany(ctx, batch)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			if doc.Deleted {
				continue
			}
			if err := f.weigh(ctx, r, doc); err != nil {
				return err
			}
		}
	}
	return nil
}

// candidates are the entries born on the days that are wanted, of the names that are
// wanted where those are listed sooner than bodies are read.
func (f *finding) candidates(ctx context.Context, r store.Reader) ([]store.Key, error) {
	days := f.w.Days(maxDays)
	byName := !f.w.Sounds && !(f.w.History && days != nil) // a name by sound, or of the past, is in no index
	var keys []store.Key
	narrowed := false
	if byName && (days == nil || len(days) > fewDays) {
		var err error
		if keys, narrowed, err = f.named(ctx, r); err != nil || narrowed && len(keys) <= fewNamed {
			return keys, err
		}
	}
	born, whole, err := f.born(ctx, r, days)
	switch {
	case err != nil:
		return nil, err
	case byName && !narrowed && (!whole || len(born) > maxPeopleCandidates): // a day that very many have
		if keys, narrowed, err = f.named(ctx, r); err != nil {
			return nil, err
		}
	}
	switch {
	case whole && narrowed:
		keys = both(keys, born)
	case whole:
		keys = born
	}
	f.many = !whole && !narrowed || len(keys) > maxPeopleCandidates
	return keys, nil
}

// named are the entries whose names begin as the first word of each that is wanted;
// narrowed is false when too many do to list them.
func (f *finding) named(ctx context.Context, r store.Reader) (keys []store.Key, narrowed bool, err error) {
	for _, n := range []struct{ param, name string }{{"family", f.w.Family}, {"given", f.w.Given}} {
		words := strings.Fields(search.Fold(n.name))
		if len(words) == 0 {
			continue
		}
		found, err := r.FindString(ctx, f.desk.searches().extract.Hash("Patient", n.param), words[0], false, maxNameKeys+1)
		switch {
		case err != nil:
			return nil, false, err
		case len(found) > maxNameKeys: // it tells too little
		case narrowed:
			keys = both(keys, sortedKeys(found))
		default:
			keys, narrowed = sortedKeys(found), true
		}
		if narrowed && len(keys) <= fewNamed {
			break
		}
	}
	return keys, narrowed, nil
}

// born are the entries of days; whole is false when they are too many to list.
func (f *finding) born(ctx context.Context, r store.Reader, days []string) (keys []store.Key, whole bool, err error) {
	for _, day := range days {
		found, err := r.Find(ctx, f.desk.searches().extract.Ident("Patient", "birthdate", day), maxBornKeys+1-len(keys))
		if err != nil {
			return nil, false, err
		}
		if keys = append(keys, found...); len(keys) > maxBornKeys {
			return nil, false, nil
		}
	}
	return sortedKeys(keys), days != nil, nil
}

// both are the keys that two lists in order have in common.
func both(a, b []store.Key) []store.Key {
	return slices.DeleteFunc(a, func(k store.Key) bool {
		_, has := slices.BinarySearchFunc(b, k, compareKeys)
		return !has
	})
}

func sortedKeys(keys []store.Key) []store.Key {
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

func (f *finding) weigh(ctx context.Context, r store.Reader, doc *store.Doc) error {
	seen, err := f.seen(ctx, doc)
	if err != nil || seen == nil {
		return err
	}
	body, err := f.desk.parse(doc)
	if err != nil {
		return err
	}
	body = seen(body)
	score, ok := f.w.Fit(body, nil)
	if !ok && f.w.History && doc.Version > 1 && within(body, f.w) {
		if f.past++; f.past > maxHistories {
			f.many = true
			return nil
		}
		past, err := f.history(ctx, r, doc.Key, seen)
		if err != nil {
			return err
		}
		score, ok = f.w.Fit(body, past)
	}
	if !ok {
		return nil
	}
	p, err := r.PersonOf(ctx, doc.PK, time.Time{})
	if err != nil {
		return err
	}
	f.scores[p] = max(f.scores[p], score)
	return nil
}

// within spares reading the history of who was not born in the time wanted.
func within(patient *fhir.Value, w *person.Wanted) bool {
	born := patient.StrAt("birthDate")
	return born >= w.BornFrom && born <= w.BornTo
}

// seen gives what of a Patient may be looked at; nil when the requester may not
// know of it. Where a restricted patient lives, is registered or is called takes
// no part for anybody, so that nobody finds out by trying.
func (f *finding) seen(ctx context.Context, doc *store.Doc) (func(*fhir.Value) *fhir.Value, error) {
	o, err := f.v.look(ctx, doc, false)
	if err != nil || !o.Shown {
		return nil, err
	}
	h, err := f.v.human(ctx, doc.PK)
	if err != nil {
		return nil, err
	}
	if h.facts.Restricted || !o.Contact {
		return veiled, nil
	}
	return func(body *fhir.Value) *fhir.Value { return body }, nil
}

func (f *finding) history(ctx context.Context, r store.Reader, k store.Key, seen func(*fhir.Value) *fhir.Value) ([]*fhir.Value, error) {
	docs, err := r.Versions(ctx, k)
	if err != nil {
		return nil, err
	}
	var out []*fhir.Value
	for _, doc := range docs {
		if doc.Deleted {
			continue
		}
		body, err := f.desk.parse(doc)
		if err != nil {
			return nil, err
		}
		out = append(out, seen(body))
	}
	return out, nil
}

// hits are the persons that are shown, best first.
func (f *finding) hits(ctx context.Context, r store.Reader) ([]Hit, error) {
	if f.many || len(f.scores) > maxPeople {
		f.many = true
		return nil, nil
	}
	var out []Hit
	for p, score := range f.scores {
		h, err := f.desk.hit(ctx, r, f.v, p)
		if err != nil {
			return nil, err
		}
		if len(h.Person.Entries) == 0 {
			continue
		}
		h.Score = score
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(hitOrder(a), hitOrder(b)), cmp.Compare(a.Person.ID, b.Person.ID))
	})
	return out, nil
}
