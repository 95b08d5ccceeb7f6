package fhirapi

import (
	"net/http"
	"strconv"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

const matchGrade = "http://hl7.org/fhir/StructureDefinition/match-grade"

// match: https://hl7.org/fhir/R4/patient-operation-match.html as IHE profiles
// it (PDQm ITI-119, https://profiles.ihe.net/ITI/PDQm/ITI-119.html). Entries of
// one person are told apart by their trust and named together by their refer
// link.
func (a *api) match(r *http.Request, e *record.Errand) (*response, error) {
	ask, err := a.matchAsked(r)
	if err != nil {
		return nil, err
	}
	found, err := e.Match(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	entries := make([]*fhir.Value, 0, len(found.Hits)+1)
	for _, h := range found.Hits {
		score := strconv.FormatFloat(h.Score, 'f', 6, 64)
		entries = append(entries, fhir.Obj("fullUrl", a.base(r)+"/"+h.Item.Ref(), "resource", a.pdqmPatient(r, h.Item), "search", fhir.Obj(
			"extension", fhir.Arr(fhir.Obj("url", matchGrade, "valueCode", h.Grade.String())),
			"mode", "match", "score", fhir.Decimal(score))))
	}
	if notes := matchNotes(found); notes != nil {
		entries = append(entries, fhir.Obj("resource", notes, "search", fhir.Obj("mode", "outcome")))
	}
	self := fhir.Obj("relation", "self", "url", a.base(r)+"/Patient/$match")
	return a.bundled("searchset", len(found.Hits), entries, []*fhir.Value{self}), nil
}

// pdqmPatient is an entry as PDQm's Patient profile has it: an identifier, if
// need be its own URL, and whether it is in use wherever it is linked
// (https://profiles.ihe.net/ITI/PDQm/StructureDefinition-IHE.PDQm.Patient.html).
func (a *api) pdqmPatient(r *http.Request, it *record.Item) *fhir.Value {
	out := it.Resource
	if out.Get("identifier").Len() == 0 {
		out = out.With("identifier", fhir.Arr(fhir.Obj("system", "urn:ietf:rfc:3986", "value", a.base(r)+"/"+it.Ref())))
	}
	if out.Get("link") != nil && out.Get("active") == nil {
		out = out.With("active", true)
	}
	return out
}

// matchAsked reads Parameters, or a Patient alone.
func (a *api) matchAsked(r *http.Request) (record.MatchAsked, error) {
	var ask record.MatchAsked
	body, err := a.body(r)
	if err != nil {
		return ask, err
	}
	switch body.Type() {
	case "Patient":
		ask.Patient = body
	case "Parameters":
		if err := readMatch(body, &ask); err != nil {
			return ask, err
		}
	}
	if ask.Patient.Type() != "Patient" {
		return ask, fault.New(fault.Invalid, "fhir.parameter", "the Patient to look for is expected").In("resource")
	}
	return ask, plainInput(body)
}

// plainInput refuses what could turn the meaning of the input into another: no
// modifier extension is known here, and PDQm allows none
// (https://profiles.ihe.net/ITI/PDQm/StructureDefinition-IHE.PDQm.MatchInput.html).
func plainInput(v *fhir.Value) error {
	for name, m := range v.Members() {
		if name == "modifierExtension" || name == "implicitRules" {
			return fault.New(fault.Invalid, "fhir.modifier", "$match takes no modifierExtension and no implicitRules").In(name)
		}
		if err := plainInput(m); err != nil {
			return err
		}
	}
	if v.Kind() != fhir.Array {
		return nil
	}
	for m := range v.Each() {
		if err := plainInput(m); err != nil {
			return err
		}
	}
	return nil
}

func readMatch(body *fhir.Value, ask *record.MatchAsked) error {
	seen := map[string]bool{}
	for p := range body.Get("parameter").Each() {
		if name := p.StrAt("name"); seen[name] {
			return fault.New(fault.Invalid, "fhir.parameter", "a parameter of $match is given once").In(name)
		} else {
			seen[name] = true
		}
		switch p.StrAt("name") {
		case "resource":
			ask.Patient = p.Get("resource")
		case "onlyCertainMatches":
			v := p.Get("valueBoolean")
			if v == nil || v.Kind() != fhir.Bool {
				return fault.New(fault.Invalid, "fhir.parameter", "a boolean is expected").In("onlyCertainMatches")
			}
			ask.OnlyCertain = v.Bool()
		case "count":
			n, err := strconv.Atoi(p.Get("valueInteger").Raw())
			if err != nil || n < 1 {
				return fault.New(fault.Invalid, "fhir.parameter", "a number of at least 1 is expected").In("count")
			}
			ask.Count = n
		default:
			return fault.New(fault.Invalid, "fhir.parameter", "$match takes resource, onlyCertainMatches and count").In(p.StrAt("name"))
		}
	}
	return nil
}

// matchNotes warns of what may have kept somebody from being found.
func matchNotes(found *record.MatchFound) *fhir.Value {
	var issues []fhir.Issue
	warn := func(code, text string) {
		issues = append(issues, fhir.Issue{Severity: "warning", Code: "incomplete", Detail: code, Text: text})
	}
	if found.BadNumber {
		warn("match.nhs-number", "the NHS number is not valid; nobody is certain by it")
	}
	if found.Bare {
		warn("match.bare", "there is too little in the Patient to find anybody by: name and date of birth, or an identifier, are needed")
	}
	if found.Passed > 0 {
		warn("match.common", "some of what was given is shared by too many to be looked at alone")
	}
	if issues == nil {
		return nil
	}
	return fhir.Outcome(issues...)
}
