package linkage

import (
	"path/filepath"

	"concord/standard/match"
)

// claim joins, the heaviest first, the pairs that are certain since no rival of
// either record is there.
func (r *Run) claim(c *Clusters, s *subjects, room *match.Subject) error {
	rivalled, err := r.rivals()
	if err != nil {
		return err
	}
	for p, err := range r.Pairs() {
		if err != nil {
			return err
		}
		if p.Claim == match.NoClaim || p.Claim == match.TwoPeople || c.Of(p.A) == c.Of(p.B) {
			continue
		}
		if claims := rivalled[p.A] | rivalled[p.B]; claims>>p.Claim&1 != 0 {
			c.Rivals++
			continue
		}
		if err := c.knowNumbers(p, s, room); err != nil {
			return err
		}
		done, err := c.join(p, r.scorer.Model.Unrivalled.Least(p.Claim))
		if err != nil {
			return err
		}
		if done {
			c.Claimed++
		}
	}
	return nil
}

// rivals gives the records that have a rival, each with the claims (a bit each)
// that it stands against. They are few: namesakes of one birthday, twins, and
// those of two given names whose number a third record has.
func (r *Run) rivals() (map[uint32]uint8, error) {
	out := map[uint32]uint8{}
	for p, err := range readPairs(filepath.Join(r.opt.Dir, "rivals")) {
		if err != nil {
			return nil, err
		}
		for _, c := range match.Claims {
			if p.verdict().Rivals(c) {
				out[p.A] |= 1 << c
				out[p.B] |= 1 << c
			}
		}
	}
	return out, r.thirds(out)
}

// thirds adds the records of two given names whose number a third record has.
func (r *Run) thirds(out map[uint32]uint8) error {
	shared := map[uint32]int{} // by record: pairs that share its number
	for p, err := range r.Pairs() {
		if err != nil {
			return err
		}
		if p.Claim == match.BySecondName {
			shared[p.A], shared[p.B] = 0, 0
		}
	}
	for p, err := range r.Pairs() {
		if err != nil {
			return err
		}
		if p.Pattern.At(match.NHS) != match.CodeSame {
			continue
		}
		for _, i := range [...]uint32{p.A, p.B} {
			if _, asked := shared[i]; asked {
				shared[i]++
			}
		}
	}
	for i, n := range shared {
		if n > 1 { // one is the pair itself
			out[i] |= 1 << match.BySecondName
		}
	}
	return nil
}
