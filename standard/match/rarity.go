package match

import "math"

// Frequencies count how often names and dates of birth occur, so that a rare
// one that agrees counts for more than a common one.
type Frequencies struct {
	counts [rarities]map[uint32]uint32
	total  [rarities]uint64
}

// NewFrequencies counts nothing yet.
func NewFrequencies() *Frequencies {
	f := &Frequencies{}
	for i := range f.counts {
		f.counts[i] = map[uint32]uint32{}
	}
	return f
}

func (s *Subject) counted() [rarities]uint32 {
	return [rarities]uint32{markText(&s.given), markText(&s.family), s.born}
}

// markText is mark without making a string.
func markText(t *text) uint32 {
	if t.n == 0 {
		return 0
	}
	h := uint32(2166136261)
	for _, c := range t.b[:t.n] {
		h = (h ^ uint32(c)) * 16777619
	}
	return max(h, 1)
}

// Add counts a subject.
func (f *Frequencies) Add(s *Subject) {
	for i, v := range s.counted() {
		if v != 0 {
			f.counts[i][v]++
			f.total[i]++
		}
	}
}

// Merge adds what another counted.
func (f *Frequencies) Merge(o *Frequencies) {
	for i := range o.counts {
		for v, n := range o.counts[i] {
			f.counts[i][v] += n
		}
		f.total[i] += o.total[i]
	}
}

// Rate writes into a subject how rare its values are, none rarer than the
// share commonest.
func (f *Frequencies) Rate(s *Subject, commonest float64) {
	for i, v := range s.counted() {
		s.rare[i] = 0
		if v == 0 || f.total[i] == 0 {
			continue
		}
		share := math.Max(float64(f.counts[i][v])/float64(f.total[i]), commonest)
		s.rare[i] = uint8(math.Round(-8 * math.Log2(math.Min(share, 1))))
	}
}

// Usual is the rarity in bits of a value on which two at random agree: what
// an agreement of average worth is measured against. It is 0 without counts.
func (f *Frequencies) Usual() (given, family, born float64) {
	var out [rarities]float64
	for i := range f.counts {
		sum := 0.0
		for _, n := range f.counts[i] {
			p := float64(n) / float64(f.total[i])
			sum += p * p
		}
		if sum > 0 {
			out[i] = -math.Log2(sum)
		}
	}
	return out[rareGiven], out[rareFamily], out[rareBorn]
}
