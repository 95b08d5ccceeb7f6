package search

import (
	"slices"
	"strings"

	"concord/standard/fhir"
)

// Lookup is what the store is asked for a query, from cheapest to costliest;
// every candidate is confirmed by Match.
type Lookup struct {
	// IDs are logical ids of the type; when set, nothing else is needed.
	IDs []string
	// Pin names the records that hold the answer.
	Pin *Pin
	// Need are the token groups for a scan within records.
	Need [][]uint32
	// From and To bound the leading date in Entries.Date units, 0 = open; what
	// has the token Lasting lies outside of that and may match all the same.
	From, To int64
	Lasting  uint32
	// Idents are hashes of which one must be filed.
	Idents []uint64
	// Strings are prefixes of which one must be filed.
	Strings []StringEntry
	// Value is a range of the index by code and value.
	Value *ValueRange
	// Ordered is a way to the matches in the order of their date; nil = none.
	Ordered *Ordered
	// Terms are the term groups that a record must have: of each at least one.
	// The first is that of the type itself.
	Terms [][]uint64
	// Decided tells that Pin and Need say all that the query asks: within the
	// records of the pin a candidate fails to match only if hashes collide.
	Decided bool
	// Dated tells that what the query sorts by is the leading date alone, which
	// Entries.Date tells but for moments within one of its units.
	Dated bool
	// By names, for each part of the plan, the clause that it comes from.
	By map[string]string

	decided int // clauses that Need decides
}

// Pin names records: those of the patients, those in which the resources
// referred to lie, and those that have one of the terms.
type Pin struct {
	Patients []string // ids of Patient entries or of persons
	Refs     []string // "Type/id"
	Terms    []uint64
}

// ValueRange is a stretch of the index by code and value. It tells all unless
// a record has the term Unless.
type ValueRange struct {
	Name      uint64
	Low, High float64
	Unless    uint64
}

// Lookup plans a query of one type, and marks the clause that pins it to
// records.
func (x *Extractor) Lookup(q *Query) Lookup { return x.LookupType(q, q.Type) }

// LookupType plans a query for one of its types.
func (x *Extractor) LookupType(q *Query, typ string) Lookup {
	l := Lookup{Terms: [][]uint64{{x.typeTerm(typ)}}, By: map[string]string{}}
	p := x.plans[typ]
	if q.Contained == "true" {
		l.Terms = [][]uint64{{x.term("contains", typ)}}
		return l
	}
	if q.Contained == "both" {
		l.Terms = [][]uint64{{x.typeTerm(typ), x.term("contains", typ)}}
		return l
	}
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Circle != nil {
			x.circle(&l, p, typ, c)
		}
		if c.Param == nil || c.Chain != nil || !plannable(c.Modifier) {
			continue
		}
		x.clause(&l, p, typ, c)
		x.composite(&l, p, typ, c)
	}
	l.Decided = l.Pin != nil && l.Pin.Patients != nil && l.decided+1 == len(q.Clauses)
	l.Dated = p.date != nil && len(q.Types) <= 1 && len(q.Sort) == 1 && q.Sort[0].Param == p.date
	x.dates(&l, p, q, typ)
	x.magnitude(&l, p, q, typ)
	x.value(&l, p, q)
	x.ordered(&l, p, q, typ)
	return l
}

// Identifiers are hashes of which one must be filed for anything to match a query of one
// type; nil where it names no identifier.
func (x *Extractor) Identifiers(q *Query) []uint64 {
	if q.Type == "" || q.Contained != "" {
		return nil
	}
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Param == nil || c.Chain != nil || !plannable(c.Modifier) || !slices.Contains(x.plans[q.Type].idents, c.Param) {
			continue
		}
		if hashes := x.identHashes(q.Type, c.Param, c); hashes != nil {
			return hashes
		}
	}
	return nil
}

// plannable tells whether a modifier leaves a clause as narrow as the index
// thinks it is.
func plannable(modifier string) bool {
	switch modifier {
	case "missing", "not", "not-in", "text", "in", "above", "below", "identifier", "contains", "=co", "=sw", "=ew", unequal:
		return false
	}
	return true
}

