package demo

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// PrimaryCare is the organisation under which practices' records come in: the
// integrated care board, which runs that feed for all of them.
const PrimaryCare = "QRV"

// itemSystem numbers the resources of a parcel, so that one that is sent again
// is not kept twice.
const itemSystem = "urn:concord:demo:item"

const (
	problemSystem   = "urn:concord:demo:problem"
	medicineSystem  = "urn:concord:demo:medicine"
	substanceSystem = "urn:concord:demo:substance"
	procedureSystem = "urn:concord:demo:procedure"
	vaccineSystem   = "urn:concord:demo:vaccine"
)

// parcel writes the FHIR of a step: what practices and prescribing systems say.
func (sc *scene) parcel() error {
	b := &bundler{scene: sc, subject: fhir.Obj("reference", "Patient?identifier="+
		url.QueryEscape(uk.HospitalNumber.System(sc.trust)+"|"+sc.hospital())), id: sc.control()}
	s := sc.step
	b.who = consultant(sc.trust, "300", sc.person.Index).name()
	if v := sc.known(); v != nil {
		b.who = v.consultant.name()
	}
	org := sc.trust
	if s.By == "gp" {
		org = PrimaryCare
		b.who = "Dr " + sc.person.Practice.Given + " " + sc.person.Practice.Doctor + ", " + sc.person.Practice.Name
	}
	for i := range s.Problems {
		b.problem(&s.Problems[i])
	}
	for i := range s.Allergies {
		b.allergy(&s.Allergies[i])
	}
	for i := range s.Medicines {
		b.medicine(&s.Medicines[i])
	}
	for i := range s.Immunisations {
		b.immunisation(&s.Immunisations[i])
	}
	for _, text := range s.Procedures {
		b.add("Procedure", "status", "completed", "code", demoConcept(procedureSystem, "P", text), "subject", b.subject,
			"performedDateTime", b.stamp(sc.at), "performer", fhir.Arr(fhir.Obj("actor", b.author())))
	}
	for _, text := range s.Alerts {
		b.add("Flag", "status", "active", "code", fhir.Obj("text", text), "subject", b.subject,
			"period", fhir.Obj("start", b.stamp(sc.at)), "author", b.author())
	}
	b.plan(s.Plan)
	sc.life.Parcels = append(sc.life.Parcels, Parcel{org, sc.at, fhir.Obj(
		"resourceType", "Bundle", "id", b.id, "type", "transaction", "entry", b.entries)})
	return nil
}

// bundler collects the entries of one transaction.
type bundler struct {
	scene   *scene
	id      string
	subject *fhir.Value
	who     string
	entries []*fhir.Value
}

func (b *bundler) author() *fhir.Value { return fhir.Obj("type", "Practitioner", "display", b.who) }

func (b *bundler) stamp(t time.Time) string { return fhir.FormatDateTime(t, t.Location()) }

// add puts in one resource, with a number by which it is created only once.
func (b *bundler) add(kind string, pairs ...any) {
	number := b.id + "-" + pad(len(b.entries)+1, 2)
	all := append([]any{"resourceType", kind, "meta", fhir.Obj("profile", fhir.Arr(profileOf(kind))),
		"identifier", fhir.Arr(fhir.Obj("system", itemSystem, "value", number))}, pairs...)
	b.entries = append(b.entries, fhir.Obj("resource", fhir.Obj(all...), "request", fhir.Obj(
		"method", "POST", "url", kind, "ifNoneExist", "identifier="+url.QueryEscape(itemSystem+"|"+number))))
}

func profileOf(kind string) *fhir.Value {
	if p := uk.Profile(kind); p != "" {
		return fhir.Of(p)
	}
	return nil
}

func demoConcept(system, letter, text string) *fhir.Value {
	return fhir.Concept(system, codeOf(letter, text), text, text)
}

func statusConcept(system, code string) *fhir.Value {
	return fhir.Concept("http://terminology.hl7.org/CodeSystem/"+system, code, "", "")
}

func (b *bundler) day(text string, otherwise time.Time) string {
	if text == "" {
		return otherwise.Format("2006-01-02")
	}
	return b.scene.cal.day(text).Format("2006-01-02")
}

func (b *bundler) problem(p *Problem) {
	status, ended := "active", ""
	if p.Until != "" {
		status, ended = "resolved", b.day(p.Until, b.scene.at)
	}
	var severity *fhir.Value
	if p.Severity != "" {
		severity = fhir.Obj("text", p.Severity)
	}
	b.add("Condition", "clinicalStatus", statusConcept("condition-clinical", status),
		"verificationStatus", statusConcept("condition-ver-status", "confirmed"),
		"category", fhir.Arr(statusConcept("condition-category", "problem-list-item")),
		"severity", severity, "code", demoConcept(problemSystem, "D", p.Text), "subject", b.subject,
		"onsetDateTime", b.day(p.Since, b.scene.at), "abatementDateTime", ended,
		"recordedDate", b.stamp(b.scene.at), "recorder", b.author())
}

