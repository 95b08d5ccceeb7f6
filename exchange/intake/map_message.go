package intake

import (
	"concord/fault"
	"concord/standard/hl7v2"
)

// rule maps one trigger event for one patient.
type rule func(s *source, m *Mapped) error

// ruleFor is the table of everything that is mapped.
func ruleFor(kind, trigger string) rule {
	switch kind {
	case "ADT":
		return adtRule(trigger)
	case "ORU":
		if trigger == "R01" {
			return mapResults
		}
	case "MDM":
		if trigger == "T02" {
			return mapDocument
		}
	case "ORM":
		if trigger == "O01" {
			return mapOrder
		}
	case "ORR":
		if trigger == "O02" {
			return mapOrderResponse
		}
	case "SIU":
		switch trigger {
		case "S12", "S13", "S14", "S15", "S26":
			return mapAppointment
		}
	}
	return nil
}

// adtRule: one line a trigger, by family.
func adtRule(trigger string) rule {
	switch trigger {
	case "A01", "A04", "A05", "A06", "A07", "A11":
		return mapAdmission
	case "A02", "A09", "A10", "A12", "A17":
		return mapTransfer
	case "A03", "A13":
		return mapDischarge
	case "A14", "A15", "A16", "A25", "A26", "A27":
		return mapPending
	case "A08", "A28", "A31":
		return mapUpdate
	case "A23":
		return mapDeletedVisit
	case "A24", "A37":
		return mapLink
	case "A30", "A34", "A36", "A40", "A47":
		return mapMerge
	case "A35", "A41", "A49", "A51":
		return mapAccount
	case "A42", "A50":
		return mapVisitNumber
	case "A43", "A44":
		return mapMove
	case "A45":
		return mapMoveVisit
	}
	return nil
}

// Triggers lists what is mapped, for the conformance document.
func Triggers() []string {
	var all []string
	for _, kind := range []string{"ADT", "MDM", "ORM", "ORR", "ORU", "SIU"} {
		for _, letter := range []byte("AORST") {
			for n := range 100 {
				trigger := string(letter) + string(rune('0'+n/10)) + string(rune('0'+n%10))
				if ruleFor(kind, trigger) != nil {
					all = append(all, kind+"^"+trigger)
				}
			}
		}
	}
	return all
}

// Map reads one message of a feed. A message about several patients (a bed
// swap, a merge with several groups) gives one Mapped for each.
//
// What it cannot map is a fault, and the message a dead letter:
// "intake.trigger" (Unsupported: no rule), "intake.patient" (no PID),
// "intake.patient-number" (no hospital number), "intake.visit-number",
// "intake.merge-number", "intake.account-number", "intake.move", "intake.order-number", "intake.appointment-number",
// "intake.document", "intake.time", "intake.segment" (Invalid: what the
// message is about is not in it).
func Map(m *hl7v2.Message, f Feed) ([]Mapped, error) {
	head := m.Header()
	if head.Trigger == "" {
		head.Trigger = m.Segment("EVN").Field(1).String() // older systems name it there alone
	}
	apply := ruleFor(head.Type, head.Trigger)
	if apply == nil {
		return nil, fault.New(fault.Unsupported, "intake.trigger", "there is no rule for this message type").In("MSH-9")
	}
	var all []Mapped
	for _, s := range split(m, f) {
		s.head = head
		one, err := s.mapPatient(apply)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, pairUp(head.Trigger, all)
}

// mapPatient maps the part of a message about one patient.
func (s *source) mapPatient(apply rule) (Mapped, error) {
	m := Mapped{Trigger: s.head.Name(), Control: s.head.Control}
	if err := s.readEvent(); err != nil {
		return m, err
	}
	if err := s.readPatientKey(); err != nil {
		return m, err
	}
	m.Event, m.Patient = s.event, s.patient
	m.Drafts = append(m.Drafts, marked(s.mapDemographics(s.head.Type == "ADT"), s.labels()))
	m.Drafts = append(m.Drafts, s.objections()...)
	if err := apply(s, &m); err != nil {
		return m, err
	}
	m.Drafts = s.distinct(m.Drafts)
	m.Unmapped, m.Warnings, m.Uncoded = s.unmapped(), s.warnings, s.uncoded
	return m, nil
}

// distinct leaves one draft for each type and key: where a message says the
// same thing twice, its last word counts.
func (s *source) distinct(drafts []Draft) []Draft {
	at := map[string]int{}
	kept := drafts[:0:0]
	for _, d := range drafts {
		name := d.Type + "/" + d.Key
		i, twice := at[name]
		if !twice {
			at[name] = len(kept)
			kept = append(kept, d)
			continue
		}
		if !sameContent(kept[i].Resource, d.Resource) {
			s.warn("the message says two things of one " + d.Type + "; the last counts")
		}
		kept[i] = d
	}
	return kept
}
