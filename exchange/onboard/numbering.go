package onboard

import (
	"fmt"
	"io"
	"regexp"

	"concord/fault"
	"concord/standard/uk"
)

// Numbering is the form of the numbers of each kind, as the joiner's org pack gives
// it: a regular expression of the whole value.
type Numbering map[uk.Local]string

// numberColumn is a column of numbers that the record will know by their kind.
type numberColumn struct {
	class, column string
	kind          uk.Local
	unless        string // a column that holds the number where it is filled
}

func numberColumns() []numberColumn {
	return []numberColumn{
		{"patients", "key", uk.HospitalNumber, "hospital_number"}, {"patients", "hospital_number", uk.HospitalNumber, ""},
		{"encounters", "key", uk.VisitNumber, ""}, {"appointments", "key", uk.Appointment, ""}, {"documents", "key", uk.DocumentNumber, ""},
		{"results", "order", uk.PlacerOrder, ""},
	}
}

// NumberCheck is how the numbers of a column fit the form of their kind. A misfit
// refuses no row: numbers that were given out long ago look another way, and a
// patient is still known by them. Many of them tell of a wrong column, or of a pack
// that was written for another system.
type NumberCheck struct {
	Class   string   `json:"class"`
	Column  string   `json:"column"`
	Kind    uk.Local `json:"kind"`
	Pattern string   `json:"pattern"`
	Held    int64    `json:"held"` // numbers of accepted rows
	Misfits int64    `json:"misfits"`
	// First names at most five rows of the misfits, and no value of theirs.
	First []RowAt `json:"first,omitempty"`
}

// RowAt is where a row stands in the source.
type RowAt struct {
	File string `json:"file"` // of its class, where the stage does not know the file's name
	Line int    `json:"line"` // or number of the message
}

// mostNamed is how many rows of misfits are named.
const mostNamed = 5

// numberForm holds the values of one column of a class against their form.
type numberForm struct {
	NumberCheck
	form           *regexp.Regexp
	column, unless int // places in the class; unless is -1 where there is none
}

// numberForms are those of a class, as far as the pack has a form for them. Error:
// Invalid "onboard.pattern".
func numberForms(c *Class, known Numbering) ([]*numberForm, error) {
	var out []*numberForm
	for _, n := range numberColumns() {
		pattern := known[n.kind]
		if n.class != c.Name || pattern == "" {
			continue
		}
		form, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return nil, fault.New(fault.Invalid, "onboard.pattern", "the pattern of the %s is no regular expression", n.kind)
		}
		out = append(out, &numberForm{NumberCheck{Class: c.Name, Column: n.column, Kind: n.kind, Pattern: pattern}, form, c.column(n.column), c.column(n.unless)})
	}
	return out, nil
}

// add holds the number of a row against the form.
func (n *numberForm) add(f partFile, from origin, fields [][]byte) {
	v := fields[n.column]
	if len(v) == 0 || n.unless >= 0 && len(fields[n.unless]) > 0 {
		return
	}
	n.Held++
	if len(v) <= maxKey && n.form.Match(v) {
		return
	}
	n.Misfits++
	if len(n.First) < mostNamed {
		at := RowAt{f.Source, from.line}
		if at.File == "" {
			at.File = n.Class
		}
		n.First = append(n.First, at)
	}
}

// Words tells where a row stands.
func (r RowAt) Words() string { return fmt.Sprintf("%s %d", r.File, r.Line) }

// numbers tells how numbers fit their forms, beside the trial before.
func (r *Report) numbers(out io.Writer, before *Report) {
	for _, n := range r.Numbering {
		change := ""
		if was := before.numberCheck(n.Class, n.Column); was != nil {
			change = fmt.Sprintf(" (%+d)", n.Misfits-was.Misfits)
		}
		fmt.Fprintf(out, "%10d%s  of %d do not fit the %s of the org pack, kept: %s.%s", n.Misfits, change, n.Held, n.Kind, n.Class, n.Column)
		for i, at := range n.First {
			fmt.Fprint(out, map[bool]string{true: "; first ", false: ", "}[i == 0], at.Words())
		}
		fmt.Fprintln(out)
	}
}

// numberCheck finds a check by its column, nil if there is none.
func (r *Report) numberCheck(class, column string) *NumberCheck {
	if r == nil {
		return nil
	}
	for i := range r.Numbering {
		if n := &r.Numbering[i]; n.Class == class && n.Column == column {
			return n
		}
	}
	return nil
}

// Misfits sums the numbers that do not fit, and those that were held against a
// form; held is 0 where there was none.
func (r *Report) Misfits() (misfits, held int64) {
	for _, n := range r.Numbering {
		misfits, held = misfits+n.Misfits, held+n.Held
	}
	return misfits, held
}
