package downtime

import (
	"context"
	"encoding/base64"
	"net/url"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// LateTag marks what was entered after it happened: system and code of meta.tag.
const (
	LateTag  = "urn:concord:entered-late"
	LateCode = "downtime"
)

// EnteredBy is the extension that tells who entered a row, and when.
const EnteredBy = "urn:concord:entered-by"

// Entered is what became of a log.
type Entered struct {
	Entered int   `json:"entered"`
	There   int   `json:"there"` // entered before
	Refused []Row `json:"-"`
}

// Enter writes rows into the record, by an errand of the organisation's own that
// may write. who is the name of the person who enters them. It may be stopped and
// begun again: a row is there once. Errors: those of Transact that would hold for
// any row.
func Enter(ctx context.Context, e *record.Errand, rows []Row, who string, now string) (*Entered, error) {
	out := &Entered{}
	for _, row := range rows {
		if row.Wrong == "" {
			code, there, err := enter(ctx, e, row, who, now)
			if err != nil {
				return out, err
			}
			switch row.Wrong = code; {
			case code != "":
			case there:
				out.There++
			default:
				out.Entered++
			}
		}
		if row.Wrong != "" {
			out.Refused = append(out.Refused, row)
		}
	}
	return out, nil
}

// enter writes one row; code is why the record refuses it.
func enter(ctx context.Context, e *record.Errand, row Row, who, now string) (code string, there bool, err error) {
	org := e.Who().Org
	v := row.resource(org, who, now)
	system := uk.Local("downtime").System(org)
	op := record.Op{Kind: record.Create, Type: v.Type(), Resource: v, IfNoneExist: url.Values{"identifier": {system + "|" + row.Key}}.Encode(), FullURL: "urn:downtime:row"}
	src := &record.Source{System: "urn:concord:downtime:" + org, Message: row.Key, What: "downtime log", At: row.Happened}
	res, err := e.Transact(ctx, []record.Op{op}, record.Commit{Source: src, Own: true})
	if err == nil {
		return "", res[0].Outcome != record.Created, nil
	}
	switch f := fault.Of(err); f.Kind {
	case fault.Invalid, fault.Conflict, fault.NotFound, fault.Gone, fault.Unsupported:
		return f.Code, false, nil
	}
	return "", false, err
}

// resource is a row as FHIR has it: at the time when it happened, by who did it.
func (r *Row) resource(org, who, now string) *fhir.Value {
	ids := fhir.Arr(fhir.Obj("system", uk.Local("downtime").System(org), "value", r.Key))
	patient := fhir.Obj("reference", "Patient?"+url.Values{"identifier": {uk.HospitalNumber.System(org) + "|" + r.Patient}}.Encode())
	at := fhir.FormatDateTime(r.Happened, r.Happened.Location())
	doer := fhir.Obj("display", r.By)
	head := []any{"resourceType", "", "meta", fhir.Obj("tag", fhir.Arr(fhir.Obj("system", LateTag, "code", LateCode, "display", "Entered late, from the downtime log"))),
		"extension", fhir.Arr(fhir.Obj("url", EnteredBy, "extension", fhir.Arr(fhir.Obj("url", "who", "valueString", who), fhir.Obj("url", "when", "valueDateTime", now)))),
		"identifier", ids}
	what := fhir.Concept("", "", "", r.What)
	late := fhir.Arr(fhir.Obj("text", "Entered late, from the downtime log, by "+who))
	of := func(kind string, rest ...any) *fhir.Value {
		head[1] = kind
		return fhir.Obj(append(head, rest...)...)
	}
	switch r.Kind {
	case Observation:
		o := of("Observation", "status", "final", "code", what, "subject", patient, "effectiveDateTime", at, "performer", fhir.Arr(doer), "note", late)
		if decimal(r.Value) {
			return o.With("valueQuantity", fhir.Obj("value", fhir.Decimal(r.Value), "unit", r.Unit))
		}
		return o.With("valueString", r.Value+" "+r.Unit)
	case Given:
		return of("MedicationAdministration", "status", "completed", "medicationCodeableConcept", what, "subject", patient, "effectiveDateTime", at,
			"performer", fhir.Arr(fhir.Obj("actor", doer)), "note", late, "dosage", fhir.Obj("text", r.Value+" "+r.Unit, "dose", fhir.Obj("value", fhir.Decimal(r.Value), "unit", r.Unit)))
	case Allergy:
		return of("AllergyIntolerance", "clinicalStatus", fhir.Concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "", ""),
			"verificationStatus", fhir.Concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "unconfirmed", "", ""),
			"code", what, "patient", patient, "recordedDate", at, "asserter", doer, "note", late)
	}
	return of("DocumentReference", "status", "current", "docStatus", "final", "type", fhir.Concept("", "", "", "Downtime note"), "subject", patient, "date", at, "author", fhir.Arr(doer),
		"description", "Entered late, from the downtime log, by "+who,
		"content", fhir.Arr(fhir.Obj("attachment", fhir.Obj("contentType", "text/plain; charset=utf-8", "data", base64.StdEncoding.EncodeToString([]byte(r.What)), "title", "Downtime note"))))
}
