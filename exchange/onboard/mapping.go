package onboard

import (
	"strings"

	"concord/exchange/crosswalk"
	"concord/fault"
)

// Mapping is what becomes of the source's codes when rows are loaded
// (concord/exchange/onboard/harmonise). What it does not name is loaded as sent.
type Mapping struct {
	// Open says, item by item, what nobody has decided yet: a load does not begin.
	Open []string
	crosswalk.Table
}

// CodeKey is a code of the source's.
type CodeKey = crosswalk.Key

// MappedCode is the domain's code for one of the source's.
type MappedCode = crosswalk.Target

// MappedUnit is a unit of UCUM, and how many of it one of the unit as sent is;
// nil = it is the same unit.
type MappedUnit = crosswalk.Unit

// shownOpen is how many open items an error names.
const shownOpen = 5

// ready refuses a load while something is open. Error: Conflict "onboard.build".
func (m *Mapping) ready() error {
	if m == nil || len(m.Open) == 0 {
		return nil
	}
	text := strings.Join(m.Open[:min(shownOpen, len(m.Open))], "; ")
	if more := len(m.Open) - shownOpen; more > 0 {
		return fault.New(fault.Conflict, "onboard.build", "%d items of the build are open: %s; and %d more", len(m.Open), text, more)
	}
	return fault.New(fault.Conflict, "onboard.build", "%d items of the build are open: %s", len(m.Open), text)
}

// table is what rows are loaded by, nil = codes as sent.
func (m *Mapping) table() *crosswalk.Table {
	if m == nil {
		return nil
	}
	return &m.Table
}
