package main

import (
	"fmt"

	"concord/standard/fhir"
	"concord/standard/uk"
)

const eventTime = "urn:concord:event-time"

func (m *maker) ukMeta(typ string) *fhir.Value {
	return fhir.Obj("extension", fhir.Arr(fhir.Obj("url", eventTime, "valueInstant", m.time("+00:00"))),
		"source", "urn:concord:feed:R1K:pas#"+m.id(), "profile", fhir.Arr(uk.Profile(typ)))
}

func (m *maker) sourceKey(kind string) *fhir.Value {
	return fhir.Obj("use", "secondary", "system", "urn:concord:source-key", "value", "R1K|"+kind+"|"+m.id())
}

func (m *maker) ukPatient() *fhir.Value {
	return fhir.Obj("resourceType", "Patient", "meta", m.ukMeta("Patient"),
		"extension", fhir.Arr(fhir.Obj("url", uk.EthnicExtension, "valueCodeableConcept", fhir.Obj("coding", fhir.Arr(fhir.Obj("system", uk.EthnicSystem, "code", "H", "display", uk.EthnicCategory("H")))))),
		"identifier", fhir.Arr(
			fhir.Obj("extension", fhir.Arr(fhir.Obj("url", uk.VerificationExtension, "valueCodeableConcept", fhir.Obj("coding", fhir.Arr(fhir.Obj("system", uk.VerificationSystem, "code", "01", "display", uk.Verified.Display()))))),
				"use", "official", "system", uk.NHSNumberSystem, "value", fmt.Sprint(9990000000+m.rng.Int64N(9999999))),
			fhir.Obj("use", "usual", "type", code(tables+"v2-0203", "MR"), "system", uk.HospitalNumber.System("R1K"), "value", m.id(), "assigner", fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", "R1K")))),
		"active", true,
		"name", fhir.Arr(fhir.Obj("use", "official", "family", pick(m, families), "given", fhir.Arr(pick(m, givens)), "prefix", fhir.Arr("Mrs"))),
		"telecom", fhir.Arr(fhir.Obj("system", "phone", "value", "020 7946 0"+m.id()[:3], "use", "home"), fhir.Obj("system", "phone", "value", "07700 900"+m.id()[:3], "use", "mobile")),
		"gender", pick(m, []string{"male", "female"}), "birthDate", m.date(),
		"address", fhir.Arr(fhir.Obj("use", "home", "line", fhir.Arr(fmt.Sprint(m.rng.IntN(99), " Station Road")), "city", "London", "district", "Harrow", "postalCode", "HA1 3UJ", "country", "GBR")),
		"generalPractitioner", fhir.Arr(fhir.Obj("type", "Organization", "identifier", fhir.Obj("system", uk.ODSOrganization, "value", "E8"+m.id()[:4]), "display", "The Surgery")),
		"managingOrganization", fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", "R1K")))
}

func (m *maker) ukEncounter() *fhir.Value {
	place := func() *fhir.Value {
		return fhir.Obj("location", fhir.Obj("identifier", fhir.Obj("system", uk.LocationCode.System("R1K"), "value", "Elgar/Bay 2/Bed 4", "assigner", fhir.Obj("identifier", fhir.Obj("system", uk.ODSSite, "value", "R1K01"))), "display", "Elgar Ward, Bay 2, Bed 4"),
			"status", "completed", "period", fhir.Obj("start", m.time("+01:00"), "end", m.time("+00:00")))
	}
	return fhir.Obj("resourceType", "Encounter", "meta", m.ukMeta("Encounter"),
		"identifier", fhir.Arr(fhir.Obj("system", uk.VisitNumber.System("R1K"), "value", m.id()), m.sourceKey("visit")),
		"status", pick(m, []string{"in-progress", "finished"}), "class", fhir.Obj("system", tables+"v3-ActCode", "code", "IMP", "display", "inpatient encounter"),
		"serviceType", fhir.Obj("text", "General Medicine"), "subject", m.patientRef(),
		"participant", fhir.Arr(fhir.Obj("type", fhir.Arr(code(tables+"v3-ParticipationType", "ATND")), "individual", fhir.Obj("identifier", fhir.Obj("system", uk.StaffCode.System("R1K"), "value", "C0"+m.id()[:2]), "display", "Dr "+pick(m, families)))),
		"period", fhir.Obj("start", m.time("+01:00"), "end", m.time("+00:00")), "location", fhir.Arr(place(), place()),
		"serviceProvider", fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", "R1K")))
}

func (m *maker) ukObservation() *fhir.Value {
	t := pick(m, ukTests)
	return fhir.Obj("resourceType", "Observation", "meta", m.ukMeta("Observation"), "identifier", fhir.Arr(m.sourceKey("obs|"+t.code)),
		"basedOn", fhir.Arr(fhir.Obj("identifier", fhir.Obj("system", uk.PlacerOrder.System("R1K"), "value", m.id()))),
		"status", "final", "category", fhir.Arr(fhir.Obj("coding", fhir.Arr(fhir.Obj("system", tables+"observation-category", "code", "laboratory", "display", "Laboratory")))),
		"code", fhir.Obj("coding", fhir.Arr(fhir.Obj("system", uk.LocalCode.System("R1K"), "code", t.code, "display", t.display)), "text", t.display),
		"subject", m.patientRef(), "encounter", m.ref("Encounter"), "effectiveDateTime", m.time("+00:00"), "issued", m.time("+00:00"),
		"performer", fhir.Arr(fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", "R1K"))),
		"valueQuantity", fhir.Obj("value", m.number(), "unit", t.unit, "system", ucum, "code", t.unit),
		"interpretation", fhir.Arr(fhir.Obj("coding", fhir.Arr(fhir.Obj("system", tables+"v3-ObservationInterpretation", "code", "H", "display", "High")))),
		"referenceRange", fhir.Arr(fhir.Obj("low", fhir.Obj("value", m.number()), "high", fhir.Obj("value", m.number()), "text", "133 - 146")))
}

func (m *maker) document() *fhir.Value {
	return fhir.Obj("resourceType", "DocumentReference", "meta", m.ukMeta("DocumentReference"),
		"identifier", fhir.Arr(fhir.Obj("system", uk.DocumentNumber.System("R1K"), "value", m.id()), m.sourceKey("document")), "status", "current", "docStatus", "final",
		"type", fhir.Obj("text", "Clinic letter"), "subject", m.patientRef(), "date", m.time("+00:00"),
		"author", fhir.Arr(fhir.Obj("display", "Dr "+pick(m, families))), "custodian", fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", "R1K")),
		"content", fhir.Arr(fhir.Obj("attachment", fhir.Obj("contentType", "text/plain", "data", "RGVhciBEb2N0b3IsIHRoYW5rIHlvdSBmb3IgcmVmZXJyaW5n", "title", "Clinic letter"))),
		"context", fhir.Obj("encounter", fhir.Arr(m.ref("Encounter"))))
}

func (m *maker) order() *fhir.Value {
	return fhir.Obj("resourceType", "ServiceRequest", "meta", m.ukMeta("ServiceRequest"),
		"identifier", fhir.Arr(fhir.Obj("type", code(tables+"v2-0203", "PLAC"), "system", uk.PlacerOrder.System("R1K"), "value", m.id()), m.sourceKey("order")),
		"status", "active", "intent", "order", "code", fhir.Obj("coding", fhir.Arr(fhir.Obj("system", uk.LocalCode.System("R1K"), "code", "FBC", "display", "Full blood count")), "text", "Full blood count"),
		"subject", m.patientRef(), "encounter", m.ref("Encounter"), "authoredOn", m.time("+00:00"), "requester", fhir.Obj("display", "Dr "+pick(m, families)))
}
