package harmonise

import (
	"fmt"
	"slices"
	"time"

	"concord/exchange/onboard"
	"concord/standard/match"
	"concord/standard/ucum"
	"concord/standard/uk"
)

// Build is the harmonisation of one organisation as it stands.
type Build struct {
	Org       string
	Used      *onboard.UsedCodes // of the extract; nil = none is staged
	catalogue *Catalogue
	domain    *Domain
	decisions *Decisions
	suggester *suggester
	own       map[onboard.CodeKey]*Entry // what the catalogue says of the joiner's codes
	today     string
	heard     map[onboard.CodeKey]*heard // what messages have
}

// Inputs of a build.
type Inputs struct {
	Catalogue *Catalogue // of the joiner
	Domain    *Domain
	Decisions *Decisions
	Used      *onboard.UsedCodes
	Maps      map[CodingOf][]Coding // ConceptMaps of the record
	Heard     []Heard               // what messages of its living feeds have
	Now       time.Time
}

// New puts a build together.
func New(org string, in Inputs) *Build {
	b := &Build{Org: org, Used: in.Used, catalogue: in.Catalogue, domain: in.Domain, decisions: in.Decisions, own: map[onboard.CodeKey]*Entry{}, today: in.Now.Format(time.DateOnly)}
	for i := range b.catalogue.Entries {
		e := &b.catalogue.Entries[i]
		b.own[onboard.CodeKey{Kind: e.Kind, Code: e.Code}] = e
	}
	b.hear(in.Heard)
	b.suggester = newSuggester(b.domain, b.ucumOf, in.Maps)
	return b
}

// State is how it stands with a code.
type State string

// The states.
const (
	Open    State = "open"
	Mapped  State = "mapped"
	ByRule  State = "by-policy" // mapped, since the national codes are the same
	Allowed State = "allowed"
	Stays   State = "variance"
)

// Item is one code of the joiner's.
type Item struct {
	Kind  Kind     `json:"kind"`
	Code  string   `json:"code"`
	Name  string   `json:"name,omitempty"`
	Rows  int64    `json:"rows"`           // of the extract
	Uses  int64    `json:"uses,omitempty"` // a year, as the catalogue says
	Units []string `json:"units,omitempty"`
	// Heard is in how many messages it came since it had to be decided on.
	Heard int64 `json:"heard,omitempty"`
	State State `json:"state"`
	// Blocks tells that no load begins while the item is open: rows have the code.
	Blocks bool   `json:"blocks,omitempty"`
	Why    string `json:"why,omitempty"` // an open item is open
	// Target is what it is mapped to; Notes say what of values is converted, and
	// what else is worth knowing.
	Target      *Entry       `json:"target,omitempty"`
	Notes       []string     `json:"notes,omitempty"`
	Decision    *Decision    `json:"decision,omitempty"`
	Suggestions []Suggestion `json:"suggestions,omitempty"`
	LookAlikes  []string     `json:"lookAlikes,omitempty"` // drugs that are others
}

// subjectOf is what is known of a code.
func (b *Build) subjectOf(u onboard.UsedCode) subject {
	x := subject{Entry: Entry{Kind: u.Kind, Code: u.Code, Name: u.Name, System: systemOf(b.Org, u.Kind, u.Code)}}
	if e := b.own[onboard.CodeKey{Kind: u.Kind, Code: u.Code}]; e != nil {
		x.Entry = *e
		if u.Name != "" { // the rows say what the code means today
			x.Name = u.Name
		}
	}
	if u.Kind == onboard.Units { // as written it may be one of UCUM
		x.National = Coding{unitSystem, u.Code}
	}
	for _, n := range u.Units {
		x.units = append(x.units, n.Value)
	}
	if len(u.Units) == 0 && x.Unit != "" {
		x.units = []string{x.Unit}
	}
	if x.Name == "" && (u.Kind == onboard.Units || u.Kind == onboard.Wards || u.Kind == onboard.Clinics || u.Kind == onboard.DocKinds) {
		x.Name = u.Code // such codes are mostly words
	}
	return x
}

// ucumOf is the unit of UCUM that a unit of the joiner's is: as decided, or by
// the policy.
func (b *Build) ucumOf(unit string) string {
	if unit == "" {
		return ""
	}
	it := b.item(onboard.UsedCode{Kind: onboard.Units, Code: unit}, false)
	if it.Target == nil {
		return ""
	}
	return it.Target.Code
}

