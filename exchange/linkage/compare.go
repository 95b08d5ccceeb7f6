package linkage

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"unsafe"

	"concord/standard/match"
)

// Pair is a scored pair of records by number, the first the lower.
type Pair struct {
	Pattern match.Pattern
	A, B    uint32
	Weight  float32
	Guards  match.Guard
	Grade   match.Grade
	Claim   match.Claim
}

func (p Pair) verdict() match.Verdict {
	return match.Verdict{Pattern: p.Pattern, Weight: p.Weight, Guards: p.Guards, Grade: p.Grade, Claim: p.Claim}
}

const pairSize = int(unsafe.Sizeof(Pair{}))

func rawPairs(p []Pair) []byte {
	if len(p) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&p[0])), len(p)*pairSize)
}

func pairFile(rule int) string { return fmt.Sprintf("pairs-%02d", rule) }

// compare scores the pairs of every rule's blocks and keeps those worth it. A
// rule whose file is complete is not compared again.
func (r *Run) compare(ctx context.Context) error {
	s, err := openSubjects(r.opt.Dir, r.opt.Memory)
	if err != nil {
		return err
	}
	defer s.close()
	floor := float32(r.scorer.Model.Possible - slack)
	loaders := make([]loader, r.opt.Workers)
	for i := range loaders {
		loaders[i].from = s
	}
	names := r.scorer.Rules.Names
	for rule := range names {
		if _, err := os.Stat(filepath.Join(r.opt.Dir, pairFile(rule))); err == nil {
			continue
		}
		batches, skipped := r.stream(rule, nil, &r.state.Skipped), r.state.Skipped
		score := func(w int, b *blocks) ([]Pair, error) { return r.pairs(&loaders[w], b, floor) }
		if r.exact() {
			batches = everything(s.n, rule)
			score = func(w int, b *blocks) ([]Pair, error) { return r.rows(s, b, floor) }
		}
		if err := r.compareRule(ctx, rule, batches, score); err != nil {
			r.state.Skipped = skipped
			return err
		}
		r.opt.Progress("compare", int64(rule+1), int64(len(names)))
	}
	return nil
}

func (r *Run) compareRule(ctx context.Context, rule int, batches iter.Seq2[*blocks, error], score func(int, *blocks) ([]Pair, error)) error {
	w, err := create(r.opt.Dir, pairFile(rule), 1<<18)
	if err != nil {
		return err
	}
	defer w.abandon()
	err = ordered(ctx, r.opt.Workers, batches, score, func(p []Pair) error {
		_, err := w.Write(rawPairs(p))
		return unkept(err)
	})
	if err != nil {
		return err
	}
	return w.commit()
}

// pairs scores the pairs of whole blocks, but for those that an earlier rule
// has met.
func (r *Run) pairs(l *loader, b *blocks, floor float32) ([]Pair, error) {
	at, err := l.load(b.members)
	if err != nil {
		return nil, err
	}
	var out []Pair
	start := 0
	for _, end := range b.ends {
		for i := start; i < end; i++ {
			for j := i + 1; j < end; j++ {
				if !r.apart(b.members[i], b.members[j]) || match.FirstShared(at[i], at[j]) != b.rule {
					continue
				}
				out = r.keepPair(out, b.members[i], b.members[j], at[i], at[j], floor)
			}
		}
		start = end
	}
	return out, nil
}

func (r *Run) keepPair(out []Pair, i, j uint32, a, b *match.Subject, floor float32) []Pair {
	v := r.scorer.Score(a, b)
	claim := match.ClaimOf(v.Pattern, a, b)
	if v.Weight < floor && claim != match.TwoPeople {
		return out
	}
	return append(out, Pair{Pattern: v.Pattern, A: i, B: j, Weight: v.Weight, Guards: v.Guards, Grade: v.Grade, Claim: claim})
}

// everything gives each record as the first of its pairs, under the first rule
// alone: for so few records that no blocking is needed.
func everything(n, rule int) iter.Seq2[*blocks, error] {
	return func(yield func(*blocks, error) bool) {
		if rule > 0 {
			return
		}
		for i := 0; i < n; i += 64 {
			b := &blocks{}
			for j := i; j < min(n, i+64); j++ {
				b.members = append(b.members, uint32(j))
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// rows scores the pairs of some records with all that come after them.
func (r *Run) rows(s *subjects, b *blocks, floor float32) ([]Pair, error) {
	var out []Pair
	var room, other match.Subject
	for _, i := range b.members {
		a, err := s.at(i, &room)
		if err != nil {
			return nil, err
		}
		for j := i + 1; int(j) < s.n; j++ {
			if !r.apart(i, j) {
				continue
			}
			o, err := s.at(j, &other)
			if err != nil {
				return nil, err
			}
			out = r.keepPair(out, i, j, a, o, floor)
		}
	}
	return out, nil
}
