package record

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// AskedPair asks about somebody who is not in the record, and one entry of it.
type AskedPair struct {
	Patient *fhir.Value  // as they would arrive
	Record  match.Record // what they are matched by
	Entry   string       // id of the entry
}

// ForeseenPair is one entry beside somebody who is not in the record, as the
// requester may see it.
type ForeseenPair struct {
	Entry     *Item
	Record    match.Record // what the entry is matched by
	Person    string       // whom it is of now; "" = nobody yet
	Entries   int          // of that person
	Differs   []string     // fields, in words
	Waterfall match.Waterfall
	// Against counts the person's other entries that must not be of one person with
	// them: another valid NHS number, or one number on two people.
	Against int
}

// Foresee holds people who are not in the record against entries of it, without
// writing anything but its audit entry, which names the entries. What is deleted
// or may not be seen is nil.
func (e *Errand) Foresee(ctx context.Context, asked []AskedPair) ([]*ForeseenPair, error) {
	var out []*ForeseenPair
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		out = make([]*ForeseenPair, len(asked))
		t.what = []string{"foresee pairs"}
		for i := range asked {
			p, err := v.foreseen(ctx, &asked[i])
			if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) || fault.Is(err, fault.Withheld) {
				continue
			}
			if err != nil {
				return err
			}
			if p != nil {
				out[i] = p
				t.count++
				if id := e.desk.ids.encodePK(p.Entry.key.PK); !slices.Contains(t.records, id) {
					t.records = append(t.records, id)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (v *sight) foreseen(ctx context.Context, ask *AskedPair) (*ForeseenPair, error) {
	d, r := v.desk, v.r
	k, err := d.locate(ctx, r, "Patient", ask.Entry)
	if err != nil {
		return nil, err
	}
	doc, err := r.Get(ctx, k)
	if err != nil || doc.Deleted {
		return nil, err
	}
	shown, err := v.showAll(ctx, []*store.Doc{doc}, false)
	if err != nil || len(shown) == 0 {
		return nil, err
	}
	out := &ForeseenPair{Entry: shown[0], Record: person.RecordOf(shown[0].Resource)}
	_, differs := person.Agree(person.Of(ask.Patient), person.Of(shown[0].Resource))
	for _, f := range differs {
		out.Differs = append(out.Differs, string(f))
	}
	index := d.persons()
	m := index.Match
	own, other := m.Of(ask.Record), m.Of(out.Record)
	if _, err := index.Uncrowd(ctx, r, k, &other); err != nil {
		return nil, err
	}
	out.Waterfall = m.Explain(&own, &other)
	return out, d.around(ctx, r, k.PK, m, &own, out)
}

// around looks at the other entries of an entry's person.
func (d *Desk) around(ctx context.Context, r store.Reader, pk int64, m *person.Matcher, own *match.Subject, out *ForeseenPair) error {
	p, err := r.PersonOf(ctx, pk, time.Time{})
	if err != nil || p == 0 {
		return err
	}
	out.Person = d.ids.person(p)
	members, err := r.Members(ctx, p, time.Time{})
	if err != nil {
		return err
	}
	if members, err = d.onlyEntries(ctx, r, members); err != nil {
		return err
	}
	out.Entries = len(members)
	for _, other := range members {
		if other == pk {
			continue
		}
		doc, err := r.Get(ctx, person.PatientKey(other))
		if err != nil {
			return err
		}
		if doc.Deleted {
			continue
		}
		body, err := d.parse(doc)
		if err != nil {
			return err
		}
		s := m.Subject(body)
		if m.Judge(own, &s).Guards&match.Conflicts != 0 {
			out.Against++
		}
	}
	return nil
}
