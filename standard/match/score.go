package match

import "math"

// Scorer is a model made ready for many pairs. It is read-only and may be used
// by several goroutines.
type Scorer struct {
	Model  *Model
	Rules  *Rules
	weight [comparisons][16]float32
	usual  [rareFull]float32
	rarity float32
	most   float32 // bits: how rare a name can be among so many records
}

// NewScorer makes a model ready. freq may be nil: then rarity does not count.
// without names parts of blocking rules that the data do not have.
func NewScorer(m *Model, freq *Frequencies, without ...string) (*Scorer, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	rules, err := ParseRules(m.Block, without...)
	if err != nil {
		return nil, err
	}
	s := &Scorer{Model: m, Rules: rules}
	for c, mc := range m.Comparisons {
		for i, l := range mc.Levels {
			s.weight[c][i+1] = float32(math.Log2(l.M / l.U))
		}
	}
	if freq != nil {
		g, f, b := freq.Usual()
		s.usual = [rareFull]float32{float32(g), float32(f), float32(b)}
		s.rarity = float32(m.Rarity)
		s.most = float32(math.Log2(float64(max(freq.Records(), 1))))
	}
	return s, nil
}

// Grade is the decision on a pair, in the words of FHIR's match-grade
// (http://hl7.org/fhir/match-grade).
type Grade uint8

// Grades from least to most.
const (
	CertainlyNot Grade = iota
	Possible
	Probable
	Certain
)

func (g Grade) String() string {
	return [...]string{"certainly-not", "possible", "probable", "certain"}[g]
}

// Verdict is what a pair comes to.
type Verdict struct {
	Pattern Pattern
	Weight  float32 // bits: log2 of the odds that the two are one person
	Guards  Guard
	Grade   Grade
	Claim   Claim // what makes it certain if no rival is there; NoClaim
}

// Probability that the two are one person, as the model has it.
func (v Verdict) Probability() float64 { return Probability(float64(v.Weight)) }

// Probability of a weight in bits.
func Probability(weight float64) float64 { return 1 / (1 + math.Exp2(-weight)) }

// Score compares two subjects. It does not allocate.
func (s *Scorer) Score(a, b *Subject) Verdict {
	p := Compare(a, b)
	return s.Decide(p, s.sum(p)+s.rare(p, a, b), guards(p, a, b), ClaimOf(p, a, b))
}

// Decide grades a pair of which pattern, weight, guards and what it may claim
// are known.
func (s *Scorer) Decide(p Pattern, weight float32, g Guard, c Claim) Verdict {
	g &^= BadNumber
	if p.At(NHS) == CodeSlip && float64(weight-s.weight[NHS][CodeSlip]) < s.Model.Certain {
		g |= BadNumber // without that number it would not be certain
	}
	v := Verdict{Pattern: p, Weight: weight, Guards: g}
	v.Grade = s.grade(v)
	if c == TwoPeople || v.Grade == Probable && s.claims(v, c) {
		v.Claim = c
	}
	return v
}

func (s *Scorer) sum(p Pattern) float32 {
	w := float32(s.Model.Prior)
	for c := range comparisons {
		w += s.weight[c][p.At(c)]
	}
	return w
}

// rare is the adjustment for how common the agreeing values are.
func (s *Scorer) rare(p Pattern, a, b *Subject) float32 {
	g, f, n, d := s.rareParts(p, a, b)
	return g + f + n + d
}

func (s *Scorer) rareParts(p Pattern, a, b *Subject) (given, family, full, born float32) {
	if s.rarity == 0 {
		return 0, 0, 0, 0
	}
	switch p.At(Name) {
	case NameExact, NameAnyOrder:
		given, family, full = s.part(rareGiven, a, b), s.part(rareFamily, a, b), s.together(a, b)
	case NameNickname, NameFamilyOnly:
		family = s.part(rareFamily, a, b)
	case NameFormer, NameGivenOnly:
		given = s.part(rareGiven, a, b)
	case NameOneSimilar:
		if a.given == b.given {
			given = s.part(rareGiven, a, b)
		} else {
			family = s.part(rareFamily, a, b)
		}
	}
	if p.At(Birth) == BirthExact {
		born = s.part(rareBorn, a, b)
	}
	return given, family, full, born
}

// together takes away what a whole name is commoner than its halves say: who is
// called Mohammed is called Khan more often than others are.
func (s *Scorer) together(a, b *Subject) float32 {
	r := min(a.rare[rareFull], b.rare[rareFull])
	if r == 0 {
		return 0
	}
	halves := float32(min(a.rare[rareGiven], b.rare[rareGiven]))/8 + float32(min(a.rare[rareFamily], b.rare[rareFamily]))/8
	return s.rarity * min(0, float32(r)/8-min(halves, s.most))
}

// part takes the commoner of two values that are not one, as when names stand
// in another order.
func (s *Scorer) part(i int, a, b *Subject) float32 {
	r := min(a.rare[i], b.rare[i])
	if r == 0 {
		return 0
	}
	return s.rarity * (float32(r)/8 - s.usual[i])
}

func (s *Scorer) grade(v Verdict) Grade {
	w := float64(v.Weight)
	switch {
	case w < s.Model.Possible:
		return CertainlyNot
	case w < s.Model.Probable || v.Guards&Conflicts != 0:
		return Possible
	case w < s.Model.Certain || v.Guards != 0:
		return Probable
	}
	return Certain
}
