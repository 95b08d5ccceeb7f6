package record

import (
	"slices"
	"strings"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// places collects where somebody is looked after, as Relation.Places has it.
type places []string

// names tells what a reference names.
type names func(reference *fhir.Value) called

func (p *places) add(kind, code string) {
	if key := access.PlaceKey(kind, code); key != "" && !slices.Contains(*p, key) {
		*p = append(*p, key)
	}
}

func (p places) String() string { return strings.Join(p, "\n") }

// location adds a place by its codes and its name: the ward or clinic, without room
// and bed ("RenalWard/MainRoom/Bed 7").
func (p *places) location(c called) {
	for _, id := range c.identifiers {
		if id.StrAt("system") != access.TeamSystem {
			ward, _, _ := strings.Cut(id.StrAt("value"), "/")
			p.add(access.DutyWard, strings.ReplaceAll(ward, "%2F", "/"))
		}
	}
	for _, name := range c.names {
		p.add(access.DutyWard, name)
	}
}

// staff adds a clinician by their numbers, and in a role by its specialty.
func (p *places) staff(c called) {
	for _, id := range c.identifiers {
		switch id.StrAt("system") {
		case access.TeamSystem, uk.ODSOrganization, "":
			continue
		}
		p.add(access.DutyStaff, id.StrAt("value"))
	}
	p.services(c.services...)
}

func (p *places) services(concepts ...*fhir.Value) {
	for _, c := range concepts {
		for coding := range c.Get("coding").Each() {
			p.add(access.DutyService, coding.StrAt("code"))
		}
	}
}

// left tells a place of a stay in which the patient is no more.
func left(location *fhir.Value) bool { return location.StrAt("status") == "completed" }

// stayPlaces are the wards where the patient is, or was last, the service and the
// clinicians of an Encounter.
func stayPlaces(body *fhir.Value, who names) string {
	var p places
	over := body.StrAt("status") == "finished"
	var last *fhir.Value
	for l := range body.Get("location").Each() {
		last = l
		if !left(l) {
			p.location(who(l.Get("location")))
		}
	}
	if over && len(p) == 0 && last != nil {
		p.location(who(last.Get("location")))
	}
	p.services(body.Get("serviceType"))
	for part := range body.Get("participant").Each() {
		p.staff(who(part.Get("individual")))
	}
	return p.String()
}

// leftWards are those that the patient has left: the relationship of who is
// responsible there lasts as long as after a discharge.
func (f *recordFacts) leftWards(body *fhir.Value, org string, until time.Time, ref string, who names) {
	for l := range body.Get("location").Each() {
		end := l.StrAt("period.end")
		if !left(l) || end == "" {
			continue
		}
		var p places
		p.location(who(l.Get("location")))
		if over := endOf(end, until).Add(access.Grace); len(p) > 0 {
			if over.After(until) {
				over = until
			}
			f.relations = append(f.relations, access.Relation{Org: org, How: "encounter", Until: over, Ref: ref, Places: p.String(), Apart: true})
		}
	}
}

// bookedPlaces are the clinic, the services and the clinicians of an Appointment.
func bookedPlaces(body *fhir.Value, who names) string {
	var p places
	for part := range body.Get("participant").Each() {
		actor := part.Get("actor")
		typ := actor.StrAt("type")
		if of, _, ok := ofDirectory(actor.StrAt("reference")); ok {
			typ = of
		}
		switch typ {
		case "Location":
			p.location(who(actor))
		case "Practitioner", "PractitionerRole":
			p.staff(who(actor))
		}
	}
	for _, name := range []string{"serviceType", "specialty"} {
		for c := range body.Get(name).Each() {
			p.services(c)
		}
	}
	return p.String()
}

// askedPlaces are the clinicians, the specialty and the place that a
// ServiceRequest is for.
func askedPlaces(body *fhir.Value, who names) string {
	var p places
	for r := range body.Get("performer").Each() {
		p.staff(who(r))
	}
	p.services(body.Get("performerType"))
	for r := range body.Get("locationReference").Each() {
		p.location(who(r))
	}
	for c := range body.Get("locationCode").Each() {
		for coding := range c.Get("coding").Each() {
			p.add(access.DutyWard, coding.StrAt("code"))
		}
	}
	return p.String()
}

// askingPlaces are those of who asks, with those that are asked: within one
// organisation the resource is of both.
func askingPlaces(body *fhir.Value, asked string, who names) string {
	var p places
	p.staff(who(body.Get("requester")))
	if asked != "" {
		for _, x := range strings.Split(asked, "\n") {
			if !slices.Contains(p, x) {
				p = append(p, x)
			}
		}
	}
	return p.String()
}