func (x *Extractor) clause(l *Lookup, p *plan, typ string, c *Clause) {
	prm := c.Param
	if len(c.Param.Type) > 0 && c.Param.Type != typ && c.Param.Type != "Resource" && c.Param.Type != "DomainResource" {
		if prm = x.table.Param(typ, c.Param.Name); prm == nil { // a query over several types
			return
		}
	}
	switch {
	case prm.Name == "_id" && prm.Type == "Resource":
		for _, v := range c.Values {
			l.IDs = append(l.IDs, v.Code)
		}
		l.By["ids"] = "_id"
	case l.Pin == nil && x.table.namesPatient(typ, prm, c):
		c.Pinned = true
		l.Pin, l.By["pin"] = x.pinPatients(p, typ, prm, c), c.Name()
	case l.Idents == nil && slices.Contains(p.idents, prm):
		if l.Idents = x.identHashes(typ, prm, c); l.Idents != nil {
			l.By["identifiers"] = c.Name()
		}
	case l.Strings == nil && prm.Kind == String:
		if l.Strings = x.prefixes(p, typ, prm, c); l.Strings != nil {
			l.By["strings"] = c.Name()
		}
	case prm.Kind == Token || prm.Kind == Reference || prm.Kind == URI:
		x.tokens(l, p, typ, prm, c)
	}
}

// tokens plans a token, reference or URI: by the token column within records,
// by terms over all of them.
func (x *Extractor) tokens(l *Lookup, p *plan, typ string, prm *Param, c *Clause) {
	if p.columned(prm) {
		if need := x.need(prm, c); need != nil {
			l.Need = append(l.Need, need)
			if exact(c) {
				l.decided++
			}
		}
	}
	if !p.termed(prm) {
		return
	}
	terms, near := x.valueTerms(typ, prm, c)
	switch {
	case terms == nil:
	case near == nil:
		l.Terms = append(l.Terms, terms)
		l.By["records "+prm.Name] = c.Name()
	case l.Pin == nil:
		l.Pin, l.By["pin"] = &Pin{Refs: near, Terms: terms}, c.Name()
	}
}

// exact tells whether the token column says all that a clause asks.
func exact(c *Clause) bool {
	return c.Modifier == "" && !slices.ContainsFunc(c.Values, func(v Value) bool { return v.HasSystem && v.System == "" })
}

// valueTerms are the terms of a clause's values, and those references whose
// targets may lie in the same record, where no term is filed.
func (x *Extractor) valueTerms(typ string, prm *Param, c *Clause) (terms []uint64, near []string) {
	for _, v := range c.Values {
		switch {
		case prm.Kind == Reference:
			for _, r := range prm.References(v) {
				for _, spelled := range x.spelled(r) {
					terms = append(terms, x.valueTerm(typ, prm, spelled))
				}
				if ref, ok := fhir.ParseReference(r); ok && ref.Base == "" && x.table.InCompartment(ref.Type) {
					near = append(near, r)
				}
			}
			if strings.Contains(v.Text, "://") && !strings.Contains(v.Text, "|") { // also the canonical's versions
				terms = append(terms, x.valueTerm(typ, prm, v.Text))
			}
		case prm.Kind == URI:
			terms = append(terms, x.valueTerm(typ, prm, v.Text))
		case v.Code == "":
			return nil, nil
		default:
			terms = append(terms, x.valueTerm(typ, prm, v.Code))
		}
	}
	if len(terms) > maxValues {
		return nil, nil
	}
	return terms, near
}

// namesPatient tells whether a clause pins the query to patients' records.
func (t *Table) namesPatient(typ string, prm *Param, c *Clause) bool {
	if prm.Kind != Reference || len(t.compartment[typ]) == 0 {
		return false
	}
	if prm.Name != "patient" && (prm.Name != "subject" || !slices.Contains(t.compartment[typ], prm)) {
		return false
	}
	for _, v := range c.Values {
		if id, ok := strings.CutPrefix(v.Text, "Patient/"); strings.Contains(id, "/") || !ok && strings.Contains(v.Text, "/") {
			return false
		}
	}
	return true
}

// pinPatients: the records of the patients, and those elsewhere that name one
// of them beside their own.
func (x *Extractor) pinPatients(p *plan, typ string, prm *Param, c *Clause) *Pin {
	pin := &Pin{}
	for _, v := range c.Values {
		pin.Patients = append(pin.Patients, strings.TrimPrefix(v.Text, "Patient/"))
	}
	if subject := x.table.byType[typ]["subject"]; subject != nil && p.termed(subject) {
		for _, id := range pin.Patients {
			for _, spelled := range x.spelled("Patient/" + id) {
				pin.Terms = append(pin.Terms, x.valueTerm(typ, subject, spelled))
			}
		}
	}
	return pin
}

