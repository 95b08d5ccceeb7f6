package demo

import (
	"fmt"
	"strconv"
	"time"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// contact adds one encounter with what was done during it.
func (c *scribe) contact() {
	c.at = c.at.AddDate(0, c.draw.between(2, 14), c.draw.below(28))
	if c.at.After(c.day) {
		c.at = c.day.AddDate(0, 0, -c.draw.between(1, 60))
	}
	stay := c.draw.chance(30)
	c.encounter(stay)
	c.vitals()
	c.report(&laboratory[c.draw.below(len(laboratory))])
	if stay {
		c.report(&laboratory[0])
		c.report(&laboratory[1])
		c.vitals()
		c.procedure()
	}
	if c.draw.chance(60) {
		c.condition()
	}
	c.prescription()
	c.letter()
}

// background adds what hangs on no encounter.
func (c *scribe) background() {
	c.visit = nil
	c.allergy()
	c.immunisation()
	c.immunisation()
	if c.draw.chance(40) {
		c.plan()
	}
	if c.draw.chance(50) {
		c.appointment()
	}
}

// fill adds to the encounter at hand until so many items came after a place in
// the Bundle.
func (c *scribe) fill(from, items int) {
	want := from + max(items, 1)
	kinds := []func(){c.prescription, c.condition, c.letter, c.immunisation, c.procedure, c.weight, c.weight, c.appointment}
	if want-len(c.entries) >= 9 && c.draw.chance(40) {
		c.vitals()
	}
	for _, p := range []string{"UE", "FBC", "CRP", "HBA1C", "LFT"} {
		panel, _ := panelByCode(p)
		if want-len(c.entries) > len(panel.tests) && c.draw.chance(55) {
			c.report(panel)
		}
	}
	for len(c.entries) < want {
		kinds[c.draw.below(len(kinds))]()
	}
}

func (c *scribe) encounter(stay bool) {
	row := &placeTable[c.draw.below(len(placeTable))]
	for p, ok := placeAt(row.kind, c.trust); !ok || p.clinic == stay || row.kind == "newborn"; p, ok = placeAt(row.kind, c.trust) {
		row = &placeTable[c.draw.below(len(placeTable))]
	}
	p, _ := placeAt(row.kind, c.trust)
	class, display, long := "AMB", "ambulatory", 40*time.Minute
	if stay {
		class, display, long = "IMP", "inpatient encounter", time.Duration(c.draw.between(1, 9))*24*time.Hour
	}
	number := strconv.Itoa(c.person.Index) + "-" + strconv.Itoa(c.count) + "-" + strconv.Itoa(len(c.entries))
	c.visit = c.add("Encounter",
		"identifier", fhir.Arr(fhir.Obj("system", uk.VisitNumber.System(c.trust), "value", "V"+number)),
		"status", "finished",
		"class", fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", class, "display", display),
		"serviceType", fhir.Obj("text", serviceName(p.service)),
		"subject", c.subject,
		"participant", fhir.Arr(fhir.Obj("individual", c.staff())),
		"period", fhir.Obj("start", c.stamp(), "end", fhir.FormatDateTime(c.at.Add(long), c.at.Location())),
		"reasonCode", fhir.Arr(fhir.Obj("text", c.draw.pick(ailments))),
		"location", fhir.Arr(fhir.Obj("location", fhir.Obj("type", "Location", "identifier",
			fhir.Obj("system", uk.LocationCode.System(c.trust), "value", p.name), "display", p.name+", "+siteName(p.site)))),
		"serviceProvider", c.organisation())
}

// report adds a DiagnosticReport over its results.
func (c *scribe) report(p *panel) {
	var results []*fhir.Value
	for i := range p.tests {
		a := &p.tests[i]
		printed := a.print(a.normal(c.person, &c.draw) * (1 + c.draw.around()*0.25))
		low, high := a.limits(c.person.Sex)
		limit := func(v float64) *fhir.Value {
			if v == 0 {
				return nil
			}
			return c.quantity(strconv.FormatFloat(v, 'f', -1, 64), a.unit)
		}
		var flag *fhir.Value
		if f := a.flag(printed, c.person.Sex); f != "" {
			flag = fhir.Arr(fhir.Concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", f, "", ""))
		}
		results = append(results, c.add("Observation", "status", "final", "category", fhir.Arr(observationCategory("laboratory")),
			"code", fhir.Obj("coding", fhir.Arr(fhir.Obj("system", uk.LOINC, "code", a.loinc, "display", a.name)), "text", a.name),
			"subject", c.subject, "encounter", c.visit, "effectiveDateTime", c.stamp(), "performer", fhir.Arr(c.organisation()),
			"valueQuantity", c.quantity(printed, a.unit), "interpretation", flag,
			"referenceRange", fhir.Arr(fhir.Obj("low", limit(low), "high", limit(high), "text", a.rangeText(c.person.Sex)))))
	}
	c.add("DiagnosticReport", "status", "final",
		"category", fhir.Arr(fhir.Concept("http://terminology.hl7.org/CodeSystem/v2-0074", p.section, "", "")),
		"code", fhir.Obj("coding", fhir.Arr(fhir.Obj("system", uk.LocalCode.System(c.trust), "code", p.code, "display", p.name)), "text", p.name),
		"subject", c.subject, "encounter", c.visit, "effectiveDateTime", c.stamp(),
		"issued", fhir.FormatInstant(c.at.Add(90*time.Minute)), "performer", fhir.Arr(c.organisation()), "result", results)
}

func observationCategory(code string) *fhir.Value {
	return fhir.Concept("http://terminology.hl7.org/CodeSystem/observation-category", code, "", "")
}

func (c *scribe) quantity(number, unit string) *fhir.Value {
	if unit == "" {
		return fhir.Obj("value", fhir.Decimal(number))
	}
	return fhir.Obj("value", fhir.Decimal(number), "unit", unit, "system", uk.UCUM, "code", unit)
}

// vitals adds a whole set of early-warning observations: eight resources.
func (c *scribe) vitals() {
	for _, m := range []struct {
		key             string
		middle, scatter float64
		decimals        int
	}{
		{"respiration-rate", 17, 4, 0}, {"oxygen-saturation", 96, 2, 0}, {"systolic-pressure", 128, 22, 0},
		{"diastolic-pressure", 76, 12, 0}, {"pulse", 82, 20, 0}, {"temperature", 36.9, 0.8, 1}, {"inspired-oxygen", 0, 0, 0},
	} {
		c.vital(m.key, strconv.FormatFloat(round(m.middle+c.draw.around()*m.scatter, m.decimals), 'f', m.decimals, 64))
	}
	v, _ := uk.VitalByKey("consciousness")
	level := acvpu("A")
	c.add("Observation", "status", "final", "category", fhir.Arr(observationCategory("vital-signs")),
		"code", fhir.Concept(uk.SNOMED, v.SNOMED, v.Name, v.Name), "subject", c.subject, "encounter", c.visit,
		"effectiveDateTime", c.stamp(), "performer", fhir.Arr(c.staff()),
		"valueCodeableConcept", fhir.Concept(uk.SNOMED, level.code, level.text, level.text))
}

func (c *scribe) vital(key, value string) {
	v, _ := uk.VitalByKey(key)
	c.add("Observation", "status", "final", "category", fhir.Arr(observationCategory("vital-signs")),
		"code", fhir.Obj("coding", fhir.Arr(fhir.Obj("system", uk.LOINC, "code", v.LOINC, "display", v.Name),
			fhir.Obj("system", uk.SNOMED, "code", v.SNOMED, "display", v.Name)), "text", v.Name),
		"subject", c.subject, "encounter", c.visit, "effectiveDateTime", c.stamp(), "performer", fhir.Arr(c.staff()),
		"valueQuantity", c.quantity(value, v.Unit))
}

func (c *scribe) weight() {
	c.vital("weight", strconv.FormatFloat(round(74+c.draw.around()*18, 1), 'f', 1, 64))
}

func (c *scribe) condition() {
	what := c.draw.pick(ailments)
	c.add("Condition", "clinicalStatus", statusConcept("condition-clinical", c.draw.pick([]string{"active", "active", "resolved"})),
		"verificationStatus", statusConcept("condition-ver-status", "confirmed"),
		"category", fhir.Arr(statusConcept("condition-category", "encounter-diagnosis")),
		"code", demoConcept(problemSystem, "D", what), "subject", c.subject, "encounter", c.visit,
		"onsetDateTime", c.at.AddDate(0, -c.draw.below(40), 0).Format("2006-01-02"), "recordedDate", c.stamp(), "recorder", c.staff())
}

func (c *scribe) procedure() {
	c.add("Procedure", "status", "completed", "code", demoConcept(procedureSystem, "P", c.draw.pick(operations)),
		"subject", c.subject, "encounter", c.visit, "performedDateTime", c.stamp(),
		"performer", fhir.Arr(fhir.Obj("actor", c.staff())))
}

func (c *scribe) prescription() {
	m := formulary[c.draw.below(len(formulary))]
	c.add("MedicationRequest", "status", c.draw.pick([]string{"active", "completed", "stopped", "completed"}), "intent", "order",
		"medicationCodeableConcept", demoConcept(medicineSystem, "M", m.Name), "subject", c.subject, "encounter", c.visit,
		"authoredOn", c.stamp(), "requester", c.staff(), "dosageInstruction", fhir.Arr(dosageOf(&m)))
}

func (c *scribe) allergy() {
	to := c.draw.pick([]string{"Penicillin", "Trimethoprim", "Ibuprofen", "Codeine", "Latex", "Peanut", "Shellfish", "Iodinated contrast"})
	c.add("AllergyIntolerance", "clinicalStatus", statusConcept("allergyintolerance-clinical", "active"),
		"verificationStatus", statusConcept("allergyintolerance-verification", "confirmed"), "type", "allergy",
		"code", demoConcept(substanceSystem, "A", to), "patient", c.subject,
		"recordedDate", c.at.AddDate(-2, 0, 0).Format("2006-01-02"), "recorder", c.staff(),
		"reaction", fhir.Arr(fhir.Obj("manifestation", fhir.Arr(fhir.Obj("text", c.draw.pick([]string{"Rash", "Wheeze", "Vomiting", "Anaphylaxis"}))))))
}

func (c *scribe) immunisation() {
	c.add("Immunization", "status", "completed", "vaccineCode", demoConcept(vaccineSystem, "V",
		c.draw.pick([]string{"Influenza vaccine", "COVID-19 booster vaccine", "Pneumococcal polysaccharide vaccine", "Shingles vaccine", "Tetanus vaccine"})),
		"patient", c.subject, "encounter", c.visit, "occurrenceDateTime", c.stamp(), "primarySource", true)
}

func (c *scribe) letter() {
	p := c.person
	words := fmt.Sprintf("Dear Dr %s,\n\nI saw %s, aged %d, today with %s. %s\n\nPlan: %s. Review in %d months.\n\nYours sincerely",
		p.Practice.Doctor, p.Name(), p.Age(c.at), c.draw.pick(ailments), c.draw.pick(remarks), c.draw.pick(remarks), c.draw.between(1, 12))
	var context *fhir.Value
	if c.visit != nil {
		context = fhir.Obj("encounter", fhir.Arr(c.visit))
	}
	c.add("DocumentReference", "status", "current", "docStatus", "final", "type", fhir.Obj("text", "Clinic letter"),
		"subject", c.subject, "date", fhir.FormatInstant(c.at), "author", fhir.Arr(c.staff()), "custodian", c.organisation(),
		"description", "Clinic letter", "content", fhir.Arr(fhir.Obj("attachment", text(words, "Clinic letter"))), "context", context)
}

func (c *scribe) plan() {
	c.add("CarePlan", "status", "active", "intent", "plan", "title", "Care plan for "+c.draw.pick(ailments), "subject", c.subject,
		"created", c.stamp(), "author", c.staff(), "activity", fhir.Arr(
			fhir.Obj("detail", fhir.Obj("status", "in-progress", "description", c.draw.pick(remarks))),
			fhir.Obj("detail", fhir.Obj("status", "scheduled", "description", c.draw.pick(remarks)))))
}

func (c *scribe) appointment() {
	start := c.at.AddDate(0, c.draw.between(1, 6), 0)
	c.add("Appointment", "status", "booked", "serviceType", fhir.Arr(fhir.Obj("text", "Follow-up")),
		"start", fhir.FormatInstant(start), "end", fhir.FormatInstant(start.Add(20*time.Minute)),
		"participant", fhir.Arr(fhir.Obj("actor", c.subject, "status", "accepted"), fhir.Obj("actor", c.staff(), "status", "accepted")))
}

var (
	ailments = []string{"Hypertension", "Type 2 diabetes mellitus", "Asthma", "Atrial fibrillation", "Heart failure", "Chronic kidney disease stage 3",
		"Osteoarthritis of knee", "Depression", "Hypothyroidism", "Migraine", "Iron deficiency anaemia", "Gout", "Eczema", "Chest pain", "Back pain",
		"Cellulitis of leg", "Pneumonia", "Urinary tract infection", "Fall", "Abdominal pain", "Cataract", "Gallstones", "Epilepsy", "Psoriasis"}
	operations = []string{"Laparoscopic cholecystectomy", "Colonoscopy", "Gastroscopy", "Total hip replacement", "Inguinal hernia repair",
		"Coronary angiography", "Cystoscopy", "Phacoemulsification of lens with implant", "Excision of skin lesion", "Knee arthroscopy"}
	remarks = []string{"Symptoms have improved since the last visit", "Blood pressure is within target", "Blood tests will be repeated before the next visit",
		"Inhaler technique was checked", "The dose was increased", "No change was made to treatment", "A scan has been requested",
		"The risks and benefits were discussed", "Written information was given", "Physiotherapy has been arranged"}
	formulary = []Medicine{
		{Name: "Amlodipine 5 mg tablets", Dose: "5 mg", Route: "oral", How: "once a day"},
		{Name: "Ramipril 5 mg capsules", Dose: "5 mg", Route: "oral", How: "once a day"},
		{Name: "Metformin 500 mg tablets", Dose: "500 mg", Route: "oral", How: "twice a day"},
		{Name: "Atorvastatin 20 mg tablets", Dose: "20 mg", Route: "oral", How: "once a day"},
		{Name: "Salbutamol 100 microgram inhaler", Dose: "2 puffs", Route: "inhaled", How: "four times a day", AsNeeded: true},
		{Name: "Omeprazole 20 mg capsules", Dose: "20 mg", Route: "oral", How: "once a day"},
		{Name: "Levothyroxine 75 microgram tablets", Dose: "75 micrograms", Route: "oral", How: "once a day"},
		{Name: "Sertraline 50 mg tablets", Dose: "50 mg", Route: "oral", How: "once a day"},
		{Name: "Paracetamol 500 mg tablets", Dose: "1 g", Route: "oral", How: "four times a day", AsNeeded: true},
		{Name: "Apixaban 5 mg tablets", Dose: "5 mg", Route: "oral", How: "twice a day"},
		{Name: "Furosemide 40 mg tablets", Dose: "40 mg", Route: "oral", How: "once a day"},
		{Name: "Doxycycline 100 mg capsules", Dose: "100 mg", Route: "oral", How: "once a day"},
	}
)
