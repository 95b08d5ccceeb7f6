package chart

import (
	"strings"

	"concord/record"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/uk"

	lang "golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Demographics is what each trust says about who the person is, side by side.
type Demographics struct {
	Best    []BestFact // what is taken as current, with its source
	Entries []Entry
	Rows    []DemographicRow
	Former  []string // superseded ids that lead here
}

// Entry is one trust's registration.
type Entry struct {
	ID     string
	Org    Organisation
	Source Source
}

// BestFact is the best of what is said of one particular.
type BestFact struct {
	Label  string
	Value  string
	Org    Organisation
	Why    string
	Others []Organisation // who say otherwise
}

// DemographicRow is one fact, a cell per entry.
type DemographicRow struct {
	Label  string
	Cells  []string
	Differ bool // the trusts that know it do not agree
}

// Demographics reads the page from the person alone.
func (l Lens) Demographics(p *record.Person) *Demographics {
	d := &Demographics{Former: p.Former}
	facts := l.facts()
	d.Best = l.best(p)
	for _, f := range facts {
		row := DemographicRow{Label: f.label}
		seen := ""
		for _, e := range p.Entries {
			v := f.of(e.Resource)
			if v == "" {
				v = NotKnown
			} else if n := strings.ToLower(strings.Join(strings.Fields(v), " ")); seen == "" {
				seen = n
			} else if n != seen && f.label != "Hospital number" {
				row.Differ = true
			}
			row.Cells = append(row.Cells, v)
		}
		if seen != "" || f.label != "Died" {
			d.Rows = append(d.Rows, row)
		}
	}
	for _, e := range p.Entries {
		s := l.source(e)
		d.Entries = append(d.Entries, Entry{ID: e.ID, Org: s.Org, Source: s})
	}
	return d
}

// demographic is one fact and how it reads.
type demographic struct {
	label string
	of    func(r *fhir.Value) string
}

func (l Lens) facts() []demographic {
	return []demographic{
		{"Name", func(r *fhir.Value) string {
			n := fhir.BestName(r)
			return uk.DisplayName(n.Family, n.Given, n.Prefix)
		}},
		{"Other names", otherNames},
		{"Born", func(r *fhir.Value) string { return l.when(r.StrAt("birthDate")).String() }},
		{"Gender", Gender},
		{"NHS number", nhsWithStatus},
		{"Hospital number", func(r *fhir.Value) string { return strings.Join(hospitalNumbers(r), ", ") }},
		{"Address", func(r *fhir.Value) string { return strings.Join(Address(person.HomeAddress(r)), ", ") }},
		{"Phone", func(r *fhir.Value) string { return telecom(r, "phone") }},
		{"Email", func(r *fhir.Value) string { return telecom(r, "email") }},
		{"GP", func(r *fhir.Value) string { return refName(r, r.Path("generalPractitioner.0")) }},
		{"Ethnic category", ethnicity},
		{"Language", func(r *fhir.Value) string { return language(r.Path("communication.0.language")) }},
		{"Marital status", func(r *fhir.Value) string { return maritalStatus(r.Get("maritalStatus")) }},
		{"Next of kin", contact},
		{"Died", func(r *fhir.Value) string {
			if w := l.when(r.StrAt("deceasedDateTime")); w.Known() {
				return w.Text
			}
			return map[bool]string{true: "Yes, date " + strings.ToLower(NotKnown)}[r.Get("deceasedBoolean").Bool()]
		}},
	}
}

// best words what is taken as current, where it comes from and why.
func (l Lens) best(p *record.Person) []BestFact {
	golden := p.Golden()
	labels := map[person.Particular]string{person.TheName: "Name", person.TheBirth: "Born", person.TheSex: "Gender", person.TheAddress: "Address",
		person.ThePhone: "Phone", person.TheEmail: "Email", person.ThePractice: "GP", person.TheDeath: "Died"}
	words := map[string]func(*fhir.Value) string{}
	for _, f := range l.facts() {
		words[f.label] = f.of
	}
	var out []BestFact
	for _, f := range golden.Facts {
		b := BestFact{Label: labels[f.Particular], Value: words[labels[f.Particular]](p.Entries[f.From].Resource), Org: l.Orgs(p.Entries[f.From].Org), Why: string(f.Why)}
		if f.Particular == person.TheDeath {
			b.Value += map[bool]string{true: ", registered (formal)", false: ", reported by the organisation (informal)"}[golden.Death.Formal]
		}
		for _, i := range f.Others {
			b.Others = append(b.Others, l.Orgs(p.Entries[i].Org))
		}
		out = append(out, b)
	}
	return out
}

// language names a language that was sent as a bare tag
// (https://www.rfc-editor.org/rfc/rfc5646).
func language(c *fhir.Value) string {
	text := fhir.ConceptText(c)
	if tag, err := lang.Parse(text); err == nil && len(text) < 6 {
		if name := display.English.Languages().Name(tag); name != "" {
			return name
		}
	}
	return text
}

// maritalStatus words a status that was sent as a bare code, as far as HL7 and
// the NHS Data Dictionary mean the same by the letter.
func maritalStatus(c *fhir.Value) string {
	text := fhir.ConceptText(c)
	if words := map[string]string{"S": "Single", "M": "Married or civil partner", "D": "Divorced", "W": "Widowed"}[text]; words != "" {
		return words
	}
	if len(text) == 1 {
		return "Code " + text
	}
	return text
}

func otherNames(r *fhir.Value) string {
	best := fhir.BestName(r)
	var out []string
	for n := range r.Get("name").Each() {
		x := fhir.NameOf(n)
		if s := uk.DisplayName(x.Family, x.Given, ""); s != uk.DisplayName(best.Family, best.Given, "") {
			if x.Use != "" {
				s += " (" + x.Use + ")"
			}
			out = append(out, s)
		}
	}
	return strings.Join(out, "; ")
}

func nhsWithStatus(r *fhir.Value) string {
	for id := range r.Get("identifier").Each() {
		if id.StrAt("system") != uk.NHSNumberSystem {
			continue
		}
		n, err := uk.ParseNHSNumber(id.StrAt("value"))
		if err != nil {
			return id.StrAt("value") + ", not a valid number"
		}
		status := uk.VerificationStatus(fhir.Extension(id, uk.VerificationExtension).
			StrAt("valueCodeableConcept.coding.0.code"))
		if status == "" {
			return n.String() + ", status not given"
		}
		return n.String() + ", " + strings.ToLower(status.Display())
	}
	return ""
}

func telecom(r *fhir.Value, system string) string {
	var out []string
	for t := range r.Get("telecom").Each() {
		if t.StrAt("system") == system && t.StrAt("value") != "" {
			out = append(out, t.StrAt("value"))
		}
	}
	return strings.Join(out, ", ")
}

func ethnicity(r *fhir.Value) string {
	x := fhir.Extension(r, uk.EthnicExtension).Get("valueCodeableConcept")
	if s := x.StrAt("coding.0.display"); s != "" {
		return s
	}
	if s := uk.EthnicCategory(x.StrAt("coding.0.code")); s != "" {
		return s
	}
	return fhir.ConceptText(x)
}

func contact(r *fhir.Value) string {
	c := r.Path("contact.0")
	s := plainName(fhir.NameOf(c.Get("name")))
	if rel := fhir.ConceptText(c.Path("relationship.0")); rel != "" {
		s = strings.TrimSpace(s + " (" + rel + ")")
	}
	if t := c.StrAt("telecom.0.value"); t != "" {
		s += ", " + t
	}
	return s
}
