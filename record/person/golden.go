package person

import (
	"slices"
	"strings"
	"time"

	"concord/standard/fhir"
	"concord/standard/search"
	"concord/standard/uk"
)

// Told is what one trust says of a person, in its entry.
type Told struct {
	Patient *fhir.Value
	At      time.Time // when it said so last
}

// Fact is one particular of a person: the best of what is said, from whom, and
// who says otherwise. Numbers are places in the list of Told.
type Fact struct {
	Particular Particular
	From       int
	Same       []int // who say the same, From included
	Others     []int // who say otherwise; who says nothing is in neither
	Why        Why
}

// Particular is one thing that trusts say of a person.
type Particular string

// The particulars, in the words of the pages.
const (
	TheName     Particular = "name"
	TheBirth    Particular = "date of birth"
	TheSex      Particular = "sex"
	TheAddress  Particular = "address"
	ThePhone    Particular = "phone"
	TheEmail    Particular = "email"
	ThePractice Particular = "GP"
	TheDeath    Particular = "death"
)

// Why is the rule by which a fact was chosen, in words.
type Why string

// The rules, the first that tells decides. A trust in whose entry the patient
// was merged into another is believed last. Name, birth and sex: whose NHS number
// is verified, what most say, what was said last. Where somebody lives and is
// reached: what was said last. Death: a registered one, one with its date, what
// was said last; a death that one trust reports is believed though others are
// silent.
const (
	Alone      Why = "the only one who says so"
	Agreed     Why = "all who know agree"
	InUse      Why = "the other entries are no longer in use"
	Verified   Why = "its NHS number is verified"
	Most       Why = "most say so"
	Newest     Why = "said last"
	Registered Why = "registered death"
	Dated      Why = "the date of death is given"
)

// Golden is what is known of a person by all that is said.
type Golden struct {
	Facts   []Fact      // those of which somebody says something
	Patient *fhir.Value // a Patient with the best of everything, beside what the first entry says
	Death   Death
}

// Death is what is known of a person's death.
type Death struct {
	Dead   bool
	Formal bool   // registered; else reported by a trust (informal)
	When   string // FHIR dateTime; "" = not known
}

// Fact finds one particular; nil when nobody says anything.
func (g *Golden) Fact(p Particular) *Fact {
	i := slices.IndexFunc(g.Facts, func(f Fact) bool { return f.Particular == p })
	if i < 0 {
		return nil
	}
	return &g.Facts[i]
}

// GoldenOf makes the best of what is said. The first of told leads where no rule
// tells; its order else plays no part.
func GoldenOf(told []Told) Golden {
	var g Golden
	if len(told) == 0 {
		return g
	}
	g.Patient = told[0].Patient
	for _, p := range particulars() {
		f, ok := choose(told, p)
		if !ok {
			continue
		}
		g.Facts = append(g.Facts, f)
		g.Patient = p.lay(g.Patient, told[f.From].Patient)
	}
	g.settleDeath(told)
	return g
}

// particular is how one particular is read, chosen and laid over another
// resource.
type particular struct {
	name Particular
	says func(*fhir.Value) string // in a form that compares; "" = nothing
	who  bool                     // tells who somebody is, rather than where
	lay  func(onto, from *fhir.Value) *fhir.Value
}

func particulars() []particular {
	return []particular{
		{TheName, saysName, true, members("name")},
		{TheBirth, func(p *fhir.Value) string { return p.StrAt("birthDate") }, true, members("birthDate")},
		{TheSex, saysSex, true, members("gender")},
		{TheAddress, saysAddress, false, members("address")},
		{ThePhone, func(p *fhir.Value) string { return saysTelecom(p, "phone", "sms") }, false, layTelecom("phone", "sms")},
		{TheEmail, func(p *fhir.Value) string { return saysTelecom(p, "email") }, false, layTelecom("email")},
		{ThePractice, practiceOf, false, layPractice},
	}
}

func members(names ...string) func(onto, from *fhir.Value) *fhir.Value {
	return func(onto, from *fhir.Value) *fhir.Value {
		for _, n := range names {
			onto = onto.With(n, from.Get(n))
		}
		return onto
	}
}

// layPractice leaves a practice that the entry itself contains where it is.
func layPractice(onto, from *fhir.Value) *fhir.Value {
	for gp := range from.Get("generalPractitioner").Each() {
		if strings.HasPrefix(gp.StrAt("reference"), "#") {
			return onto
		}
	}
	return onto.With("generalPractitioner", from.Get("generalPractitioner"))
}

func saysName(p *fhir.Value) string {
	n := fhir.BestName(p)
	return strings.TrimSpace(search.Fold(n.Family) + "," + search.Fold(n.Given))
}

func saysSex(p *fhir.Value) string {
	if s := p.StrAt("gender"); s != "unknown" {
		return s
	}
	return ""
}

func saysAddress(p *fhir.Value) string {
	a := HomeAddress(p)
	var lines []string
	for l := range a.Get("line").Each() {
		lines = append(lines, l.Str())
	}
	if post := bare(a.StrAt("postalCode")); post != "" || len(lines) > 0 {
		return search.Fold(strings.Join(lines, " ")) + "," + post
	}
	return search.Fold(a.StrAt("text"))
}

func saysTelecom(p *fhir.Value, systems ...string) string {
	for t := range p.Get("telecom").Each() {
		if slices.Contains(systems, t.StrAt("system")) && t.StrAt("use") != "old" && t.StrAt("value") != "" {
			if systems[0] == "email" {
				return strings.ToLower(t.StrAt("value"))
			}
			return digits(t.StrAt("value"))
		}
	}
	return ""
}

func layTelecom(systems ...string) func(onto, from *fhir.Value) *fhir.Value {
	of := func(p *fhir.Value, in bool) []*fhir.Value {
		var out []*fhir.Value
		for t := range p.Get("telecom").Each() {
			if slices.Contains(systems, t.StrAt("system")) == in {
				out = append(out, t)
			}
		}
		return out
	}
	return func(onto, from *fhir.Value) *fhir.Value {
		return onto.With("telecom", append(of(onto, false), of(from, true)...))
	}
}

// inUse tells an entry that was not merged into another.
func inUse(p *fhir.Value) bool { a := p.Get("active"); return a == nil || a.Bool() }

func verified(p *fhir.Value) bool {
	for id := range p.Get("identifier").Each() {
		if id.StrAt("system") == uk.NHSNumberSystem &&
			fhir.Extension(id, uk.VerificationExtension).StrAt("valueCodeableConcept.coding.0.code") == string(uk.Verified) {
			return true
		}
	}
	return false
}
