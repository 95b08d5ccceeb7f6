package intake

// mapAdmission: A01 admit, A04 register, A05 pre-admit, A06 outpatient becomes
// inpatient, A07 inpatient becomes outpatient, A11 cancel admit.
// https://www.hl7.eu/HL7v2x/v251/std251/ch03.html
func mapAdmission(s *source, m *Mapped) error {
	var change stateChange
	switch s.head.Trigger {
	case "A01":
		change = stateChange{do: admit(inProgress), revives: true}
	case "A04":
		change = stateChange{do: admit(arrived), revives: true}
	case "A05":
		change = stateChange{do: preadmit, revives: true}
	case "A06", "A07":
		change = stateChange{do: changeClass}
	case "A11":
		change = stateChange{do: cancelAdmission}
	}
	v := s.addVisit(m, change)
	if old := s.priorVisit(); v != nil && old != "" && v.key != key("visit", old) {
		d := &m.Drafts[len(m.Drafts)-1]
		d.Adopts = append(d.Adopts, key("visit", old))
	}
	s.addClinical(m)
	return nil
}

// priorVisit is the number that the visit had before it changed its class:
// PV1-19 may change with that (HL7 2.5.1, 3.3.6 and 3.3.7), and MRG-5 says from
// what. It is no merge of patients.
func (s *source) priorVisit() string {
	if s.head.Trigger != "A06" && s.head.Trigger != "A07" {
		return ""
	}
	mrg := s.first("MRG")
	mrg.skip(1, 3)
	return mrg.f(5).Component(1).String()
}

// admit begins the stay at PV1-44, else when the event took place.
func admit(status string) func(*stay) {
	return func(st *stay) {
		at := st.admitted
		if at == "" {
			at = st.at
		}
		if st.status == inProgress && status == arrived {
			status = inProgress // registered again after admission
		}
		st.become(status, at)
		st.begin(at)
		st.end = ""
		st.reclass(at)
		st.setExtension(plannedStart, "")
		st.expectEnd()
		st.moveTo(st.assigned, at)
	}
}

// preadmit plans a stay: it has no period yet, only an expected start.
func preadmit(st *stay) {
	if st.status != "" && st.status != planned && st.status != cancelled {
		return
	}
	st.become(planned, st.at)
	st.expect()
}

// expect notes when and where a planned stay is to begin.
func (st *stay) expect() {
	at := st.expectedIn
	if at == "" {
		at = st.expectedMove
	}
	st.setExtension(plannedStart, at)
	st.plan(st.pending, at)
	st.plan(st.assigned, at)
}

// expectEnd notes when a stay is expected to end (PV2-9), where the message says it.
func (st *stay) expectEnd() {
	if st.expectedOut != "" {
		st.setExtension(plannedEnd, st.expectedOut)
	}
}

// Extensions of R5 elements, for use in R4
// (https://hl7.org/fhir/R5/encounter.html).
const (
	plannedStart = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate"
	plannedEnd   = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"
)

// changeClass: the stay goes on in another class and perhaps another place.
func changeClass(st *stay) {
	st.become(inProgress, st.at)
	if st.start == "" {
		st.begin(orDefault(st.admitted, st.at))
	}
	st.expectEnd()
	st.end = "" // one that was over goes on: admitted after the emergency department let them go
	st.reclass(st.at)
	st.moveTo(st.assigned, st.at)
}

// cancelAdmission: a stay that had been planned is planned again, any other is
// cancelled.
func cancelAdmission(st *stay) {
	if st.status == planned {
		return // the admission was taken back already, or never came
	}
	for i := len(st.phases) - 1; i >= 0; i-- {
		if st.phases[i].status == planned {
			st.status, st.phases, st.start, st.end = planned, st.phases[:i], "", ""
			st.leave(st.at)
			return
		}
	}
	st.begin(st.admitted)
	st.become(cancelled, st.at)
	st.unplan(placement{})
	st.leave(st.at)
}
