package person

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/uk"
	"concord/store"
)

// Matcher is a model made ready for the records that arrive. It is read-only
// and may be used by several goroutines.
type Matcher struct {
	scorer *match.Scorer
	words  *match.Lexicon
	counts *match.Frequencies // how common names and dates are; nil = not counted
	text   []byte             // the model's file, kept with the decisions made by it
	Name   string             // version and a mark of the figures, counts included
}

// NewMatcher makes a model ready; nil is the one that ships. counts say how
// common names and dates of birth are; nil = all count alike. The index is filed
// under the blocking rules that ship, so that a model may not have others:
// Unsupported "person.block".
func NewMatcher(m *match.Model, counts *match.Frequencies) (*Matcher, error) {
	shipped := match.ShippedModel()
	if m == nil {
		m = shipped
	}
	if !slices.Equal(m.Block, shipped.Block) {
		return nil, fault.New(fault.Unsupported, "person.block", "the model has other blocking rules than those that the index is filed under")
	}
	scorer, err := match.NewScorer(among(m, counts), counts)
	if err != nil {
		return nil, err
	}
	text, err := m.Write()
	if err != nil {
		return nil, err
	}
	h := fnv.New32a()
	h.Write(text)
	if counts != nil {
		h.Write(counts.Bytes())
	}
	return &Matcher{scorer: scorer, words: match.ShippedLexicon(), counts: counts, text: text, Name: fmt.Sprintf("%s/%08x", m.Version, h.Sum32())}, nil
}

// among is a model for as many entries as were counted: that two at random are
// one person is the less likely the more there are. It is never held likelier
// than the model says.
func among(m *match.Model, counts *match.Frequencies) *match.Model {
	if counts == nil || counts.Records() == 0 {
		return m
	}
	out := *m
	out.Prior = min(m.Prior, -math.Log2(float64(counts.Records())))
	return &out
}

// Subject makes a Patient resource ready to be compared.
func (m *Matcher) Subject(patient *fhir.Value) match.Subject {
	return m.prepare(RecordOf(patient))
}

func (m *Matcher) prepare(r match.Record) match.Subject {
	s := m.words.Prepare(&r, m.scorer.Rules)
	if m.counts != nil {
		m.counts.Rate(&s, m.scorer.Model.Commonest)
	}
	return s
}

// With is a matcher by another model, with the same counts.
func (m *Matcher) With(model *match.Model) (*Matcher, error) { return NewMatcher(model, m.counts) }

// Basis is the model that pairs are scored by, its prior that of so many entries, and
// the counts of names; nil = not counted. Neither may be changed.
func (m *Matcher) Basis() (*match.Model, *match.Frequencies) { return m.scorer.Model, m.counts }

// Asked makes a Patient ready that somebody looks for: its hospital numbers
// count too.
func (m *Matcher) Asked(patient *fhir.Value) match.Subject {
	return m.prepare(askedOf(patient))
}

// BadNumber tells that a Patient has an NHS number and none that is valid.
func (m *Matcher) BadNumber(patient *fhir.Value) bool {
	r := askedOf(patient)
	s := m.words.Prepare(&r, m.scorer.Rules)
	return r.NHS != "" && s.Number() == ""
}

// Counted tells that the matcher knows how common names are.
func (m *Matcher) Counted() bool { return m.counts != nil }

// Score compares two subjects, for somebody who looks for a person.
func (m *Matcher) Score(a, b *match.Subject) match.Verdict { return m.scorer.Score(a, b) }

// uncounted is how many bits less a name may be worth than the model says: a
// given and a family name that are each eight times as common as most.
const uncounted = 6

// Judge compares two subjects to decide on them. Until names have been counted,
// those of a pair without a number that agrees may be of the commonest: what
// would not be certain then is not joined.
func (m *Matcher) Judge(a, b *match.Subject) match.Verdict {
	v := m.Score(a, b)
	if m.counts == nil && v.Grade == match.Certain && float64(v.Weight) < m.scorer.Model.Certain+uncounted && v.Pattern.At(match.NHS) != match.CodeSame && v.Pattern.At(match.Identifier) != match.CodeSame {
		v.Guards, v.Grade = v.Guards|match.Uncounted, match.Probable
	}
	return v
}

// Explain gives the waterfall of a pair as Judge decides on it.
func (m *Matcher) Explain(a, b *match.Subject) match.Waterfall {
	w := m.scorer.Explain(a, b)
	if v := m.Judge(a, b); v.Guards&match.Uncounted != 0 {
		w.Grade, w.Guards = v.Grade, append(w.Guards, match.Uncounted.String())
	}
	return w
}

// Retell is Explain for a pair on which a decision stands: it tells whether a
// claim was upheld, or a rival was there.
func (m *Matcher) Retell(a, b *match.Subject, now Decision) match.Waterfall {
	w := m.Explain(a, b)
	if w.Claim != "" {
		w.Rival = now.Rival
		if now.claimed() {
			w.Grade = match.Certain
		}
	}
	return w
}

// Recall gives the waterfall of a verdict that was kept.
func (m *Matcher) Recall(v match.Verdict) match.Waterfall { return m.scorer.Recall(v) }

// nhsRule and numberRule are found through the index of identifiers, and so not
// filed twice.
const nhsRule, numberRule = "nhs", "number"

// Blocks are the hashes under which a Patient is filed for matching, beside
// its numbers, which the index of identifiers has.
func (m *Matcher) Blocks(hash func(...string) uint64, s *match.Subject) []uint64 {
	return m.blocks(hash, s, func(string) bool { return true })
}

