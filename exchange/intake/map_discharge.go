package intake

// mapDischarge: A03 discharge, A13 cancel discharge.
func mapDischarge(s *source, m *Mapped) error {
	do := discharge
	if s.head.Trigger == "A13" {
		do = cancelDischarge
	}
	s.addVisit(m, stateChange{do: do})
	s.addClinical(m)
	return nil
}

// discharge ends the stay at PV1-45, else when the event took place.
func discharge(st *stay) {
	at := orDefault(st.discharged, st.at)
	if st.start == "" {
		st.begin(st.admitted)
	}
	if st.status == "" && st.admitted != "" {
		st.status = inProgress // the admission itself was never heard of
		st.moveTo(st.assigned, st.admitted)
	}
	st.reclass(at)
	st.become(finished, at)
	st.end = at
	st.setExtension(plannedEnd, "")
	st.unplan(placement{})
	st.leave(at)
}

// cancelDischarge: the stay goes on where it was.
func cancelDischarge(st *stay) {
	if st.status == finished {
		st.back(inProgress)
	} else if st.status == "" {
		st.status = inProgress
	}
	if st.start == "" {
		st.begin(st.admitted)
	}
	st.end = ""
	st.enc = st.enc.With("hospitalization", st.enc.Get("hospitalization").Without("dischargeDisposition", "destination"))
	st.reopen(st.assigned, st.at)
}
