package onboard

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"concord/exchange/crosswalk"
	"concord/fault"
)

// CodeKind is a catalogue of the source's that a column of codes is of.
type CodeKind = crosswalk.Kind

// The catalogues of an extract's columns.
const (
	Results     = crosswalk.Results
	Units       = crosswalk.Units
	Wards       = crosswalk.Wards
	Clinics     = crosswalk.Clinics
	Specialties = crosswalk.Specialties
	DocKinds    = crosswalk.DocKinds
	Staff       = crosswalk.Staff
	Drugs       = crosswalk.Drugs
	Alerts      = crosswalk.Alerts
)

// codeColumn is a column of codes, with the one that has their names and, of
// results, their units.
type codeColumn struct {
	class, column, name, unit string
	kind                      CodeKind
}

func codeColumns() []codeColumn {
	return []codeColumn{
		{"alerts", "code", "text", "", Alerts},
		{"encounters", "ward", "", "", Wards}, {"encounters", "consultant", "", "", Staff}, {"encounters", "specialty", "", "", Specialties},
		{"pathways", "specialty", "", "", Specialties}, {"waiting", "specialty", "", "", Specialties}, {"waiting", "consultant", "", "", Staff},
		{"appointments", "clinic", "", "", Clinics}, {"appointments", "consultant", "", "", Staff},
		{"documents", "kind", "", "", DocKinds},
		{"results", "code", "name", "unit", Results}, {"results", "unit", "", "", Units},
		{"medicines", "code", "text", "", Drugs}, {"medicines", "prescriber", "", "", Staff},
	}
}

// UsedCode is a code that rows of an extract have.
type UsedCode struct {
	Kind CodeKind `json:"kind"`
	Code string   `json:"code"`
	// Name is what the rows mostly call it; Names counts the others that they
	// have, at most 8.
	Name  string    `json:"name,omitempty"`
	Names int       `json:"otherNames,omitempty"`
	Rows  int64     `json:"rows"`
	Units []Counted `json:"units,omitempty"` // of results, as sent; "" = none
}

// UsedCodes are the codes of an extract's rows that can be loaded.
type UsedCodes struct {
	Parts   int                `json:"parts"`
	Codes   []UsedCode         `json:"codes"` // by kind, the most used first
	Uncoded map[CodeKind]int64 `json:"uncoded,omitempty"`
}

const (
	codesFile = "codes.json"
	mostUsed  = 20_000 // codes of one kind: beyond it the column holds something else
	mostNames = 8
	mostUnits = 20
)

// Codes counts the codes that the rows of a profiled extract have, those that
// cannot be loaded left out. What was counted is kept with the extract. Errors:
// Conflict "onboard.not-profiled"; Invalid "onboard.codes" when a column holds
// more than a catalogue can have.
func (s *Stage) Codes(ctx context.Context, x *Extract) (*UsedCodes, error) {
	r, err := x.Report()
	if err != nil {
		return nil, err
	}
	if r == nil || r.Parts != len(x.Parts) {
		return nil, fault.New(fault.Conflict, "onboard.not-profiled", "profile the extract first: what cannot be loaded has no say in what is needed")
	}
	if x.exists(codesFile) {
		var u UsedCodes
		if err := readJSON(x.path(codesFile), &u); err != nil {
			return nil, err
		}
		if u.Parts == len(x.Parts) {
			return &u, nil
		}
	}
	c := &codeCount{codes: map[[2]string]*codeTally{}, kinds: map[CodeKind]int{}, uncoded: map[CodeKind]int64{}}
	for _, class := range Layout() {
		if err := c.class(ctx, x, &class); err != nil {
			return nil, err
		}
	}
	u := &UsedCodes{Parts: len(x.Parts), Codes: c.sorted(), Uncoded: c.uncoded}
	return u, writeJSON(x.path(codesFile), u)
}

// codeCount counts the codes of an extract.
type codeCount struct {
	codes   map[[2]string]*codeTally // by kind and code
	kinds   map[CodeKind]int
	uncoded map[CodeKind]int64
}

type codeTally struct {
	rows         int64
	names, units map[string]int64
}

func (c *codeCount) class(ctx context.Context, x *Extract, class *Class) error {
	var columns []codeColumn
	for _, k := range codeColumns() {
		if k.class == class.Name {
			columns = append(columns, k)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	n := 0
	for _, f := range x.filesOfClass(class.Name) {
		for fields, err := range x.loadable(f, len(class.Columns)) {
			if n++; err == nil && n&0xfff == 0 {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			for _, k := range columns {
				if err := c.add(k, class, fields); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *codeCount) add(k codeColumn, class *Class, fields [][]byte) error {
	code := string(fields[class.column(k.column)])
	if code == "" {
		if k.name != "" && len(fields[class.column(k.name)]) > 0 {
			c.uncoded[k.kind]++
		}
		return nil
	}
	id := [2]string{string(k.kind), code}
	t := c.codes[id]
	if t == nil {
		if c.kinds[k.kind]++; c.kinds[k.kind] > mostUsed {
			return fault.New(fault.Invalid, "onboard.codes", "the column %s of %s has more than %d codes: it is none of a catalogue", k.column, class.Name, mostUsed)
		}
		t = &codeTally{}
		c.codes[id] = t
	}
	t.rows++
	if k.name != "" {
		t.names = counted(t.names, string(fields[class.column(k.name)]), mostNames)
	}
	if k.unit != "" {
		t.units = counted(t.units, string(fields[class.column(k.unit)]), mostUnits)
	}
	return nil
}

// counted counts a value among at most so many.
func counted(m map[string]int64, v string, most int) map[string]int64 {
	if m == nil {
		m = map[string]int64{}
	}
	if _, known := m[v]; known || len(m) < most {
		m[v]++
	}
	return m
}

func (c *codeCount) sorted() []UsedCode {
	out := make([]UsedCode, 0, len(c.codes))
	for id, t := range c.codes {
		u := UsedCode{Kind: CodeKind(id[0]), Code: id[1], Rows: t.rows, Units: byCount(t.units)}
		for i, n := range byCount(t.names) {
			switch {
			case i == 0:
				u.Name = n.Value
			case n.Value != "":
				u.Names++
			}
		}
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b UsedCode) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Code, b.Code))
	})
	return out
}

func byCount(m map[string]int64) []Counted {
	var out []Counted
	for v, n := range m {
		out = append(out, Counted{v, n})
	}
	slices.SortFunc(out, byRows)
	return out
}
