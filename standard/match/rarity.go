package match

import "math"

// Frequencies count how often names and dates of birth occur, so that a rare
// one that agrees counts for more than a common one. Given and family names are
// counted together too: Mohammed Khan is commoner than Mohammed and Khan say.
type Frequencies struct {
	counts [rareFull]map[uint32]uint32
	total  [rareFull]uint64
	full   *fullNames
}

// NewFrequencies counts nothing yet.
func NewFrequencies() *Frequencies {
	f := &Frequencies{full: newFullNames()}
	for i := range f.counts {
		f.counts[i] = map[uint32]uint32{}
	}
	return f
}

func (s *Subject) counted() [rareFull]uint32 {
	return [rareFull]uint32{markText(&s.given), markText(&s.family), s.born}
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
	marks := s.counted()
	for i, v := range marks {
		if v != 0 {
			f.counts[i][v]++
			f.total[i]++
		}
	}
	f.full.add(marks[rareGiven], marks[rareFamily])
}

// Merge adds what another counted.
func (f *Frequencies) Merge(o *Frequencies) {
	for i := range o.counts {
		for v, n := range o.counts[i] {
			f.counts[i][v] += n
		}
		f.total[i] += o.total[i]
	}
	f.full.merge(o.full)
}

// Records is how many records had a name: the greater of given and family.
func (f *Frequencies) Records() uint64 { return max(f.total[rareGiven], f.total[rareFamily]) }

// Rate writes into a subject how rare its values are, none rarer than the
// share commonest. Of a whole name one record is its own and does not count.
func (f *Frequencies) Rate(s *Subject, commonest float64) {
	marks := s.counted()
	for i, v := range marks {
		s.rare[i] = 0
		if v == 0 || f.total[i] == 0 {
			continue
		}
		share := math.Max(float64(f.counts[i][v])/float64(f.total[i]), commonest)
		s.rare[i] = eighths(share)
	}
	s.rare[rareFull] = 0
	if n := f.full.count(marks[rareGiven], marks[rareFamily]); n > 0 && f.Records() > 0 {
		s.rare[rareFull] = eighths(float64(max(n, 2)-1) / float64(f.Records()))
	}
}

// eighths is the rarity of a share in eighths of a bit.
func eighths(share float64) uint8 {
	return uint8(math.Round(-8 * math.Log2(math.Max(math.Min(share, 1), 1.0/(1<<31)))))
}

// Usual is the rarity in bits of a value on which two at random agree: what
// an agreement of average worth is measured against. It is 0 without counts.
func (f *Frequencies) Usual() (given, family, born float64) {
	var out [rareFull]float64
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
