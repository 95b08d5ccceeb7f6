package smart

import (
	"context"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// Practitioners tells apps who uses them, by a Practitioner resource for each
// account that has let an app in: fhirUser has to lead to something that can be
// read.
type Practitioners struct {
	Desk interface {
		For(access.Requester, access.Reason) *record.Errand
	}
}

// User gives the reference of a person's Practitioner, which it makes, or
// brings up to date, when it has to.
func (p Practitioners) User(ctx context.Context, who access.Requester) (string, error) {
	id := "user-" + subject(who.ID)
	ref := "Practitioner/" + id
	scopes, err := access.ParseScopes("system/Practitioner.cru")
	if err != nil {
		return "", err
	}
	e := p.Desk.For(access.Requester{ID: "accounts", Name: "Staff directory", Role: access.System, Org: access.Domain, Scopes: scopes},
		access.Reason{Purpose: access.DirectCare})
	have, err := e.Read(ctx, "Practitioner", id)
	switch {
	case err == nil:
		for name := range have.Resource.Get("name").Each() {
			if name.StrAt("text") == who.Name {
				return ref, nil
			}
		}
	case !fault.Is(err, fault.NotFound):
		return "", err
	}
	resource := fhir.Obj("resourceType", "Practitioner", "id", id, "active", true, "name", fhir.Arr(fhir.Obj("text", who.Name)))
	_, err = e.Transact(ctx, []record.Op{{Kind: record.Update, Type: "Practitioner", ID: id, Resource: resource}}, record.Commit{})
	if fault.Is(err, fault.Conflict) {
		err = nil // another token was asked for at the same moment
	}
	return ref, err
}
