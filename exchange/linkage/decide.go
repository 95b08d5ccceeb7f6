package linkage

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"unsafe"

	"concord/standard/match"
)

// decide learns the prior from the patterns of all pairs that were kept, and
// writes the pairs that are possible, with the order of their weights.
func (r *Run) decide(ctx context.Context) error {
	m := r.scorer.Model
	old := m.Prior
	if r.opt.Learn {
		counts := match.Counts{}
		for p, err := range r.kept() {
			if err != nil {
				return err
			}
			counts[p.Pattern]++
		}
		m = m.LearnPrior(counts, r.allPairs())
	}
	if err := r.keep(m, "decided.yaml"); err != nil {
		return err
	}
	if err := r.ready("decided.yaml"); err != nil {
		return err
	}
	if err := r.writePairs(ctx, float32(m.Prior-old)); err != nil {
		return err
	}
	if err := sortKeys(r.opt.Dir, "order", int(r.opt.Memory/2/8)); err != nil {
		return err
	}
	for rule := range r.scorer.Rules.Names {
		os.Remove(filepath.Join(r.opt.Dir, pairFile(rule)))
		os.Remove(filepath.Join(r.opt.Dir, keyFile(rule)))
	}
	return nil
}

func (r *Run) writePairs(ctx context.Context, more float32) error {
	out, err := create(r.opt.Dir, "pairs", 1<<18)
	if err != nil {
		return err
	}
	defer out.abandon()
	order, err := create(r.opt.Dir, "order.unsorted", 1<<18)
	if err != nil {
		return err
	}
	defer order.abandon()
	rivals, err := create(r.opt.Dir, "rivals", 1<<16)
	if err != nil {
		return err
	}
	defer rivals.abandon()
	n := uint32(0)
	for p, err := range r.kept() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		v := r.scorer.Decide(p.Pattern, p.Weight+more, p.Guards, p.Claim)
		if p.Claim == match.TwoPeople {
			rivals.Write(rawPairs([]Pair{p}))
		}
		if v.Grade == match.CertainlyNot {
			continue
		}
		p.Weight, p.Guards, p.Grade, p.Claim = v.Weight, v.Guards, v.Grade, v.Claim
		out.Write(rawPairs([]Pair{p}))
		order.Write(binary.LittleEndian.AppendUint64(nil, uint64(falling(p.Weight))<<32|uint64(n)))
		n++
	}
	for _, w := range []*writer{out, rivals} {
		if err := w.commit(); err != nil {
			return err
		}
	}
	return order.commit()
}

// falling is a number that grows as the weight falls.
func falling(w float32) uint32 {
	b := math.Float32bits(w)
	if b>>31 == 0 {
		return ^(b | 1<<31)
	}
	return b
}

// kept reads the pairs of all rules.
func (r *Run) kept() iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		for rule := range r.scorer.Rules.Names {
			for p, err := range readPairs(filepath.Join(r.opt.Dir, pairFile(rule))) {
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

func readPairs(path string) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Pair{}, unkept(err))
			return
		}
		defer f.Close()
		room := make([]Pair, 4096)
		for {
			n, err := io.ReadFull(f, rawPairs(room))
			if n == 0 && err == io.EOF {
				return
			}
			if err != nil && err != io.ErrUnexpectedEOF || n%pairSize != 0 {
				yield(Pair{}, unkept(io.ErrUnexpectedEOF))
				return
			}
			for _, p := range room[:n/pairSize] {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// Pairs streams the pairs that are possible at least, the heaviest first.
func (r *Run) Pairs() iter.Seq2[Pair, error] { return r.pairsFrom(0) }

// pairsFrom is Pairs without the first so many.
func (r *Run) pairsFrom(first int64) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		pairs, err := os.Open(filepath.Join(r.opt.Dir, "pairs"))
		if err != nil {
			yield(Pair{}, unkept(err))
			return
		}
		defer pairs.Close()
		order, err := os.Open(filepath.Join(r.opt.Dir, "order"))
		if err != nil {
			yield(Pair{}, unkept(err))
			return
		}
		defer order.Close()
		if _, err := order.Seek(first*8, io.SeekStart); err != nil {
			yield(Pair{}, unkept(err))
			return
		}
		room := make([]uint64, 4096)
		var p Pair
		for {
			n, err := readKeys(order, room)
			if n == 0 && err == nil {
				return
			}
			for _, k := range room[:n] {
				if _, err = pairs.ReadAt(rawPairs(unsafe.Slice(&p, 1)), int64(uint32(k))*int64(pairSize)); err != nil {
					err = unkept(err)
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
			if err != nil {
				yield(Pair{}, err)
				return
			}
		}
	}
}
