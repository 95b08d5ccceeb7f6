package demo

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"concord/standard/uk"
)

// Person is one made-up human being.
type Person struct {
	Index  int
	Key    string // name in the cast, "" for everybody else
	NHS    string // ten digits, "" = has none
	Status uk.VerificationStatus
	Title  string
	Given  string
	Middle string // further given names, "" = none
	Family string
	Former string // family name before marriage
	Sex    string // male, female
	Born   time.Time
	Died   time.Time // zero = alive
	Birth  int       // order in a multiple birth, 0 = single

	Ethnic   string // ethnic category code
	Language string // ISO 639-1
	Marital  string // table 0002

	Address            Address
	Home, Mobile, Mail string
	Practice           Practice
	Kin                Kin
	Entries            []Entry // home trust first
	seed               uint64
}

// Kin is the next of kin.
type Kin struct{ Given, Family, Relation, Code, Phone string }

// Entry is one trust's number for a person.
type Entry struct{ Trust, Number string }

// Number is the person's number at a trust, "" when it does not know them.
func (p *Person) Number(trust string) string {
	for _, e := range p.Entries {
		if e.Trust == trust {
			return e.Number
		}
	}
	return ""
}

// Name as it is spoken: "Mrs Kamala Nair".
func (p *Person) Name() string { return strings.TrimSpace(p.Title + " " + p.Given + " " + p.Family) }

// Age in completed years on a day.
func (p *Person) Age(on time.Time) int { return uk.Years(p.Born, on) }

// seenBy is the person as a trust knows them. Trusts that saw somebody long
// ago often know an older address or telephone number, the name before
// marriage, or no NHS number.
func (p *Person) seenBy(trust string) *Person {
	if p.Key != "" || trust == p.Entries[0].Trust {
		return p
	}
	d := p.draw("seen by " + trust)
	seen := *p
	switch n := d.below(100); {
	case n < 15:
		list := districts()
		seen.Address = addressIn(&d, &list[d.below(len(list))])
	case n < 30:
		seen.Mobile = "07700 900" + pad(d.below(1000), 3)
	case n < 38 && p.Former != "":
		seen.Family, seen.Former, seen.Title = p.Former, "", "Miss"
	case n < 41:
		seen.NHS = ""
	}
	return &seen
}

// draw starts a stream of random numbers that is the person's own.
func (p *Person) draw(what string) draw { return drawFor(p.seed, uint64(p.Index), hash(what)) }

// People makes a population. Now is the day on which they are as old as they
// are, in the zone of the hospitals.
type People struct {
	Seed uint64
	Now  time.Time

	communities []community
	districts   []district
	shares      int
	places      int
}

// NewPeople prepares a population.
func NewPeople(seed uint64, now time.Time) *People {
	p := &People{Seed: seed, Now: now, communities: communities(), districts: districts()}
	for i := range p.communities {
		p.shares += p.communities[i].share
	}
	for i := range p.districts {
		p.places += p.districts[i].share
	}
	return p
}

// First streams the first n people.
func (g *People) First(n int) iter.Seq[*Person] {
	return func(yield func(*Person) bool) {
		for i := range n {
			if !yield(g.At(i)) {
				return
			}
		}
	}
}

