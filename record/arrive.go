package record

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// persons is the master index over this Desk's store.
func (d *Desk) persons() person.Index {
	return person.Index{Hash: d.searches().extract.Hash, Match: d.matcher(), Load: d.loadPatients, Lately: &d.lately}
}

// withBlocks adds the hashes under which a Patient is found for matching.
func (d *Desk) withBlocks(idents []uint64, patient *fhir.Value) []uint64 {
	m := d.matcher()
	s := m.Subject(patient)
	idents = append(idents, m.Blocks(d.searches().extract.Hash, &s)...)
	slices.Sort(idents)
	return slices.Compact(idents)
}

// loadPatients reads the current Patients at keys; what is deleted or not there
// is left out.
func (d *Desk) loadPatients(ctx context.Context, r store.Reader, keys []store.Key) ([]person.Entry, error) {
	docs, err := r.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]person.Entry, 0, len(docs))
	for _, doc := range docs {
		if doc.Deleted {
			continue
		}
		body, err := d.parse(doc)
		if err != nil {
			return nil, err
		}
		out = append(out, person.Entry{Key: doc.Key, Patient: body})
	}
	return out, nil
}

// match looks for the persons of the Patients that a plan writes, outside the
// writer: the commit then looks only at what came since. It reads too whom they
// say that they are one with.
func (p *plan) match(ctx context.Context) error {
	if !slices.ContainsFunc(p.drafts, func(dr *draft) bool { return dr.arrives || dr.speaks() }) {
		return nil
	}
	index := p.people
	return p.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		if p.matched, err = r.LastChange(ctx); err != nil {
			return err
		}
		for _, dr := range p.drafts {
			if dr.speaks() {
				if err := p.said(ctx, r, dr); err != nil {
					return at(dr.op.At, err)
				}
			}
			if !dr.arrives {
				continue
			}
			if dr.matches, _, err = index.Candidates(ctx, r, &dr.subject, dr.key); err != nil {
				return err
			}
		}
		return nil
	})
}

// placePatients gives every new Patient its person and looks again where the
// demographics changed.
func (d *Desk) placePatients(ctx context.Context, tx store.Tx, p *plan) error {
	if err := d.claimReserved(ctx, tx, p); err != nil {
		return err
	}
	var arrivals []person.Arrival
	for _, dr := range p.drafts {
		if !dr.arrives {
			continue
		}
		fresh := dr.person
		if fresh == 0 {
			linked, err := tx.PersonOf(ctx, dr.key.PK, time.Time{})
			if err != nil {
				return err
			}
			if linked == 0 {
				if fresh, err = tx.NewRecord(ctx); err != nil {
					return err
				}
			}
		}
		arrivals = append(arrivals, person.Arrival{Key: dr.key, Subject: dr.subject, Fresh: fresh, Candidates: slices.Clone(dr.matches)})
	}
	return p.people.Arrive(ctx, tx, arrivals, p.matched)
}

// noteLately has those who come beside these find them without reading them. What it
// notes holds if the change is kept.
func (p *plan) noteLately(tx store.Tx) {
	for _, dr := range p.drafts {
		if dr.patient && !dr.idle() && !dr.put.Deleted {
			p.people.Lately.Note(dr.key.PK, tx.Change(), p.people.Match, &dr.subject)
		}
	}
}

func (p *plan) forgetLately() {
	for _, dr := range p.drafts {
		if dr.patient {
			p.people.Lately.Forget(dr.key.PK)
		}
	}
}

// departPatients takes the Patients that a plan deletes out of what the model
// has decided.
func (d *Desk) departPatients(ctx context.Context, tx store.Tx, p *plan) error {
	var entries []int64
	for _, dr := range p.drafts {
		if dr.put.Deleted && dr.key == person.PatientKey(dr.key.PK) && !dr.idle() {
			entries = append(entries, dr.key.PK)
		}
	}
	return d.persons().Depart(ctx, tx, entries)
}

// claimReserved files the ids of patients that are to come.
func (d *Desk) claimReserved(ctx context.Context, tx store.Tx, p *plan) error {
	for url, dr := range p.byURL {
		if dr.op != nil || !strings.HasPrefix(url, "reserved:") {
			continue
		}
		owner, err := tx.Claim(ctx, d.searches().extract.Hash("id", "Patient", dr.id), dr.key)
		if err != nil {
			return err
		}
		if owner != dr.key {
			return fault.New(fault.Conflict, "record.raced", "the id was taken meanwhile")
		}
	}
	return nil
}

// whoNow notes whose the Patients are that arrived, for the results.
func (p *plan) whoNow(ctx context.Context, tx store.Tx) error {
	for _, dr := range p.drafts {
		if !dr.arrives || p.resting {
			continue // its reader knows, or does not ask, and a look costs
		}
		var err error
		if dr.who, err = tx.PersonOf(ctx, dr.key.PK, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
