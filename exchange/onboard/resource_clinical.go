package onboard

import (
	"strings"

	"concord/standard/fhir"
)

func (x *resourceRow) allergy() {
	x.row["patient"], x.row["kind"] = x.ref(x.Value.Get("patient")), "allergy"
	x.coded("code", "text", "code")
	x.set("severity", "reaction.severity")
	x.day("recorded", "recordedDate")
	x.row["status"] = map[string]string{"active": "active", "": "active", "inactive": "inactive", "resolved": "inactive"}[firstCode(x.Value.Get("clinicalStatus"))]
	if s := firstCode(x.Value.Get("verificationStatus")); s == "refuted" || s == "entered-in-error" {
		x.row["status"] = "refuted"
	}
}

func (x *resourceRow) flag() {
	x.row["patient"], x.row["kind"] = x.ref(x.Value.Get("subject")), "alert"
	x.coded("code", "text", "code")
	x.day("recorded", "period.start")
	x.row["status"] = map[string]string{"active": "active", "inactive": "inactive", "entered-in-error": "refuted"}[x.Value.StrAt("status")]
}

func firstCode(concept *fhir.Value) string {
	if c := fhir.Codings(concept); len(c) > 0 {
		return c[0].Code
	}
	return ""
}

func (x *resourceRow) encounter() {
	x.row["patient"] = x.ref(x.Value.Get("subject"))
	x.row["class"] = map[string]string{"IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "EMER": "emergency", "SS": "day", "AMB": "outpatient"}[x.Value.StrAt("class.code")]
	x.moment("started", "period.start")
	x.moment("ended", "period.end")
	x.coded("specialty", "", "serviceType")
	if e := fhir.Extension(x.Value, PlannedEnd); e != nil {
		x.row["expected"], _, _ = strings.Cut(e.StrAt("valueDateTime"), "T")
	}
	for l := range x.Value.Get("location").Each() {
		if s := l.StrAt("status"); s == "completed" || s == "planned" || s == "reserved" {
			continue
		}
		place := l.StrAt("location.identifier.value")
		if place == "" {
			place = l.StrAt("location.display")
		}
		x.row["ward"], x.row["bed"], _ = strings.Cut(place, "/")
	}
	for p := range x.Value.Get("participant").Each() {
		if c := p.StrAt("individual.identifier.value"); c != "" && x.row["consultant"] == "" {
			x.row["consultant"] = c
		}
	}
}

func (x *resourceRow) appointment() {
	for p := range x.Value.Get("participant").Each() {
		actor := p.Get("actor")
		typ, _, _ := strings.Cut(actor.StrAt("reference"), "/")
		if t := actor.StrAt("type"); t != "" {
			typ = t
		}
		switch {
		case typ == "Patient" || actor.StrAt("reference") == "#patient":
			x.row["patient"] = x.ref(actor)
		case typ == "Location" || typ == "HealthcareService":
			x.row["clinic"] = x.ref(actor)
		case typ == "Practitioner" && x.row["consultant"] == "":
			x.row["consultant"] = x.ref(actor)
		}
	}
	x.moment("starts", "start")
	for b := range x.Value.Get("basedOn").Each() {
		if strings.HasSuffix(b.StrAt("identifier.system"), ":"+string(PathwayKind)) {
			x.row["pathway"] = b.StrAt("identifier.value")
		}
	}
	x.row["minutes"] = x.Value.Get("minutesDuration").Raw()
	x.row["status"] = map[string]string{"booked": "booked", "proposed": "booked", "pending": "booked", "arrived": "booked", "checked-in": "booked",
		"cancelled": "cancelled", "noshow": "cancelled", "entered-in-error": "cancelled"}[x.Value.StrAt("status")]
}

func (x *resourceRow) document() {
	x.row["patient"] = x.ref(x.Value.Get("subject"))
	x.row["encounter"] = x.ref(x.Value.Path("context.encounter.0"))
	x.coded("kind", "title", "type")
	for _, path := range []string{"content.attachment.title", "description"} {
		if t := x.Value.StrAt(path); t != "" {
			x.row["title"] = t
		}
	}
	x.moment("written", "date")
	x.set("author", "author.display")
	x.set("file", "content.attachment.url")
	x.row["status"] = map[string]string{"final": "final", "amended": "final", "": "final", "preliminary": "draft"}[x.Value.StrAt("docStatus")]
}

func (x *resourceRow) observation() {
	x.row["patient"] = x.ref(x.Value.Get("subject"))
	x.row["order"] = x.ref(x.Value.Path("basedOn.0"))
	x.coded("code", "name", "code")
	switch q := x.Value.Get("valueQuantity"); {
	case q != nil:
		x.row["value"] = q.StrAt("comparator") + q.Get("value").Raw()
		x.row["unit"] = q.StrAt("unit")
	case x.Value.Get("valueCodeableConcept") != nil:
		x.row["value"] = fhir.ConceptText(x.Value.Get("valueCodeableConcept"))
	default:
		x.set("value", "valueString")
	}
	x.set("range", "referenceRange.text")
	x.row["status"] = map[string]string{"final": "final", "preliminary": "preliminary", "registered": "preliminary", "amended": "corrected", "corrected": "corrected",
		"cancelled": "cancelled", "entered-in-error": "cancelled"}[x.Value.StrAt("status")]
	x.moment("taken", "effectiveDateTime")
	x.moment("reported", "issued")
}

func (x *resourceRow) medicine() {
	x.row["patient"] = x.ref(x.Value.Get("subject"))
	x.coded("code", "text", "medicationCodeableConcept")
	dosage := "dosageInstruction"
	if x.Value.Type() == "MedicationStatement" {
		dosage = "dosage"
	}
	x.set("dose", dosage+".text")
	x.row["route"] = fhir.ConceptText(x.Value.Path(dosage + ".route"))
	x.row["status"] = map[string]string{"active": "active", "on-hold": "active", "intended": "active", "stopped": "stopped", "cancelled": "stopped", "not-taken": "stopped",
		"entered-in-error": "stopped", "completed": "completed"}[x.Value.StrAt("status")]
	for _, path := range []string{"authoredOn", "effectivePeriod.start", "effectiveDateTime", "dateAsserted"} {
		if x.row["started"] == "" {
			x.day("started", path)
		}
	}
	x.day("ended", "effectivePeriod.end")
	x.row["prescriber"] = x.ref(x.Value.Get("requester"))
	for c := range x.Value.Get("contained").Each() {
		if c.Type() == "MedicationRequest" && x.Value.StrAt("basedOn.0.reference") == "#"+c.ID() {
			x.row["prescriber"] = x.ref(c.Get("requester"))
		}
	}
}
