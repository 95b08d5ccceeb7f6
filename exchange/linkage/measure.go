package linkage

import (
	"math"

	"concord/standard/match"
)

// Measure is how joins at a threshold compare with the truth. Precision and
// Recall are shares of pairs.
type Measure struct {
	Threshold   float64 `json:"threshold"` // weight in bits
	Probability float64 `json:"probability"`
	True        int64   `json:"true_joins"`
	False       int64   `json:"false_joins"`
	Missed      int64   `json:"missed"`
	Precision   float64 `json:"precision"`
	Recall      float64 `json:"recall"`
	F1          float64 `json:"f1"`
}

func (m Measure) rated() Measure {
	m.Probability = match.Probability(m.Threshold)
	if n := m.True + m.False; n > 0 {
		m.Precision = float64(m.True) / float64(n)
	}
	if n := m.True + m.Missed; n > 0 {
		m.Recall = float64(m.True) / float64(n)
	}
	if s := m.Precision + m.Recall; s > 0 {
		m.F1 = 2 * m.Precision * m.Recall / s
	}
	return m
}

// ChooseThreshold is the weight at which the F1 that the model itself expects
// is best: the truth is not asked. Pairs that a guard holds are no joins.
func (r *Run) ChooseThreshold() (float64, error) {
	expected := 0.0
	for p, err := range r.Pairs() {
		if err != nil {
			return 0, err
		}
		expected += match.Probability(float64(p.Weight))
	}
	best, at, right, n := -1.0, r.scorer.Model.Certain, 0.0, 0.0
	for p, err := range r.Pairs() {
		if err != nil {
			return 0, err
		}
		if r.held(p) {
			continue
		}
		right, n = right+match.Probability(float64(p.Weight)), n+1
		if f := 2 * right / (n + expected); f > best {
			best, at = f, float64(p.Weight)
		}
	}
	return at, nil
}

// Report is what a run comes to against the truth.
type Report struct {
	Chosen   Measure `json:"chosen"`   // pairs at the chosen threshold
	Certain  Measure `json:"certain"`  // pairs that are graded certain
	Clusters Measure `json:"clusters"` // pairs that clusters at the chosen threshold imply
	// Automatic are the pairs that clusters of certain pairs imply: what would
	// be joined with nobody asked. FalseBound is the upper end of the 95%
	// interval of its share of false joins.
	Automatic Measure `json:"automatic"`
	// AutomaticGroups are Automatic by group: what a group's people get without
	// anybody being asked, claims of number and name included.
	AutomaticGroups map[string]Measure   `json:"automatic_groups,omitempty"`
	FalseBound      float64              `json:"false_bound"`
	Thresholds      []Measure            `json:"thresholds"`
	Groups          map[string][]Measure `json:"groups,omitempty"` // "column=value": at the chosen threshold
}

// truths finds how many true pairs there are, by group of the first record.
type truths struct {
	total  int64
	groups map[string]int64
}

// countTruth goes over the records once: how many pairs are true, and of whom each is.
func (r *Run) countTruth(t *Truth, l *labels, names []string) (truths, *known, error) {
	out := truths{groups: map[string]int64{}}
	k := t.about(r.state.Records)
	seen := make([][2]uint32, k.people+1)
	for i := range r.state.Records {
		id, groups, err := l.at(uint32(i))
		if err != nil {
			return out, nil, err
		}
		c := k.meet(uint32(i), t.hash(id))
		if c == 0 {
			continue
		}
		side := 0
		if i >= r.state.First {
			side = 1
		}
		more := seen[c][0] // pairs that this record adds: with those of the first table, or of the one table
		if r.linking() && side == 0 {
			more = 0
		}
		out.add(int64(more), names, groups)
		seen[c][side]++
	}
	return out, k, r.countPairs(k, l, &out, names)
}

// countPairs is for a truth that is pairs.
func (r *Run) countPairs(k *known, l *labels, out *truths, names []string) error {
	where := make(map[uint64]uint32, len(k.ids))
	for i, id := range k.ids {
		where[id] = uint32(i)
	}
	for p := range k.pairs {
		i, ok := where[p[0]]
		if j, there := where[p[1]]; ok && there && r.apart(i, j) {
			_, groups, err := l.at(max(i, j))
			if err != nil {
				return err
			}
			out.add(1, names, groups)
		}
	}
	return nil
}

func (t *truths) add(n int64, names, groups []string) {
	t.total += n
	for i, g := range groups {
		if n > 0 {
			t.groups[names[i]+"="+g] += n
		}
	}
}

