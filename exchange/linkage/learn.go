package linkage

import (
	"context"
	"math"
	"path/filepath"

	"concord/standard/match"
)

const (
	randomPairs = 2_000_000
	randomPool  = 20_000
	blockPairs  = 300_000
)

// learn finds m and u from pairs at random and from pairs of each rule's
// blocks, and leaves model.yaml. Without Options.Learn the model stays as it
// is.
func (r *Run) learn(ctx context.Context) error {
	m := r.opt.Model
	if r.opt.Learn && r.state.Records > 1 {
		s, err := openSubjects(r.opt.Dir, r.opt.Memory)
		if err != nil {
			return err
		}
		defer s.close()
		var sample match.Sample
		if sample.Random, err = r.random(s); err != nil {
			return err
		}
		rules := r.scorer.Rules
		for rule := range rules.Names {
			counts, err := r.sampled(ctx, s, rule)
			if err != nil {
				return err
			}
			if len(counts) > 0 {
				sample.Blocks = append(sample.Blocks, match.Block{Counts: counts, Shared: rules.Shared(rule)})
			}
			r.opt.Progress("learn", int64(rule+1), int64(len(rules.Names)))
		}
		m = m.Learn(sample)
		m.Prior = math.Log2(float64(r.state.Records) / (r.allPairs() + float64(r.state.Records))) // until decide knows better
	}
	return r.keep(m, "model.yaml")
}

func (r *Run) keep(m *match.Model, name string) error {
	text, err := m.Write()
	if err != nil {
		return err
	}
	w, err := create(r.opt.Dir, filepath.Base(name), 4096)
	if err != nil {
		return err
	}
	defer w.abandon()
	w.Write(text)
	return w.commit()
}

// mix is splitmix64: the same draws in every run.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// random counts the patterns of pairs drawn at random, or of all when there
// are few.
func (r *Run) random(s *subjects) (match.Counts, error) {
	l := &loader{from: s}
	var numbers []uint32
	for i := range min(s.n, randomPool) {
		n := uint32(i)
		if s.n > randomPool {
			n = uint32(mix(uint64(i)) % uint64(s.n))
		}
		numbers = append(numbers, n)
	}
	pool, err := l.load(numbers)
	if err != nil {
		return nil, err
	}
	counts := match.Counts{}
	count := func(i, j int) {
		if numbers[i] != numbers[j] && r.apart(numbers[i], numbers[j]) {
			counts[match.Compare(pool[i], pool[j])]++
		}
	}
	if n := len(pool); n*(n-1)/2 <= randomPairs {
		for i := range pool {
			for j := range i {
				count(i, j)
			}
		}
		return counts, nil
	}
	for i := range uint64(randomPairs) {
		x := mix(i + 1<<40)
		count(int(x>>32)%len(pool), int(x&0xffffffff)%len(pool))
	}
	return counts, nil
}

// sampled counts the patterns of pairs of some blocks of a rule, spread over
// its file.
func (r *Run) sampled(ctx context.Context, s *subjects, rule int) (match.Counts, error) {
	stride := uint64(s.n/200_000 + 1)
	counts, pairs, skipped := match.Counts{}, 0, int64(0)
	l := &loader{from: s}
	for batch, err := range r.stream(rule, func(key uint32) bool { return mix(uint64(key))%stride == 0 }, &skipped) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		at, err := l.load(batch.members)
		if err != nil {
			return nil, err
		}
		start := 0
		for _, end := range batch.ends {
			for i := start; i < end; i++ {
				for j := i + 1; j < min(end, i+30); j++ { // of large blocks a part
					if r.apart(batch.members[i], batch.members[j]) {
						counts[match.Compare(at[i], at[j])]++
						pairs++
					}
				}
			}
			start = end
			if pairs >= blockPairs {
				return counts, nil
			}
		}
	}
	return counts, nil
}
