package record

import (
	"context"
	"sort"
	"strings"
	"time"

	"concord/fault"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/store"
)

// named is whose record an id names.
type named struct {
	person  int64   // record key of the person, after redirects
	members []int64 // record keys of its entries and of ids that redirect to it
	entry   int64   // record key of the entry when the id named one alone
}

// records are the record keys that a chart covers.
func (n named) records() []int64 {
	if n.entry != 0 {
		return []int64{n.entry}
	}
	return append([]int64{n.person}, n.members...)
}

// personNamed resolves a person's id. ok is false when the id is of another
// form (an entry's).
func (d *Desk) personNamed(ctx context.Context, r store.Reader, id string, asAt time.Time) (named, bool, error) {
	pk, seq, ok := d.ids.decode(id)
	if !ok || seq != 0 {
		return named{}, false, nil
	}
	p, members, known, err := person.Current(ctx, r, pk, asAt)
	if err != nil {
		return named{}, true, err
	}
	if !known {
		return named{}, true, unknown("Patient")
	}
	return named{person: p, members: members}, true, nil
}

// whose resolves the id of a person or of one trust's entry.
func (d *Desk) whose(ctx context.Context, r store.Reader, id string, asAt time.Time) (named, error) {
	n, err := d.filed(ctx, r, id, asAt)
	if err == nil && n.entry != 0 {
		n.person, err = r.PersonOf(ctx, n.entry, asAt)
	}
	return n, err
}

// filed is whose for who asks for the records alone: it does not look for the
// person of an entry.
func (d *Desk) filed(ctx context.Context, r store.Reader, id string, asAt time.Time) (named, error) {
	n, ok, err := d.personNamed(ctx, r, id, asAt)
	if ok || err != nil {
		return n, err
	}
	k, err := d.locate(ctx, r, "Patient", id)
	return named{entry: k.PK}, err
}

// persona makes the Person of a chart from its Patient documents.
func (d *Desk) persona(n named, patients []*Item) Person {
	p := Person{ID: d.ids.person(n.person), Entries: patients}
	sort.SliceStable(patients, func(i, j int) bool { return betterDemographics(patients[i], patients[j]) })
	entry := map[int64]bool{}
	for _, it := range patients {
		entry[it.key.PK] = true
	}
	if n.entry != 0 {
		if len(patients) > 0 {
			p.Entry = patients[0].ID
		}
		return p
	}
	for _, pk := range n.members {
		if !entry[pk] {
			p.Former = append(p.Former, d.ids.person(pk))
		}
	}
	return p
}

// betterDemographics: an entry in use before one that was merged away, a
// verified NHS number before any other, then the newest.
func betterDemographics(a, b *Item) bool {
	ra, rb := demographicRank(a.Resource), demographicRank(b.Resource)
	if ra != rb {
		return ra > rb
	}
	return a.Updated.After(b.Updated)
}

func demographicRank(patient *fhir.Value) int {
	rank := 0
	if a := patient.Get("active"); a == nil || a.Bool() {
		rank += 2
	}
	for id := range patient.Get("identifier").Each() {
		if id.StrAt("system") != uk.NHSNumberSystem {
			continue
		}
		status := fhir.Extension(id, uk.VerificationExtension).StrAt("valueCodeableConcept.coding.0.code")
		if status == string(uk.Verified) {
			rank++
			break
		}
	}
	return rank
}

// composed is the Patient resource of a person: the best demographics, every
// entry's identifiers, and a seealso link to each entry.
func (d *Desk) composed(ctx context.Context, r store.Reader, v *sight, t *trace, n named, err error) (*Item, error) {
	if err != nil {
		return nil, err
	}
	if !v.Filter.Type("Patient") {
		return nil, withheldHere("Patient")
	}
	groups, err := r.Chart(ctx, n.records(), []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
	if err != nil {
		return nil, err
	}
	patients, err := v.showAll(ctx, groups[0], false)
	if err != nil {
		return nil, err
	}
	if len(patients) == 0 && len(groups[0]) > 0 {
		return nil, withheldHere("Patient")
	}
	p := d.persona(n, patients)
	t.records, t.count = []string{d.ids.encodePK(n.person)}, 1
	if len(patients) == 0 {
		return nil, fault.New(fault.Gone, "record.deleted", "every entry of this person has been deleted")
	}
	return compose(p), nil
}

func compose(p Person) *Item {
	best := p.Best()
	out := &Item{Type: "Patient", ID: p.ID, Org: best.Org, Feed: best.Feed}
	var identifiers, links []*fhir.Value
	seen := map[string]bool{}
	for _, en := range p.Entries {
		out.Version = max(out.Version, en.Change)
		out.Change = out.Version
		if en.Updated.After(out.Updated) {
			out.Updated = en.Updated
		}
		for id := range en.Resource.Get("identifier").Each() {
			if key := id.StrAt("system") + "|" + id.StrAt("value"); !seen[key] {
				seen[key] = true
				identifiers = append(identifiers, id)
			}
		}
		links = append(links, fhir.Obj("other", fhir.Obj("reference", "Patient/"+en.ID), "type", "seealso"))
	}
	golden := p.Golden().Patient
	body := golden.Without("id", "meta", "link", "extension", "text").
		With("identifier", identifiers).With("link", links).With("extension", golden.Get("extension"))
	out.Resource = served(body, out)
	return out
}

// withoutRefer takes off the links to persons: they are made as an entry is
// served, and come back when a client writes what it read.
func (d *Desk) withoutRefer(patient *fhir.Value) *fhir.Value {
	var keep []*fhir.Value
	for l := range patient.Get("link").Each() {
		_, seq, ours := d.ids.decode(strings.TrimPrefix(l.StrAt("other.reference"), "Patient/"))
		if l.StrAt("type") != "refer" || !ours || seq != 0 {
			keep = append(keep, l)
		}
	}
	if len(keep) == patient.Get("link").Len() {
		return patient
	}
	return patient.With("link", keep)
}

// withRefer adds to an entry as it is served the link to its person.
func withRefer(it *Item, personID string) {
	if it.Resource == nil || personID == "" {
		return
	}
	var links []*fhir.Value
	for l := range it.Resource.Get("link").Each() {
		links = append(links, l)
	}
	it.Resource = it.Resource.With("link", append(links, referTo(personID)))
}

// leadTo is withRefer, for one that need not be parsed for it.
func (i *Item) leadTo(personID string) {
	if i.open != nil {
		i.refer = personID
		return
	}
	withRefer(i, personID)
}

func referTo(personID string) *fhir.Value {
	return fhir.Obj("other", fhir.Obj("reference", "Patient/"+personID), "type", "refer")
}
