package fhirapi

import (
	"net/http"
	"net/url"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// merge is Patient/$merge (https://hl7.org/fhir/R5/patient-operation-merge.html):
// the source goes on under the target. Nothing is deleted: the source says so
// and is no longer active. Patient/$unmerge, with the same parameters, undoes it.
func (a *api) merge(r *http.Request, e *record.Errand) (*response, error) {
	body, err := a.body(r)
	if err != nil {
		return nil, err
	}
	ask, err := a.mergeAsked(r, e, body)
	if err != nil {
		return nil, err
	}
	done, err := e.Merge(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	text := "merged"
	switch {
	case ask.Preview:
		text = "this is what would be written"
	case ask.Undo:
		text = "the merge is undone"
	}
	outcome := fhir.Outcome(fhir.Issue{Severity: "information", Code: "informational", Detail: "merge.done", Text: text})
	return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Parameters", "parameter", fhir.Arr(
		fhir.Obj("name", "input", "resource", body),
		fhir.Obj("name", "outcome", "resource", outcome),
		fhir.Obj("name", "result", "resource", done.Target.Resource),
	))}, nil
}

func (a *api) mergeAsked(r *http.Request, e *record.Errand, body *fhir.Value) (record.MergeAsked, error) {
	ask := record.MergeAsked{Undo: strings.HasSuffix(r.URL.Path, "$unmerge")}
	if body.Type() != "Parameters" {
		return ask, fault.New(fault.Invalid, "fhir.parameter", "Parameters are expected")
	}
	here := a.home(r)
	for p := range body.Get("parameter").Each() {
		var err error
		switch name := p.StrAt("name"); name {
		case "source-patient":
			ask.Source, err = patientID(here, p.StrAt("valueReference.reference"), name)
		case "target-patient":
			ask.Target, err = patientID(here, p.StrAt("valueReference.reference"), name)
		case "source-patient-identifier":
			ask.Source, err = patientWith(r, e, p.Get("valueIdentifier"), name)
		case "target-patient-identifier":
			ask.Target, err = patientWith(r, e, p.Get("valueIdentifier"), name)
		case "preview":
			ask.Preview = p.Get("valueBoolean").Bool()
		case "delete-source":
			if p.Get("valueBoolean").Bool() {
				err = fault.New(fault.Unsupported, "merge.delete", "nothing is deleted here").In(name)
			}
		default:
			err = fault.New(fault.Invalid, "fhir.parameter", "this parameter of $merge is not served").In(name)
		}
		if err != nil {
			return ask, err
		}
	}
	if ask.Source == "" || ask.Target == "" {
		return ask, fault.New(fault.Invalid, "fhir.parameter", "source-patient and target-patient are expected")
	}
	return ask, nil
}

func patientID(here home, ref, name string) (string, error) {
	parsed, ok := fhir.ParseReference(here.relative(ref))
	if !ok || parsed.Type != "Patient" || parsed.Base != "" {
		return "", fault.New(fault.Invalid, "fhir.parameter", "a reference to a Patient of this server is expected").In(name)
	}
	return parsed.ID, nil
}

// patientWith finds the one entry that has an identifier.
func patientWith(r *http.Request, e *record.Errand, id *fhir.Value, name string) (string, error) {
	found, err := e.Search(r.Context(), record.Asked{Types: []string{"Patient"}, Form: url.Values{"identifier": {id.StrAt("system") + "|" + id.StrAt("value")}, "_count": {"2"}}})
	if err != nil {
		return "", err
	}
	if len(found.Matches) != 1 {
		return "", fault.New(fault.Invalid, "merge.identifier", "the identifier is that of %d patients, not of one", len(found.Matches)).In(name)
	}
	return found.Matches[0].ID, nil
}
