package intake

import "concord/fault"

// mapTransfer: A02 transfer, A09 departing and A10 arriving (tracking), A12
// cancel transfer, A17 swap. The second patient of a swap is a Mapped of its
// own.
func mapTransfer(s *source, m *Mapped) error {
	var do func(*stay)
	switch s.head.Trigger {
	case "A02", "A17":
		do = transfer
	case "A09":
		do = depart
	case "A10":
		do = arrive
	case "A12":
		do = cancelTransfer
	}
	if s.addVisit(m, stateChange{do: do}) == nil {
		return fault.New(fault.Invalid, "intake.visit-number", "a move names no visit").In("PV1-19")
	}
	s.addClinical(m)
	return nil
}

// resume makes sure that a stay whose admission is not known is under way.
func (st *stay) resume() {
	if st.status == "" || st.status == planned {
		st.become(inProgress, orDefault(st.admitted, st.at))
	}
	if st.start == "" {
		st.begin(st.admitted)
	}
}

func transfer(st *stay) {
	st.resume()
	st.reclass(st.at)
	if len(st.places) == 0 && st.prior.location != nil {
		st.moveTo(st.prior, st.start)
	}
	st.moveTo(st.assigned, st.at)
}

// depart: the patient leaves for another place. A temporary one (PV1-11) keeps
// the bed; a new one (PV1-3) does not.
func depart(st *stay) {
	st.resume()
	if len(st.places) == 0 {
		st.moveTo(st.prior, st.start)
	}
	switch {
	case st.temporary.location != nil:
		for i := range st.places {
			if q := &st.places[i]; q.status == "active" {
				q.status = "reserved"
			}
		}
		st.plan(st.temporary, st.at)
	case st.assigned.location != nil:
		st.plan(st.assigned, st.at)
	default:
		st.leave(st.at)
	}
}

// arrive: at the temporary placement, while the bed is kept, or at the assigned
// one, which may be the bed that was kept.
func arrive(st *stay) {
	st.resume()
	if st.temporary.location == nil {
		for i := range st.places {
			q := &st.places[i]
			if q.status == "reserved" && (st.assigned.location == nil || samePlace(q.location, st.assigned.location)) {
				st.endActive()
				q.status = "active"
				return
			}
		}
		st.moveTo(st.assigned, st.at)
		return
	}
	if len(st.places) == 0 && st.prior.location != nil {
		kept := st.prior
		kept.status, kept.start = "reserved", st.start
		st.places = append(st.places, kept)
	}
	st.unplan(st.temporary)
	for _, q := range st.places {
		if q.status == "active" && samePlace(q.location, st.temporary.location) {
			return
		}
	}
	st.endActive()
	p := st.temporary
	p.status, p.start = "active", st.at
	st.places = append(st.places, p)
}

// endActive ends the place in use but not one that is kept.
func (st *stay) endActive() {
	for i := range st.places {
		if q := &st.places[i]; q.status == "active" {
			q.status, q.end = "completed", st.at
		}
	}
}

func cancelTransfer(st *stay) {
	st.resume()
	st.unmove(st.assigned)
}
