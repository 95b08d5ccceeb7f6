package chart

import (
	"strconv"
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// Origin is the page "where this came from" of one item.
type Origin struct {
	Title    string
	Type     string
	Facts    []Fact
	Messages []Message // the Provenance of the item, newest first
	JSON     string    // the resource as it is kept
	Source   Source
}

// Fact is a label and what is known.
type Fact struct{ Label, Value string }

// Message is one arrival that made or changed the item.
type Message struct {
	When     When
	Org      Organisation
	System   string
	ID       string // control id of the message or id of the bundle
	Activity string
}

// OriginSections is the query of the page.
func OriginSections(typ, id string) []record.Section {
	return append(BannerSections(),
		record.Section{Type: typ, Where: "_id=" + id},
		record.Section{Type: "Provenance", Where: "target=" + typ + "/" + id})
}

// Origin reads the page; nil when the item is not in this record.
func (l Lens) Origin(c *record.Chart) *Origin {
	items, _ := list(c, bannerSections)
	if len(items) == 0 {
		return nil
	}
	i := items[0]
	o := &Origin{Type: i.Type, Title: l.title(i), JSON: indent(i.Resource), Source: l.source(i)}
	provenance, _ := list(c, bannerSections+1)
	for _, p := range provenance {
		o.Messages = append(o.Messages, l.message(p))
	}
	add := func(label, value string) {
		if value == "" {
			value = NotKnown
		}
		o.Facts = append(o.Facts, Fact{label, value})
	}
	add("Organisation", o.Source.Org.Name+" ("+i.Org+")")
	add("Feed or client", i.Feed)
	add("Recorded by", o.Source.Recorder)
	add("Kept by Concord since", l.Moment(i.Updated).Text)
	add("Version", strconv.FormatInt(i.Version, 10))
	if src := i.Resource.StrAt("meta.source"); src != "" {
		add("Source given with it", src)
	}
	for id := range i.Resource.Get("identifier").Each() {
		add("Identifier "+id.StrAt("system"), id.StrAt("value"))
	}
	add("Number within Concord", i.Ref())
	return o
}

func (l Lens) message(p *record.Item) Message {
	r := p.Resource
	m := Message{When: l.firstWhen(r, "recorded", "occurredDateTime"), Org: l.Orgs(p.Org), System: p.Feed}
	for a := range r.Get("agent").Each() {
		if name := refName(r, a.Get("who")); name != "" {
			m.System = name
			break
		}
	}
	for e := range r.Get("entity").Each() {
		if m.ID = e.StrAt("what.identifier.value"); m.ID == "" {
			m.ID = e.StrAt("what.reference")
		}
		m.Activity = e.StrAt("what.display")
	}
	if m.ID == "" {
		m.ID = NotKnown
	}
	if a := fhir.ConceptText(r.Get("activity")); a != "" {
		m.Activity = a
	}
	return m
}

// title is what an item is called in a heading.
func (l Lens) title(i *record.Item) string {
	r := i.Resource
	switch i.Type {
	case "Patient":
		return "Registration at " + l.Orgs(i.Org).Short
	case "AllergyIntolerance":
		return l.allergy(i).Substance
	case "Appointment":
		return l.appointment(i).Title
	case "MedicationStatement", "MedicationAdministration":
		return l.medicine(i).Name
	}
	if e := l.event(i); e.Title != "" && !strings.HasSuffix(e.Title, " without a name") {
		return e.Title
	}
	if s := fhir.ConceptText(r.Get("code")); s != "" {
		return s
	}
	return i.Type
}

// indent writes JSON with two spaces, members in their order.
func indent(v *fhir.Value) string {
	var b strings.Builder
	write(&b, v, "")
	return b.String()
}

func write(b *strings.Builder, v *fhir.Value, in string) {
	switch v.Kind() {
	case fhir.Object:
		b.WriteString("{")
		n := 0
		for name, m := range v.Members() {
			if n++; n > 1 {
				b.WriteByte(',')
			}
			b.WriteString("\n" + in + "  " + strconv.Quote(name) + ": ")
			write(b, m, in+"  ")
		}
		b.WriteString("\n" + in + "}")
	case fhir.Array:
		b.WriteString("[")
		n := 0
		for m := range v.Each() {
			if n++; n > 1 {
				b.WriteByte(',')
			}
			b.WriteString("\n" + in + "  ")
			write(b, m, in+"  ")
		}
		b.WriteString("\n" + in + "]")
	default:
		b.Write(v.JSON())
	}
}
