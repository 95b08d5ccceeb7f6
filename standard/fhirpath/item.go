package fhirpath

import (
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"concord/standard/fhir"
)

// kind tells what an Item is.
type kind uint8

const (
	nodeKind kind = iota
	booleanKind
	stringKind
	integerKind
	decimalKind
	dateKind
	dateTimeKind
	timeKind
	quantityKind
	typeKind // what type() gives
)

var systemNames = [...]string{
	booleanKind: "Boolean", stringKind: "String", integerKind: "Integer", decimalKind: "Decimal", dateKind: "Date",
	dateTimeKind: "DateTime", timeKind: "Time", quantityKind: "Quantity", typeKind: "TypeInfo",
}

// Item is one member of a Collection: a FHIR element or a value of the System
// types (http://hl7.org/fhirpath/N1/#literals).
type Item struct {
	kind         kind
	num          int64           // Boolean (0 or 1) and Integer
	value, extra *fhir.Value     // a FHIR element
	typ          *fhir.Structure // its type, nil when unknown
	ref          any             // string, *apd.Decimal, *moment, *quantity, typeName
}

func booleanItem(b bool) Item {
	it := Item{kind: booleanKind}
	if b {
		it.num = 1
	}
	return it
}

func stringItem(s string) Item { return Item{kind: stringKind, ref: s} }

func integerItem(n int64) Item { return Item{kind: integerKind, num: n} }

func decimalItem(d *apd.Decimal) Item { return Item{kind: decimalKind, ref: d} }

func quantityItem(q *quantity) Item { return Item{kind: quantityKind, ref: q} }

func (it *Item) str() string           { s, _ := it.ref.(string); return s }
func (it *Item) decimal() *apd.Decimal { return it.ref.(*apd.Decimal) }
func (it *Item) moment() *moment       { return it.ref.(*moment) }
func (it *Item) quantity() *quantity   { return it.ref.(*quantity) }

// Node gives the FHIR element, false for a System value.
func (i Item) Node() (Node, bool) {
	if i.kind != nodeKind {
		return Node{}, false
	}
	n := Node{Value: i.value, Extra: i.extra, Structure: i.typ}
	if i.typ != nil {
		n.Type = i.typ.Name
	}
	return n, true
}

// Type is "FHIR." or "System." and the name of the type; "" for a FHIR element
// of unknown type.
func (i Item) Type() string {
	switch {
	case i.kind != nodeKind:
		return "System." + systemNames[i.kind]
	case i.typ != nil:
		return "FHIR." + i.typ.Name
	}
	return ""
}

// Text is a scalar as text, "" for an element with children.
func (i Item) Text() string {
	switch i.kind {
	case nodeKind:
		if !isScalar(i.value) {
			return ""
		}
		return i.value.Text()
	case booleanKind:
		return strconv.FormatBool(i.num != 0)
	case stringKind:
		return i.str()
	case integerKind:
		return strconv.FormatInt(i.num, 10)
	case decimalKind:
		return decimalText(i.decimal())
	case quantityKind:
		return i.quantity().String()
	case typeKind:
		return i.ref.(typeName).String()
	}
	return i.moment().String()
}

func isScalar(v *fhir.Value) bool {
	switch v.Kind() {
	case fhir.Bool, fhir.Number, fhir.String:
		return true
	}
	return false
}

// Collection is what an expression evaluates to.
type Collection []Item

// Len is the number of items.
func (c Collection) Len() int { return len(c) }

// Bool is the value of a collection that is one boolean; ok is false for any
// other.
func (c Collection) Bool() (value, ok bool) {
	if len(c) != 1 {
		return false, false
	}
	it, ok := c[0].system()
	if !ok || it.kind != booleanKind {
		return false, false
	}
	return it.num != 0, true
}

// Strings are the texts of the scalars.
func (c Collection) Strings() []string {
	var out []string
	for _, it := range c {
		if it.kind != nodeKind || isScalar(it.value) {
			out = append(out, it.Text())
		}
	}
	return out
}

// Nodes are the FHIR elements.
func (c Collection) Nodes() []Node {
	var out []Node
	for _, it := range c {
		if n, ok := it.Node(); ok {
			out = append(out, n)
		}
	}
	return out
}
