package harmonise

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"concord/exchange/onboard"
	"concord/standard/fhir"
)

// ConceptMaps gives the build as FHIR, a ConceptMap for each kind that has
// anything decided (https://hl7.org/fhir/R4/conceptmap.html). What is mapped is
// "equal" when both codes are the same, else "equivalent"; what is allowed or
// stays is "unmatched", with the reason.
func (b *Build) ConceptMaps(at time.Time) []*fhir.Value {
	by := map[Kind][]Item{}
	for _, it := range b.Worklist(false) {
		if it.State != Open {
			by[it.Kind] = append(by[it.Kind], it)
		}
	}
	var out []*fhir.Value
	for _, kind := range Kinds() {
		if len(by[kind]) > 0 {
			out = append(out, b.conceptMap(kind, by[kind], at))
		}
	}
	return out
}

func (b *Build) conceptMap(kind Kind, items []Item, at time.Time) *fhir.Value {
	type pair struct{ from, to string }
	groups := map[pair][]*fhir.Value{}
	slices.SortFunc(items, func(x, y Item) int { return strings.Compare(x.Code, y.Code) })
	for i := range items {
		it := &items[i]
		p := pair{from: b.systemOf(it)}
		target := fhir.Obj("equivalence", "unmatched", "comment", comment(it))
		if it.Target != nil {
			p.to = it.Target.System
			equivalence := "equivalent"
			if it.Target.coding() == (Coding{p.from, it.Code}) {
				equivalence = "equal"
			}
			target = fhir.Obj("code", it.Target.Code, "display", it.Target.Name, "equivalence", equivalence, "comment", comment(it))
		}
		groups[p] = append(groups[p], fhir.Obj("code", it.Code, "display", it.Name, "target", fhir.Arr(target)))
	}
	keys := make([]pair, 0, len(groups))
	for p := range groups {
		keys = append(keys, p)
	}
	slices.SortFunc(keys, func(x, y pair) int {
		return cmp.Or(strings.Compare(x.from, y.from), strings.Compare(x.to, y.to))
	})
	var list []*fhir.Value
	for _, p := range keys {
		list = append(list, fhir.Obj("source", p.from, "target", p.to, "element", groups[p]))
	}
	title := b.Org + " " + string(kind) + " to the domain's"
	return fhir.Obj("resourceType", "ConceptMap", "url", mapURL(b.Org, kind), "name", "Map"+strings.ToUpper(string(kind[:1]))+string(kind[1:]),
		"title", title, "status", "active", "date", at.UTC().Format("2006-01-02T15:04:05Z"), "publisher", b.Org, "group", list)
}

// systemOf is the system of an item's own code.
func (b *Build) systemOf(it *Item) string {
	if e := b.own[onboard.CodeKey{Kind: it.Kind, Code: it.Code}]; e != nil {
		return e.System
	}
	return systemOf(b.Org, it.Kind, it.Code)
}

// comment says who decided and why, and what becomes of values.
func comment(it *Item) string {
	var parts []string
	if d := it.Decision; d != nil {
		parts = append(parts, d.Who+" on "+d.At.Format(time.DateOnly)+": "+d.Why)
		if d.Owner != "" {
			parts = append(parts, "owner "+d.Owner)
		}
		if d.Until != "" {
			parts = append(parts, "looked at again on "+d.Until)
		}
	}
	return strings.Join(append(parts, it.Notes...), "; ")
}
