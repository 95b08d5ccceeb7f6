package intake

import (
	"context"
	"slices"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// merge links the entry of an old hospital number to the surviving one: both
// are told so (replaced-by, replaces), the old one is no longer active, and
// their persons become one. Nothing is re-keyed. An old number that was never
// heard of gets an entry all the same, so that it leads to the survivor.
func (w *writing) merge(ctx context.Context, m *Mapped, old string, prior *record.Prior, survivor string) error {
	if old == m.Patient.Number {
		return nil
	}
	before, err := w.errand.Prior(ctx, old, nil)
	if err != nil {
		return err
	}
	from, fromID := refTo("Patient", old, before.Patient)
	into := newURL("Patient", m.Patient.Number)
	if prior.Patient != nil {
		into = prior.Patient.ID
	}
	op := record.Op{Kind: record.Create, Type: "Patient", FullURL: newURL("Patient", old)}
	was := fhir.Obj("resourceType", "Patient", "identifier", fhir.Arr(fhir.Obj(
		"use", "old", "system", uk.HospitalNumber.System(m.Patient.Trust), "value", old)))
	if before.Patient != nil {
		was = before.Patient.Resource.Without("id")
		op.Kind, op.ID, op.IfMatch = record.Update, before.Patient.ID, before.Patient.Version
	}
	op.Resource = withLink(fhir.WithoutLink(was, survivor, "replaces").With("active", false), survivor, "replaced-by")
	w.ops = append(w.ops, op)
	w.replaces(prior, newURL("Patient", m.Patient.Number), from)
	if fromID == "" {
		fromID = op.FullURL
	}
	w.joins = append(w.joins, record.Join{From: fromID, Into: into})
	return nil
}

// replaces adds to the survivor what it took over, in the op that already
// writes it or in one of its own.
func (w *writing) replaces(prior *record.Prior, survivor, from string) {
	for i := range w.ops {
		op := &w.ops[i]
		if op.Type != "Patient" {
			continue
		}
		if op.FullURL == survivor || prior.Patient != nil && op.ID == prior.Patient.ID {
			op.Resource = goesOn(op.Resource, from)
			return
		}
	}
	if prior.Patient == nil {
		return
	}
	w.ops = append(w.ops, record.Op{
		Kind: record.Update, Type: "Patient", ID: prior.Patient.ID, IfMatch: prior.Patient.Version,
		Resource: goesOn(prior.Patient.Resource.Without("id"), from),
	})
}

// goesOn makes an entry the survivor over another: if the two were merged the
// other way round before, that is over.
func goesOn(patient *fhir.Value, other string) *fhir.Value {
	if fhir.HasLink(patient, other, "replaced-by") {
		patient = fhir.WithoutLink(patient, other, "replaced-by").With("active", true)
	}
	return withLink(patient, other, "replaces")
}

// mergedAway tells whether a trust goes on under another number: a late message
// under the old one does not bring it back.
func mergedAway(patient *fhir.Value) bool {
	for l := range patient.Get("link").Each() {
		if l.StrAt("type") == "replaced-by" {
			return true
		}
	}
	return false
}

// withLink adds a link to what a trust says. The link to the person is made
// when the entry is served.
func withLink(patient *fhir.Value, ref, kind string) *fhir.Value {
	links := slices.DeleteFunc(patient.All("link"), func(l *fhir.Value) bool { return l.StrAt("type") == "refer" })
	return fhir.WithLink(patient.With("link", links), ref, kind)
}
