package onboard

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"concord/fault"
	"concord/record/person"
)

// PairRuling is what a steward decided in a rehearsal on a patient of the source
// and an entry of the record. It is kept from trial to trial, and carried out by
// a load while what it was decided on is the same.
type PairRuling struct {
	Key    string `json:"key"`
	Entry  string `json:"entry"`
	Person string `json:"person,omitempty"` // whom the entry was of
	// Said and Live stand for what the source and the entry said of who it is.
	Said string      `json:"said"`
	Live string      `json:"live"`
	Verb person.Verb `json:"verb"` // join, part, need-more; take-back = nothing stands
	Who  string      `json:"who"`  // organisation and account
	At   time.Time   `json:"at"`
	Why  string      `json:"why"`
}

const (
	reviewFile = "review.ndjson"
	maxWhy     = 200
)

// pairKey names a pair.
type pairKey struct{ key, entry string }

// Rulings are those that stand, by pair.
func (s *Stage) Rulings() ([]PairRuling, error) {
	text, err := s.Kept(reviewFile)
	if err != nil {
		return nil, err
	}
	all, err := ParseRulings(text)
	if err != nil {
		return nil, err
	}
	last := map[pairKey]PairRuling{}
	for _, r := range all {
		last[pairKey{r.Key, r.Entry}] = r
	}
	var out []PairRuling
	for _, r := range last {
		if r.Verb != person.TakeBack {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b PairRuling) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Entry, b.Entry))
	})
	return out, nil
}

// ParseRulings reads lines of rulings, the oldest first. Of a last line that is
// not whole nothing is taken. Error: Invalid "review.line".
func ParseRulings(text []byte) ([]PairRuling, error) {
	var out []PairRuling
	for line := range bytes.Lines(lastLine(text)) {
		var r PairRuling
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil || r.wrong() {
			return nil, fault.New(fault.Invalid, "review.line", "line %d of the rulings is none", len(out)+1)
		}
		out = append(out, r)
	}
	return out, nil
}

func (r *PairRuling) wrong() bool {
	return r.Key == "" || r.Entry == "" || r.Said == "" || r.Who == "" || r.At.IsZero() || len(r.Key) > maxKey || utf8.RuneCountInString(r.Why) > maxWhy ||
		!slices.Contains([]person.Verb{person.Join, person.Part, person.NeedMore, person.TakeBack}, r.Verb)
}

// KeepRuling adds a ruling. Error: Invalid "review.ruling" for one that is not
// whole.
func (s *Stage) KeepRuling(r PairRuling) error {
	r.Why = strings.TrimSpace(r.Why)
	if r.wrong() || r.Why == "" {
		return fault.New(fault.Invalid, "review.ruling", "give a decision, and a reason of up to %d characters", maxWhy)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "review.write", "the decision cannot be written")
	}
	return s.Append(reviewFile, append(line, '\n'))
}

// TakeRulings takes rulings in that were made on another system, such as in a
// rehearsal on a copy of the record; of two on one pair the newer stands. It
// tells how many are new here.
func (s *Stage) TakeRulings(text []byte) (taken int, err error) {
	next, err := ParseRulings(text)
	if err != nil {
		return 0, err
	}
	return taken, s.Keep(reviewFile, func(old []byte) ([]byte, error) {
		all, err := ParseRulings(old)
		if err != nil {
			return nil, err
		}
		last := map[pairKey]time.Time{}
		for _, r := range all {
			last[pairKey{r.Key, r.Entry}] = r.At
		}
		out := bytes.Clone(lastLine(old))
		for _, r := range next {
			k := pairKey{r.Key, r.Entry}
			if at, known := last[k]; known && !r.At.After(at) {
				continue
			}
			line, err := json.Marshal(r)
			if err != nil {
				return nil, err
			}
			last[k], out, taken = r.At, append(append(out, line...), '\n'), taken+1
		}
		return out, nil
	})
}

// Reviewed is a pair with what stands on it.
type Reviewed struct {
	Pair
	Ruling *PairRuling `json:"ruling,omitempty"`
	// Changed says why a ruling does not stand, and the pair waits again:
	// "source" (what it says of the patient has changed), "person" (the entry is of
	// somebody else now).
	Changed string `json:"changed,omitempty"`
}

