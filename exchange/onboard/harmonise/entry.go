package harmonise

import (
	"cmp"
	"slices"
	"strings"

	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
	"concord/standard/uk"
)

// Kind is a kind of catalogue.
type Kind = onboard.CodeKind

// Orders are what can be asked for. No column of an extract has their codes:
// they are mapped for the orders that come after the load.
const Orders = crosswalk.Orders

// Kinds lists every kind, in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{onboard.Drugs, onboard.Alerts, onboard.Results, onboard.Units, Orders, onboard.Wards, onboard.Clinics, onboard.Specialties, onboard.Staff, onboard.DocKinds}
}

// Entry is one line of a catalogue.
type Entry struct {
	Kind      Kind   `yaml:"-" json:"kind"`
	Code      string `yaml:"code" json:"code"`
	Name      string `yaml:"name" json:"name"`
	System    string `yaml:"system,omitempty" json:"system,omitempty"` // of the code; "" = the organisation's own
	National  Coding `yaml:"national,omitempty" json:"national"`       // LOINC, SNOMED CT, dm+d, consultant code
	Unit      string `yaml:"unit,omitempty" json:"unit,omitempty"`     // of a result; of the domain's: UCUM
	MolarMass string `yaml:"molar_mass,omitempty" json:"molarMass,omitempty"`
	Specialty string `yaml:"specialty,omitempty" json:"specialty,omitempty"` // treatment function code
	Site      string `yaml:"site,omitempty" json:"site,omitempty"`           // ODS code
	Uses      int64  `yaml:"uses,omitempty" json:"uses,omitempty"`           // a year, as its owner says
	From      string `yaml:"-" json:"from,omitempty"`                        // how it is known: "catalogue", "org pack", "record"
}

// Coding is a code of a system.
type Coding struct {
	System string `yaml:"system,omitempty" json:"system,omitempty"`
	Code   string `yaml:"code,omitempty" json:"code,omitempty"`
}

func (c Coding) String() string { return c.System + "|" + c.Code }

// coding is what the entry is known by: its own code.
func (e *Entry) coding() Coding { return Coding{e.System, e.Code} }

// nationals are the national codes of an entry: that which it names, and its
// own where that is one.
func (e *Entry) nationals() []Coding {
	var out []Coding
	if e.National.Code != "" {
		out = append(out, e.National)
	}
	if isNational(e.System) && e.coding() != e.National {
		out = append(out, e.coding())
	}
	return out
}

// isNational tells systems whose codes mean the same everywhere.
func isNational(system string) bool {
	return system != "" && !strings.HasPrefix(system, "urn:concord:")
}

// TreatmentFunction is the system of treatment function codes.
const TreatmentFunction = "https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode"

// systemOf is the system of a code of an organisation whose catalogue names
// none.
func systemOf(org string, kind Kind, code string) string {
	if kind == onboard.Specialties && len(code) == 3 && strings.Trim(code, "0123456789") == "" {
		return TreatmentFunction
	}
	return crosswalk.SourceSystem(org, kind, code)
}

// unitSystem is the system that a unit is mapped into.
const unitSystem = uk.UCUM

// Domain is what runs: what codes of a joiner can be mapped to.
type Domain struct {
	entries  map[Kind][]Entry
	byCode   map[Kind]map[Coding]int
	national map[Kind]map[Coding][]int
	words    map[Kind]*rarity
}

// NewDomain puts together what is known; of two entries of one code the first
// counts. The units of results are units of the domain.
func NewDomain(lists ...[]Entry) *Domain {
	d := &Domain{entries: map[Kind][]Entry{}, byCode: map[Kind]map[Coding]int{}, national: map[Kind]map[Coding][]int{}, words: map[Kind]*rarity{}}
	for _, list := range lists {
		for _, e := range list {
			d.add(e)
			if e.Kind == onboard.Results && e.Unit != "" {
				d.add(Entry{Kind: onboard.Units, Code: e.Unit, Name: e.Unit, System: unitSystem, From: e.From})
			}
		}
	}
	for _, u := range readWords().Units {
		d.add(Entry{Kind: onboard.Units, Code: u, Name: u, System: unitSystem, From: "UCUM"})
	}
	for kind, list := range d.entries {
		d.words[kind] = rarityOf(list)
	}
	return d
}

func (d *Domain) add(e Entry) {
	if d.byCode[e.Kind] == nil {
		d.byCode[e.Kind], d.national[e.Kind] = map[Coding]int{}, map[Coding][]int{}
	}
	if _, twice := d.byCode[e.Kind][e.coding()]; twice {
		return
	}
	if e.From == "record" && len(d.national[e.Kind][e.coding()]) > 0 { // the catalogue has it under a code of its own
		return
	}
	n := len(d.entries[e.Kind])
	d.entries[e.Kind] = append(d.entries[e.Kind], e)
	d.byCode[e.Kind][e.coding()] = n
	for _, c := range e.nationals() {
		d.national[e.Kind][c] = append(d.national[e.Kind][c], n)
	}
}

// Find gives the entry of a code, nil when nothing runs under it.
func (d *Domain) Find(kind Kind, c Coding) *Entry {
	n, ok := d.byCode[kind][c]
	if !ok {
		return nil
	}
	return &d.entries[kind][n]
}

// Entries are those of a kind, by name.
func (d *Domain) Entries(kind Kind) []Entry {
	out := slices.Clone(d.entries[kind])
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Code, b.Code))
	})
	return out
}
