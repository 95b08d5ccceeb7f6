package search

import "strings"

// Lookup is what the store is asked for a query, from cheapest to costliest;
// every candidate is confirmed by Match.
type Lookup struct {
	// IDs are logical ids of the type; when set, nothing else is needed.
	IDs []string
	// Records are ids of patients (entries or persons) whose records hold the
	// answer.
	Records []string
	// Need are the token groups for a scan within records.
	Need [][]uint32
	// Idents are hashes of which one must be filed.
	Idents []uint64
	// Strings are prefixes of which one must be filed.
	Strings []StringEntry
	// Scan tells that nothing narrows the search: every resource of the type
	// has to be looked at, within the cost limit.
	Scan bool
}

// Lookup plans a query, and marks the clause that pins it to records.
func (x *Extractor) Lookup(q *Query) Lookup {
	var l Lookup
	p := x.plans[q.Type]
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Modifier == "missing" || c.Modifier == "not" {
			continue
		}
		switch {
		case c.Param.Name == "_id":
			for _, v := range c.Values {
				l.IDs = append(l.IDs, v.Code)
			}
		case l.Records == nil && x.table.namesPatient(q.Type, c):
			c.Pinned = true
			for _, v := range c.Values {
				l.Records = append(l.Records, strings.TrimPrefix(v.Text, "Patient/"))
			}
		case l.Idents == nil && has(p.idents, c.Param):
			l.Idents = x.identHashes(q.Type, c)
		case l.Strings == nil && has(p.strings, c.Param) && c.Modifier != "contains":
			l.Strings = x.prefixes(q.Type, c)
		case has(p.filter, c.Param):
			if need := x.need(c); need != nil {
				l.Need = append(l.Need, need)
			}
		}
	}
	l.Scan = l.IDs == nil && l.Records == nil && l.Idents == nil && l.Strings == nil
	return l
}

func has(list []*Param, p *Param) bool {
	for _, x := range list {
		if x == p {
			return true
		}
	}
	return false
}

// namesPatient tells whether a clause pins the query to patients' records.
func (t *Table) namesPatient(typ string, c *Clause) bool {
	if c.Param.Kind != Reference || len(t.compartment[typ]) == 0 {
		return false
	}
	if c.Param.Name != "patient" && (c.Param.Name != "subject" || !has(t.compartment[typ], c.Param)) {
		return false
	}
	for _, v := range c.Values {
		if id, ok := strings.CutPrefix(v.Text, "Patient/"); strings.Contains(id, "/") || !ok && strings.Contains(v.Text, "/") {
			return false
		}
	}
	return true
}

// prefixes are the filed strings to look for; nil when a value has no letter
// or digit, since what folds to nothing is not filed.
func (x *Extractor) prefixes(typ string, c *Clause) []StringEntry {
	var out []StringEntry
	for _, v := range c.Values {
		folded := Fold(v.Text)
		if folded == "" {
			return nil
		}
		out = append(out, StringEntry{x.hash.Sum(typ, c.Param.Name), folded})
	}
	return out
}

func (x *Extractor) identHashes(typ string, c *Clause) []uint64 {
	var out []uint64
	for _, v := range c.Values {
		if c.Param.Kind == Date {
			if v.Prefix != "eq" || v.When.to.Sub(v.When.from).Hours() > 26 {
				return nil
			}
			out = append(out, x.hash.Sum(typ, c.Param.Name, v.When.from.In(x.loc).Format("2006-01-02")))
			continue
		}
		if v.Code == "" || !v.HasSystem && typ != "Patient" || v.System == SourceKey {
			return nil
		}
		if v.HasSystem && v.System != "" {
			out = append(out, x.hash.Sum(typ, c.Param.Name, v.System+"|"+v.Code))
		} else {
			out = append(out, x.hash.Sum(typ, c.Param.Name, v.Code))
		}
	}
	return out
}

// need are the tokens of which a matching resource has at least one; nil when
// the clause cannot be told from tokens.
func (x *Extractor) need(c *Clause) []uint32 {
	var out []uint32
	for _, v := range c.Values {
		switch {
		case c.Param.Kind == Reference:
			for _, r := range c.Param.References(v) {
				out = append(out, x.hash.Token(c.Param.Name, r))
			}
			if strings.Contains(v.Text, "://") {
				return nil
			}
		case v.Code == "":
			return nil
		case v.HasSystem && v.System != "":
			out = append(out, x.hash.Token(c.Param.Name, v.System+"|"+v.Code))
		default:
			out = append(out, x.hash.Token(c.Param.Name, v.Code))
		}
	}
	if len(out) > 64 {
		return nil
	}
	return out
}

// Ident is the hash under which an identifier-like value of a type is filed.
func (x *Extractor) Ident(typ, param, value string) uint64 { return x.hash.Sum(typ, param, value) }

// Hash is the extractor's keyed hash, for the aliases that other rooms file.
func (x *Extractor) Hash(parts ...string) uint64 { return x.hash.Sum(parts...) }