// prefixes are the filed strings to look for; nil when a value has no letter
// or digit, since what folds to nothing is not filed.
func (x *Extractor) prefixes(p *plan, typ string, prm *Param, c *Clause) []StringEntry {
	var out []StringEntry
	for _, name := range x.table.beside(typ, prm) {
		filed := x.table.byType[typ][name]
		if filed == nil || !slices.Contains(p.strings, filed) {
			return nil
		}
		for _, v := range c.Values {
			folded := Fold(v.Text)
			if c.sounding() {
				folded = soundsLike(v.Text)
			}
			if folded == "" {
				return nil
			}
			out = append(out, StringEntry{x.hash.Sum(typ, name), folded})
		}
	}
	return out
}

func (x *Extractor) identHashes(typ string, prm *Param, c *Clause) []uint64 {
	var out []uint64
	for _, v := range c.Values {
		switch {
		case prm.Kind == URI:
			out = append(out, x.hash.Sum(typ, prm.Name, v.Text))
		case prm.Kind == Date:
			if v.Prefix != "eq" || v.When.to.Sub(v.When.from).Hours() > 26 {
				return nil
			}
			out = append(out, x.hash.Sum(typ, prm.Name, v.When.from.In(x.loc).Format("2006-01-02")))
		case v.Code == "" || c.Modifier == "of-type" && !bareIdent(typ) || !v.HasSystem && !bareIdent(typ) || v.System == SourceKey:
			return nil
		case v.HasSystem && v.System != "" && c.Modifier != "of-type":
			out = append(out, x.hash.Sum(typ, prm.Name, v.System+"|"+v.Code))
		default:
			out = append(out, x.hash.Sum(typ, prm.Name, v.Code))
		}
	}
	return out
}

// need are the tokens of which a matching resource has at least one; nil when
// the clause cannot be told from tokens.
func (x *Extractor) need(prm *Param, c *Clause) []uint32 {
	if c.Modifier == "of-type" {
		return nil
	}
	var out []uint32
	for _, v := range c.Values {
		switch {
		case prm.Kind == Reference:
			for _, r := range prm.References(v) {
				for _, spelled := range x.spelled(r) {
					out = append(out, x.hash.Token(prm.Name, spelled))
				}
			}
			if strings.Contains(v.Text, "://") {
				return nil
			}
		case v.Code == "":
			return nil
		case v.HasSystem && v.System != "":
			out = append(out, x.hash.Token(prm.Name, v.System+"|"+v.Code))
		default:
			out = append(out, x.hash.Token(prm.Name, v.Code))
		}
	}
	if len(out) > 64 {
		return nil
	}
	return out
}

// Ident is the hash under which an identifier-like value of a type is filed.
func (x *Extractor) Ident(typ, param, value string) uint64 { return x.hash.Sum(typ, param, value) }

// Token is the hash of a value in the token column.
func (x *Extractor) Token(param, value string) uint32 { return x.hash.Token(param, value) }

// Hash is the extractor's keyed hash, for the aliases that other rooms file.
func (x *Extractor) Hash(parts ...string) uint64 { return x.hash.Sum(parts...) }

// Deciding is the one term that decides a query of a type, so that counting
// its documents counts the matches; ok is false when more has to be looked at.
func (x *Extractor) Deciding(q *Query, typ string) (term uint64, ok bool) {
	switch len(q.Clauses) {
	case 0:
		return x.typeTerm(typ), true
	case 1:
	default:
		return 0, false
	}
	c := &q.Clauses[0]
	if c.Param == nil || c.Chain != nil || c.Modifier != "" || len(c.Values) != 1 || c.Param.Kind != Token {
		return 0, false
	}
	prm := x.table.Param(typ, c.Param.Name)
	if v := c.Values[0]; prm == nil || v.HasSystem || v.Code == "" || !x.plans[typ].termed(prm) {
		return 0, false
	}
	return x.valueTerm(typ, prm, c.Values[0].Code), true
}
