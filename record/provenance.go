package record

import (
	"context"

	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/store"
)

// provenance adds to a plan the Provenance of everything that it writes: which
// organisation's system sent it, in which message, when it was recorded here.
// It rests in the record of the first patient concerned.
func (p *plan) provenance(ctx context.Context, e *Errand, src *Source) error {
	typ := fhir.R4().Number("Provenance")
	var pk int64
	targets := make([]*fhir.Value, 0, len(p.drafts))
	for _, dr := range p.drafts {
		if dr.idle() {
			continue
		}
		targets = append(targets, fhir.Obj("reference", dr.op.Type+"/"+dr.id))
		if pk == 0 || dr.patient {
			pk = dr.key.PK
		}
	}
	var seq uint32
	err := p.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		seq, err = p.sequence(ctx, r, pk, typ)
		return err
	})
	if err != nil {
		return err
	}
	key := store.Key{PK: pk, LID: store.MakeLID(typ, seq)}
	body := fhir.Obj(
		"resourceType", "Provenance",
		"meta", fhir.Obj("source", src.System),
		"target", targets,
		"recorded", fhir.FormatInstant(src.At),
		"agent", fhir.Arr(fhir.Obj(
			"type", fhir.Concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "transmitter", "", ""),
			"who", fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", e.who.Org), "display", e.who.ID),
		)),
		"entity", fhir.Arr(fhir.Obj(
			"role", "source",
			"what", fhir.Obj("identifier", fhir.Obj("system", src.System, "value", src.Message), "display", src.What),
		)),
	)
	op := &Op{Kind: Create, Type: "Provenance", Resource: body}
	p.drafts = append(p.drafts, &draft{op: op, id: p.desk.ids.encode(key), key: key, placed: true})
	return nil
}