// Against measures pairs and clusters. names are those of Columns.Groups; a
// pair belongs to the group of its later record.
func (r *Run) Against(t *Truth, threshold float64, clusters *Clusters, names []string) (*Report, error) {
	l, err := openLabels(r.opt.Dir)
	if err != nil {
		return nil, err
	}
	defer l.close()
	all, k, err := r.countTruth(t, l, names)
	if err != nil {
		return nil, err
	}
	rep := &Report{Chosen: Measure{Threshold: threshold, Missed: all.total}, Groups: map[string][]Measure{}}
	rep.Certain = Measure{Threshold: r.scorer.Model.Certain, Missed: all.total}
	for w := -3.0; w <= 30; w += 3 {
		rep.Thresholds = append(rep.Thresholds, Measure{Threshold: w, Missed: all.total})
	}
	byGroup := map[string]*Measure{}
	for g, n := range all.groups {
		byGroup[g] = &Measure{Threshold: threshold, Missed: n}
	}
	for p, err := range r.Pairs() {
		if err != nil {
			return nil, err
		}
		_, groups, err := l.at(p.B)
		if err != nil {
			return nil, err
		}
		r.count(rep, byGroup, p, k.same(p.A, p.B), names, groups)
	}
	if rep.Clusters, err = r.againstClusters(k, clusters, Measure{Threshold: threshold, Missed: all.total}, nil); err != nil {
		return nil, err
	}
	certain, err := r.Cluster(r.scorer.Model.Certain)
	if err != nil {
		return nil, err
	}
	if err := r.automatic(rep, k, certain, l, names, all); err != nil {
		return nil, err
	}
	rep.FalseBound = UpperBound(rep.Automatic.False, rep.Automatic.True+rep.Automatic.False)
	rep.Chosen, rep.Certain, rep.Clusters = rep.Chosen.rated(), rep.Certain.rated(), rep.Clusters.rated()
	for i := range rep.Thresholds {
		rep.Thresholds[i] = rep.Thresholds[i].rated()
	}
	for g, m := range byGroup {
		rep.Groups[g] = []Measure{m.rated()}
	}
	return rep, nil
}

// automatic measures what is joined with nobody asked, as a whole and by group.
func (r *Run) automatic(rep *Report, k *known, certain *Clusters, l *labels, names []string, all truths) error {
	byGroup := map[string]*Measure{}
	for g, n := range all.groups {
		byGroup[g] = &Measure{Threshold: r.scorer.Model.Certain, Missed: n}
	}
	m, err := r.againstClusters(k, certain, Measure{Threshold: r.scorer.Model.Certain, Missed: all.total}, func(later uint32, same bool) error {
		_, groups, err := l.at(later)
		for i, g := range groups {
			key := names[i] + "=" + g
			if byGroup[key] == nil {
				byGroup[key] = &Measure{Threshold: r.scorer.Model.Certain}
			}
			byGroup[key].add(same)
		}
		return err
	})
	rep.Automatic, rep.AutomaticGroups = m.rated(), map[string]Measure{}
	for g, m := range byGroup {
		rep.AutomaticGroups[g] = m.rated()
	}
	return err
}

func (r *Run) count(rep *Report, byGroup map[string]*Measure, p Pair, same bool, names, groups []string) {
	if p.Grade == match.Certain {
		rep.Certain.add(same)
	}
	if r.held(p) {
		return
	}
	for i := range rep.Thresholds {
		if float64(p.Weight) >= rep.Thresholds[i].Threshold {
			rep.Thresholds[i].add(same)
		}
	}
	if float64(p.Weight) < rep.Chosen.Threshold {
		return
	}
	rep.Chosen.add(same)
	for i, g := range groups {
		key := names[i] + "=" + g
		if byGroup[key] == nil {
			byGroup[key] = &Measure{Threshold: rep.Chosen.Threshold}
		}
		byGroup[key].add(same)
	}
}

func (m *Measure) add(same bool) {
	if same {
		m.True++
		m.Missed--
	} else {
		m.False++
	}
}

// againstClusters counts the pairs that clusters imply; each, with the number of its
// later record, is handed to seen (nil = to nobody).
func (r *Run) againstClusters(k *known, c *Clusters, m Measure, seen func(later uint32, same bool) error) (Measure, error) {
	members := map[uint32][]uint32{}
	for i := range uint32(r.state.Records) {
		if root := c.Of(i); c.size[root] > 1 {
			members[root] = append(members[root], i)
		}
	}
	for _, list := range members {
		for i, n := range list {
			for _, other := range list[:i] {
				if !r.apart(other, n) {
					continue
				}
				same := k.same(other, n)
				m.add(same)
				if seen == nil {
					continue
				}
				if err := seen(n, same); err != nil {
					return m, err
				}
			}
		}
	}
	return m, nil
}

// UpperBound is the upper end of the 95% interval of a share, of which k of n
// were seen (Wilson; for none of n it is about 3/n by the exact rule).
func UpperBound(k, n int64) float64 {
	if n == 0 {
		return 1
	}
	if k == 0 {
		return 1 - math.Pow(0.05, 1/float64(n))
	}
	const z = 1.6449 // one-sided
	p, f := float64(k)/float64(n), float64(n)
	return (p + z*z/(2*f) + z*math.Sqrt(p*(1-p)/f+z*z/(4*f*f))) / (1 + z*z/f)
}
