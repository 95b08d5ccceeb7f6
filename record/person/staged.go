package person

import (
	"slices"

	"concord/standard/match"
)

// Staged are subjects that are not in the index, filed in memory under their
// blocking keys, so that each entry of the index can be held against them as it
// is read: to match a million records costs one reading of the index, not a
// million look-ups. It is read-only and may be used by several goroutines.
type Staged struct {
	match    *Matcher
	subjects []match.Subject
	blocks   [match.MaxKeys][]uint64 // key in the upper half, number in the lower, in order
}

// Of makes a record ready as RecordOf makes a Patient: without its hospital
// numbers.
func (m *Matcher) Of(r match.Record) match.Subject {
	if r.Keeper == "" && len(r.Numbers) > 0 {
		r.Keeper = r.Numbers[0].Scope
	}
	r.Numbers = nil
	return m.prepare(r)
}

// File files subjects, which must not change afterwards, without the contacts that
// a crowd of them shares.
func (m *Matcher) File(subjects []match.Subject) *Staged {
	s := &Staged{match: m, subjects: subjects}
	crowd := match.NewCrowd()
	for i := range subjects {
		crowd.Add(&subjects[i])
	}
	for i := range subjects {
		crowd.Clear(&subjects[i], m.scorer.Rules)
	}
	for i := range subjects {
		for rule, key := range subjects[i].Keys() {
			if key != 0 {
				s.blocks[rule] = append(s.blocks[rule], uint64(key)<<32|uint64(i))
			}
		}
	}
	for _, b := range s.blocks {
		slices.Sort(b)
	}
	return s
}

// block are the numbers of the subjects that share a key, within their entries.
func (s *Staged) block(rule int, key uint32) []uint64 {
	b := s.blocks[rule]
	from, _ := slices.BinarySearch(b, uint64(key)<<32)
	to := from
	for to < len(b) && uint32(b[to]>>32) == key {
		to++
	}
	return b[from:to]
}

// Meet compares a subject with those staged that share a block with it, and
// hands over each that it would be joined with, or that a steward would be asked
// about. passed counts keys that too many
// share, as Candidates does.
func (s *Staged) Meet(other *match.Subject, found func(i int, v match.Verdict)) (passed int) {
	for rule, key := range other.Keys() {
		if key == 0 {
			continue
		}
		block := s.block(rule, key)
		if len(block) > maxBlock {
			passed++
			continue
		}
		for _, b := range block {
			s.compare(int(uint32(b)), other, rule, found)
		}
	}
	return passed
}

// Within compares the subjects of each block with each other; i is the lower.
func (s *Staged) Within(found func(i, j int, v match.Verdict)) (passed int) {
	for rule, b := range s.blocks {
		for len(b) > 0 {
			n := 1
			for n < len(b) && b[n]>>32 == b[0]>>32 {
				n++
			}
			if n > maxBlock {
				passed++
			} else {
				for i := range n {
					for j := i + 1; j < n; j++ {
						s.compare(int(uint32(b[i])), &s.subjects[uint32(b[j])], rule, func(k int, v match.Verdict) { found(k, int(uint32(b[j])), v) })
					}
				}
			}
			b = b[n:]
		}
	}
	return passed
}

func (s *Staged) compare(i int, other *match.Subject, rule int, found func(int, match.Verdict)) {
	own := &s.subjects[i]
	if match.FirstShared(own, other) != rule {
		return
	}
	if v := s.match.Judge(own, other); v.Grade == match.Certain || s.match.asks(v) {
		found(i, v)
	}
}

// rival tells whether another subject that is staged stands against what subject i
// claims with an entry; where too many are filed to look at, one may.
func (s *Staged) rival(claim match.Claim, i int, entry *match.Subject) bool {
	for _, own := range [...]*match.Subject{&s.subjects[i], entry} {
		for rule, key := range own.Keys() {
			if key == 0 {
				continue
			}
			name := s.match.scorer.Rules.Names[rule]
			if !rivalRule(claim, name) && (name != nhsRule || claim != match.BySecondName) {
				continue
			}
			block := s.block(rule, key)
			if len(block) > maxBlock {
				return true
			}
			for _, b := range block {
				if j := int(uint32(b)); j != i && s.match.Judge(own, &s.subjects[j]).Rivals(claim) {
					return true
				}
			}
		}
	}
	return false
}
