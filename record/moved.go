package record

import (
	"context"
	"slices"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// MovedExtension is on what lay in the wrong record: "to" is the resource that
// goes on for it, "why" says who moved it, in words. Only a move (Refile) writes
// it: what a client writes of it is left out.
const MovedExtension = "urn:concord:moved"

// maxHops is how many moves a read follows.
const maxHops = 16

// movedTo is the reference to what goes on for a resource that was moved away,
// "" for any other.
func movedTo(body *fhir.Value) string {
	return fhir.Extension(fhir.Extension(body, MovedExtension), "to").StrAt("valueReference.reference")
}

// withExtension sets an extension, or takes it away with nil.
func withExtension(body *fhir.Value, url string, ext *fhir.Value) *fhir.Value {
	list := slices.DeleteFunc(body.All("extension"), func(e *fhir.Value) bool { return e.StrAt("url") == url })
	if ext != nil {
		list = append(list, ext)
	}
	if len(list) == 0 {
		return body.Without("extension")
	}
	return body.With("extension", list)
}

// marked settles what a body says of moves: only a move says it.
func (dr *draft) marked(body *fhir.Value) *fhir.Value {
	if dr.op.refiled || movedTo(body) == "" {
		return body
	}
	return withExtension(body, MovedExtension, nil)
}

// mayReplace refuses to write over what was moved away: whoever still writes
// under the old id has not seen that it is another patient's.
func (dr *draft) mayReplace() error {
	if movedTo(dr.oldBody) == "" || dr.op.refiled {
		return nil
	}
	return fault.New(fault.Conflict, "record.moved", "this was filed under another patient; read it again and write under the id that it has there")
}

// lead reads on from what was moved away to what goes on for it, as far as the
// requester may see that.
func (e *Errand) lead(ctx context.Context, v *sight, it *Item, t *trace) (*Item, error) {
	return e.desk.onward(ctx, v.r, it, func(doc *store.Doc) (*Item, error) {
		t.records = append(t.records, e.desk.recordIDs(doc.Key)...)
		return e.admit(ctx, v, t, doc, fhir.R4().Name(doc.Type()), false)
	})
}

// onward goes from a resource that was moved away to the one that goes on for
// it; another is given back as it is.
func (d *Desk) onward(ctx context.Context, r store.Reader, it *Item, open func(*store.Doc) (*Item, error)) (*Item, error) {
	for range maxHops {
		ref := movedTo(it.Resource)
		if ref == "" {
			return it, nil
		}
		typ, id, _ := strings.Cut(ref, "/")
		doc, err := d.fetch(ctx, r, typ, id)
		if err != nil {
			return nil, err
		}
		if it, err = open(doc); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Internal, "record.moved", "moves go in a circle")
}

// asMoved is a resource as it rests in the wrong record: entered in error,
// with the reason, and without the key under which its feed would find it.
func asMoved(body *fhir.Value, to, why string) *fhir.Value {
	body = withoutKeys(inError(body))
	return withExtension(body, MovedExtension, fhir.Obj("url", MovedExtension, "extension", fhir.Arr(
		fhir.Obj("url", "to", "valueReference", fhir.Obj("reference", to)),
		fhir.Obj("url", "why", "valueString", why))))
}

func withoutKeys(body *fhir.Value) *fhir.Value {
	list := body.All("identifier")
	keep := slices.DeleteFunc(slices.Clone(list), func(id *fhir.Value) bool { return id.StrAt("system") == search.SourceKey })
	switch {
	case len(keep) == len(list):
		return body
	case len(keep) == 0:
		return body.Without("identifier")
	}
	return body.With("identifier", keep)
}

// inError says of a resource that it was entered in error, where its type has a
// word for it.
func inError(body *fhir.Value) *fhir.Value {
	const wrong = "entered-in-error"
	switch typ := body.Type(); typ {
	case "AllergyIntolerance", "Condition": // ait-2, con-4, con-5: no clinical status beside it, and no end without one
		system := "http://terminology.hl7.org/CodeSystem/condition-ver-status"
		if typ == "AllergyIntolerance" {
			system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
		}
		body = body.Without("clinicalStatus", "abatementDateTime", "abatementAge", "abatementPeriod", "abatementRange", "abatementString")
		return body.With("verificationStatus", fhir.Concept(system, wrong, "", ""))
	case "Goal":
		return body.With("lifecycleStatus", wrong)
	case "BodyStructure", "RelatedPerson", "Schedule":
		return body.With("active", false)
	case "AdverseEvent", "AppointmentResponse", "Basic", "Group", "ImmunizationRecommendation", "MeasureReport", "MolecularSequence", "Person",
		"ResearchSubject": // no word for it
		return body
	}
	if body.Get("status") == nil {
		return body
	}
	return body.With("status", wrong)
}
