package match

import "math"

// Counts are how often each pattern was seen.
type Counts map[Pattern]uint64

// Block is pairs that share something, from which m is learned: of what they
// share nothing is learned, since it always agrees.
type Block struct {
	Counts Counts
	Shared []Comparison
}

// Sample is what a model is learned from, without any known answer.
type Sample struct {
	Random Counts // pairs drawn at random
	Blocks []Block
}

const (
	learnRounds = 8
	emRounds    = 40
	// What the file says of m counts as so many pairs beside those seen.
	priorPairs = 20
)

// Learn gives a model with m and u learned: u as the share of each level among
// random pairs, less those that are likely of one person; m by expectation
// maximisation within blocks, u being fixed (the order of Splink). Levels that
// the sample does not show keep near to what the model said.
func (m *Model) Learn(s Sample) *Model {
	out := m.clone()
	for range learnRounds {
		out.learnU(m, s.Random)
		out.learnM(m, s.Blocks)
	}
	return out
}

type tally [comparisons][16]float64

func (t *tally) add(p Pattern, n float64) {
	for c := range comparisons {
		t[c][p.At(c)] += n
	}
}

// learnU counts the levels of random pairs, each by the chance that it is of
// two people. A level not seen in n pairs is taken for no likelier than 1/n,
// and near to what the model said if that is less.
func (m *Model) learnU(from *Model, random Counts) {
	share := m.shareOfMatches(random, nil)
	var t tally
	odds := newOdds(m, nil)
	for p, n := range random {
		t.add(p, float64(n)*(1-odds.posterior(p, share)))
	}
	for c := range m.Comparisons {
		seen := 0.0
		levels := m.Comparisons[c].Levels
		for i := range levels {
			seen += t[c][i+1]
		}
		if seen < 1 {
			continue
		}
		sum := 0.0
		for i := range levels {
			levels[i].U = (t[c][i+1] + 1) / (seen + 1/from.Comparisons[c].Levels[i].U)
			sum += levels[i].U
		}
		for i := range levels {
			levels[i].U /= sum
		}
	}
}

// learnM runs EM in each block and pools what the blocks expect.
func (m *Model) learnM(from *Model, blocks []Block) {
	var pooled tally
	for _, b := range blocks {
		t := m.expect(b)
		for c := range comparisons {
			if sharedBy(b, c) {
				continue
			}
			for l := range t[c] {
				pooled[c][l] += t[c][l]
			}
		}
	}
	m.setM(from, &pooled, nil)
}

// expect gives the levels that the matches of one block are expected to have.
func (m *Model) expect(b Block) tally {
	local := m.clone()
	share := 0.5
	var t tally
	for range emRounds {
		odds := newOdds(local, b.Shared)
		t = tally{}
		matches, total := 0.0, 0.0
		for p, n := range b.Counts {
			q := odds.posterior(p, share) * float64(n)
			t.add(p, q)
			matches += q
			total += float64(n)
		}
		if total == 0 {
			return t
		}
		next := math.Min(math.Max(matches/total, 1e-9), 1-1e-9)
		local.setM(m, &t, b.Shared)
		if math.Abs(next-share) < 1e-7*share {
			break
		}
		share = next
	}
	return t
}

func (m *Model) setM(from *Model, t *tally, except []Comparison) {
	for c := range m.Comparisons {
		if sharedBy(Block{Shared: except}, Comparison(c)) {
			continue
		}
		levels, sum := m.Comparisons[c].Levels, 0.0
		for i := range levels {
			levels[i].M = t[c][i+1] + priorPairs*from.Comparisons[c].Levels[i].M
			sum += levels[i].M
		}
		for i := range levels {
			levels[i].M = math.Max(levels[i].M/sum, 1e-9)
		}
	}
}

func sharedBy(b Block, c Comparison) bool {
	for _, s := range b.Shared {
		if s == c {
			return true
		}
	}
	return false
}

// odds are likelihood ratios by comparison and level.
type odds [comparisons][16]float64

func newOdds(m *Model, except []Comparison) *odds {
	var o odds
	for c := range o {
		for l := range o[c] {
			o[c][l] = 1
		}
		if sharedBy(Block{Shared: except}, Comparison(c)) {
			continue
		}
		for i, l := range m.Comparisons[c].Levels {
			o[c][i+1] = l.M / l.U
		}
	}
	return &o
}

func (o *odds) posterior(p Pattern, share float64) float64 {
	r := share / (1 - share)
	for c := range comparisons {
		r *= o[c][p.At(c)]
	}
	return r / (1 + r)
}

// shareOfMatches is the share of pairs that are of one person, by EM on the
// share alone.
func (m *Model) shareOfMatches(counts Counts, except []Comparison) float64 {
	o := newOdds(m, except)
	share := 0.001
	for range 200 {
		matches, total := 0.0, 0.0
		for p, n := range counts {
			matches += o.posterior(p, share) * float64(n)
			total += float64(n)
		}
		next := math.Min(math.Max(matches/math.Max(total, 1), 1e-12), 0.9)
		if math.Abs(next-share) < 1e-6*share {
			return next
		}
		share = next
	}
	return share
}

// LearnPrior finds the prior from the patterns of all candidate pairs: it is
// the share of matches that explains itself, when pairs is the number of all
// pairs, compared or not.
func (m *Model) LearnPrior(candidates Counts, pairs float64) *Model {
	out := m.clone()
	o := newOdds(m, nil)
	matches := math.Max(pairs*1e-6, 1)
	for range 200 {
		share := math.Min(matches/pairs, 0.5)
		next := 0.0
		for p, n := range candidates {
			next += o.posterior(p, share) * float64(n)
		}
		next = math.Max(next, 0.5)
		done := math.Abs(next-matches) < 1e-4*matches
		matches = next
		if done {
			break
		}
	}
	share := math.Min(matches/pairs, 0.5)
	out.Prior = math.Log2(share / (1 - share))
	return out
}
