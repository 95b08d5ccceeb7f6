package chart

import (
	"slices"
	"time"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// NotKnown is what is shown where a value is unknown (PAB-0019).
const NotKnown = "Not Known"

// Organisation is how an organisation is called on a page.
type Organisation struct {
	Code  string // ODS
	Name  string // in full
	Short string // on its badge
}

// Lens is how a record is read: at what moment, in which zone, and what the
// organisations are called.
type Lens struct {
	Now  time.Time
	Zone *time.Location
	Orgs func(ods string) Organisation
}

// When is a date or time with what is shown of it. The zero When shows as
// unknown.
type When struct {
	At      time.Time
	Text    string // DD-Mmm-YYYY, with HH:MM if a time was given
	Machine string // for <time datetime>
}

// Known tells whether there is a time at all.
func (w When) Known() bool { return !w.At.IsZero() }

func (w When) String() string {
	if w.Text == "" {
		return NotKnown
	}
	return w.Text
}

// Day is the date alone.
func (w When) Day() string {
	if len(w.Text) > len("02-Jan-2006") {
		return w.Text[:len("02-Jan-2006")]
	}
	return w.String()
}

// when reads a FHIR date, dateTime or instant.
func (l Lens) when(s string) When {
	in, ok := fhir.ParseInstant(s, l.Zone)
	if !ok {
		return When{}
	}
	w := When{At: in.Start, Machine: s}
	if in.Precision >= fhir.Minute {
		w.Text = uk.DisplayDateTime(in.Start.In(l.Zone))
	} else {
		w.Text = uk.DisplayPartialDate(s)
	}
	return w
}

// Moment is a When of a time that we noted ourselves.
func (l Lens) Moment(t time.Time) When {
	if t.IsZero() {
		return When{}
	}
	return When{At: t, Text: uk.DisplayDateTime(t.In(l.Zone)), Machine: t.UTC().Format(time.RFC3339)}
}

// firstWhen reads the first of the paths that holds a date.
func (l Lens) firstWhen(r *fhir.Value, paths ...string) When {
	for _, p := range paths {
		if w := l.when(r.StrAt(p)); w.Known() {
			return w
		}
	}
	return When{}
}

// Source is where one row came from.
type Source struct {
	Org       Organisation
	Recorder  string // name, or "recorder not given"
	Ref       string // "Observation/abc", for the page that tells everything
	Received  When
	Withdrawn bool // entered in error, or withdrawn by its sender
}

const noRecorder = "recorder not given"

func (l Lens) source(i *record.Item) Source {
	return Source{
		Org:       l.Orgs(i.Org),
		Recorder:  recorder(i.Resource),
		Ref:       i.Ref(),
		Received:  l.Moment(i.Updated),
		Withdrawn: withdrawn(i.Resource),
	}
}

func withdrawn(r *fhir.Value) bool {
	const wrong = "entered-in-error"
	return r.StrAt("status") == wrong || r.StrAt("verificationStatus.coding.0.code") == wrong ||
		r.StrAt("docStatus") == wrong
}

// recorderPaths name the reference to who recorded an item, the best first.
func recorderPaths(typ string) []string {
	switch typ {
	case "AllergyIntolerance", "Condition":
		return []string{"recorder", "asserter"}
	case "Observation":
		return []string{"performer.0", "performer.1"}
	case "DiagnosticReport":
		return []string{"resultsInterpreter.0", "performer.0"}
	case "MedicationRequest", "ServiceRequest":
		return []string{"requester", "recorder"}
	case "MedicationStatement":
		return []string{"informationSource"}
	case "MedicationAdministration", "Procedure", "Immunization":
		return []string{"performer.0.actor", "recorder"}
	case "DocumentReference", "Composition":
		return []string{"author.0", "authenticator", "custodian"}
	case "Flag":
		return []string{"author"}
	}
	return nil
}

func recorder(r *fhir.Value) string {
	if r.Type() == "Encounter" || r.Type() == "Appointment" {
		if name := practitioner(r); name != "" {
			return name
		}
		return noRecorder
	}
	for _, p := range recorderPaths(r.Type()) {
		if name := refName(r, r.Path(p)); name != "" {
			return name
		}
	}
	return noRecorder
}

// practitioner is the first human that takes part.
func practitioner(r *fhir.Value) string {
	for p := range r.Get("participant").Each() {
		who := p.Get("individual")
		if who == nil {
			who = p.Get("actor")
			ref, ok := fhir.ParseReference(who.StrAt("reference"))
			if ok && ref.Type != "Practitioner" && ref.Type != "PractitionerRole" {
				continue
			}
			if t := who.StrAt("type"); !ok && t != "" && t != "Practitioner" && t != "PractitionerRole" {
				continue
			}
		}
		if name := refName(r, who); name != "" {
			return name
		}
	}
	return ""
}

// refName is what a reference is called: its display, or the name of the
// contained resource that it points at.
func refName(r, ref *fhir.Value) string {
	if d := ref.StrAt("display"); d != "" {
		return d
	}
	id := ref.StrAt("reference")
	if len(id) < 2 || id[0] != '#' {
		return ""
	}
	for c := range r.Get("contained").Each() {
		if c.ID() != id[1:] {
			continue
		}
		if s := c.Get("name").Str(); s != "" {
			return s
		}
		return plainName(fhir.BestName(c))
	}
	return ""
}

// plainName writes a member of staff's name as it is spoken.
func plainName(n fhir.Name) string {
	if n.Text != "" {
		return n.Text
	}
	s := ""
	for _, part := range []string{n.Prefix, n.Given, n.Family} {
		if part != "" && s != "" {
			s += " "
		}
		s += part
	}
	return s
}

// list is the items of one section of the chart; ok is false when the section
// was withheld.
func list(c *record.Chart, i int) (items []*record.Item, ok bool) {
	if i >= len(c.Sections) || i < len(c.Withheld) && c.Withheld[i] {
		return nil, false
	}
	for _, item := range c.Sections[i] {
		if !item.Deleted && item.Resource != nil {
			items = append(items, item)
		}
	}
	return items, true
}

func withheld(c *record.Chart, sections ...int) bool {
	for _, i := range sections {
		if i < len(c.Withheld) && c.Withheld[i] {
			return true
		}
	}
	return false
}

// Trusts are the organisations that know a person, each once.
func (l Lens) Trusts(p *record.Person) []Organisation {
	var out []Organisation
	seen := make(map[string]bool)
	for _, e := range p.Entries {
		if o := l.Orgs(e.Org); !seen[o.Code+o.Short] {
			seen[o.Code+o.Short] = true
			out = append(out, o)
		}
	}
	return out
}

// Sources are the organisations that a page is made of: those that know the
// person, and those whose items stand on it.
func (l Lens) Sources(c *record.Chart) []Organisation {
	out := l.Trusts(&c.Person)
	for n := range c.Sections {
		items, _ := list(c, n)
		for _, i := range items {
			o := l.Orgs(i.Org)
			if !slices.ContainsFunc(out, func(x Organisation) bool { return x.Code == o.Code && x.Short == o.Short }) {
				out = append(out, o)
			}
		}
	}
	return out
}
