package intake

import (
	"strings"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

// labels are what the message says of how closely the patient is to be kept, as
// meta.security of the Patient: PD1-12, protection indicator, is the S-flag (Y, and
// the codes S, R and V of PDS); PV1-16, VIP indicator, makes the record a watched
// one, an employee's or that of somebody in the public eye. What a message does not
// say, or denies, takes no label away: a person does.
func (s *source) labels() []*fhir.Value {
	var out []*fhir.Value
	pd1, pv1 := s.first("PD1"), s.first("PV1")
	switch strings.ToUpper(pd1.f(12).Component(1).String()) {
	case "", "N", "0", "U":
	case "Y", "1", "S", "R", "V":
		out = append(out, fhir.Obj("system", access.Confidentiality, "code", "R"))
	default:
		s.warn("PD1-12 holds an unknown code; the patient is taken as restricted")
		out = append(out, fhir.Obj("system", access.Confidentiality, "code", "R"))
	}
	switch strings.ToUpper(pv1.f(16).Component(1).String()) {
	case "", "N", "0", "NO", "U":
	case "E", "EMP", "EMPLOYEE", "S", "STAFF":
		out = append(out, fhir.Obj("system", access.ActCode, "code", "EMP"))
	default: // table 0099 is each sender's own
		out = append(out, fhir.Obj("system", access.ActCode, "code", "VIP"))
	}
	return out
}

// marked puts labels on a draft, and sees to it that its fold keeps them, also
// where the event is an old one.
func marked(d Draft, labels []*fhir.Value) Draft {
	if len(labels) == 0 {
		return d
	}
	fold := d.Fold
	d.Resource = access.AddLabels(d.Resource, labels)
	d.Fold = func(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
		out, err := fold(old, in, c)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = old
		}
		if out = access.AddLabels(out, labels); out == old {
			return nil, nil
		}
		return out, nil
	}
	return d
}

// objections maps the CON segments that tell whether the patient agrees to the
// sharing of their record: CON-2 names what of, shared-record or gp-dissent of
// urn:concord:objection; CON-11 (table 0498) says refused, rescinded or limited,
// by which the patient objects, or active, by which they do not. Consents to
// anything else are left unmapped.
func (s *source) objections() []Draft {
	var out []Draft
	for _, con := range s.all("CON") {
		kind := con.Field(2)
		code := strings.ToLower(kind.Component(1).String())
		if code != access.SharedRecord && code != access.GPDissent || kind.Component(3).String() != access.ObjectionSystem {
			continue
		}
		con.skip(1, 2)
		if d, ok := s.objection(con, code); ok {
			out = append(out, d)
		}
	}
	return out
}

func (s *source) objection(con *segment, code string) (Draft, bool) {
	status := ""
	switch strings.ToUpper(con.f(11).Component(1).String()) {
	case "R", "X", "L":
		status = "active"
	case "A", "B":
		status = "inactive"
	default:
		s.warn("a CON segment does not tell in CON-11 whether the patient objects; nothing is made of it")
		return Draft{}, false
	}
	at := ""
	for _, f := range []hl7v2.Field{con.f(13), con.f(12)} {
		if at == "" {
			at = s.dateTime(f)
		}
	}
	fold := func(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
		if old == nil && status == "inactive" {
			return nil, nil // who never objected
		}
		return replaceNewer(old, in, c)
	}
	coding := func(system, code string) *fhir.Value {
		return fhir.Obj("coding", fhir.Arr(fhir.Obj("system", system, "code", code)))
	}
	return s.draft("Consent", key("objection", s.patient.Number, code), fold,
		"status", status,
		"scope", coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
		"category", fhir.Arr(coding(access.ObjectionSystem, code)),
		"patient", patientRef(),
		"dateTime", orDefault(at, s.eventStamp()),
		"organization", fhir.Arr(s.trust()),
		"policyRule", coding(access.ActCode, "OPTOUT"),
	), true
}
