package harmonise

import (
	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
)

// Table is what living feeds go by: every code that is decided on, whether rows of
// the extract have it, the catalogue or messages name it, or the decision alone; and
// every unit that the policy takes as it is written. What is open is not in it: it
// comes in as sent, and is told.
func (b *Build) Table() *crosswalk.Table {
	t := &crosswalk.Table{Trust: b.Org, Codes: map[crosswalk.Key]crosswalk.Target{}, Stays: map[crosswalk.Key]string{}}
	seen := map[crosswalk.Key]bool{}
	for _, it := range b.Worklist(false) {
		seen[crosswalk.Key{Kind: it.Kind, Code: it.Code}] = true
		b.put(t, &it)
	}
	for _, d := range b.decisions.List {
		if !seen[crosswalk.Key{Kind: d.Kind, Code: d.Code}] {
			it := b.item(onboard.UsedCode{Kind: d.Kind, Code: d.Code}, false)
			b.put(t, &it)
		}
	}
	for _, e := range b.domain.Entries(onboard.Units) {
		k := crosswalk.Key{Kind: onboard.Units, Code: e.Code}
		if _, known := t.Codes[k]; known {
			continue
		}
		if code := b.ucumOf(e.Code); code != "" {
			t.Codes[k] = crosswalk.Target{System: unitSystem, Code: code}
		}
	}
	return t
}

// put puts into a table what stands on a code.
func (b *Build) put(t *crosswalk.Table, it *Item) {
	k := crosswalk.Key{Kind: it.Kind, Code: it.Code}
	switch {
	case it.Target != nil:
		t.Codes[k] = targetOf(it.Target)
	case it.State == Allowed || it.State == Stays:
		t.Stays[k] = it.Decision.Until
	}
}
