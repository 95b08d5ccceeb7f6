package harmonise

import (
	"fmt"
	"slices"

	"concord/exchange/onboard"
)

// Heard is a code that messages of the joiner's living feeds have and on which
// nobody had decided when they came.
type Heard struct {
	Kind     Kind
	Code     string
	Name     string
	Messages int64
	// Unit is, of a result that is mapped, a unit of values that could not be taken.
	Unit string
}

// hear takes in what messages have: codes to decide on, and units.
func (b *Build) hear(list []Heard) {
	b.heard = map[onboard.CodeKey]*heard{}
	for _, h := range list {
		b.listen(h.Kind, h.Code).take(h)
		if h.Unit != "" {
			b.listen(onboard.Units, h.Unit).take(Heard{Messages: h.Messages})
		}
	}
}

// heard is what messages have of one code.
type heard struct {
	name     string
	messages int64
	units    []string
}

func (b *Build) listen(kind Kind, code string) *heard {
	k := onboard.CodeKey{Kind: kind, Code: code}
	if b.heard[k] == nil {
		b.heard[k] = &heard{}
	}
	return b.heard[k]
}

func (x *heard) take(h Heard) {
	if h.Name != "" {
		x.name = h.Name
	}
	if x.messages += h.Messages; h.Unit != "" && !slices.Contains(x.units, h.Unit) {
		x.units = append(x.units, h.Unit)
	}
}

// told says of an item what messages have.
func (b *Build) told(it *Item) {
	x := b.heard[onboard.CodeKey{Kind: it.Kind, Code: it.Code}]
	if x == nil {
		return
	}
	it.Heard = max(x.messages, 1)
	if it.Target == nil {
		return
	}
	for _, unit := range x.units {
		if _, _, why := b.conversion(unit, it.Target); why != "" {
			it.Notes = append(it.Notes, fmt.Sprintf("messages have values of it that are written as sent: %s", why))
		}
	}
}
