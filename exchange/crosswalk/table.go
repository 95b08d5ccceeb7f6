package crosswalk

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"concord/standard/ucum"
	"concord/standard/uk"
)

// Kind is a catalogue of a trust's that a code is of.
type Kind string

// The kinds.
const (
	Results     Kind = "results"
	Units       Kind = "units"
	Wards       Kind = "wards"
	Clinics     Kind = "clinics"
	Specialties Kind = "specialties"
	DocKinds    Kind = "documents"
	Staff       Kind = "staff"
	Drugs       Kind = "drugs"
	Alerts      Kind = "alerts"
	Orders      Kind = "orders"
)

// Key is a code of a trust's.
type Key struct {
	Kind Kind
	Code string
}

// Target is the domain's code for one of a trust's.
type Target struct {
	System         string `json:"system"`
	Code           string `json:"code"`
	Display        string `json:"display,omitempty"`
	NationalSystem string `json:"nationalSystem,omitempty"` // "" = none, or the code itself is one
	NationalCode   string `json:"nationalCode,omitempty"`
	// Unit is, of a result, the unit of UCUM that the domain has its values in, ""
	// = any; MolarMass the grams of a mole of it, "" = not known.
	Unit      string `json:"unit,omitempty"`
	MolarMass string `json:"molarMass,omitempty"`
	// Units are what becomes of values in a unit as sent, where it has been worked
	// out; of others it is worked out when they come.
	Units map[string]Unit `json:"-"`
}

// Unit is a unit of UCUM, and how many of it one of the unit as sent is; nil = it
// is the same unit.
type Unit struct {
	Code   string
	Factor *big.Rat
}

// Table is what becomes of the codes of one trust. A nil one knows no code.
type Table struct {
	Trust   string // ODS code
	Version string // by which resources name it, such as "R1K.3"; "" = it is not kept
	Codes   map[Key]Target
	// Stays are codes that are to stay as they are sent: until a day (YYYY-MM-DD),
	// or "" for good.
	Stays map[Key]string
}

// Find gives the domain's code for one of the trust's.
func (t *Table) Find(kind Kind, code string) (Target, bool) {
	if t == nil || code == "" {
		return Target{}, false
	}
	to, ok := t.Codes[Key{kind, code}]
	return to, ok
}

// Knows tells whether somebody has decided on a code: it is mapped, or stays as
// it is on that day (YYYY-MM-DD).
func (t *Table) Knows(kind Kind, code, day string) bool {
	if _, ok := t.Find(kind, code); ok || t == nil {
		return ok
	}
	until, ok := t.Stays[Key{kind, code}]
	return ok && (until == "" || until >= day)
}

// Answers tells whether somebody has decided on a code that came on a day and, with a
// unit, on values of it in that unit.
func (t *Table) Answers(kind Kind, code, unit, day string) bool {
	if unit == "" {
		return t.Knows(kind, code, day)
	}
	to, ok := t.Find(kind, code)
	if ok {
		_, ok = t.Unit(to, unit)
	}
	return ok
}

// Differs counts the codes on which two tables say something else; a nil one says
// nothing.
func (t *Table) Differs(other *Table) int {
	n := 0
	a, b := t.lines(), other.lines()
	for k, l := range a {
		if b[k] != l {
			n++
		}
	}
	for k := range b {
		if _, both := a[k]; !both {
			n++
		}
	}
	return n
}

// lines is a table by code, as it would be written.
func (t *Table) lines() map[Key]string {
	out := map[Key]string{}
	if t == nil {
		return out
	}
	for k, to := range t.Codes {
		out[k] = fmt.Sprintf("to %q", []string{to.System, to.Code, to.Display, to.NationalSystem, to.NationalCode, to.Unit, to.MolarMass})
	}
	for k, until := range t.Stays {
		out[k] = "stays " + until
	}
	return out
}

// Unit is what becomes of values of a result in a unit as sent; ok is false where
// that is not known, and then the values are not to be taken for the target's.
func (t *Table) Unit(to Target, sent string) (u Unit, ok bool) {
	if u, ok = to.Units[sent]; ok || sent == "" {
		return u, ok
	}
	from, known := t.Find(Units, sent)
	if !known {
		return Unit{}, false
	}
	return Convert(from.Code, to.Unit, to.MolarMass)
}

// Convert is what becomes of values in one unit of UCUM where a test is in
// another ("" = any), whose substance has so many grams a mole ("" = not known).
func Convert(from, into, molarMass string) (u Unit, ok bool) {
	if from == "" || into == "" {
		return Unit{Code: from}, from != ""
	}
	f, ok := ucum.ConvertMolar(from, into, MassOf(molarMass))
	switch {
	case !ok:
		return Unit{}, false
	case f.Cmp(big.NewRat(1, 1)) == 0:
		return Unit{Code: into}, true
	}
	return Unit{into, f}, true
}

// MassOf reads a molar mass in grams a mole, nil if it is none.
func MassOf(text string) *big.Rat {
	if len(text) > 12 || strings.Trim(text, "0123456789.") != "" {
		return nil
	}
	m, ok := new(big.Rat).SetString(text)
	if !ok || m.Sign() <= 0 {
		return nil
	}
	return m
}

// SourceSystem is the system of a trust's own codes of a kind; those of a national
// form are the nation's.
func SourceSystem(trust string, kind Kind, code string) string {
	switch kind {
	case Wards, Clinics, Units:
		return uk.Local("source-" + string(kind)).System(trust)
	case Staff:
		if consultantForm.MatchString(code) {
			return uk.ConsultantCode
		}
		return uk.StaffCode.System(trust)
	case Drugs:
		if conceptForm.MatchString(code) {
			return DMD
		}
		return uk.Local("drug").System(trust)
	case Alerts:
		if conceptForm.MatchString(code) {
			return uk.SNOMED
		}
	}
	return uk.LocalCode.System(trust)
}

// DMD is the system of the NHS dictionary of medicines and devices.
const DMD = "https://dmd.nhs.uk"

var (
	consultantForm = regexp.MustCompile(`^[CD][0-9]{7}$`)
	conceptForm    = regexp.MustCompile(`^[1-9][0-9]{5,17}$`) // SCTID
)
