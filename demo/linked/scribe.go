package linked

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"concord/demo"
	"concord/standard/match"
)

// scribe writes a person down as one trust has it, errors and all.
type scribe struct {
	p      *Population
	person *demo.Person
	d      *rand.Rand
	more   float64 // by how much errors are commoner for this person
	trust  int
}

func (s *scribe) errs(rate float64) bool { return s.d.Float64() < min(rate*s.more, 0.95) }

func (s *scribe) record(e demo.Entry) match.Record {
	p, r := s.person, &s.p.rates
	out := match.Record{Sex: p.Sex, Born: p.Born.Format("2006-01-02"), Numbers: []match.Number{{Scope: e.Trust, Value: e.Number}}}
	s.name(&out)
	if s.errs(r.SexWrong) {
		out.Sex = map[string]string{"male": "female", "female": "male"}[p.Sex]
	}
	if s.errs(r.BornWrong) {
		out.Born = s.wrongDate()
	}
	s.place(&out)
	if !s.errs(r.PhoneMissing) {
		out.Phones = []string{p.Mobile, p.Home}
		if s.errs(r.PhoneOld) {
			out.Phones[0] = number(s.d)
		}
	}
	if p.Mail != "" && !s.errs(r.EmailMissing) {
		out.Email = p.Mail
	}
	switch {
	case s.errs(r.NHSMissing[s.trust]):
	case s.errs(r.NHSOther):
		out.NHS = demo.NHSNumber(s.p.seed, p.Index^1)
	case s.errs(r.NHSSlip):
		out.NHS = digitSlip(p.NHS, s.d)
	default:
		out.NHS = p.NHS
	}
	return out
}

// shorts are other forms under which people register; of them the lexicon
// knows some and not others, as with real names.
var shorts = map[string]string{"Mary": "Molly", "Margaret": "Peggy", "Robert": "Bob", "William": "Bill", "James": "Jim", "Elizabeth": "Liz",
	"Patricia": "Pat", "Thomas": "Tommy", "Michael": "Mick", "David": "Dave", "John": "Jack", "Susan": "Sue", "Mohammed": "Muhammad", "Muhammad": "Mohammed",
	"Ahmed": "Ahmad", "Fatima": "Fatema", "Ayesha": "Aisha", "Ibrahim": "Ebrahim", "Katarzyna": "Kasia", "Małgorzata": "Gosia", "Maria": "Mia", "José": "Zé"}

func (s *scribe) name(out *match.Record) {
	p, r := s.person, &s.p.rates
	given, middle, family := p.Given, p.Middle, p.Family
	if p.Former != "" && s.errs(r.FamilyFormer) {
		family = p.Former
	} else if p.Former != "" && s.d.Float64() < 0.3 {
		out.Former = p.Former
	}
	short, known := shorts[given]
	switch {
	case p.Age(s.p.today) < 1 && s.errs(r.NewbornUnnamed):
		given, middle = "Baby", ""
	case s.errs(r.GivenMissing):
		given, middle = "", ""
	case known && s.errs(r.GivenShort*4): // a quarter of people have such a name
		given = short
	case middle != "" && s.errs(r.GivenMiddle):
		given, middle = middle, given
	case s.errs(r.GivenSlip):
		given = letterSlip(given, s.d)
	}
	if s.errs(r.FamilySlip) {
		family = letterSlip(family, s.d)
	}
	if middle != "" && !s.errs(r.MiddleMissing) {
		given += " " + middle
	}
	if given != "" && s.errs(r.NamesSwapped) {
		given, family = family, given
	}
	out.Given, out.Family = given, family
}

func (s *scribe) place(out *match.Record) {
	r, a := &s.p.rates, s.person.Address
	practice := s.person.Practice.Code
	if s.errs(r.AddressOld) {
		before := s.p.people.At(s.d.IntN(1 << 24)) // anybody's home, near or far
		a = before.Address
		if s.errs(r.PracticeOld * 2) {
			practice = before.Practice.Code
		}
	}
	out.Address, out.Locality, out.Postcode, out.Practice = a.Line, a.Town, a.Postcode, practice
	switch {
	case s.errs(r.PostcodeMissing):
		out.Postcode = ""
	case s.errs(r.PostcodeSlip):
		out.Postcode = letterSlip(a.Postcode, s.d)
	}
}

// wrongDate: day and month swapped, a wrong digit, another day, or 1 January.
func (s *scribe) wrongDate() string {
	b := s.person.Born
	switch s.d.IntN(4) {
	case 0:
		if b.Day() <= 12 {
			return fmt.Sprintf("%04d-%02d-%02d", b.Year(), b.Day(), b.Month())
		}
		return b.AddDate(0, 1, 0).Format("2006-01-02")
	case 1:
		return b.AddDate([]int{-10, 10, -1, 1}[s.d.IntN(4)], 0, 0).Format("2006-01-02")
	case 2:
		return b.AddDate(0, 0, 1+s.d.IntN(27)).Format("2006-01-02")
	}
	return b.Format("2006") + "-01-01"
}

// letterSlip leaves out, doubles, changes or swaps a letter.
func letterSlip(word string, d *rand.Rand) string {
	r := []rune(word)
	if len(r) < 3 {
		return word
	}
	i := 1 + d.IntN(len(r)-2)
	switch d.IntN(4) {
	case 0:
		return string(r[:i]) + string(r[i+1:])
	case 1:
		return string(r[:i]) + string(r[i]) + string(r[i:])
	case 2:
		r[i] = rune("aeioulnrst"[d.IntN(10)])
	default:
		r[i], r[i+1] = r[i+1], r[i]
	}
	return strings.TrimSpace(string(r))
}

func digitSlip(number string, d *rand.Rand) string {
	b := []byte(number)
	i := 3 + d.IntN(len(b)-3)
	b[i] = '0' + (b[i]-'0'+1+byte(d.IntN(9)))%10
	return string(b)
}
