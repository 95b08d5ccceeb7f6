package search

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/standard/fhir"
)

// Extractor makes the index entries of resources.
type Extractor struct {
	table *Table
	hash  Hasher
	loc   *time.Location
	plans map[string]*plan
	homes []string // addresses of this server, under which references may be filed
}

// plan is what is extracted of one type, decided once.
type plan struct {
	tokens  []tokenPlan // tokens and references
	idents  []*Param    // indexed over all records
	strings []*Param    // indexed over all records
	spans   []*Param    // dates of custom parameters, indexed by month
	date    *Param
	code    *Param
	value   *Param
	dated   bool // filed by date, in place of a leading code
}

// tokenPlan says where the values of a token or reference go: into the token
// column, by which a chart is filtered, and into the terms, by which records
// are found.
type tokenPlan struct {
	param        *Param
	column, term bool
	about        bool // puts the resource into a patient's compartment
}

// SourceKey is the identifier system of the business key under which a feed's
// messages find the resource again ("visit|123", scoped by the feed's trust).
const SourceKey = "urn:concord:source-key"

// NewExtractor makes an extractor; dates without offset are read in loc.
func NewExtractor(t *Table, h Hasher, loc *time.Location) *Extractor {
	x := &Extractor{table: t, hash: h, loc: loc, plans: map[string]*plan{}}
	for _, typ := range fhir.R4().Names() {
		x.plans[typ] = t.plan(typ)
	}
	return x
}

// Inside tells whether a literal reference leads to a resource of the same
// record, so that no term is needed to find it; nil = none does.
type Inside func(ref string) bool

// Extract makes the entries of one resource. The resource needs no id.
func (x *Extractor) Extract(resource *fhir.Value, inside Inside) Entries {
	var e Entries
	typ := resource.Type()
	p := x.plans[typ]
	if p == nil {
		return e
	}
	e.Terms = append(e.Terms, x.typeTerm(typ))
	for _, tp := range p.tokens {
		for _, v := range tp.param.values(resource) {
			if tp.column {
				e.Tokens = x.appendTokens(e.Tokens, tp.param, v)
			}
			if tp.term {
				e.Terms = x.appendTerms(e.Terms, typ, tp.param, v, inside)
				if ref := referenceOf(v); tp.about && inside != nil && strings.HasPrefix(ref, "Patient/") && !inside(ref) {
					e.Terms = append(e.Terms, x.aboutTerm(ref))
				}
				if ref := referenceOf(v); tp.param.Name == "subject" && isPatientRef(ref, "") && inside != nil && !inside(ref) {
					e.Terms = append(e.Terms, x.astrayTerm(typ))
				}
			}
		}
	}
	for _, prm := range p.spans {
		for _, v := range prm.values(resource) {
			if pd, ok := periodOf(v, x.loc); ok {
				e.Terms = x.appendMonths(e.Terms, typ, prm.Name, pd)
			}
		}
	}
	e.Terms = x.appendContained(e.Terms, resource)
	x.attached(&e, resource)
	if x.table.besideSubject(resource) {
		e.Terms = append(e.Terms, x.BesideTerm(typ))
	}
	for _, prm := range p.idents {
		for _, v := range prm.values(resource) {
			e.Idents = x.appendIdents(e.Idents, typ, prm, v)
		}
	}
	x.strings(p, typ, resource, &e)
	x.leading(p, typ, resource, &e)
	slices.Sort(e.Tokens)
	e.Tokens = slices.Compact(e.Tokens)
	slices.Sort(e.Terms)
	e.Terms = slices.Compact(e.Terms)
	slices.Sort(e.Idents)
	e.Idents = slices.Compact(e.Idents)
	return e
}

func (x *Extractor) appendTokens(out []uint32, prm *Param, v *fhir.Value) []uint32 {
	if prm.Kind == Reference {
		if ref := referenceOf(v); ref != "" {
			return append(out, x.hash.Token(prm.Name, ref))
		}
		if id := v.Get("identifier"); id != nil {
			return append(out, x.hash.Token(prm.Name, id.StrAt("system"), id.StrAt("value")))
		}
		return out
	}
	for _, t := range tokensOf(v) {
		if t.system != "" {
			out = append(out, x.hash.Token(prm.Name, t.system+"|"+t.code))
		}
		out = append(out, x.hash.Token(prm.Name, t.code))
	}
	return out
}

