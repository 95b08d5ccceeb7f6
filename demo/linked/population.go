package linked

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"concord/demo"
	"concord/standard/match"
)

// Row is one trust's record of a person, with what is true of them.
type Row struct {
	ID          string // trust and hospital number
	Person      int    // rows with one Person are of one human being
	Ethnicity   string // White, Asian, Black, Mixed, Other, Not stated
	AgeBand     string // 0-15, 16-44, 45-74, 75+
	Deprivation string // quintile of the place, 1 = most deprived
	Record      match.Record
}

// Population makes people of a seed.
type Population struct {
	seed   uint64
	people *demo.People
	rates  Rates
	today  time.Time
}

// New prepares a population: of the day that it is frozen on.
func New(seed uint64, rates Rates) *Population {
	today := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	return &Population{seed: seed, people: demo.NewPeople(seed, today), rates: rates, today: today}
}

// Rows streams the records of the first n people, in the order of people.
func (p *Population) Rows(n int) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for i := range n {
			person := p.person(i)
			for _, e := range person.Entries {
				if !yield(p.row(person, e)) {
					return
				}
			}
		}
	}
}

func (p *Population) random(index int, what uint64) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed^what*0x9e3779b97f4a7c15, uint64(index)))
}

const household = 3 // people in a row may be one household

// person is who somebody is. Two of three share the home and mostly the family
// name of the one before them.
func (p *Population) person(index int) *demo.Person {
	own := p.people.At(index)
	d := p.random(index, 1)
	own.NHS = demo.NHSNumber(p.seed, index)
	own.Family = widened(own.Family, d)
	own.Home, own.Mobile = number(d), number(d)
	place := index % household
	if place == 0 {
		return own
	}
	lead := p.person(index - place)
	if p.random(index-place, 2).Float64() >= p.rates.Household {
		return own
	}
	own.Address, own.Home, own.Practice, own.Ethnic = lead.Address, lead.Home, lead.Practice, lead.Ethnic
	if d.Float64() < 0.85 {
		own.Family = lead.Family
	}
	switch u := d.Float64(); {
	case place == 2 && u < p.rates.Twins*household: // the rate is of people, one of three is asked
		twin := p.person(index - 1)
		own.Born, own.Family = twin.Born, twin.Family
		if d.Float64() < 0.2 { // twins often have names that begin alike
			own.Given = string([]rune(twin.Given)[:1]) + strings.ToLower(string([]rune(own.Given)[1:]))
		}
		for i := 1; own.Given == twin.Given; i++ {
			own.Given = p.people.At(index + i<<24).Given
		}
	case u > 1-p.rates.SameName*1.5 && own.Born.Year() != lead.Born.Year():
		own.Given, own.Sex, own.Family = lead.Given, lead.Sex, lead.Family
	}
	return own
}

// widened gives half of the people a family name put together of syllables:
// the lists of demo are short, and a country's are long.
func widened(family string, d *rand.Rand) string {
	if d.Float64() < 0.5 {
		return family
	}
	heads := []string{"Ash", "Bar", "Cal", "Dar", "El", "Far", "Gar", "Hal", "Ing", "Jan", "Kar", "Lan", "Mar", "Nor", "Or", "Pal", "Ran", "Sal", "Tar", "Van", "Wal", "Zam"}
	middles := []string{"", "a", "e", "i", "o", "an", "en", "in", "ar", "er", "and", "ing"}
	tails := []string{"ley", "ton", "wood", "ford", "field", "man", "ani", "ova", "ski", "dar", "wala", "pour", "escu", "ez", "ham", "worth", "by", "gill", "swamy", "oglu"}
	u := d.Float64() * d.Float64() // some are common
	n := int(u * float64(len(heads)*len(middles)*len(tails)))
	return heads[n%len(heads)] + middles[n/len(heads)%len(middles)] + tails[n/len(heads)/len(middles)]
}

// number is a telephone number that cannot be: none begins with three noughts.
func number(d *rand.Rand) string { return fmt.Sprintf("000 %04d %04d", d.IntN(10000), d.IntN(10000)) }

func (p *Population) row(person *demo.Person, e demo.Entry) Row {
	row := Row{ID: e.Trust + "-" + strconv.Itoa(person.Index), Person: person.Index, Ethnicity: ethnicity(person.Ethnic), AgeBand: ageBand(person.Age(p.today))}
	quintile := int(1 + placeMark(person.Address.Postcode)%5)
	row.Deprivation = strconv.Itoa(quintile)
	x := p.random(person.Index, 16+placeMark(e.Trust))
	more := 1.0
	if row.Ethnicity != "White" {
		more *= p.rates.Minority
	}
	if quintile == 1 {
		more *= p.rates.Deprived
	}
	s := scribe{p: p, person: person, d: x, more: more, trust: trustIndex(e.Trust)}
	row.Record = s.record(e)
	return row
}

// placeMark is a small mark of a postcode's district, or of a trust.
func placeMark[T ~string](s T) (h uint64) {
	out, _, _ := strings.Cut(string(s), " ")
	for i := range len(out) {
		h = h*31 + uint64(out[i])
	}
	return h
}

func trustIndex(code string) int { return strings.Index("R1K RAS RQM RYJ", code) / 4 }

// ethnicity is the group of an ethnic category code (NHS Data Dictionary).
func ethnicity(code string) string {
	switch {
	case code >= "A" && code <= "C":
		return "White"
	case code >= "D" && code <= "G":
		return "Mixed"
	case code >= "H" && code <= "L":
		return "Asian"
	case code >= "M" && code <= "P":
		return "Black"
	case code == "Z":
		return "Not stated"
	}
	return "Other"
}

func ageBand(age int) string {
	switch {
	case age < 16:
		return "0-15"
	case age < 45:
		return "16-44"
	case age < 75:
		return "45-74"
	}
	return "75+"
}
