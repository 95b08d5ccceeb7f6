package person

import (
	"context"
	"slices"
	"strconv"

	"concord/standard/match"
	"concord/store"
)

// Uncrowd takes out of a subject the telephones and the email that more entries
// share than match.CrowdLimit: the ward's mobile tells nobody from anybody. The
// entry itself counts, whether it is filed yet or not, and so do others of its
// person, as in a batch. Each contact costs one look-up, which stops where it is
// enough. A telephone is counted by the entries that have it first, which is how
// they are filed. It tells whether something was taken out; key is the zero Key
// for somebody who has no entry.
func (x Index) Uncrowd(ctx context.Context, r store.Reader, key store.Key, s *match.Subject) (bool, error) {
	var phones [2]bool
	for i := range phones {
		rule, k := x.Match.scorer.Rules.PhoneKey(s, i)
		found, err := x.sharing(ctx, r, rule, k, match.CrowdLimit+1)
		if err != nil {
			return false, err
		}
		phones[i] = crowded(found, key)
	}
	email, err := x.emailCrowded(ctx, r, key, s)
	if err != nil {
		return false, err
	}
	return s.Drop(x.Match.scorer.Rules, phones, email), nil
}

// emailCrowded counts those of one email among those whose emails begin alike,
// which is what they are filed under. Where more begin alike than are compared, it
// is taken to be shared: that is safe, and rare.
func (x Index) emailCrowded(ctx context.Context, r store.Reader, key store.Key, s *match.Subject) (bool, error) {
	rule, k := x.Match.scorer.Rules.EmailKey(s)
	found, err := x.sharing(ctx, r, rule, k, match.CrowdLimit+1)
	if err != nil || !crowded(found, key) {
		return false, err
	}
	if found, err = x.sharing(ctx, r, rule, k, maxBlock+1); err != nil || len(found) > maxBlock {
		return true, err
	}
	entries, err := x.Load(ctx, r, found)
	if err != nil {
		return false, err
	}
	var same []store.Key
	for _, e := range entries {
		if other := x.Match.Subject(e.Patient); match.SameEmail(s, &other) {
			same = append(same, e.Key)
		}
	}
	return crowded(same, key), nil
}

// sharing are the entries filed under a key of a rule, at most so many.
func (x Index) sharing(ctx context.Context, r store.Reader, rule int, key uint32, most int) ([]store.Key, error) {
	if key == 0 {
		return nil, nil
	}
	found, err := r.FindIdents(ctx, []uint64{x.Match.block(x.Hash, rule, key)}, most)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// crowded tells whether more entries have something than may, own among them.
func crowded(found []store.Key, own store.Key) bool {
	n := len(found)
	if own != (store.Key{}) && !slices.Contains(found, own) {
		n++
	}
	return n > match.CrowdLimit
}

// uncrowd judges candidates again without the contacts that a crowd shares, if one
// of them agrees in a contact. Those that nothing else brings near are left out,
// but for those that keep says to keep.
func (x Index) uncrowd(ctx context.Context, r store.Reader, key store.Key, own *match.Subject, list []Candidate,
	score func(a, b *match.Subject) match.Verdict, keep func(Candidate) bool) ([]Candidate, error) {
	shared := false
	for _, c := range list {
		shared = shared || c.Verdict.Pattern.Contacts()
	}
	if !shared {
		return list, nil
	}
	if changed, err := x.Uncrowd(ctx, r, key, own); err != nil || !changed {
		return list, err
	}
	out := list[:0]
	for _, c := range list {
		c.Verdict = score(own, &c.Subject)
		if near(c.Verdict) || keep(c) {
			out = append(out, c)
		}
	}
	Sort(out)
	return out, nil
}

// arriving stands for the entry that somebody would have who has none yet.
var arriving = PatientKey(0)

// Beside compares subject i of those staged with entries as if it arrived now,
// without the contacts that a crowd of entries shares. changed is false when there
// are none: then what was found before stands. An entry that is gone is left out.
func (x Index) Beside(ctx context.Context, r store.Reader, staged *Staged, i int, entries []store.Key) (out map[store.Key]match.Verdict, changed bool, err error) {
	own := staged.subjects[i]
	if changed, err = x.Uncrowd(ctx, r, arriving, &own); err != nil || !changed {
		return nil, false, err
	}
	found, err := x.Load(ctx, r, entries)
	if err != nil {
		return nil, false, err
	}
	out = map[store.Key]match.Verdict{}
	for _, e := range found {
		other := x.Match.Subject(e.Patient)
		if v := x.Match.Judge(&own, &other); v.Grade == match.Certain || x.Match.asks(v) {
			out[e.Key] = v
		}
	}
	return out, true, nil
}

// block is the hash under which a key of a rule is filed.
func (m *Matcher) block(hash func(...string) uint64, rule int, key uint32) uint64 {
	return hash("block", m.scorer.Rules.Names[rule], strconv.FormatUint(uint64(key), 36))
}
