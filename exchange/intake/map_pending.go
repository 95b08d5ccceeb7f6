package intake

import "concord/fault"

// mapPending: A14 pending admit, A15 pending transfer, A16 pending discharge,
// and their cancellations A27, A26, A25.
func mapPending(s *source, m *Mapped) error {
	var do func(*stay)
	switch s.head.Trigger {
	case "A14":
		do = preadmit
	case "A15":
		do = func(st *stay) {
			st.resume()
			next := st.pending
			if next.location == nil && st.prior.location != nil {
				next = st.assigned // some senders put the new place there and the present one in PV1-6
			}
			st.plan(next, st.expectedMove)
		}
	case "A16":
		do = func(st *stay) {
			st.resume()
			st.setExtension(plannedEnd, orDefault(st.expectedOut, st.expectedMove))
		}
	case "A25":
		do = func(st *stay) { st.setExtension(plannedEnd, "") }
	case "A26":
		do = func(st *stay) {
			st.resume()
			st.unplan(st.pending)
		}
	case "A27":
		do = cancelPlan
	}
	if s.addVisit(m, stateChange{do: do}) == nil {
		return fault.New(fault.Invalid, "intake.visit-number", "a plan names no visit and no time").In("PV1-19")
	}
	s.addClinical(m)
	return nil
}

// cancelPlan cancels what has not begun; a stay under way is left alone.
func cancelPlan(st *stay) {
	if st.status != "" && st.status != planned {
		return
	}
	st.become(cancelled, st.at)
	st.unplan(placement{})
}