// blocks are those of some rules.
func (m *Matcher) blocks(hash func(...string) uint64, s *match.Subject, take func(rule string) bool) []uint64 {
	var out []uint64
	for i, k := range s.Keys() {
		if k == 0 {
			continue
		}
		if name := m.scorer.Rules.Names[i]; name != nhsRule && name != numberRule && take(name) {
			out = append(out, m.block(hash, i, k))
		}
	}
	return out
}

// Index finds and places entries. Load reads the current Patient resources at
// keys, leaving out those that are deleted or not there.
type Index struct {
	Hash   func(parts ...string) uint64
	Match  *Matcher
	Load   func(ctx context.Context, r store.Reader, keys []store.Key) ([]Entry, error)
	Lately *Lately // nil = all are read
}

// Entry is a Patient resource and where it lies.
type Entry struct {
	Key     store.Key
	Patient *fhir.Value
}

// Candidate is an entry that may be of the person looked for.
type Candidate struct {
	Key     store.Key
	Subject match.Subject
	Verdict match.Verdict
	claim   standing
}

// maxBlock is how many entries of one key are compared: what more share (a name
// and a year in a large town) tells too little, and another rule finds them.
const maxBlock = 200

// nhsHash is the hash under which entries with an NHS number are filed in the
// index of identifiers.
func (x Index) nhsHash(number string) uint64 {
	return x.Hash("Patient", "identifier", uk.NHSNumberSystem+"|"+number)
}

// Candidates compares a subject with every entry that shares a blocking key and
// returns those that may be the person, likeliest first. passed counts keys
// that too many share. A contact that a crowd shares still counts here: Arrive
// takes it out, when all that comes at once can be counted.
func (x Index) Candidates(ctx context.Context, r store.Reader, own *match.Subject, except store.Key) (out []Candidate, passed int, err error) {
	return x.compared(ctx, r, own, x.Match.Subject, x.Match.Judge, x.blocksOf(own), except)
}

// Asked is Candidates for a Patient that somebody looks for.
func (x Index) Asked(ctx context.Context, r store.Reader, patient *fhir.Value) (out []Candidate, passed int, err error) {
	own := x.Match.Asked(patient)
	hashes := x.blocksOf(&own)
	for _, n := range askedOf(patient).Numbers {
		hashes = append(hashes, x.Hash("Patient", "identifier", uk.HospitalNumber.System(n.Scope)+"|"+n.Value))
	}
	if out, passed, err = x.compared(ctx, r, &own, x.Match.Asked, x.Match.Score, hashes, store.Key{}); err != nil {
		return nil, passed, err
	}
	out, err = x.uncrowd(ctx, r, store.Key{}, &own, out, x.Match.Score, func(Candidate) bool { return false })
	return out, passed, err
}

func (x Index) blocksOf(own *match.Subject) []uint64 {
	hashes := x.Match.Blocks(x.Hash, own)
	if n := own.Number(); n != "" {
		hashes = append(hashes, x.nhsHash(n))
	}
	return hashes
}

// compared reads what is filed under hashes and scores it.
func (x Index) compared(ctx context.Context, r store.Reader, own *match.Subject, subject func(*fhir.Value) match.Subject,
	score func(a, b *match.Subject) match.Verdict, hashes []uint64, except store.Key) (out []Candidate, passed int, err error) {
	seen := map[store.Key]bool{except: true}
	var keys []store.Key
	filed, err := r.FindIdents(ctx, hashes, maxBlock+1)
	if err != nil {
		return nil, 0, err
	}
	for _, found := range filed {
		if len(found) > maxBlock {
			passed++
			continue
		}
		for _, k := range found {
			if !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return int(a.PK - b.PK) }) // rows that lie together are read together
	for batch := range slices.Chunk(keys, 256) {
		entries, err := x.Load(ctx, r, batch)
		if err != nil {
			return nil, passed, err
		}
		for _, e := range entries {
			c := Candidate{Key: e.Key, Subject: subject(e.Patient)}
			c.Verdict = score(own, &c.Subject)
			if near(c.Verdict) {
				out = append(out, c)
			}
		}
	}
	Sort(out)
	return out, passed, nil
}

// worth tells whether somebody should look: it is possible, or a valid NHS
// number is shared, which is an overlay if they are two people.
func worth(v match.Verdict) bool {
	return v.Grade >= match.Possible || v.Pattern.At(match.NHS) == match.CodeSame
}

// near tells whether a pair counts: it is worth a look, or stands against what
// one of the two claims with a third.
func near(v match.Verdict) bool { return worth(v) || v.Claim == match.TwoPeople }

// asks tells whether a steward is asked about a pair. Twins and relatives who
// have a valid NHS number each are two people beyond doubt.
func (m *Matcher) asks(v match.Verdict) bool {
	if v.Guards&match.TwoNumbers != 0 {
		return v.Guards&(match.Twins|match.Newborn|match.Relatives) == 0 && float64(v.Weight) >= m.scorer.Model.Probable
	}
	return worth(v)
}

// Sort puts the likeliest first.
func Sort(list []Candidate) {
	slices.SortFunc(list, func(a, b Candidate) int {
		switch {
		case a.Verdict.Grade != b.Verdict.Grade:
			return int(b.Verdict.Grade) - int(a.Verdict.Grade)
		case a.Verdict.Weight != b.Verdict.Weight:
			if a.Verdict.Weight > b.Verdict.Weight {
				return -1
			}
			return 1
		case a.Key.PK < b.Key.PK:
			return -1
		case a.Key.PK > b.Key.PK:
			return 1
		}
		return 0
	})
}
