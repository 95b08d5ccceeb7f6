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
	index := e.desk.persons()
	own := index.Match.Asked(ask.Patient)
	err := e.read(ctx, access.Search, "Patient", func(r store.Reader, v *sight, t *trace) error {
		out = &MatchFound{BadNumber: index.Match.BadNumber(ask.Patient)}
		t.what = []string{"Patient/$match"}
		if !v.Filter.Type("Patient") {
			return unknown("Patient")
		}
		out.Bare = own.Keys() == [match.MaxKeys]uint32{}
		list, passed, err := index.Asked(ctx, r, ask.Patient)
		if err != nil {
			return err
		}
		out.Passed = passed
		found, err := v.candidates(ctx, index.Match, &own, list)
		if err != nil {
			return err
		}
		list, err = e.desk.wanted(ctx, r, found, ask)
		if err != nil {
			return err
		}
		for _, c := range list {
			hit, err := v.matchHit(ctx, c)
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

// eyed is the candidates as the requester may see them.
type eyed struct {
	shown []person.Candidate
	all   []person.Candidate // those too of whom they may not know
}

// candidates looks at each candidate with the requester's eyes. One whose
// address and telephone are kept back is scored without them: a guess at where
// somebody lives must not show in the score.
func (v *sight) candidates(ctx context.Context, m *person.Matcher, own *match.Subject, list []person.Candidate) (eyed, error) {
	out := eyed{all: list}
	for _, c := range list {
		doc, err := v.r.Get(ctx, c.Key)
		if err != nil {
			return out, err
		}
		o, err := v.look(ctx, doc, false)
		if err != nil {
			return out, err
		}
		if o.Shown && !o.Contact {
			body, err := v.desk.parse(doc)
			if err != nil {
				return out, err
			}
			c.Subject = m.Asked(veiled(body))
			c.Verdict = m.Score(own, &c.Subject)
		}
		if o.Shown {
			out.shown = append(out.shown, c)
		}
	}
	person.Sort(out.shown)
	return out, nil
}

// wanted leaves what was asked for. With OnlyCertain, a second likely person
// makes it uncertain who is meant, also one of whom the requester may not know,
// and nobody is the answer.
func (d *Desk) wanted(ctx context.Context, r store.Reader, found eyed, ask MatchAsked) ([]person.Candidate, error) {
	least := match.Possible
	if ask.OnlyCertain {
		least = match.Certain
		persons := map[int64]bool{}
		for _, c := range found.all {
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
	list := slices.DeleteFunc(found.shown, func(c person.Candidate) bool { return c.Verdict.Grade < least })
	most := maxMatches
	if ask.Count > 0 {
		most = min(ask.Count, most)
	}
	return list[:min(most, len(list))], nil
}

func (v *sight) matchHit(ctx context.Context, c person.Candidate) (MatchHit, error) {
	hit := MatchHit{Score: c.Verdict.Probability(), Grade: c.Verdict.Grade, Guard: c.Verdict.Guards.String()}
	doc, err := v.r.Get(ctx, c.Key)
	if err != nil {
		return hit, err
	}
	if hit.Item, err = v.show(ctx, doc, false); err != nil {
		return hit, err
	}
	p, err := v.r.PersonOf(ctx, c.Key.PK, time.Time{})
	if err == nil && p != 0 {
		withRefer(hit.Item, v.desk.ids.person(p))
	}
	return hit, err
}
