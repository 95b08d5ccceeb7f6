package linkage

import (
	"iter"
	"os"
	"path/filepath"

	"concord/standard/match"
)

// Found is a pair by the ids of its records.
type Found struct {
	A, B string
	// Certain: the pair is so by itself, or by a claim if no rival is there. What
	// guards hold is not.
	Certain bool
}

// Found streams the pairs that are possible at least, the heaviest first, without
// the first so many: a caller that notes how many it has dealt with goes on there.
func (r *Run) Found(first int64) iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) {
		l, err := openLabels(r.opt.Dir)
		if err != nil {
			yield(Found{}, err)
			return
		}
		defer l.close()
		for p, err := range r.pairsFrom(first) {
			f := Found{Certain: p.Grade == match.Certain || p.Claim != match.NoClaim && p.Claim != match.TwoPeople}
			if err == nil {
				f.A, _, err = l.at(p.A)
			}
			if err == nil {
				f.B, _, err = l.at(p.B)
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// Possible is how many pairs Found gives in all.
func (r *Run) Possible() (int64, error) {
	st, err := os.Stat(filepath.Join(r.opt.Dir, "order"))
	if err != nil {
		return 0, unkept(err)
	}
	return st.Size() / 8, nil
}
