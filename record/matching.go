package record

import (
	"context"
	"slices"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// MatchAsked is a Patient that somebody looks for.
type MatchAsked struct {
	Patient     *fhir.Value
	OnlyCertain bool // nothing unless all that is found is certainly one person
	Count       int  // at most so many; 0 = 50
}

// MatchFound is the answer, likeliest first.
type MatchFound struct {
	Hits []MatchHit
	// Passed counts blocking keys that too many entries share: what agrees in
	// them alone was not compared.
	Passed int
	// BadNumber: the NHS number given is not valid.
	BadNumber bool
	// Bare: there is nothing in the Patient that one could be found by.
	Bare bool
}

// MatchHit is one entry that may be the person.
type MatchHit struct {
	Item  *Item
	Score float64 // 0 to 1: the probability that the model gives
	Grade match.Grade
	Guard string // why it is not certain, in words; ""
}

// maxMatches is how many entries a match may show.
const maxMatches = 50

// Match finds the entries that may be of one person. It writes nothing. The
// audit entry names every record shown.
func (e *Errand) Match(ctx context.Context, ask MatchAsked) (*MatchFound, error) {
	var out *MatchFound
	own := e.desk.matcher.Asked(ask.Patient)
	err := e.read(ctx, access.Search, "Patient", func(r store.Reader, v access.Verdict, t *trace) error {
		out = &MatchFound{BadNumber: e.desk.matcher.BadNumber(ask.Patient)}
		t.what = []string{"Patient/$match"}
		if !v.Filter.Type("Patient") {
			return unknown("Patient")
		}
		out.Bare = own.Keys() == [match.MaxKeys]uint32{}
		list, passed, err := e.desk.persons().Asked(ctx, r, ask.Patient)
		if err != nil {
			return err
		}
		out.Passed = passed
		list, err = e.desk.wanted(ctx, r, list, ask)
		if err != nil {
			return err
		}
		for _, c := range list {
			hit, err := e.desk.matchHit(ctx, r, c)
			if err != nil {
				return err
			}
			out.Hits = append(out.Hits, hit)
			t.records = append(t.records, e.desk.recordIDs(c.Key)...)
		}
		t.count = len(out.Hits)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// wanted leaves what was asked for. With OnlyCertain, a second likely person
// makes it uncertain who is meant, and nobody is the answer.
func (d *Desk) wanted(ctx context.Context, r store.Reader, list []person.Candidate, ask MatchAsked) ([]person.Candidate, error) {
	least := match.Possible
	if ask.OnlyCertain {
		least = match.Certain
		persons := map[int64]bool{}
		for _, c := range list {
			if c.Verdict.Grade < match.Probable {
				continue
			}
			p, err := r.PersonOf(ctx, c.Key.PK, time.Time{})
			if err != nil {
				return nil, err
			}
			persons[p] = true
		}
		if len(persons) > 1 {
			return nil, nil
		}
	}
	list = slices.DeleteFunc(list, func(c person.Candidate) bool { return c.Verdict.Grade < least })
	most := maxMatches
	if ask.Count > 0 {
		most = min(ask.Count, most)
	}
	return list[:min(most, len(list))], nil
}

func (d *Desk) matchHit(ctx context.Context, r store.Reader, c person.Candidate) (MatchHit, error) {
	hit := MatchHit{Score: c.Verdict.Probability(), Grade: c.Verdict.Grade, Guard: c.Verdict.Guards.String()}
	doc, err := r.Get(ctx, c.Key)
	if err != nil {
		return hit, err
	}
	if hit.Item, err = d.item(doc); err != nil {
		return hit, err
	}
	p, err := r.PersonOf(ctx, c.Key.PK, time.Time{})
	if err == nil && p != 0 {
		withRefer(hit.Item, d.ids.person(p))
	}
	return hit, err
}
