package match

import "slices"

// Drop takes telephones, by their place, and the email out of a subject, and out
// of its blocking keys. It tells whether there was one to take.
func (s *Subject) Drop(rules *Rules, phones [2]bool, email bool) bool {
	changed := false
	if email && s.mail != 0 {
		s.local, s.mail, changed = text{}, 0, true
	}
	kept := [2]uint64{}
	n := 0
	for i, p := range s.phones {
		switch {
		case p == 0:
		case phones[i]:
			changed = true
		default:
			kept[n] = p
			n++
		}
	}
	if changed {
		s.phones = kept
		s.keys = [MaxKeys]uint32{}
		rules.key(s)
	}
	return changed
}

// PhoneKey is the blocking key of those whose first telephone is the one at a
// place of a subject, 0 and 1; rule is -1 where no rule goes by telephone alone.
// The key is 0 when the subject has no such telephone.
func (r *Rules) PhoneKey(s *Subject, i int) (rule int, key uint32) {
	t := Subject{phones: [2]uint64{s.phones[i]}}
	return r.keyNamed("phone", &t)
}

// EmailKey is the blocking key of those whose email begins as a subject's does:
// what stands before the @ is all that a rule goes by. SameEmail tells more.
func (r *Rules) EmailKey(s *Subject) (rule int, key uint32) { return r.keyNamed("email", s) }

func (r *Rules) keyNamed(name string, s *Subject) (int, uint32) {
	rule := slices.Index(r.Names, name)
	if rule < 0 {
		return rule, 0
	}
	return rule, r.keyOf(rule, s)
}

// SameEmail tells whether two subjects have one email.
func SameEmail(a, b *Subject) bool { return a.mail != 0 && a.mail == b.mail }

// Contacts tells whether a pair of this pattern agrees in a telephone or an
// email, or nearly.
func (p Pattern) Contacts() bool {
	agrees := func(l Level) bool { return l == CodeSame || l == CodeSlip }
	return agrees(p.At(Phone)) || agrees(p.At(Email))
}
