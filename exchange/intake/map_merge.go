package intake

import (
	"concord/fault"
	"concord/standard/uk"
)

// mapMerge: A30, A34, A36, A40 and A47. MRG-1 names the hospital numbers that go on under
// the one in PID.
func mapMerge(s *source, m *Mapped) error {
	mrg := s.first("MRG")
	if mrg == nil {
		return fault.New(fault.Invalid, "intake.merge-number", "a merge has no MRG segment").In("MRG")
	}
	merge := &Merge{}
	seen := map[string]bool{s.patient.Number: true}
	for _, n := range []int{1, 4} {
		for _, r := range mrg.f(n).Reps() {
			number := r.Component(1).String()
			if number != "" && !seen[number] && !nhsNumber(r) && hospitalNumber(r) {
				merge.Old, seen[number] = append(merge.Old, number), true
			}
		}
	}
	if len(merge.Old) == 0 {
		return fault.New(fault.Invalid, "intake.merge-number", "MRG-1 holds no other hospital number").In("MRG-1")
	}
	m.Merge = merge
	if s.head.Trigger == "A36" {
		s.mergeAccount(m, mrg)
	} else {
		s.mentionVisit(m)
	}
	s.addClinical(m)
	return nil
}

// mergeAccount: A36 merges an account (MRG-3) too. The visits that had it lie under the
// old number, where they stay, and are of the account in PID-18 from then on.
func (s *source) mergeAccount(m *Mapped, mrg *segment) {
	s.first("PV1").skip(1, 2, 19)
	old, now := mrg.f(3).Component(1).String(), s.account()
	switch set := s.newNumber(uk.AccountNumber, old, now); {
	case old == "" || now == "":
		s.warn("the message does not name both the old account and the new one; the visits keep theirs")
	case set != nil:
		for _, number := range m.Merge.Old {
			m.Moves = append(m.Moves, Move{From: number, Stays: true, Visit: &Numbered{uk.AccountNumber, old}, Set: set})
		}
	}
}

// mapLink: A24 says that two patients are one person, A37 that they are not.
// Both numbers stay in use, and neither entry goes on under the other.
func mapLink(s *source, m *Mapped) error {
	s.first("PV1").skip(1, 2) // there because the structure allows it
	s.addClinical(m)
	return nil
}

// pairUp ties the two patients of a message that links them, or parts them.
func pairUp(trigger string, all []Mapped) error {
	if trigger != "A24" && trigger != "A37" {
		return nil
	}
	if len(all) != 2 || all[0].Patient.Number == all[1].Patient.Number {
		return fault.New(fault.Invalid, "intake.patient", "a link names two patients").In("PID")
	}
	all[1].Link, all[1].Unlink = trigger == "A24", trigger == "A37"
	return nil
}

// mapVisitNumber: A50 gives a visit another number, A42 makes two visits one
// under the number in PV1-19. The visit under the old number (MRG-5) goes on
// under the new one. Where both are known already, A42 leaves the latter, with what
// was recorded during either; by A50 both stay, since its number should be new.
func mapVisitNumber(s *source, m *Mapped) error {
	old := s.first("MRG").f(5).Component(1).String()
	if old == "" {
		return fault.New(fault.Invalid, "intake.visit-number", "MRG-5 holds no visit number").In("MRG-5")
	}
	s.first("MRG").skip(1, 3)
	v := s.addVisit(m, stateChange{do: updateStay})
	if v == nil {
		return fault.New(fault.Invalid, "intake.visit-number", "the message names no visit").In("PV1-19")
	}
	if gone := key("visit", old); v.key != gone {
		d := &m.Drafts[len(m.Drafts)-1]
		d.Adopts, d.Absorbs = append(d.Adopts, gone), s.head.Trigger == "A42"
	}
	s.addClinical(m)
	return nil
}