func (b *bundler) allergy(a *Allergy) {
	code, category, kind := demoConcept(substanceSystem, "A", a.To), map[string]string{
		"drug": "medication", "food": "food", "environment": "environment"}[a.Kind], "allergy"
	if a.To == "none" {
		code, kind = fhir.Concept(uk.SNOMED, noAllergy, "No known allergy", "No known allergy"), ""
	}
	criticality := map[string]string{"severe": "high", "mild": "low"}[a.Severity]
	var reaction *fhir.Value
	if a.Reaction != "" {
		reaction = fhir.Arr(fhir.Obj("manifestation", fhir.Arr(fhir.Obj("text", a.Reaction)), "severity", a.Severity))
	}
	b.add("AllergyIntolerance", "clinicalStatus", statusConcept("allergyintolerance-clinical", "active"),
		"verificationStatus", statusConcept("allergyintolerance-verification", "confirmed"), "type", kind,
		"category", fhir.Arr(category), "criticality", criticality, "code", code, "patient", b.subject,
		"recordedDate", b.day(a.Since, b.scene.at), "recorder", b.author(), "reaction", reaction)
}

func (b *bundler) medicine(m *Medicine) {
	status := m.Status
	if status == "" {
		status = "active"
	}
	since := b.stamp(b.scene.at)
	if m.Since != "" {
		since = b.day(m.Since, b.scene.at)
	}
	concept := demoConcept(medicineSystem, "M", m.Name)
	dosage := fhir.Arr(dosageOf(m))
	var reason *fhir.Value
	if m.For != "" {
		reason = fhir.Arr(fhir.Obj("text", m.For))
	}
	ended := ""
	if m.Until != "" {
		ended = b.day(m.Until, b.scene.at)
	}
	if m.Reported {
		var why *fhir.Value
		if m.Why != "" {
			why = fhir.Arr(fhir.Obj("text", m.Why))
		}
		b.add("MedicationStatement", "status", status, "statusReason", why, "medicationCodeableConcept", concept,
			"subject", b.subject, "effectivePeriod", fhir.Obj("start", since, "end", ended),
			"dateAsserted", b.stamp(b.scene.at), "informationSource", b.author(), "reasonCode", reason, "dosage", dosage)
		return
	}
	var why, supply *fhir.Value
	if m.Why != "" {
		why = fhir.Obj("text", m.Why)
	}
	if ended != "" {
		supply = fhir.Obj("validityPeriod", fhir.Obj("start", since, "end", ended))
	}
	b.add("MedicationRequest", "status", status, "statusReason", why, "intent", "order", "medicationCodeableConcept", concept,
		"subject", b.subject, "authoredOn", since, "requester", b.author(), "reasonCode", reason,
		"dosageInstruction", dosage, "dispenseRequest", supply)
}

var doseForm = regexp.MustCompile(`^([0-9.]+) ?(.+)$`)

// dosageOf takes the instruction apart, and keeps it in words as well.
func dosageOf(m *Medicine) *fhir.Value {
	words := strings.Join(strings.Fields(strings.Join([]string{m.Dose, m.Route, m.How}, " ")), " ")
	var rate, route, needed *fhir.Value
	if f := doseForm.FindStringSubmatch(m.Dose); f != nil {
		rate = fhir.Arr(fhir.Obj("doseQuantity", fhir.Obj("value", fhir.Decimal(f[1]), "unit", f[2])))
	}
	if m.Route != "" {
		route = fhir.Obj("text", m.Route)
	}
	if m.AsNeeded {
		needed = fhir.Of(true)
	}
	return fhir.Obj("text", words, "timing", timingOf(m.How), "asNeededBoolean", needed, "route", route, "doseAndRate", rate)
}

func timingOf(how string) *fhir.Value {
	if how == "" {
		return nil
	}
	times := map[string]int{"once a day": 1, "twice a day": 2, "three times a day": 3, "four times a day": 4}
	if n := times[how]; n > 0 {
		return fhir.Obj("repeat", fhir.Obj("frequency", n, "period", 1, "periodUnit", "d"))
	}
	return fhir.Obj("code", fhir.Obj("text", how))
}

func (b *bundler) immunisation(i *Immunisation) {
	b.add("Immunization", "status", "completed", "vaccineCode", demoConcept(vaccineSystem, "V", i.Name), "patient", b.subject,
		"occurrenceDateTime", b.day(i.On, b.scene.at), "primarySource", true,
		"performer", fhir.Arr(fhir.Obj("actor", b.author())))
}

func (b *bundler) plan(p *Plan) {
	if p == nil {
		return
	}
	var actions []*fhir.Value
	for _, a := range p.Actions {
		actions = append(actions, fhir.Obj("detail", fhir.Obj("status", "in-progress", "description", b.scene.fill(a))))
	}
	b.add("CarePlan", "status", "active", "intent", "plan", "title", p.Title, "description", b.scene.fill(p.Text),
		"subject", b.subject, "created", b.stamp(b.scene.at), "author", b.author(), "activity", actions)
}