// At makes the person of an index: always the same one.
func (g *People) At(index int) *Person {
	d := drawFor(g.Seed, uint64(index))
	p := &Person{Index: index, seed: g.Seed, NHS: NHSNumber(g.Seed, index), Status: uk.Verified}
	switch n := d.below(100); {
	case n < 1:
		p.NHS = ""
	case n < 7:
		p.Status = uk.NotTraced
	}
	p.Sex = "female"
	if d.below(1000) < 492 {
		p.Sex = "male"
	}
	age := ageOf(&d)
	p.Born = midnight(g.Now).AddDate(-age, 0, -d.below(365))
	c := &g.communities[weighted(&d, g.shares, len(g.communities), func(i int) int { return g.communities[i].share })]
	in := &g.districts[weighted(&d, g.places, len(g.districts), func(i int) int { return g.districts[i].share })]
	g.name(p, c, age, &d)
	p.Ethnic, p.Language = c.ethnic, "en"
	if d.chance(7) {
		p.Ethnic = "Z"
	}
	if c.language != "" && d.chance(30) {
		p.Language = c.language
	}
	p.Address = addressIn(&d, in)
	p.Practice = practiceIn(&d, in)
	g.contact(p, age, &d)
	g.kin(p, c, age, &d)
	g.enter(p, in, &d)
	return p
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

func weighted(d *draw, total, n int, share func(int) int) int {
	at := d.below(total)
	for i := range n {
		if at -= share(i); at < 0 {
			return i
		}
	}
	return n - 1
}

// ageOf follows the shape of London's pyramid in bands of five years: many
// between 25 and 45, few beyond 90.
func ageOf(d *draw) int {
	bands := [...]int{60, 60, 62, 58, 60, 82, 90, 88, 80, 70, 66, 62, 52, 42, 36, 27, 20, 12, 6, 2}
	total := 0
	for _, n := range bands {
		total += n
	}
	band := weighted(d, total, len(bands), func(i int) int { return bands[i] })
	return band*5 + d.below(5)
}

// name puts a name together in the way of the community.
func (g *People) name(p *Person, c *community, age int, d *draw) {
	given := c.men
	if p.Sex == "female" {
		given = c.women
	}
	if age > 55 && c.elderW != nil {
		if given = c.elderM; p.Sex == "female" {
			given = c.elderW
		}
	}
	p.Given, p.Family = d.usual(given), d.usual(c.families)
	switch c.style {
	case middle:
		if d.chance(55) {
			p.Middle = other(d, given, p.Given)
		}
	case sikh:
		if p.Middle = "Singh"; p.Sex == "female" {
			p.Middle = "Kaur"
		}
	case chain:
		p.Middle = d.usual(c.men)
	case slavonic:
		p.Family = feminine(p.Family, p.Sex)
	case iberian:
		p.Family = d.usual(c.families) + " " + p.Family
	case muslimLady:
		if p.Sex == "female" && d.chance(40) {
			p.Middle = d.pick([]string{"Begum", "Bibi", "Jahan", "Parveen", "Khatun"})
		}
	}
	married := age > 24 && d.chance(min(70, age+10))
	p.Marital = "S"
	switch {
	case married && age > 70 && d.chance(40):
		p.Marital = "W"
	case married && d.chance(14):
		p.Marital = "D"
	case married:
		p.Marital = "M"
	}
	if married && p.Sex == "female" && c.style != chain && d.chance(60) {
		p.Former = feminineOf(c, d.usual(c.families), p.Sex)
		if d.chance(12) {
			p.Family = p.Former + "-" + p.Family
		}
	}
	p.Title = title(p, age, d)
}

func other(d *draw, list []string, than string) string {
	for {
		if s := d.usual(list); s != than {
			return s
		}
	}
}

func feminineOf(c *community, family, sex string) string {
	if c.style == slavonic {
		return feminine(family, sex)
	}
	return family
}

func feminine(family, sex string) string {
	if sex == "female" && strings.HasSuffix(family, "ki") {
		return family[:len(family)-1] + "a"
	}
	return family
}

func title(p *Person, age int, d *draw) string {
	switch {
	case age < 14 && p.Sex == "male":
		return "Master"
	case age >= 28 && d.chance(2):
		return "Dr"
	case p.Sex == "male":
		return "Mr"
	case age < 18:
		return "Miss"
	case p.Marital != "S" && d.chance(80):
		return "Mrs"
	}
	return d.pick([]string{"Ms", "Miss"})
}

// contact gives telephone numbers from the ranges that are never in use
// (https://www.ofcom.org.uk, numbers for drama).
func (g *People) contact(p *Person, age int, d *draw) {
	if age < 16 || d.chance(60) {
		p.Home = "020 7946 0" + pad(d.below(1000), 3)
	}
	if age >= 14 && (age < 80 || d.chance(50)) {
		p.Mobile = "07700 900" + pad(d.below(1000), 3)
	}
	if age >= 18 && age < 85 && d.chance(60) {
		p.Mail = plainLetters(p.Given) + "." + plainLetters(p.Family) + strconv.Itoa(d.between(1, 99)) + "@example.org"
	}
}

// plainLetters is a name as people put it into an address: a to z only.
func plainLetters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}, s)
}

func (g *People) kin(p *Person, c *community, age int, d *draw) {
	k := Kin{Family: p.Family, Phone: "07700 900" + pad(d.below(1000), 3)}
	switch {
	case age < 18:
		k.Relation, k.Code, k.Given = "Mother", "MTH", d.usual(c.women)
	case p.Marital == "M":
		k.Relation, k.Code = "Spouse", "SPO"
		if k.Given = d.usual(c.women); p.Sex == "female" {
			k.Given = d.usual(c.men)
		}
	case age > 55:
		k.Relation, k.Code, k.Given = "Daughter", "CHD", d.usual(c.women)
		if d.chance(45) {
			k.Relation, k.Given = "Son", d.usual(c.men)
		}
	case d.chance(50):
		k.Relation, k.Code, k.Given = "Brother", "SIB", d.usual(c.men)
	default:
		k.Relation, k.Code, k.Given = "Friend", "FND", d.usual(c.women)
	}
	p.Kin = k
}

// enter says which trusts know the person: about three in ten are known in
// more than one, and two in a hundred in all four.
func (g *People) enter(p *Person, in *district, d *draw) {
	codes := []string{in.trust, in.next}
	for _, t := range []string{"R1K", "RAS", "RQM", "RYJ"} {
		if t != in.trust && t != in.next {
			codes = append(codes, t)
		}
	}
	known := 1
	switch n := d.below(100); {
	case n < 2:
		known = 4
	case n < 8:
		known = 3
	case n < 30:
		known = 2
	}
	for _, t := range codes[:known] {
		p.Entries = append(p.Entries, Entry{t, hospitalNumber(t, g.Seed, p.Index)})
	}
}