// Waits tells a pair that a steward has still to look at.
func (r *Reviewed) Waits() bool {
	return r.Ruling == nil || r.Changed != "" || r.Ruling.Verb == person.NeedMore
}

// Review is how far the review of an extract's pairs is, and a part of the list.
type Review struct {
	Extract string     `json:"extract"`
	Pairs   []Reviewed `json:"pairs"` // those that were asked for
	Total   int        `json:"total"` // of the list that they are of
	Waiting int        `json:"waiting"`
	Decided int        `json:"decided"`
	Changed int        `json:"changed"`
	Gone    int        `json:"gone"` // rulings on pairs that this extract has not
	// Lost are those rulings: no load of this extract carries one out.
	Lost []LostRuling `json:"lost,omitempty"`
	// Hours are the work that waits, by the minutes a pair of the match.
	Hours   float64 `json:"hours"`
	Minutes float64 `json:"minutesPerPair"`
}

// LostRuling is a ruling on a pair that an extract has not.
type LostRuling struct {
	PairRuling
	// Into is the number into which the source has merged that of the ruling since, and
	// on which it can be decided anew; "" = its patient is in no row, or no longer like
	// the entry.
	Into string `json:"into,omitempty"`
}

// ReviewAsked says which pairs are wanted: Most of the list, 0 = all, from the
// From-th on; or the one of a key and an entry. The list begins with those whose
// ruling does not stand any more, then come conflicts, then the others that wait,
// the likeliest first, and, with All, at last those that are decided.
type ReviewAsked struct {
	From, Most int
	All        bool
	Key, Entry string
}

// Review gives pairs of an extract's last match. What it reads and keeps is the
// part that is asked for, and the pairs that something was decided on. Error:
// Conflict "onboard.not-matched".
func (s *Stage) Review(ctx context.Context, x *Extract, ask ReviewAsked) (*Review, error) {
	m, err := x.Matching()
	if err != nil {
		return nil, err
	}
	pairs, err := x.openPairs()
	if err != nil {
		return nil, err
	}
	if pairs != nil {
		defer pairs.close()
	}
	if pairs == nil || m == nil || m.Part != len(x.Parts) {
		return nil, fault.New(fault.Conflict, "onboard.not-matched", "match the extract first: then there are pairs to decide on")
	}
	rulings, err := s.Rulings()
	if err != nil {
		return nil, err
	}
	out := &Review{Extract: x.ID, Pairs: []Reviewed{}, Minutes: m.Minutes}
	r := &reviewing{pairs: pairs, ask: ask, one: -1}
	if err := r.rule(ctx, rulings); err != nil {
		return nil, err
	}
	out.Decided, out.Changed, out.Gone = len(r.decided), len(r.changed), len(rulings)-len(r.ruled)
	out.Waiting = int(pairs.total) - out.Decided
	out.Hours = float64(out.Waiting) * m.Minutes / 60
	if out.Lost, err = x.lost(rulings, r.ruled); err != nil {
		return nil, err
	}
	if out.Total = out.Waiting; ask.All {
		out.Total = int(pairs.total)
	}
	out.Pairs, err = r.part(ctx, out.Total)
	return out, err
}

// lost are the rulings that are on no pair.
func (x *Extract) lost(rulings []PairRuling, ruled map[int64]*Reviewed) ([]LostRuling, error) {
	if len(rulings) == len(ruled) {
		return nil, nil
	}
	has := map[pairKey]bool{}
	for _, v := range ruled {
		has[pairKey{v.Ruling.Key, v.Ruling.Entry}] = true
	}
	merges, err := x.Survivors(asKey)
	if err != nil {
		return nil, err
	}
	var out []LostRuling
	for _, r := range rulings {
		if has[pairKey{r.Key, r.Entry}] {
			continue
		}
		l := LostRuling{PairRuling: r}
		if end := merges.Of(r.Key); end != r.Key {
			l.Into = end
		}
		out = append(out, l)
	}
	return out, nil
}

// changed says what a ruling was decided on that is another now, "" for nothing.
func (r *PairRuling) changed(said, person string) string {
	switch {
	case r.Said != said:
		return "source"
	case r.Person != person:
		return "person"
	}
	return ""
}
