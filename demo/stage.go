package demo

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"concord/fault"
)

// DefaultSeed makes the population of the demonstration.
const DefaultSeed = 20240612

// DefaultPeople is how many people the demonstration has.
const DefaultPeople = 520

// Stage sets the stories among the people.
type Stage struct {
	people *People
	cast   []part
	paths  []*Pathway
	shares int
}

// NewStage reads cast and pathways. now is the moment to which everything is
// relative, in the zone of the hospitals. Errors: Invalid "demo.pathway",
// "demo.cast".
func NewStage(seed uint64, now time.Time) (*Stage, error) {
	paths, err := Pathways()
	if err != nil {
		return nil, err
	}
	return newStage(seed, now, paths)
}

func newStage(seed uint64, now time.Time, paths []*Pathway) (*Stage, error) {
	cast, err := parseCast(castText)
	if err != nil {
		return nil, err
	}
	s := &Stage{people: NewPeople(seed, now), cast: cast, paths: paths}
	for _, p := range paths {
		if p.Cast == "" {
			s.shares += p.Share
		} else if indexOf(cast, p.Cast) < 0 {
			return nil, fault.New(fault.Invalid, "demo.cast", "%s: nobody in the cast is called %q", p.Name, p.Cast)
		}
	}
	for _, c := range cast {
		for _, name := range c.Lives {
			if s.named(name) == nil {
				return nil, fault.New(fault.Invalid, "demo.cast", "cast.yaml: %s: there is no story %q", c.Key, name)
			}
		}
	}
	return s, nil
}

func (s *Stage) named(name string) *Pathway {
	for _, p := range s.paths {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Person is the person of an index: the cast first, then everybody else.
func (s *Stage) Person(index int) *Person {
	if index < len(s.cast) {
		return s.cast[index].person(s.people, index, s.cast)
	}
	return s.people.At(index)
}

// Main is the person of the main story.
func (s *Stage) Main() *Person { return s.Of(MainStory) }

// Of is the person of the cast by that name, nil when there is none.
func (s *Stage) Of(key string) *Person {
	i := indexOf(s.cast, key)
	if i < 0 {
		return nil
	}
	return s.Person(i)
}

// Lives streams the lives of the first n people, one after the other. An error
// ends it: a story that cannot be told is a mistake in its pathway.
func (s *Stage) Lives(n int) iter.Seq2[*Life, error] {
	return func(yield func(*Life, error) bool) {
		ward := &beds{taken: map[string][][]spell{}}
		for i := range n {
			life, err := s.live(i, ward)
			if !yield(life, err) || err != nil {
				return
			}
		}
	}
}

// live tells every story of one person and puts the messages in order.
func (s *Stage) live(index int, ward *beds) (*Life, error) {
	p := s.Person(index)
	life := &Life{Person: p}
	for n, path := range s.storiesOf(p, index) {
		d := p.draw(fmt.Sprint(path.Name, n))
		t := &teller{person: p, path: path, nth: n + 1, draw: d, beds: ward, life: life, visits: map[string]*visit{}}
		t.cal = calendar{now: s.people.Now, day0: midnight(s.people.Now).AddDate(0, 0, -t.draw.between(path.Begins.Low, path.Begins.High))}
		if path.Cast == "" {
			t.late = t.draw.between(-35, 40)
		}
		if err := t.tell(); err != nil {
			return nil, err
		}
	}
	s.register(life)
	slices.SortStableFunc(life.Messages, func(a, b Message) int { return a.At.Compare(b.At) })
	return life, nil
}

// register lets each trust hear of the person before anything happens there.
func (s *Stage) register(life *Life) {
	p := life.Person
	for _, e := range p.Entries {
		d := p.draw("registered at " + e.Trust)
		first := s.people.Now.AddDate(0, -d.between(2, 70), -d.below(28))
		for _, m := range life.Messages {
			if m.Trust == e.Trust && m.At.Before(first) {
				first = m.At
			}
		}
		first = first.Add(-time.Duration(d.between(25, 90)) * time.Minute)
		if first.Before(p.Born) {
			first = p.Born.Add(time.Minute)
		}
		t := &teller{person: p, path: &Pathway{}, life: life, cal: calendar{now: s.people.Now}}
		(&scene{teller: t, step: &Step{Send: "ADT^A28"}, at: first, trust: e.Trust}).demographics("ADT^A28")
	}
}

// storiesOf chooses what a person lives through: the stories of the cast, or
// one to three by chance, of which one at most puts them into a bed.
func (s *Stage) storiesOf(p *Person, index int) []*Pathway {
	var all []*Pathway
	if p.Key != "" {
		for _, name := range s.cast[index].Lives {
			all = append(all, s.named(name))
		}
		for _, path := range s.paths {
			if path.Cast == p.Key {
				all = append(all, path)
			}
		}
		return all
	}
	d := p.draw("stories")
	want := 1
	switch n := d.below(100); {
	case n < 6:
		want = 3
	case n < 34:
		want = 2
	}
	inBed := false
	for try := 0; len(all) < want && try < 12; try++ {
		path := s.choose(&d, p, inBed, all)
		if path == nil {
			break
		}
		all, inBed = append(all, path), inBed || path.inBed()
	}
	slices.SortFunc(all, func(a, b *Pathway) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func (s *Stage) choose(d *draw, p *Person, inBed bool, not []*Pathway) *Pathway {
	total := 0
	fits := func(path *Pathway) bool {
		return path.Cast == "" && !slices.Contains(not, path) && !(inBed && path.inBed()) && path.befalls(p, s.people.Now)
	}
	for _, path := range s.paths {
		if fits(path) {
			total += path.Share
		}
	}
	if total == 0 {
		return nil
	}
	at := d.below(total)
	for _, path := range s.paths {
		if !fits(path) {
			continue
		}
		if at -= path.Share; at < 0 {
			return path
		}
	}
	return nil
}

// inBed tells whether the story puts anybody on a ward.
func (p *Pathway) inBed() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Ward != "" })
}

// befalls tells whether a person can live the story: age, sex, and trusts that
// have what it needs.
func (p *Pathway) befalls(who *Person, now time.Time) bool {
	age := who.Age(now)
	if p.Who.Age.High > 0 && (age < p.Who.Age.Low || age > p.Who.Age.High) ||
		p.Who.Sex != "" && p.Who.Sex != who.Sex || len(who.Entries) < p.Who.Trusts ||
		p.Who.At != "" && p.Who.At != who.Entries[0].Trust {
		return false
	}
	t := &teller{person: who, path: p}
	for i := range p.Steps {
		s := &p.Steps[i]
		trust, err := t.trustFor(s)
		if err != nil {
			return false
		}
		for _, kind := range []string{s.Ward, s.Clinic} {
			if kind == "" {
				continue
			}
			if _, ok := placeAt(kind, trust); !ok {
				return false
			}
		}
	}
	return true
}
