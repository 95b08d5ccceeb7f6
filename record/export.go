package record

import (
	"context"
	"slices"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Export walks the current version of every resource that the requester may
// see, of one type or of all (""), in batches; each batch's audit entry is
// durable before the batch is handed on.
func (e *Errand) Export(ctx context.Context, typ string, each func([]*Item) error) error {
	const step = 1000
	var n uint16
	if typ != "" {
		if n = fhir.R4().Number(typ); n == 0 {
			return unknown(typ)
		}
	}
	var after store.Key
	for {
		var batch []*Item
		last := 0
		err := e.read(ctx, access.Export, typ, func(r store.Reader, v *sight, t *trace) error {
			t.what = []string{"export " + typ}
			batch = nil
			docs, err := r.Scan(ctx, n, after, step)
			if err != nil {
				return err
			}
			last = len(docs)
			var keys []store.Key
			for _, doc := range docs {
				after = doc.Key
				if doc.Deleted {
					continue
				}
				it, err := v.show(ctx, doc, false)
				if err != nil {
					return err
				}
				if it == nil {
					continue
				}
				batch = append(batch, it)
				keys = append(keys, doc.Key)
			}
			t.records, t.count = e.desk.recordIDs(keys...), len(batch)
			return nil
		})
		if err != nil {
			return err
		}
		if err := each(batch); err != nil || last < step {
			return err
		}
	}
}

// Everything returns a person's (or entry's) whole record: Patient/$everything
// (https://hl7.org/fhir/R4/operation-patient-everything.html). types narrows
// it, and leaves out the Patients unless it names them; nil = all that the
// requester may see.
func (e *Errand) Everything(ctx context.Context, id string, types []string) (*Chart, error) {
	all := types == nil
	if all {
		types = fhir.R4().Names()
	}
	q := ChartQuery{}
	for _, t := range types {
		if t != "Patient" {
			q.Sections = append(q.Sections, Section{Type: t})
		}
	}
	c, err := e.Chart(ctx, id, q)
	if err != nil {
		return nil, err
	}
	if !all && !slices.Contains(types, "Patient") {
		c.Person.Entries = nil
	}
	for _, it := range c.Person.Entries {
		withRefer(it, c.Person.ID)
	}
	return c, nil
}
