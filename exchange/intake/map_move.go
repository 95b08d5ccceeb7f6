package intake

import (
	"concord/fault"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// Move is a statement of the sender that something was filed under the wrong
// hospital number of its trust, or that visits have another number now.
type Move struct {
	// From is the hospital number under which it lies; that of Mapped.Patient
	// when nothing changes its patient.
	From string
	// Stays: the visits stay where they lie, and their numbers alone change.
	Stays bool `json:",omitempty"`
	// Visit picks the visits that move; nil = everything under From.
	Visit *Numbered `json:",omitempty"`
	// Set are numbers that the visits have from now on.
	Set []Numbered `json:",omitempty"`
}

// Numbered is a number of one kind that a visit has.
type Numbered struct {
	Kind  uk.Local
	Value string
}

// Rehome is a statement of the sender that a hospital number belongs with one
// of its other numbers, and not with that under which it stood.
type Rehome struct{ From, To string } // hospital numbers; From "" = not told

// mapMove: A43 and A44 (HL7 v2.5.1, 3.3.43 and 3.3.44).
//
// A44 moves the visits of an account (MRG-3) from the patient in MRG-1 to the
// one in PID-3. A43 moves a whole number: where PID-3 and MRG-1 hold the same
// one, it moves between the numbers above it (from MRG-4 to PID-2, or what else
// MRG-1 and PID-3 hold); where senders put the wrong patient into MRG-1 and the
// right one into PID-3, what lies under the former moves.
func mapMove(s *source, m *Mapped) error {
	mrg := s.first("MRG")
	if mrg == nil {
		return fault.New(fault.Invalid, "intake.merge-number", "a move has no MRG segment").In("MRG")
	}
	s.first("PV1").skip(1, 2)
	s.addClinical(m)
	if s.head.Trigger == "A44" {
		return s.moveAccount(m, mrg)
	}
	own := s.patient.Number
	from := s.numbers(mrg.f(1), mrg.f(4))
	if len(from) == 0 {
		return fault.New(fault.Invalid, "intake.merge-number", "MRG-1 holds no hospital number").In("MRG-1")
	}
	if from[0] != own {
		m.Moves = append(m.Moves, Move{From: from[0]})
		return nil
	}
	pid := s.first("PID")
	to := s.numbers(pid.f(3), pid.f(2))
	if len(to) < 2 {
		return fault.New(fault.Invalid, "intake.move", "PID-3 and MRG-1 hold the same number, and nothing says with which it belongs").In("PID-2")
	}
	m.Rehome = &Rehome{To: to[1]}
	if len(from) > 1 {
		m.Rehome.From = from[1]
	}
	return nil
}

// numbers are the hospital numbers of fields, in order, each once.
func (s *source) numbers(fields ...hl7v2.Field) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, f := range fields {
		for _, r := range f.Reps() {
			n := r.Component(1).String()
			if !seen[n] && !nhsNumber(r) && hospitalNumber(r) {
				out, seen[n] = append(out, n), true
			}
		}
	}
	return out
}

func (s *source) moveAccount(m *Mapped, mrg *segment) error {
	account := mrg.f(3).Component(1).String()
	if account == "" {
		return fault.New(fault.Invalid, "intake.account-number", "MRG-3 holds no account number").In("MRG-3")
	}
	from := s.numbers(mrg.f(1))
	if len(from) == 0 {
		return fault.New(fault.Invalid, "intake.merge-number", "MRG-1 holds no hospital number").In("MRG-1")
	}
	m.Moves = append(m.Moves, Move{From: from[0], Visit: &Numbered{uk.AccountNumber, account}, Set: s.newNumber(uk.AccountNumber, account, s.account())})
	return nil
}

// account is the account number in PID-18.
func (s *source) account() string { return s.first("PID").f(18).Component(1).String() }

// newNumber is what a visit's number becomes; nothing when it stays.
func (s *source) newNumber(kind uk.Local, old, now string) []Numbered {
	if now == "" || now == old {
		return nil
	}
	return []Numbered{{kind, now}}
}

// mapMoveVisit: A45 (HL7 v2.5.1, 3.3.45) moves a visit (MRG-5, or the alternate
// one in MRG-6) to another account (PID-18), and where MRG-1 and PID-3 differ to
// another patient. Each MRG goes with the PV1 behind it.
func mapMoveVisit(s *source, m *Mapped) error {
	mergers, visits := s.all("MRG"), s.all("PV1")
	if len(mergers) == 0 || len(mergers) != len(visits) {
		return fault.New(fault.Invalid, "intake.visit-number", "a move of visits names each by an MRG and a PV1").In("MRG")
	}
	for i, mrg := range mergers {
		pv1 := visits[i]
		pv1.skip(1, 2)
		mrg.skip(3)
		kind, old, now := uk.VisitNumber, mrg.f(5).Component(1).String(), pv1.f(19).Component(1).String()
		if old == "" {
			kind, old, now = uk.AlternateVisit, mrg.f(6).Component(1).String(), pv1.f(50).Component(1).String()
		}
		if old == "" {
			return fault.New(fault.Invalid, "intake.visit-number", "neither MRG-5 nor MRG-6 holds a visit number").In("MRG-5")
		}
		move := Move{From: s.patient.Number, Visit: &Numbered{kind, old}, Set: s.newNumber(kind, old, now)}
		if from := s.numbers(mrg.f(1)); len(from) > 0 {
			move.From = from[0]
		}
		if account := s.account(); account != "" {
			move.Set = append(move.Set, Numbered{uk.AccountNumber, account})
		}
		m.Moves = append(m.Moves, move)
	}
	s.addClinical(m)
	return nil
}

// mapAccount: A35, A41 and A49 give an account another number, or make two one
// under the number in PID-18: the visits that had the number in MRG-3 have that
// one now. A51 does so with a visit's alternate number (MRG-6, PV1-50).
func mapAccount(s *source, m *Mapped) error {
	mrg, pv1 := s.first("MRG"), s.first("PV1")
	mrg.skip(1)
	pv1.skip(1, 2, 19)
	kind, old, now := uk.AccountNumber, mrg.f(3).Component(1).String(), s.account()
	if s.head.Trigger == "A51" {
		kind, old, now = uk.AlternateVisit, mrg.f(6).Component(1).String(), pv1.f(50).Component(1).String()
	}
	switch set := s.newNumber(kind, old, now); {
	case old == "" || now == "":
		s.warn("the message does not name both the old number and the new one; the visits stay as they are")
	case set != nil:
		m.Moves = append(m.Moves, Move{From: s.patient.Number, Visit: &Numbered{kind, old}, Set: set})
	}
	s.addClinical(m)
	return nil
}
