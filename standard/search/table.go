package search

import (
	_ "embed"
	"sort"
	"strings"
	"sync"

	"concord/standard/fhir"
)

//go:embed params.tsv
var paramsText string

//go:embed compartment.tsv
var compartmentText string

// Kind is the type of a search parameter.
type Kind string

// The parameter types of R4 (https://hl7.org/fhir/R4/search.html#ptypes).
const (
	Token     Kind = "token"
	Reference Kind = "reference"
	String    Kind = "string"
	Date      Kind = "date"
	Number    Kind = "number"
	Quantity  Kind = "quantity"
	URI       Kind = "uri"
	Composite Kind = "composite"
	Special   Kind = "special"
)

// Param is one search parameter of one resource type.
type Param struct {
	Type, Name string
	Kind       Kind
	Targets    []string // of a reference; "*" = any
	paths      []path
}

// Table is every search parameter of R4 by type and name.
type Table struct {
	byType      map[string]map[string]*Param
	compartment map[string][]*Param
}

var loadTable = sync.OnceValue(buildTable)

// R4 is the table of the official parameters, without composite and special
// ones.
func R4() *Table { return loadTable() }

func buildTable() *Table {
	t := &Table{byType: map[string]map[string]*Param{}, compartment: map[string][]*Param{}}
	for row := range rows(paramsText) {
		f := strings.Split(row, "\t")
		p := &Param{Type: f[0], Name: f[1], Kind: Kind(f[2]), Targets: strings.Fields(f[4])}
		if p.Kind == Composite || p.Kind == Special {
			continue
		}
		for _, s := range strings.Fields(f[3]) {
			p.paths = append(p.paths, compilePath(s))
		}
		t.add(p)
	}
	for row := range rows(compartmentText) {
		typ, names, _ := strings.Cut(row, "\t")
		for _, n := range patientFirst(strings.Fields(names)) {
			if p := t.byType[typ][n]; p != nil {
				t.compartment[typ] = append(t.compartment[typ], p)
			}
		}
	}
	return t
}

func (t *Table) add(p *Param) {
	if t.byType[p.Type] == nil {
		t.byType[p.Type] = map[string]*Param{}
	}
	t.byType[p.Type][p.Name] = p
}

// patientFirst puts the parameters that name the patient as such before those
// where a patient may only take part.
func patientFirst(names []string) []string {
	rank := func(n string) int {
		switch n {
		case "patient":
			return 0
		case "subject":
			return 1
		}
		return 2
	}
	sort.SliceStable(names, func(i, j int) bool { return rank(names[i]) < rank(names[j]) })
	return names
}

func rows(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if line == "" || line[0] == '#' {
				continue
			}
			if !yield(line) {
				return
			}
		}
	}
}

// Param finds a parameter of a type, or one of every type (_id, _lastUpdated,
// _tag …). It is nil when there is none.
func (t *Table) Param(typ, name string) *Param {
	if p := t.byType[typ][name]; p != nil {
		return p
	}
	return t.byType["Resource"][name]
}

// Params lists the parameters of a type in order of name, those of every type
// first.
func (t *Table) Params(typ string) []*Param {
	var out []*Param
	for _, from := range []string{"Resource", typ} {
		start := len(out)
		for _, p := range t.byType[from] {
			out = append(out, p)
		}
		part := out[start:]
		sort.Slice(part, func(i, j int) bool { return part[i].Name < part[j].Name })
	}
	return out
}

// PatientOf is the reference that puts a resource into a patient's record: the
// first of its compartment parameters that names a Patient, as written
// ("Patient/x", "urn:uuid:…", a conditional "Patient?…"), or "".
// https://hl7.org/fhir/R4/compartmentdefinition-patient.html
func (t *Table) PatientOf(resource *fhir.Value) string {
	for _, p := range t.compartment[resource.Type()] {
		for _, v := range p.values(resource) {
			if ref := v.StrAt("reference"); isPatientRef(ref, v.StrAt("type")) {
				return ref
			}
		}
	}
	return ""
}

// InCompartment tells whether resources of the type belong to a patient's
// record when they name one.
func (t *Table) InCompartment(typ string) bool { return len(t.compartment[typ]) > 0 }

func isPatientRef(ref, typ string) bool {
	if typ == "Patient" && ref != "" {
		return true
	}
	if strings.HasPrefix(ref, "Patient?") {
		return true
	}
	if strings.HasPrefix(ref, "urn:") {
		return true // resolved within its bundle; the caller looks at what it names
	}
	r, ok := fhir.ParseReference(ref)
	return ok && r.Type == "Patient"
}
