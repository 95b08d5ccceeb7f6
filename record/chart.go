package record

import (
	"context"
	"net/url"
	"sort"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// Chart opens one person's record, or one trust's part of it when the id names
// an entry, and returns the sections asked for: one snapshot, one audit entry.
// Errors: NotFound "record.unknown", Denied.
func (e *Errand) Chart(ctx context.Context, id string, q ChartQuery) (*Chart, error) {
	queries, err := e.desk.sectionQueries(q.Sections)
	if err != nil {
		return nil, err
	}
	var out *Chart
	err = e.read(ctx, access.Search, "", func(r store.Reader, v *sight, t *trace) error {
		for _, s := range q.Sections {
			t.what = append(t.what, s.Type)
		}
		n, err := e.desk.whose(ctx, r, id, q.AsAt)
		if err != nil {
			return err
		}
		t.records = []string{e.desk.ids.encodePK(n.person)}
		if n.entry != 0 {
			t.records = append(t.records, e.desk.ids.encodePK(n.entry))
		}
		out, err = v.openChart(ctx, n, q, queries)
		if err != nil {
			return err
		}
		out.Change = t.change
		for _, s := range out.Sections {
			t.count += len(s)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (v *sight) openChart(ctx context.Context, n named, q ChartQuery, queries []*search.Query) (*Chart, error) {
	d := v.desk
	c := &Chart{AsAt: q.AsAt, Sections: make([][]*Item, len(q.Sections)), Withheld: make([]bool, len(q.Sections))}
	closed, err := v.opens(ctx, n, c)
	if err != nil {
		return nil, err
	}
	ranges := []store.Range{{Type: fhir.R4().Number("Patient")}}
	place := []int{-1} // which section each range is for
	for i, s := range q.Sections {
		if !v.Filter.Type(s.Type) {
			c.Withheld[i] = true
			continue
		}
		if closed && access.KindOf(s.Type) == access.Clinical {
			c.Withheld[i] = true // decided by the patient alone: nothing is read
			continue
		}
		r := d.rangeOf(s, queries[i], !q.AsAt.IsZero())
		if r.Newest, err = v.newest(ctx, n, r, !q.AsAt.IsZero()); err != nil {
			return nil, err
		}
		ranges = append(ranges, r)
		place = append(place, i)
	}
	groups, err := v.r.Chart(ctx, n.records(), ranges, q.AsAt)
	if err != nil {
		return nil, err
	}
	if !closed {
		if c.Kept, err = v.keptFrom(ctx, n); err != nil {
			return nil, err
		}
	}
	past := !q.AsAt.IsZero()
	patients, err := v.patients(ctx, groups[0], past)
	if err != nil {
		return nil, err
	}
	c.Person = d.persona(n, patients)
	if !v.Filter.Type("Patient") {
		c.Person.Entries = nil
	}
	for g := 1; g < len(groups); g++ {
		i := place[g]
		if c.Sections[i], err = v.section(ctx, groups[g], q.Sections[i], queries[i], past); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// rangeOf plans a section. The newest may be cut in the store only when the
// token column decides the whole filter.
func (d *Desk) rangeOf(s Section, q *search.Query, past bool) store.Range {
	r := store.Range{Type: fhir.R4().Number(s.Type), Newest: s.Newest}
	if q == nil {
		return r
	}
	r.Need = d.searches().asks.Lookup(q).Need
	if len(r.Need) < len(q.Clauses) || past {
		r.Newest = 0
	}
	return r
}

// section makes the items of a section.
func (v *sight) section(ctx context.Context, docs []*store.Doc, s Section, q *search.Query, past bool) ([]*Item, error) {
	out := make([]*Item, 0, len(docs))
	for _, doc := range docs {
		o, err := v.look(ctx, doc, past)
		if err != nil {
			return nil, err
		}
		if !o.Shown {
			continue
		}
		it, err := v.desk.item(doc)
		if err != nil {
			return nil, err
		}
		v.veil(o, it)
		if movedTo(it.Resource) == "" && (q == nil || q.Match(subject(it), v.desk.london)) {
			v.note(o, doc.PK)
			out = append(out, it)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if !out[i].Date.Equal(out[j].Date) {
			return out[i].Date.After(out[j].Date)
		}
		return out[i].Updated.After(out[j].Updated)
	})
	if s.Newest > 0 && len(out) > s.Newest {
		out = out[:s.Newest]
	}
	return out, nil
}

func subject(it *Item) search.Subject {
	return search.Subject{Resource: it.Resource, ID: it.ID, Updated: it.Updated}
}

// sectionQueries parses the filters of sections, each text once in the life of
// the desk. Only our own code writes them, so the map stays small.
func (d *Desk) sectionQueries(sections []Section) ([]*search.Query, error) {
	out := make([]*search.Query, len(sections))
	for i, s := range sections {
		if fhir.R4().Number(s.Type) == 0 {
			return nil, fault.New(fault.Invalid, "record.section", "R4 has no such resource type").In(s.Type)
		}
		if s.Where == "" {
			continue
		}
		q, err := d.sectionQuery(s)
		if err != nil {
			return nil, err
		}
		out[i] = q
	}
	return out, nil
}

const maxSectionQueries = 500

func (d *Desk) sectionQuery(s Section) (*search.Query, error) {
	key := s.Type + "?" + s.Where
	d.clauseMu.Lock()
	defer d.clauseMu.Unlock()
	if q := d.sections[key]; q != nil {
		return q, nil
	}
	form, err := url.ParseQuery(s.Where)
	if err != nil {
		return nil, fault.New(fault.Invalid, "record.section", "the filter is not a search query")
	}
	q, err := d.searches().table.Parse(s.Type, form, d.london, false)
	if err != nil {
		return nil, err
	}
	if len(d.sections) < maxSectionQueries {
		d.sections[key] = q
	}
	return q, nil
}
