package search

import (
	_ "embed"
	"maps"
	"slices"
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
	Targets    []string    // of a reference; "*" = any
	Parts      []Component // of a composite
	URL        string      // canonical of a custom parameter, "" for those of R4
	paths      []path
	find       Finder // of a custom parameter, instead of paths
	bound      string // the value set that the code elements it points at are bound to, if they are
}

// Component is one part of a composite parameter.
type Component struct {
	Param *Param
	Root  bool // its paths start at the resource, not at the composite's element
}

// Finder finds the elements of a resource that a custom parameter speaks of.
type Finder func(resource *fhir.Value) []*fhir.Value

// Table is the search parameters that are served, by type and name. It is
// immutable: With makes another.
type Table struct {
	byType      map[string]map[string]*Param
	compartment map[string][]*Param            // of the patient, by type
	around      map[string]map[string][]string // compartment → type → parameters
	terms       Terminology
	outward     *sync.Map       // *Outward by type
	referring   *sync.Map       // []*Param by type, see Referring
	off         map[string]bool // "Type.name" of those without an index over all records
}

var loadTable = sync.OnceValue(buildTable)

// R4 is the table of the official parameters.
func R4() *Table { return loadTable() }

func buildTable() *Table {
	t := &Table{byType: map[string]map[string]*Param{}, compartment: map[string][]*Param{}, around: map[string]map[string][]string{}, outward: &sync.Map{}, referring: &sync.Map{}}
	for row := range rows(paramsText) {
		f := strings.Split(row, "\t")
		p := &Param{Type: f[0], Name: f[1], Kind: Kind(f[2]), Targets: strings.Fields(f[4]), paths: compilePaths(strings.Fields(f[3]))}
		for _, c := range strings.Fields(f[5]) {
			p.Parts = append(p.Parts, component(p, c))
		}
		p.bound = p.boundTo()
		t.add(p)
	}
	for row := range rows(compartmentText) {
		f := strings.Split(row, "\t")
		if t.around[f[0]] == nil {
			t.around[f[0]] = map[string][]string{}
		}
		t.around[f[0]][f[1]] = strings.Fields(f[2])
	}
	for typ, names := range t.around["Patient"] {
		for _, n := range patientFirst(names) {
			if p := t.byType[typ][n]; p != nil {
				t.compartment[typ] = append(t.compartment[typ], p)
			}
		}
	}
	return t
}

func compilePaths(list []string) []path {
	out := make([]path, len(list))
	for i, s := range list {
		out[i] = compilePath(s)
	}
	return out
}

// component reads "kind=path,path"; a caret before the paths starts them at
// the resource.
func component(of *Param, s string) Component {
	kind, paths, _ := strings.Cut(s, "=")
	paths, root := strings.CutPrefix(paths, "^")
	return Component{Root: root, Param: &Param{Type: of.Type, Name: of.Name, Kind: Kind(kind), paths: compilePaths(strings.Split(paths, ","))}}
}

// With is a table that serves custom parameters too; they stand before those of
// R4 of the same name.
func (t *Table) With(custom ...*Param) *Table {
	next := *t
	next.byType, next.outward, next.referring = maps.Clone(t.byType), &sync.Map{}, &sync.Map{}
	for _, p := range custom {
		next.byType[p.Type] = maps.Clone(next.byType[p.Type])
		next.add(p)
	}
	return &next
}

// Custom makes a parameter that is none of R4's.
func Custom(typ, name, url string, kind Kind, targets []string, find Finder) *Param {
	return &Param{Type: typ, Name: name, URL: url, Kind: kind, Targets: targets, find: find}
}

// WithTerminology is a table that asks t what a code means.
func (t *Table) WithTerminology(terms Terminology) *Table {
	next := *t
	next.terms = terms
	return &next
}

// Terminology answers what a search cannot know of itself. known is false when
// the value set or code system is not here.
type Terminology interface {
	// In tells whether a code is in a value set.
	In(valueSet, system, code string) (in, known bool)
	// Subsumes tells whether code a is b or stands above it.
	Subsumes(system, a, b string) (yes, known bool)
	// Meant is the code system that a code of a value set which R4 enumerates belongs
	// to, by the set's name such as "observation-status"; "" when it is none of them.
	Meant(set, code string) (system string)
	// Knows tells whether a value set can be asked for.
	Knows(valueSet string) bool
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

// ofEvery finds a parameter that each of the types has; it is nil when one of
// them lacks it. The parameters of one name mean the same across types.
func (t *Table) ofEvery(types []string, name string) *Param {
	var found *Param
	for _, typ := range types {
		p := t.Param(typ, name)
		if p == nil {
			return nil
		}
		found = p
	}
	if found == nil {
		return t.byType["Resource"][name]
	}
	if len(types) > 1 && found.Type != "Resource" {
		return t.merged(types, name)
	}
	return found
}

// merged is one parameter over several types: each resource is asked by the
// paths of its own type.
func (t *Table) merged(types []string, name string) *Param {
	first := t.Param(types[0], name)
	m := *first
	m.find = func(resource *fhir.Value) []*fhir.Value {
		if p := t.Param(resource.Type(), name); p != nil {
			return p.values(resource)
		}
		return nil
	}
	return &m
}

// Params lists the parameters of a type in order of name, those of every type
// first.
func (t *Table) Params(typ string) []*Param {
	var out []*Param
	for _, from := range slices.Compact([]string{"Resource", typ}) {
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

// Compartments lists the compartment types that are served.
func (t *Table) Compartments() []string { return slices.Sorted(maps.Keys(t.around)) }

// Around lists the parameters that put a type into a compartment; ok is false
// when the type does not belong to it.
// https://hl7.org/fhir/R4/compartmentdefinition.html
func (t *Table) Around(compartment, typ string) (params []string, ok bool) {
	params, ok = t.around[compartment][typ]
	return params, ok
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

// Referring lists the reference parameters of other types that may name a
// resource of the type, in order of type and name. The list is shared and not to
// be changed.
func (t *Table) Referring(typ string) []*Param {
	if have, ok := t.referring.Load(typ); ok {
		return have.([]*Param)
	}
	var out []*Param
	for _, from := range fhir.R4().Names() {
		for _, p := range t.Params(from) {
			if p.Kind == Reference && p.Type == from && (slices.Contains(p.Targets, typ) || slices.Contains(p.Targets, "*")) {
				out = append(out, p)
			}
		}
	}
	t.referring.Store(typ, out)
	return out
}
