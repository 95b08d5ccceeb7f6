package search

import "slices"

// Ordered is a search that the index by code and date answers in the order of
// the leading date, page by page.
type Ordered struct {
	Codes  []uint64 // hashes under which matches are filed (Entries.Code)
	Oldest bool     // oldest first; else latest first
	// Lasting is the hash under which those are filed whose date is not told
	// by its beginning, 0 = they are not filed apart.
	Lasting uint64
	// Loose are groups of terms, as for a walk: records that have a term of
	// every group may hold matches that are filed under another code, or whose
	// date the index does not tell.
	Loose [][][]uint64
}

// ordered plans a search of one type that is sorted by its leading date, or
// bounded by it, and that names what is filed: the leading code with its
// system, or a type that is filed as such.
func (x *Extractor) ordered(l *Lookup, p *plan, q *Query, typ string) {
	if p.date == nil || l.Pin != nil || len(q.Types) > 1 || len(q.Sort) > 1 {
		return
	}
	bounded := l.From != 0 || l.To != 0
	if len(q.Sort) == 0 && !bounded || len(q.Sort) == 1 && q.Sort[0].Param != p.date {
		return
	}
	o := &Ordered{Oldest: len(q.Sort) == 1 && !q.Sort[0].Down}
	switch {
	case p.dated:
		o.Codes, o.Lasting = []uint64{x.typeCode(typ, false)}, x.typeCode(typ, true)
		if l.To != 0 {
			o.Loose = append(o.Loose, append(slices.Clone(l.Terms), []uint64{x.unbegunTerm(typ)}))
		}
		bounded = false
	case p.code != nil:
		var second []uint64
		if o.Codes, second = x.leadingCodes(p, q, typ); o.Codes == nil {
			return
		}
		o.Loose = append(o.Loose, append(slices.Clone(l.Terms), second))
	default:
		return
	}
	if bounded {
		o.Loose = append(o.Loose, append(slices.Clone(l.Terms), []uint64{x.lastingTerm(typ)}))
	}
	l.Ordered = o
}

// leadingCodes are the hashes of a clause that names codes with their systems,
// and the terms of what has one of them as a further code.
func (x *Extractor) leadingCodes(p *plan, q *Query, typ string) (codes, second []uint64) {
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Param != p.code || c.Modifier != "" || c.Chain != nil {
			continue
		}
		for _, v := range c.Values {
			if !v.HasSystem || v.Code == "" {
				return nil, nil
			}
			codes, second = append(codes, x.codeHash(v.System, v.Code)), append(second, x.secondTerm(typ, v.Code))
		}
		if len(codes) > maxStreams {
			return nil, nil
		}
		slices.Sort(codes)
		return slices.Compact(codes), second
	}
	return nil, nil
}

// maxStreams is how many codes are read side by side.
const maxStreams = 16

// typeCode stands in for the leading code of a type that is filed by date
// alone, those apart whose date lasts.
func (x *Extractor) typeCode(typ string, lasting bool) uint64 {
	if lasting {
		return x.hash.Sum("lasting", typ)
	}
	return x.hash.Sum("dated", typ)
}

// secondTerm is filed for every coding but the first.
func (x *Extractor) secondTerm(typ, code string) uint64 { return x.term("second", typ, code) }

// lastingTerm is filed where the leading date is not told by its beginning.
func (x *Extractor) lastingTerm(typ string) uint64 { return x.term("lasting", typ) }
