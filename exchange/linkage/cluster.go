package linkage

import "concord/standard/match"

// chainBits is how much more weight it takes to join two clusters that each
// have several records than to add one: ten times the odds. One weak link
// must not chain two families together.
const chainBits = 3.3

// apartGuards say, when a run is strict, that two records are not one person
// as far as is known.
const apartGuards = match.TwoNumbers | match.Twins | match.Relatives | match.OtherPerson

// Clusters groups records: connected components of the pairs of at least a
// weight that no guard holds, the heaviest first, but for joins that would
// bring together what is known to be apart; then the claims that nobody rivals.
type Clusters struct {
	parent  []uint32
	size    []uint32
	number  map[uint32]string  // root: valid NHS number
	enemies map[uint32][]enemy // root: records that are known to be others
	known   func(uint32) (number string, err error)
	Refused int // joins that a guard on a third record prevented
	Claimed int // joins by a claim that nobody rivals
	Rivals  int // pairs whose claim a rival prevented
}

// enemy is a pair of records that are not one person as far as is known.
type enemy struct {
	own, other uint32
	likely     bool // twins or relatives are likely, no more
}

// Cluster computes the clusters for a weight.
func (r *Run) Cluster(weight float64) (*Clusters, error) {
	s, err := openSubjects(r.opt.Dir, 0)
	if err != nil {
		return nil, err
	}
	defer s.close()
	c := &Clusters{parent: make([]uint32, s.n), size: make([]uint32, s.n), number: map[uint32]string{}, enemies: map[uint32][]enemy{}}
	for i := range c.parent {
		c.parent[i], c.size[i] = uint32(i), 1
	}
	for p, err := range r.Pairs() {
		if err != nil {
			return nil, err
		}
		if p.Guards&match.Conflicts != 0 || r.opt.Strict && p.Guards&apartGuards != 0 {
			likely := p.Guards&match.Conflicts == 0 && p.Claim != match.TwoPeople
			c.enemies[p.A] = append(c.enemies[p.A], enemy{p.A, p.B, likely})
			c.enemies[p.B] = append(c.enemies[p.B], enemy{p.B, p.A, likely})
		}
	}
	var room, other match.Subject
	c.known = func(i uint32) (string, error) {
		subject, err := s.at(i, &other)
		if err != nil {
			return "", err
		}
		return subject.Number(), nil
	}
	for p, err := range r.Pairs() {
		if err != nil {
			return nil, err
		}
		if float64(p.Weight) < weight {
			break
		}
		if r.held(p) {
			continue
		}
		if err := c.knowNumbers(p, s, &room); err != nil {
			return nil, err
		}
		if _, err := c.join(p, weight); err != nil {
			return nil, err
		}
	}
	return c, r.claim(c, s, &room)
}

// knowNumbers notes the valid NHS numbers of records that are alone as yet.
func (c *Clusters) knowNumbers(p Pair, s *subjects, room *match.Subject) error {
	for _, i := range [...]uint32{p.A, p.B} {
		if c.size[i] > 1 || c.parent[i] != i {
			continue
		}
		subject, err := s.at(i, room)
		if err != nil {
			return err
		}
		if n := subject.Number(); n != "" {
			c.number[i] = n
		}
	}
	return nil
}

// Of gives the cluster of a record, named by one of its records.
func (c *Clusters) Of(i uint32) uint32 {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

func (c *Clusters) join(p Pair, weight float64) (bool, error) {
	a, b := c.Of(p.A), c.Of(p.B)
	if a == b {
		return false, nil
	}
	if c.size[a] < c.size[b] || c.size[a] == c.size[b] && b < a {
		a, b = b, a
	}
	na, nb := c.number[a], c.number[b]
	refused := na != "" && nb != "" && na != nb || c.size[b] > 1 && float64(p.Weight) < weight+chainBits
	if !refused {
		var err error
		if refused, err = c.hostile(p, a, b); err != nil {
			return false, err
		}
	}
	if refused {
		c.Refused++
		return false, nil
	}
	c.parent[b] = a
	c.size[a] += c.size[b]
	if na == "" && nb != "" {
		c.number[a] = nb
	}
	delete(c.number, b)
	if e := c.enemies[b]; len(e) > 0 {
		c.enemies[a] = append(c.enemies[a], e...)
		delete(c.enemies, b)
	}
	return true, nil
}

// hostile tells whether a record of one cluster is known to be another person
// than one of the other.
func (c *Clusters) hostile(p Pair, a, b uint32) (bool, error) {
	if len(c.enemies[a]) > len(c.enemies[b]) {
		a, b = b, a
	}
	for _, e := range c.enemies[a] {
		if c.Of(e.other) != b {
			continue
		}
		if !e.likely {
			return true, nil
		}
		excused, err := c.excused(e, p)
		if !excused || err != nil {
			return true, err
		}
	}
	return false, nil
}

// excused tells whether a likely twin is none after all: the number of the record
// that a pair joins by says that the two are one person, under another name. The
// pair itself says nothing of the kind.
func (c *Clusters) excused(e enemy, p Pair) (bool, error) {
	for _, i := range [...]uint32{e.own, e.other} {
		joined := p.A
		if c.Of(joined) != c.Of(i) {
			joined = p.B
		}
		if joined == i {
			continue
		}
		one, err := c.known(i)
		if err != nil {
			return false, err
		}
		two, err := c.known(joined)
		if err != nil {
			return false, err
		}
		if one != "" && one == two {
			return true, nil
		}
	}
	return false, nil
}
