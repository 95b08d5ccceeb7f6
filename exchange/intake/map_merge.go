package intake

import "concord/fault"

// mapMerge: A34 and A40. MRG-1 names the hospital numbers that go on under
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
	s.mentionVisit(m)
	s.addClinical(m)
	return nil
}
