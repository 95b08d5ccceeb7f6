package person

import (
	"context"
	"slices"
	"strings"

	"concord/standard/match"
	"concord/store"
)

// standing is how a claim stands.
type standing uint8

const (
	unasked standing = iota
	upheld
	rivalled
)

// uphold looks for rivals of a pair that claims something, once: without one,
// it is certain.
func (w *work) uphold(pk int64, c *Candidate) error {
	if c.claim != unasked || c.Verdict.Claim == match.NoClaim || c.Verdict.Claim == match.TwoPeople {
		return nil
	}
	own, err := w.subject(pk)
	if err != nil || own == nil {
		return err
	}
	found, err := w.rivals(w.ctx, w.tx, c.Verdict.Claim, Candidate{Key: PatientKey(pk), Subject: *own}, *c)
	if err != nil {
		return err
	}
	c.claim = rivalled
	if !found {
		c.claim, c.Verdict = upheld, c.Verdict.Upheld()
	}
	return nil
}

// rival looks again at what others are joined by, for whom this entry is a
// rival: whatever the order in which records come, they come to the same.
func (w *work) rival(pk int64, list []Candidate) error {
	for _, c := range list {
		if c.Verdict.Claim != match.TwoPeople && c.Verdict.Pattern.At(match.NHS) != match.CodeSame {
			continue
		}
		ties, err := w.ties(c.Key.PK)
		if err != nil {
			return err
		}
		for _, t := range ties {
			if !t.Claim || t.To == pk {
				continue
			}
			p, err := loadPair(w.ctx, w.tx, c.Key.PK, t.To)
			if err != nil {
				return err
			}
			if now := p.Now(); !now.claimed() || !c.Verdict.Rivals(now.Claim) {
				continue
			}
			if err := w.rejudge(c.Key.PK, t.To); err != nil {
				return err
			}
		}
	}
	return nil
}

// ties are with whom something was decided. What was joined before decisions
// were kept does not matter here.
func (w *work) ties(pk int64) ([]tie, error) {
	n := w.nodes[pk]
	if n == nil {
		var err error
		if n, err = readNode(w.ctx, w.tx, pk); err != nil || n == nil {
			return nil, err
		}
	}
	return slices.Clone(n.Pairs), nil
}

// rivals tells whether some third entry stands against what two claim. It looks
// where each would be found by name and date of birth, or by the number. Where
// too many are filed to look at, one may be: a steward is asked.
func (x Index) rivals(ctx context.Context, r store.Reader, claim match.Claim, a, b Candidate) (bool, error) {
	seen := map[store.Key]bool{a.Key: true, b.Key: true}
	var keys []store.Key
	if homely(claim) { // one ward's telephone is no home
		for _, c := range []*Candidate{&a, &b} {
			if _, err := x.Uncrowd(ctx, r, c.Key, &c.Subject); err != nil {
				return false, err
			}
		}
	}
	for _, s := range []*match.Subject{&a.Subject, &b.Subject} {
		filed, err := r.FindIdents(ctx, x.rivalBlocks(claim, s), maxBlock+1)
		if err != nil {
			return false, err
		}
		for _, found := range filed {
			if len(found) > maxBlock {
				return true, nil
			}
			for _, k := range found {
				if !seen[k] {
					seen[k] = true
					keys = append(keys, k)
				}
			}
		}
	}
	entries, err := x.Load(ctx, r, keys)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		third := x.Match.Subject(e.Patient)
		if x.Match.Judge(&a.Subject, &third).Rivals(claim) || x.Match.Judge(&b.Subject, &third).Rivals(claim) {
			return true, nil
		}
	}
	return false, nil
}

// rivalBlocks are the keys of the rules that a rival would share: all that name
// the whole date of birth, and for two given names the telephone and the number.
func (x Index) rivalBlocks(claim match.Claim, s *match.Subject) []uint64 {
	hashes := x.Match.blocks(x.Hash, s, func(rule string) bool { return rivalRule(claim, rule) })
	if n := s.Number(); n != "" && claim == match.BySecondName {
		hashes = append(hashes, x.nhsHash(n))
	}
	return hashes
}

// rivalRule tells whether a rival would be found by a rule.
func rivalRule(claim match.Claim, rule string) bool {
	return slices.Contains(strings.Split(rule, "+"), "born") || homely(claim) && rule == "phone"
}

// homely tells whether the home is enough of a rival: twins of other names count.
func homely(claim match.Claim) bool {
	return claim == match.BySecondName || claim == match.ByOtherGiven
}

// Stands tells whether what subject i of those staged claims with an entry would hold
// if it arrived now: neither an entry nor another one staged speaks against it.
func (x Index) Stands(ctx context.Context, r store.Reader, staged *Staged, i int, claim match.Claim, entry store.Key) (bool, error) {
	found, err := x.Load(ctx, r, []store.Key{entry})
	if err != nil || len(found) == 0 {
		return false, err
	}
	other := x.Match.Subject(found[0].Patient)
	if staged.rival(claim, i, &other) {
		return false, nil
	}
	rival, err := x.rivals(ctx, r, claim, Candidate{Subject: staged.subjects[i]}, Candidate{Key: entry, Subject: other})
	return !rival, err
}
