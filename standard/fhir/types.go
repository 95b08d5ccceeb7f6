package fhir

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed types.txt
var typesText string

// Types are the R4 resource types by number. Numbers are stored, so the list
// never changes order (R4 is frozen: https://hl7.org/fhir/R4/resourcelist.html).
type Types struct {
	names  []string
	number map[string]uint16
}

var loadTypes = sync.OnceValue(func() *Types {
	t := &Types{names: strings.Fields(typesText), number: map[string]uint16{}}
	for i, n := range t.names {
		t.number[n] = uint16(i + 1)
	}
	return t
})

// R4 is the list of resource types.
func R4() *Types { return loadTypes() }

// Number is the number of a type, 1 and up; 0 when R4 has no such type.
func (t *Types) Number(name string) uint16 { return t.number[name] }

// Name is the type with that number, or "".
func (t *Types) Name(n uint16) string {
	if n == 0 || int(n) > len(t.names) {
		return ""
	}
	return t.names[n-1]
}

// Names lists every type, in order of number.
func (t *Types) Names() []string { return t.names }
