package intake

import "concord/fault"

// mapUpdate: A08 update, A28 add person, A31 update person. The state of a
// visit does not change; a visit not yet known begins in the state that its
// times show.
func mapUpdate(s *source, m *Mapped) error {
	if s.head.Trigger == "A08" {
		s.addVisit(m, stateChange{do: updateStay})
	} else {
		s.first("PV1").skip(1, 2) // there because the structure asks for it
	}
	s.addClinical(m)
	return nil
}

func updateStay(st *stay) {
	if st.status == "" {
		st.mention()
		return
	}
	st.begin(st.admitted)
	st.reclass(st.at)
	if st.status == inProgress || st.status == arrived {
		st.expectEnd()
	}
	if len(st.places) == 0 && st.status == inProgress {
		st.moveTo(st.assigned, st.start)
	}
}

// mapDeletedVisit: A23. Nothing is deleted: the visit becomes
// entered-in-error, and what was recorded during it stays.
func mapDeletedVisit(s *source, m *Mapped) error {
	mark := stateChange{do: func(st *stay) {
		st.become(enteredInError, st.at)
		st.unplan(placement{})
		st.leave(st.at)
	}}
	if s.addVisit(m, mark) == nil {
		return fault.New(fault.Invalid, "intake.visit-number", "a deletion names no visit").In("PV1-19")
	}
	return nil
}