// item tells how it stands with one code.
func (b *Build) item(u onboard.UsedCode, suggest bool) Item {
	x := b.subjectOf(u)
	it := Item{Kind: u.Kind, Code: u.Code, Name: x.Name, Rows: u.Rows, Uses: x.Uses, Units: x.units, State: Open, Blocks: u.Rows > 0, Why: "nobody has decided yet"}
	if d := b.decisions.find(u.Kind, u.Code); d != nil {
		it.Decision = d
		b.stands(&it, x, d)
	} else if e := b.ownPack(u); e != nil {
		it.State, it.Target, it.Why = ByRule, e, ""
		it.Notes = append(it.Notes, "the code of its own org pack")
	} else if s := b.exact(x); s != nil {
		it.State, it.Target, it.Why = ByRule, &s.Target, ""
		it.Notes = append(it.Notes, s.Reasons[0])
	}
	if it.Target != nil && u.Kind == onboard.Results {
		b.converts(&it, x)
	}
	if u.Names > 0 && u.Kind == onboard.Results {
		it.Notes = append(it.Notes, fmt.Sprintf("the rows have %d more names for it", u.Names))
	}
	if it.State == Open {
		it.Target = nil
		if suggest {
			it.Suggestions, it.LookAlikes = b.suggester.suggest(x)
		}
	}
	it.Blocks = it.Blocks && it.State == Open
	b.told(&it)
	return it
}

// stands tells whether a decision still does, and why not.
func (b *Build) stands(it *Item, x subject, d *Decision) {
	if d.Verb == Reopen {
		it.Why = "opened again: " + d.Why
		return
	}
	if d.Name != "" && x.Name != "" && match.Fold(d.Name) != match.Fold(x.Name) {
		it.Why = fmt.Sprintf("its meaning has changed: it was %q when it was decided on, and is %q now", d.Name, x.Name)
		return
	}
	switch d.Verb {
	case Map:
		e := b.domain.Find(d.Kind, d.To.coding())
		switch {
		case e == nil:
			it.Why = fmt.Sprintf("its target %s no longer runs", clipped(d.To.Code))
		case d.To.Name != "" && match.Fold(d.To.Name) != match.Fold(e.Name):
			it.Why = fmt.Sprintf("its target means something else now: it was %q, and is %q", d.To.Name, e.Name)
		default:
			it.State, it.Why, it.Target = Mapped, "", e
		}
	case Allow:
		if d.Until < b.today {
			it.Why = "it was allowed until " + d.Until
			return
		}
		it.State, it.Why = Allowed, ""
	case Variance:
		it.State, it.Why = Stays, ""
	}
}

// ownPack is the entry of the joiner's own org pack under the very code that rows
// have: it is no code of a source's any more.
func (b *Build) ownPack(u onboard.UsedCode) *Entry {
	var system string
	switch u.Kind {
	case onboard.Wards:
		system = uk.LocationCode.System(b.Org)
	case onboard.Clinics:
		system = uk.Local("clinic").System(b.Org)
	case onboard.Specialties:
		system = TreatmentFunction
	case onboard.Staff:
		system = uk.ConsultantCode
	default:
		return nil
	}
	if e := b.domain.Find(u.Kind, Coding{system, u.Code}); e != nil && e.From == "org pack" {
		return e
	}
	return nil
}

// exact is the one entry of the same national code, where the policy lets it be
// taken without anybody's decision and nothing speaks against it.
func (b *Build) exact(x subject) *Suggestion {
	if !slices.Contains(b.catalogue.Policy.SameNationalCode, x.Kind) {
		return nil
	}
	var same []int
	for _, c := range x.nationals() {
		for _, n := range b.domain.national[x.Kind][c] {
			if !slices.Contains(same, n) {
				same = append(same, n)
			}
		}
	}
	if len(same) != 1 {
		return nil
	}
	found, _ := b.suggester.suggest(x)
	want := b.domain.entries[x.Kind][same[0]].coding()
	for i := range found {
		if found[i].exact && found[i].Target.coding() == want {
			return &found[i]
		}
	}
	return nil
}

// converts opens a mapped result again if values of it are in a unit that does
// not convert.
func (b *Build) converts(it *Item, x subject) {
	for _, sent := range x.units {
		if sent == "" {
			if it.Target.Unit != "" {
				it.Notes = append(it.Notes, "some rows have no unit: their values stay without one")
			}
			continue
		}
		unit, factor, why := b.conversion(sent, it.Target)
		switch {
		case why != "":
			it.State, it.Why = Open, why
		case factor != nil:
			it.Notes = append(it.Notes, fmt.Sprintf("values are converted: 1 %s = %s %s", sent, factorText(factor), unit))
		}
	}
}

// conversionWrong says why values of a result cannot be taken for a target, "" if
// they can.
func (b *Build) conversionWrong(x subject, e *Entry) string {
	for _, sent := range x.units {
		if sent == "" {
			continue
		}
		if _, _, why := b.conversion(sent, e); why != "" {
			return why
		}
	}
	return ""
}

// knownUnit tells that a unit is one of UCUM.
func knownUnit(code string) bool {
	_, ok := ucum.Parse(code)
	return ok
}
