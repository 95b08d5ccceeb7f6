package record

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// CrossReference is the other identifiers of a person.
type CrossReference struct {
	Identifiers []*fhir.Value
	Entries     []string // ids of the Patients that have them
}

// CrossReference finds the person of an identifier and lists the person's other
// identifiers, of the systems named or of all (PIXm ITI-83,
// https://profiles.ihe.net/ITI/PIXm/ITI-83.html). Errors: NotFound
// "identity.unknown" when nobody has the identifier; Conflict
// "identity.ambiguous" when two persons have.
func (e *Errand) CrossReference(ctx context.Context, system, value string, targets []string) (*CrossReference, error) {
	var out *CrossReference
	err := e.read(ctx, access.Search, "Patient", func(r store.Reader, v *sight, t *trace) error {
		out = &CrossReference{}
		t.what = []string{"Patient/$ihe-pix"}
		if !v.Filter.Type("Patient") {
			return unknown("Patient")
		}
		n, err := v.holderOf(ctx, system, value)
		if err != nil {
			return err
		}
		groups, err := r.Chart(ctx, n.records(), []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
		if err != nil {
			return err
		}
		items, err := v.showAll(ctx, groups[0], false)
		if err != nil {
			return err
		}
		seen := map[string]bool{system + "|" + value: true}
		for _, it := range items {
			t.records = append(t.records, e.desk.recordIDs(it.key)...)
			if out.add(it, targets, seen) {
				out.Entries = append(out.Entries, it.ID)
			}
		}
		t.count = len(items)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *CrossReference) add(it *Item, targets []string, seen map[string]bool) bool {
	some := false
	for id := range it.Resource.Get("identifier").Each() {
		system, value := id.StrAt("system"), id.StrAt("value")
		if value == "" || len(targets) > 0 && !slices.Contains(targets, system) {
			continue
		}
		some = true
		if key := system + "|" + value; !seen[key] {
			seen[key] = true
			c.Identifiers = append(c.Identifiers, id)
		}
	}
	return some
}

// holderOf is the person who has an identifier, of those who may be known.
func (v *sight) holderOf(ctx context.Context, system, value string) (named, error) {
	d, r := v.desk, v.r
	keys, err := r.Find(ctx, d.searches().extract.Ident("Patient", "identifier", system+"|"+value), maxPeople+1)
	if err != nil {
		return named{}, err
	}
	entries, err := d.loadPatients(ctx, r, keys)
	if err != nil {
		return named{}, err
	}
	one := int64(0)
	for _, en := range entries {
		has := false
		for id := range en.Patient.Get("identifier").Each() {
			has = has || id.StrAt("system") == system && id.StrAt("value") == value
		}
		if !has {
			continue // a hash collision
		}
		p, err := r.PersonOf(ctx, en.Key.PK, time.Time{})
		if err != nil {
			return named{}, err
		}
		h, err := v.human(ctx, en.Key.PK)
		if err != nil {
			return named{}, err
		}
		if !v.Filter.Knows(h.facts) {
			continue
		}
		if one != 0 && p != one {
			return named{}, fault.New(fault.Conflict, "identity.ambiguous", "more than one person has this identifier")
		}
		one = p
	}
	if one == 0 {
		return named{}, fault.New(fault.NotFound, "identity.unknown", "no patient with this identifier is known")
	}
	p, members, _, err := person.Current(ctx, r, one, time.Time{})
	return named{person: p, members: members}, err
}
