package onboard

import (
	"strings"

	"concord/exchange/crosswalk"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// SeverityAsSent stands before a severity that the source words in its own way.
const SeverityAsSent = "Severity as sent: "

func (m *maker) alert() *fhir.Value {
	ids, code := fhir.Arr(m.identifier("alerts", m.at("key"))), m.concept(Alerts, m.at("code"), m.at("text"))
	if m.at("kind") == "alert" {
		status := map[string]string{"active": "active", "inactive": "inactive", "refuted": "entered-in-error"}[m.at("status")]
		return fhir.Obj("resourceType", "Flag", "meta", m.meta(), "identifier", ids, "status", status, "code", code, "subject", m.subject(),
			"period", fhir.Of(fhir.Obj("start", m.day("recorded"))))
	}
	clinical, verified := m.at("status"), "unconfirmed"
	if clinical == "refuted" {
		clinical, verified = "inactive", "refuted" // R4 asks for both (ait-1)
	}
	var reaction *fhir.Value
	switch s := m.at("severity"); s {
	case "":
	case "mild", "moderate", "severe":
		reaction = fhir.Arr(fhir.Obj("manifestation", fhir.Arr(fhir.Obj("text", "Not recorded by the source")), "severity", s))
	default: // R4 has no other word: it stands as the source has it, where people read it
		reaction = fhir.Arr(fhir.Obj("manifestation", fhir.Arr(fhir.Obj("text", SeverityAsSent+s))))
	}
	return fhir.Obj("resourceType", "AllergyIntolerance", "meta", m.meta(), "identifier", ids,
		"clinicalStatus", fhir.Of(fhir.Concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", clinical, "", "")),
		"verificationStatus", fhir.Concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", verified, "", ""),
		"code", code, "patient", m.subject(), "recordedDate", m.day("recorded"), "reaction", reaction)
}

func (m *maker) place(ward, bed string) *fhir.Value {
	system, place := uk.LocationCode.System(m.trust), func(code string) string {
		code = strings.ReplaceAll(code, "/", "%2F")
		if bed != "" {
			code += "/" + bed
		}
		return code
	}
	where := m.party("Location", Wards, system, ward, ward)
	return fhir.Obj("location", where.With("identifier", fhir.Obj("system", where.StrAt("identifier.system"), "value", place(where.StrAt("identifier.value")))))
}

func (m *maker) staff(name string) *fhir.Value {
	if m.at(name) == "" {
		return nil
	}
	return m.party("Practitioner", Staff, crosswalk.SourceSystem(m.trust, Staff, m.at(name)), m.at(name), "")
}

// PlannedEnd is the extension of an Encounter that says when it is expected to end,
// as the trust's feeds say it too: R4 has no element for it, nor has UK Core
// (https://hl7.org/fhir/uv/xver-r5.r4/, Encounter.plannedEndDate).
const PlannedEnd = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"

func (m *maker) encounter() *fhir.Value {
	class := map[string][2]string{"inpatient": {"IMP", "inpatient encounter"}, "emergency": {"EMER", "emergency"}, "day": {"SS", "short stay"}, "outpatient": {"AMB", "ambulatory"}}[m.at("class")]
	status := "in-progress"
	if m.at("ended") != "" {
		status = "finished"
	}
	var location, participant, service *fhir.Value
	if m.at("ward") != "" {
		location = fhir.Arr(m.place(m.at("ward"), m.at("bed")))
	}
	if s := m.staff("consultant"); s != nil {
		participant = fhir.Arr(fhir.Obj("individual", s))
	}
	if m.at("specialty") != "" {
		service = m.concept(Specialties, m.at("specialty"), "")
	}
	var expected *fhir.Value
	if d := m.day("expected"); d != "" {
		expected = fhir.Arr(fhir.Obj("url", PlannedEnd, "valueDateTime", d))
	}
	return fhir.Obj("resourceType", "Encounter", "meta", m.meta(), "extension", expected, "identifier", fhir.Arr(m.identifier("encounters", m.at("key"))), "status", status,
		"class", fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", class[0], "display", class[1]), "serviceType", service,
		"subject", m.subject(), "participant", participant, "period", fhir.Obj("start", m.instant("started"), "end", m.instant("ended")), "location", location)
}

// pathwayEvent keeps an event of a pathway as a Task: it has an owner of the
// clock, a day and a status, and what FHIR R4 has no element for is an input.
func (m *maker) pathwayEvent() *fhir.Value {
	return m.task("referral-to-treatment", "on", "status", "kind", "outcome", "priority", "discharged", "start", "provider", "specialty")
}

func (m *maker) listed() *fhir.Value {
	return m.task("waiting-list", "clock_start", "status", "weeks", "specialty", "consultant", "priority", "listed", "procedure")
}

// task is a row of a pathway: every column that is filled is an input.
func (m *maker) task(code string, columns ...string) *fhir.Value {
	var inputs []*fhir.Value
	for _, c := range columns {
		if v := m.at(c); v != "" {
			inputs = append(inputs, fhir.Obj("type", fhir.Concept("urn:concord:pathway", c, "", ""), "valueString", v))
			kind := map[string]CodeKind{"specialty": Specialties, "consultant": Staff}[c]
			if to, ok := m.table.Find(kind, v); ok && to.Code != v {
				inputs = append(inputs, fhir.Obj("type", fhir.Concept("urn:concord:pathway", c+"-mapped", "", ""), "valueString", to.Code))
			}
		}
	}
	return fhir.Obj("resourceType", "Task", "meta", m.meta(),
		"identifier", fhir.Arr(m.identifier(m.class.Name, m.at("key"))),
		"groupIdentifier", fhir.Obj("system", PathwayKind.System(m.trust), "value", m.at("pathway")),
		"status", "accepted", "intent", "order", "code", fhir.Concept("urn:concord:code", code, "", ""), "for", m.subject(), "input", inputs)
}

func (m *maker) appointment() *fhir.Value {
	status := map[string]string{"booked": "booked", "cancelled": "cancelled"}[m.at("status")]
	participant := []*fhir.Value{fhir.Obj("actor", m.subject(), "status", "accepted"),
		fhir.Obj("actor", m.party("HealthcareService", Clinics, uk.Local("clinic").System(m.trust), m.at("clinic"), ""), "status", "accepted")}
	if s := m.staff("consultant"); s != nil {
		participant = append(participant, fhir.Obj("actor", s, "status", "accepted"))
	}
	a := fhir.Obj("resourceType", "Appointment", "meta", m.meta(), "identifier", fhir.Arr(m.identifier("appointments", m.at("key"))), "status", status,
		"appointmentType", fhir.Of(m.coded(m.at("kind"), "")), "start", m.instant("starts"))
	minutes := number([]byte(m.at("minutes")))
	if minutes <= 0 || minutes > 24*60 {
		minutes = 15
	}
	if t, ok := fhir.ParseInstant(m.instant("starts"), m.zone); ok {
		a = a.With("end", fhir.FormatDateTime(t.Start.Add(minutesOf(minutes)), m.zone)).With("minutesDuration", minutes)
	}
	if p := m.at("pathway"); p != "" {
		a = a.With("basedOn", fhir.Arr(m.order(PathwayKind, p)))
	}
	return a.With("participant", participant)
}

// PathwayKind is the kind of identifier that a patient pathway identifier is: of
// the referral that began the pathway, and of the group of its events.
const PathwayKind uk.Local = "pathway"

// order names an order or a referral by its number: it may not be known here.
func (m *maker) order(kind uk.Local, number string) *fhir.Value {
	return fhir.Obj("type", "ServiceRequest", "identifier", fhir.Obj("system", kind.System(m.trust), "value", number))
}

func (m *maker) document() *fhir.Value {
	doc := map[string]string{"final": "final", "unsent": "final", "draft": "preliminary"}[m.at("status")]
	var author, label *fhir.Value
	if m.at("author") != "" {
		author = fhir.Arr(fhir.Obj("display", m.at("author")))
	}
	if m.at("status") == "unsent" { // it has to be found again, and sent
		label = fhir.Arr(m.coded("unsent", ""))
	}
	content := m.attached()
	url := m.at("file")
	if url == "" || namedContent(url) != nil {
		url = "urn:concord:" + m.trust + ":legacy-document:" + escapedKey(m.at("key"))
	}
	if content == nil {
		content = []*fhir.Value{fhir.Obj("attachment", fhir.Obj("url", url, "title", m.at("title")))}
	}
	var context *fhir.Value
	if e := m.at("encounter"); e != "" {
		context = fhir.Obj("encounter", fhir.Arr(fhir.Obj("type", "Encounter", "identifier", m.identifier("encounters", e))))
	}
	return fhir.Obj("resourceType", "DocumentReference", "meta", m.meta(), "identifier", fhir.Arr(m.identifier("documents", m.at("key"))), "status", "current", "docStatus", doc,
		"type", m.concept(DocKinds, m.at("kind"), ""), "category", label, "subject", m.subject(), "date", m.instant("written"), "author", author,
		"content", content, "context", context)
}

// attached is the content of a document that the stage holds; nil where it holds none,
// and for a maker without an extract, which is asked what a row is and not for all of it.
func (m *maker) attached() (content []*fhir.Value) {
	if m.extract == nil {
		return nil
	}
	var err error
	if content, m.size, err = m.extract.attachments(m.at("file"), m.at("title")); err != nil {
		m.failed = err
	}
	return content
}

func (m *maker) result() *fhir.Value {
	status := map[string]string{"final": "final", "preliminary": "preliminary", "corrected": "corrected", "cancelled": "cancelled"}[m.at("status")]
	var based, quantity, limits *fhir.Value
	if n := m.at("order"); n != "" {
		based = fhir.Arr(m.order(uk.PlacerOrder, n))
	}
	value, unit, words := m.at("value"), m.at("unit"), ""
	if decimal(value) {
		quantity, limits = m.measured(value, unit)
	} else {
		words, limits = strings.TrimSpace(value+" "+unit), crosswalk.Unit{}.Range(m.at("range"), unit)
	}
	return fhir.Obj("resourceType", "Observation", "meta", m.meta(), "identifier", fhir.Arr(m.identifier("results", m.at("key"))), "status", status,
		"category", fhir.Arr(fhir.Concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "", "")),
		"code", m.concept(Results, m.at("code"), m.at("name")), "subject", m.subject(), "effectiveDateTime", m.instant("taken"), "issued", m.instant("reported"),
		"basedOn", based, "valueQuantity", quantity, "valueString", words, "referenceRange", fhir.Arr(limits))
}

// decimal tells a number that JSON takes as it stands.
func decimal(s string) bool {
	whole, part, dot := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(s string) bool { return s != "" && len(s) < 18 && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (len(whole) == 1 || whole[0] != '0') && (!dot || digits(part))
}

func (m *maker) medicine() *fhir.Value {
	status := map[string]string{"active": "active", "stopped": "stopped", "completed": "completed"}[m.at("status")]
	var dosage []string
	for _, c := range []string{"dose", "route", "frequency"} {
		dosage = append(dosage, nonEmpty(m.at(c))...)
	}
	var lines *fhir.Value
	if len(dosage) > 0 {
		lines = fhir.Arr(fhir.Obj("text", strings.Join(dosage, " ")))
	}
	drug, subject := m.concept(Drugs, m.at("code"), m.at("text")), m.subject()
	var order, based *fhir.Value
	if who := m.staff("prescriber"); who != nil { // a MedicationStatement has no prescriber: the order that it goes by has
		order = fhir.Arr(fhir.Obj("resourceType", "MedicationRequest", "id", "order", "status", status, "intent", "order",
			"medicationCodeableConcept", drug, "subject", subject, "requester", who))
		based = fhir.Arr(fhir.Obj("reference", "#order"))
	}
	return fhir.Obj("resourceType", "MedicationStatement", "meta", m.meta(), "contained", order, "identifier", fhir.Arr(m.identifier("medicines", m.at("key"))), "basedOn", based, "status", status,
		"medicationCodeableConcept", drug, "subject", subject,
		"effectivePeriod", fhir.Obj("start", m.day("started"), "end", m.day("ended")), "dosage", lines)
}
