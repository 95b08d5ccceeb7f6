package search

// Marked are the terms of resources of some types whose token parameter has
// one of the codes, whatever their system.
func (x *Extractor) Marked(param string, types, codes []string) []uint64 {
	out := make([]uint64, 0, len(types)*len(codes))
	for _, typ := range types {
		prm := x.table.Param(typ, param)
		if prm == nil || x.plans[typ] == nil || !x.plans[typ].termed(prm) {
			continue
		}
		for _, c := range codes {
			out = append(out, x.valueTerm(typ, prm, c))
		}
	}
	return out
}
