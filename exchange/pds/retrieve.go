package pds

import (
	"context"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// Found is what PDS says of a patient.
type Found struct {
	Patient *fhir.Value
	Number  uk.NHSNumber // of the patient
	// Superseded is the number that was asked for, when the patient goes on under
	// another: whoever has the old one has to take the new.
	Superseded uk.NHSNumber
	Restricted bool    // sensitive: where they live, are reached and are registered is kept back
	Version    string  // ETag
	Score      float64 // of a search: 1 = exact
}

// Retrieve asks for one patient by NHS number. Errors: Invalid "pds.number",
// NotFound "pds.unknown", Gone "pds.invalidated", Denied, Busy, Internal
// "pds.answer".
func (c *Client) Retrieve(ctx context.Context, number string) (*Found, error) {
	n, err := uk.ParseNHSNumber(number)
	if err != nil {
		return nil, fault.New(fault.Invalid, "pds.number", "this is no NHS number: its check digit is wrong").In("number")
	}
	body, header, err := c.get(ctx, "/Patient/"+string(n))
	if err != nil {
		return nil, err
	}
	f, err := read(body)
	if err != nil {
		return nil, err
	}
	if f.Number != n {
		f.Superseded = n
	}
	if f.Version = header.Get("ETag"); f.Version == "" && body.StrAt("meta.versionId") != "" {
		f.Version = `W/"` + body.StrAt("meta.versionId") + `"`
	}
	return f, nil
}

// read takes a Patient of the service. Its id is its number.
func read(body *fhir.Value) (*Found, error) {
	if body.Type() != "Patient" {
		return nil, fault.New(fault.Internal, "pds.answer", "PDS answers with something else than a Patient")
	}
	n, err := uk.ParseNHSNumber(body.ID())
	if err != nil || !says(body, string(n)) {
		return nil, fault.New(fault.Internal, "pds.answer", "the Patient that PDS answers with has no NHS number of its own")
	}
	f := &Found{Patient: body, Number: n, Restricted: restricted(body)}
	if f.Restricted {
		f.Patient = body.Without("address", "telecom", "contact", "generalPractitioner", "managingOrganization", "text")
	}
	return f, nil
}

func says(patient *fhir.Value, number string) bool {
	for id := range patient.Get("identifier").Each() {
		if id.StrAt("system") == uk.NHSNumberSystem && id.StrAt("value") == number {
			return true
		}
	}
	return false
}

// restricted tells a sensitive patient: R and V of Confidentiality, and the S that
// older answers of the service have.
func restricted(patient *fhir.Value) bool {
	for c := range patient.Path("meta.security").Each() {
		if c.StrAt("code") == "S" && (c.StrAt("system") == access.Confidentiality || c.StrAt("system") == "") {
			return true
		}
	}
	return access.MarksOf("Patient", patient.Path("meta.security")).Restricted
}
