package fhirpath

import (
	"strconv"
	"strings"

	"concord/standard/fhir"
)

// system converts a FHIR primitive to its System value
// (https://hl7.org/fhir/R4/fhirpath.html#types). ok is false for elements with
// children and for text that its type does not allow.
func (it *Item) system() (Item, bool) {
	if it.kind != nodeKind {
		return *it, true
	}
	switch it.value.Kind() {
	case fhir.Bool:
		return booleanItem(it.value.Bool()), true
	case fhir.Number:
		return numberOf(it.value.Raw(), it.typ)
	case fhir.String:
		return textOf(it.value.Str(), it.typ)
	}
	return Item{}, false
}

func numberOf(raw string, typ *fhir.Structure) (Item, bool) {
	whole := strings.IndexByte(raw, '.') < 0 && len(raw) <= 18
	if typ == nil || typ.Name != "decimal" {
		if n, err := strconv.ParseInt(raw, 10, 64); whole && err == nil {
			return integerItem(n), true
		}
	}
	d, ok := parseDecimal(raw)
	return decimalItem(d), ok
}

func textOf(s string, typ *fhir.Structure) (Item, bool) {
	if typ == nil {
		return stringItem(s), true
	}
	switch typ.Name {
	case "date":
		return parseMoment(s, dateKind)
	case "dateTime", "instant":
		return parseMoment(s, dateTimeKind)
	case "time":
		return parseMoment(s, timeKind)
	}
	return stringItem(s), true
}

// plain gives the text of a FHIR element that stands for a String, without
// boxing it in an Item.
func (it *Item) plain() (string, bool) {
	switch {
	case it.kind == stringKind:
		return it.str(), true
	case it.kind == nodeKind && it.value.Kind() == fhir.String && !isMomentType(it.typ):
		return it.value.Str(), true
	}
	return "", false
}

func isMomentType(t *fhir.Structure) bool {
	if t == nil {
		return false
	}
	switch t.Name {
	case "date", "dateTime", "instant", "time":
		return true
	}
	return false
}

// whole gives a number that fits int64 and has no point, without boxing it.
func (it *Item) whole() (int64, bool) {
	switch {
	case it.kind == integerKind:
		return it.num, true
	case it.kind == nodeKind && it.value.Kind() == fhir.Number:
		raw := it.value.Raw()
		if len(raw) > 18 {
			return 0, false
		}
		n, err := strconv.ParseInt(raw, 10, 64)
		return n, err == nil
	}
	return 0, false
}
