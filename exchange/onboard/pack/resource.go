package pack

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// entity is a resource that a pack makes, under the identifier by which it is
// found again.
type entity struct {
	typ, system, value string
	body               *fhir.Value
}

// name tells an entity from others.
func (e entity) name() string { return e.typ + "?identifier=" + e.system + "|" + e.value }

// entities are the resources of a pack: logical references alone, so that none
// depends on what another is called in the store.
func (p *Pack) entities() []entity {
	out := []entity{p.organisation()}
	for i := range p.Sites {
		out = append(out, p.site(&p.Sites[i]))
	}
	for i := range p.Wards {
		out = append(out, p.ward(&p.Wards[i])...)
	}
	for i := range p.Clinics {
		out = append(out, p.clinic(&p.Clinics[i]))
	}
	for i := range p.Consultants {
		out = append(out, p.consultant(&p.Consultants[i])...)
	}
	return out
}

const physicalType = "http://terminology.hl7.org/CodeSystem/location-physical-type"

// treatmentSystem is the code system of treatment functions.
const treatmentSystem = "https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode"

func logical(typ, system, value, display string) *fhir.Value {
	return fhir.Obj("type", typ, "identifier", fhir.Obj("system", system, "value", value), "display", display)
}

func (p *Pack) owner() *fhir.Value {
	return logical("Organization", uk.ODSOrganization, p.Organisation.Code, p.Organisation.Name)
}

func identifiers(system, value string) *fhir.Value {
	return fhir.Arr(fhir.Obj("system", system, "value", value))
}

func (p *Pack) organisation() entity {
	o := &p.Organisation
	kind := fhir.Concept("http://terminology.hl7.org/CodeSystem/organization-type", "prov", "Healthcare Provider", o.Kind)
	return entity{"Organization", uk.ODSOrganization, o.Code, fhir.Obj("resourceType", "Organization",
		"identifier", identifiers(uk.ODSOrganization, o.Code), "active", true, "type", fhir.Arr(kind), "name", o.Name)}
}

func (p *Pack) site(s *Site) entity {
	var address *fhir.Value
	if s.Postcode != "" {
		address = fhir.Obj("postalCode", s.Postcode)
	}
	return entity{"Location", uk.ODSSite, s.Code, fhir.Obj("resourceType", "Location",
		"identifier", identifiers(uk.ODSSite, s.Code), "status", "active", "name", s.Name, "mode", "instance",
		"address", address, "physicalType", fhir.Concept(physicalType, "si", "Site", ""), "managingOrganization", p.owner())}
}

// ward is a ward and its beds, under the identifiers that intake gives places:
// ward, room and bed with slashes.
func (p *Pack) ward(w *Ward) []entity {
	system := uk.LocationCode.System(p.Organisation.Code)
	one := func(value, name, kind, display string, within *fhir.Value) entity {
		return entity{"Location", system, value, fhir.Obj("resourceType", "Location",
			"identifier", identifiers(system, value), "status", "active", "name", name, "mode", "instance",
			"physicalType", fhir.Concept(physicalType, kind, display, ""), "managingOrganization", p.owner(), "partOf", within)}
	}
	code := escaped(w.Code)
	out := []entity{one(code, w.Name, "wa", "Ward", logical("Location", uk.ODSSite, w.Site, ""))}
	for _, b := range w.beds() {
		out = append(out, one(code+"/"+b, w.Name+", "+strings.ReplaceAll(b, "/", ", "), "bd", "Bed", logical("Location", system, code, w.Name)))
	}
	return out
}

func escaped(s string) string { return strings.ReplaceAll(s, "/", "%2F") }

func (p *Pack) treatment(code string) *fhir.Value {
	for _, s := range p.Specialties {
		if s.Code == code {
			return fhir.Concept(treatmentSystem, code, s.Name, "")
		}
	}
	return nil
}

func (p *Pack) clinic(c *Clinic) entity {
	system := uk.Local("clinic").System(p.Organisation.Code)
	return entity{"HealthcareService", system, c.Code, fhir.Obj("resourceType", "HealthcareService",
		"identifier", identifiers(system, c.Code), "active", true, "providedBy", p.owner(),
		"specialty", fhir.Arr(p.treatment(c.Specialty)), "location", fhir.Arr(logical("Location", uk.ODSSite, c.Site, "")), "name", c.Name)}
}

func (p *Pack) consultant(c *Consultant) []entity {
	ids := []*fhir.Value{fhir.Obj("system", uk.ConsultantCode, "value", c.Code)}
	if c.GMC != "" {
		ids = append(ids, fhir.Obj("system", uk.GMCNumber, "value", c.GMC))
	}
	var specialties []*fhir.Value
	for _, s := range c.Specialties {
		specialties = append(specialties, p.treatment(s))
	}
	// A consultant may work for two organisations: the person is one, under the
	// national code, and each organisation has a role of its own.
	system := uk.StaffCode.System(p.Organisation.Code)
	return []entity{
		{"Practitioner", uk.ConsultantCode, c.Code, fhir.Obj("resourceType", "Practitioner", "identifier", ids, "active", true,
			"name", fhir.Arr(fhir.Obj("text", c.Name)))},
		{"PractitionerRole", system, c.Code, fhir.Obj("resourceType", "PractitionerRole", "identifier", identifiers(system, c.Code), "active", true,
			"practitioner", logical("Practitioner", uk.ConsultantCode, c.Code, c.Name), "organization", p.owner(), "specialty", specialties)},
	}
}

// ended is what becomes of an entity that the pack no longer names. A
// practitioner stays: others may employ them.
func ended(e entity) (entity, bool) {
	switch e.typ {
	case "Location":
		e.body = e.body.With("status", "inactive")
	case "HealthcareService", "PractitionerRole":
		e.body = e.body.With("active", false)
	default:
		return e, false
	}
	return e, true
}
