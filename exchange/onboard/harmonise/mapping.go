package harmonise

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
)

// conversion is what becomes of values in a unit as sent: the unit of UCUM, and
// the factor, nil where none is needed. why says why they cannot be taken.
func (b *Build) conversion(sent string, e *Entry) (unit string, factor *big.Rat, why string) {
	from := b.ucumOf(sent)
	if from == "" {
		return "", nil, fmt.Sprintf("the unit %q is not mapped", clipped(sent))
	}
	u, ok := crosswalk.Convert(from, e.Unit, e.MolarMass)
	if !ok {
		return "", nil, fmt.Sprintf("%s does not convert into %s, the unit of %s", from, e.Unit, e.Name)
	}
	return u.Code, u.Factor, ""
}

// Worklist are all codes of the joiner's, what stands in the way first, and of
// that what most rows have. With suggest, open items have suggestions.
func (b *Build) Worklist(suggest bool) []Item {
	var out []Item
	seen := map[onboard.CodeKey]bool{}
	if b.Used != nil {
		for _, u := range b.Used.Codes {
			seen[onboard.CodeKey{Kind: u.Kind, Code: u.Code}] = true
			out = append(out, b.item(u, suggest))
		}
	}
	for i := range b.catalogue.Entries {
		e := &b.catalogue.Entries[i]
		if k := (onboard.CodeKey{Kind: e.Kind, Code: e.Code}); !seen[k] {
			seen[k] = true
			out = append(out, b.item(onboard.UsedCode{Kind: e.Kind, Code: e.Code, Name: e.Name}, suggest))
		}
	}
	for _, k := range b.unseen(seen) {
		out = append(out, b.item(onboard.UsedCode{Kind: k.Kind, Code: k.Code, Name: b.heard[k].name}, suggest))
	}
	order := Kinds()
	slices.SortStableFunc(out, func(x, y Item) int {
		return cmp.Or(cmp.Compare(urgency(&x), urgency(&y)), cmp.Compare(y.Rows, x.Rows), cmp.Compare(y.Heard, x.Heard), cmp.Compare(y.Uses, x.Uses),
			cmp.Compare(slices.Index(order, x.Kind), slices.Index(order, y.Kind)), strings.Compare(x.Code, y.Code))
	})
	return out
}

func urgency(it *Item) int {
	switch {
	case it.Blocks:
		return 0
	case it.State == Open && it.Heard > 0:
		return 1
	case it.State == Open:
		return 2
	}
	return 3
}

// unseen are the codes that only messages have.
func (b *Build) unseen(seen map[onboard.CodeKey]bool) []onboard.CodeKey {
	var out []onboard.CodeKey
	for k := range b.heard {
		if !seen[k] {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(x, y onboard.CodeKey) int {
		return cmp.Or(strings.Compare(string(x.Kind), string(y.Kind)), strings.Compare(x.Code, y.Code))
	})
	return out
}

// One is the item of one code, with suggestions; nil when neither the extract
// nor the catalogue nor a message has it.
func (b *Build) One(kind Kind, code string) *Item {
	u, ok := b.used(kind, code)
	if !ok {
		return nil
	}
	it := b.item(u, true)
	return &it
}

func (b *Build) used(kind Kind, code string) (onboard.UsedCode, bool) {
	if b.Used != nil {
		for _, u := range b.Used.Codes {
			if u.Kind == kind && u.Code == code {
				return u, true
			}
		}
	}
	if e := b.own[onboard.CodeKey{Kind: kind, Code: code}]; e != nil {
		return onboard.UsedCode{Kind: kind, Code: code, Name: e.Name}, true
	}
	if x := b.heard[onboard.CodeKey{Kind: kind, Code: code}]; x != nil {
		return onboard.UsedCode{Kind: kind, Code: code, Name: x.name}, true
	}
	return onboard.UsedCode{}, false
}

// Targets are the domain's entries of a kind, by name.
func (b *Build) Targets(kind Kind) []Entry { return b.domain.Entries(kind) }

// Summary counts codes and rows by state.
type Summary struct {
	Codes  map[State]int   `json:"codes"`
	Rows   map[State]int64 `json:"rows"`
	Blocks int             `json:"blocks"` // open codes that rows have
}

// Sum counts a worklist.
func Sum(items []Item) Summary {
	s := Summary{map[State]int{}, map[State]int64{}, 0}
	for i := range items {
		s.Codes[items[i].State]++
		s.Rows[items[i].State] += items[i].Rows
		if items[i].Blocks {
			s.Blocks++
		}
	}
	return s
}

// Mapping is what a load does with the codes of the extract.
func (b *Build) Mapping() *onboard.Mapping {
	m := &onboard.Mapping{Table: crosswalk.Table{Trust: b.Org, Codes: map[onboard.CodeKey]onboard.MappedCode{}}}
	for _, it := range b.Worklist(false) {
		if it.Blocks {
			m.Open = append(m.Open, fmt.Sprintf("%s %s (%d rows): %s", it.Kind, clipped(it.Code), it.Rows, it.Why))
		}
		if it.Target == nil {
			continue
		}
		to := targetOf(it.Target)
		if it.Kind == onboard.Results {
			to.Units = map[string]onboard.MappedUnit{}
			for _, sent := range it.Units {
				if unit, factor, why := b.conversion(sent, it.Target); sent != "" && why == "" {
					to.Units[sent] = onboard.MappedUnit{Code: unit, Factor: factor}
				}
			}
		}
		m.Codes[onboard.CodeKey{Kind: it.Kind, Code: it.Code}] = to
	}
	return m
}

func targetOf(e *Entry) crosswalk.Target {
	to := crosswalk.Target{System: e.System, Code: e.Code, Display: e.Name, Unit: e.Unit, MolarMass: e.MolarMass}
	if n := e.National; n != e.coding() {
		to.NationalSystem, to.NationalCode = n.System, n.Code
	}
	return to
}