func (x *Extractor) appendIdents(out []uint64, typ string, prm *Param, v *fhir.Value) []uint64 {
	if prm.Kind == URI {
		return append(out, x.hash.Sum(typ, prm.Name, v.Str()))
	}
	for _, t := range tokensOf(v) {
		if t.code == "" {
			continue
		}
		if t.system == SourceKey {
			continue // found through the alias index
		}
		if t.system != "" {
			out = append(out, x.hash.Sum(typ, prm.Name, t.system+"|"+t.code))
		}
		if bareIdent(typ) || t.system == "" {
			out = append(out, x.hash.Sum(typ, prm.Name, t.code))
		}
	}
	return out
}

func (x *Extractor) strings(p *plan, typ string, resource *fhir.Value, e *Entries) {
	seen := map[StringEntry]bool{}
	for _, prm := range p.strings {
		h := x.hash.Sum(typ, prm.Name)
		for _, v := range prm.values(resource) {
			for _, s := range x.table.filedStrings(prm, v) {
				for _, folded := range wordsFrom(prm, Fold(s)) {
					if en := (StringEntry{h, folded}); en.Value != "" && !seen[en] {
						seen[en] = true
						e.Strings = append(e.Strings, en)
					}
				}
			}
		}
	}
}

func (x *Extractor) leading(p *plan, typ string, resource *fhir.Value, e *Entries) {
	lasting := p.date != nil && x.leadingDate(p, typ, resource, e)
	if p.code != nil {
		x.leadingCode(p, typ, resource, e)
	} else if p.dated {
		e.Code = x.typeCode(typ, lasting)
	}
	if p.value != nil {
		x.magnitudes(p, typ, resource, e)
	}
}

// magnitudes files the octaves of the leading values. A Range or a sampled
// series may hold any: it is filed as such, and every search looks there.
func (x *Extractor) magnitudes(p *plan, typ string, resource *fhir.Value, e *Entries) {
	for _, v := range p.value.values(resource) {
		name := "any"
		s, unit, ok := spanOf(v)
		if ok && s.low == s.high {
			name = octave(s.low)
		}
		e.Tokens = append(e.Tokens, x.hash.Token("octave", p.value.Name, name))
		e.Terms = append(e.Terms, x.term("octave", typ, p.value.Name, name))
		for _, u := range unitsOf(unit) {
			e.Tokens = append(e.Tokens, x.hash.Token("unit", p.value.Name, u))
			e.Terms = append(e.Terms, x.term("unit", typ, p.value.Name, u))
		}
	}
}

// unitsOf are the names of a quantity's unit: its code, and its words where
// they differ.
func unitsOf(quantity *fhir.Value) []string {
	var out []string
	for _, u := range []string{quantity.StrAt("code"), quantity.StrAt("unit")} {
		if u != "" && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}

// leadingCode files the first coding with its value. What has further codings,
// or a value that is no plain number, is filed so that a search by code and
// value knows that the index of values does not tell all.
func (x *Extractor) leadingCode(p *plan, typ string, resource *fhir.Value, e *Entries) {
	var codes []tokenValue
	for _, v := range p.code.values(resource) {
		codes = append(codes, tokensOf(v)...)
	}
	if len(codes) == 0 {
		return
	}
	e.Code = x.codeHash(codes[0].system, codes[0].code)
	for _, c := range codes[1:] {
		e.Terms = append(e.Terms, x.secondTerm(typ, c.code))
	}
	if p.value == nil {
		return
	}
	values := p.value.values(resource)
	if len(values) == 0 {
		return
	}
	others := codes[1:]
	if f, err := strconv.ParseFloat(values[0].Get("value").Raw(), 64); err == nil && len(values) == 1 {
		e.Unit, e.Value = x.unitHash(e.Code), f
	} else {
		others = codes
	}
	for _, c := range others {
		e.Terms = append(e.Terms, x.otherTerm(typ, c.code))
	}
}

func (x *Extractor) codeHash(system, code string) uint64 { return x.hash.Sum("code", system+"|"+code) }

// unitHash is the name of a code's values; units are told apart on the body.
func (x *Extractor) unitHash(code uint64) uint64 {
	return x.hash.Sum("value", strconv.FormatUint(code, 36))
}

// otherTerm is filed for codes whose value is not in the index of values.
func (x *Extractor) otherTerm(typ, code string) uint64 { return x.term("other", typ, code) }
