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
}

// plan is what is extracted of one type, decided once.
type plan struct {
	filter  []*Param // tokens and references for the token column
	idents  []*Param // indexed over all records
	strings []*Param // indexed over all records
	date    *Param
	code    *Param
	value   *Param
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

// leadingDates names, in order of preference, the parameter that dates a
// resource on a timeline.
var leadingDates = [...]string{"date", "period", "effective-time", "authoredon", "recorded", "recorded-date", "onset-date",
	"authored-on", "authored", "issued", "created", "when", "started", "start-date", "death-date"}

func (t *Table) plan(typ string) *plan {
	p := &plan{}
	for _, prm := range t.Params(typ) {
		switch {
		case prm.Name == "_id" || prm.Name == "_source" || prm.Name == "_lastUpdated" || prm.Name == "_profile":
		case prm.Name == "identifier" && prm.Kind == Token:
			p.idents = append(p.idents, prm)
		case typ == "Patient" && prm.Name == "birthdate":
			p.idents = append(p.idents, prm)
		case indexedName(typ, prm.Name):
			p.strings = append(p.strings, prm)
		case prm.Kind == Token && filterToken(prm.Name):
			p.filter = append(p.filter, prm)
		case prm.Kind == Reference && filterReference(prm):
			p.filter = append(p.filter, prm)
		}
	}
	for _, name := range leadingDates {
		if d := t.byType[typ][name]; d != nil && d.Kind == Date {
			p.date = d
			break
		}
	}
	p.code = t.byType[typ]["code"]
	p.value = t.byType[typ]["value-quantity"]
	return p
}

// indexedName: people, places and organisations are found by name.
func indexedName(typ, name string) bool {
	switch typ {
	case "Patient", "Practitioner":
		return name == "family" || name == "given"
	case "Organization", "Location":
		return name == "name"
	}
	return false
}

// filterToken leaves out of the token column what nobody filters a chart by,
// or what repeats another parameter: four bytes a value, in every resource.
func filterToken(name string) bool {
	switch name {
	case "combo-code", "combo-data-absent-reason", "combo-value-concept", "telecom", "phone", "email",
		"address-use", "language", "_security", "component-data-absent-reason", "data-absent-reason":
		return false
	}
	return true
}

// filterReference leaves out the patient (all of a record shares it) and what
// repeats another parameter.
func filterReference(p *Param) bool {
	switch p.Name {
	case "patient", "subject", "practitioner", "link":
		return false
	}
	return true
}

// Extract makes the entries of one resource. The resource needs no id.
func (x *Extractor) Extract(resource *fhir.Value) Entries {
	var e Entries
	p := x.plans[resource.Type()]
	if p == nil {
		return e
	}
	typ := resource.Type()
	for _, prm := range p.filter {
		for _, v := range prm.values(resource) {
			e.Tokens = x.appendTokens(e.Tokens, prm, v)
		}
	}
	slices.Sort(e.Tokens)
	e.Tokens = slices.Compact(e.Tokens)
	for _, prm := range p.idents {
		for _, v := range prm.values(resource) {
			e.Idents = x.appendIdents(e.Idents, typ, prm.Name, v)
		}
	}
	slices.Sort(e.Idents)
	e.Idents = slices.Compact(e.Idents)
	x.strings(p, typ, resource, &e)
	x.leading(p, resource, &e)
	return e
}

func (x *Extractor) appendTokens(out []uint32, prm *Param, v *fhir.Value) []uint32 {
	if prm.Kind == Reference {
		if v.Kind() == fhir.String { // canonical
			return append(out, x.hash.Token(prm.Name, v.Str()))
		}
		if ref := v.StrAt("reference"); ref != "" {
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

func (x *Extractor) appendIdents(out []uint64, typ, name string, v *fhir.Value) []uint64 {
	for _, t := range tokensOf(v) {
		if t.code == "" {
			continue
		}
		if t.system == SourceKey {
			continue // found through the alias index
		}
		if t.system != "" {
			out = append(out, x.hash.Sum(typ, name, t.system+"|"+t.code))
		}
		if typ == "Patient" || t.system == "" {
			out = append(out, x.hash.Sum(typ, name, t.code))
		}
	}
	return out
}

func (x *Extractor) strings(p *plan, typ string, resource *fhir.Value, e *Entries) {
	seen := map[StringEntry]bool{}
	for _, prm := range p.strings {
		h := x.hash.Sum(typ, prm.Name)
		for _, v := range prm.values(resource) {
			for _, s := range stringsOf(v) {
				if en := (StringEntry{h, Fold(s)}); en.Value != "" && !seen[en] {
					seen[en] = true
					e.Strings = append(e.Strings, en)
				}
			}
		}
	}
}

func (x *Extractor) leading(p *plan, resource *fhir.Value, e *Entries) {
	if p.date != nil {
		for _, v := range p.date.values(resource) {
			if pd, ok := periodOf(v, x.loc); ok {
				at := pd.from
				if at.IsZero() {
					at = pd.to
				}
				e.Date = DateValue(at)
				break
			}
		}
	}
	if p.code != nil {
		for _, v := range p.code.values(resource) {
			if ts := tokensOf(v); len(ts) > 0 {
				e.Code = x.hash.Sum("code", ts[0].system+"|"+ts[0].code)
				break
			}
		}
	}
	if p.value != nil && e.Code != 0 {
		for _, v := range p.value.values(resource) {
			if f, err := strconv.ParseFloat(v.Get("value").Raw(), 64); err == nil {
				e.Unit = x.hash.Sum("value", strconv.FormatUint(e.Code, 36), unitOf(v))
				e.Value = f
				break
			}
		}
	}
}

func unitOf(v *fhir.Value) string {
	if c := v.StrAt("code"); c != "" {
		return c
	}
	return strings.TrimSpace(v.StrAt("unit"))
}

// DateValue is a moment in the units of Entries.Date.
func DateValue(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.Unix()/60+DateOrigin)
}

// DateTime is the moment of an Entries.Date; zero for 0.
func DateTime(d int64) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Unix((d-DateOrigin)*60, 0).UTC()
}
