package linkage

import (
	"bufio"
	"container/heap"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"concord/standard/match"
)

// keys counts names, takes contacts of crowds out, rates the rarity of values,
// and writes for each rule a sorted file of keys: key in the upper and number
// in the lower half of eight bytes.
func (r *Run) keys(ctx context.Context) error {
	if !r.opt.Rated {
		r.freq = match.NewFrequencies()
	}
	crowd := match.NewCrowd()
	if err := eachSubject(r.opt.Dir, "prepared", func(s []match.Subject) error {
		for i := range s {
			if !r.opt.Rated {
				r.freq.Add(&s[i])
			}
			crowd.Add(&s[i])
		}
		return ctx.Err()
	}); err != nil {
		return err
	}
	if err := r.spread(ctx, crowd); err != nil {
		return err
	}
	for rule := range r.scorer.Rules.Names {
		if err := sortKeys(r.opt.Dir, keyFile(rule), int(r.opt.Memory/2/8)); err != nil {
			return err
		}
		r.opt.Progress("keys", int64(rule+1), int64(len(r.scorer.Rules.Names)))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return unkept(os.Remove(filepath.Join(r.opt.Dir, "prepared")))
}

func keyFile(rule int) string { return fmt.Sprintf("keys-%02d", rule) }

// spread writes the rated subjects and the unsorted keys of each rule.
func (r *Run) spread(ctx context.Context, crowd *match.Crowd) error {
	out, err := create(r.opt.Dir, "subjects", 1<<20)
	if err != nil {
		return err
	}
	defer out.abandon()
	files := make([]*writer, len(r.scorer.Rules.Names))
	for i := range files {
		if files[i], err = create(r.opt.Dir, keyFile(i)+".unsorted", 1<<18); err != nil {
			return err
		}
		defer files[i].abandon()
	}
	n := uint32(0)
	var b [8]byte
	err = eachSubject(r.opt.Dir, "prepared", func(s []match.Subject) error {
		for i := range s {
			crowd.Clear(&s[i], r.scorer.Rules)
			if r.freq != nil {
				r.freq.Rate(&s[i], r.opt.Model.Commonest)
			}
			for rule, k := range s[i].Keys() {
				if k != 0 {
					binary.LittleEndian.PutUint64(b[:], uint64(k)<<32|uint64(n))
					files[rule].Write(b[:])
				}
			}
			n++
		}
		out.Write(raw(s))
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	for _, w := range append(files, out) {
		if err := w.commit(); err != nil {
			return err
		}
	}
	return nil
}

// sortKeys sorts a file of keys with at most so many in memory: sorted runs,
// which are merged when there is more than one.
func sortKeys(dir, name string, most int) error {
	in, err := os.Open(filepath.Join(dir, name+".unsorted"))
	if err != nil {
		return unkept(err)
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return unkept(err)
	}
	room := make([]uint64, min(max(most, 1024), int(st.Size()/8)))
	var runs []string
	for {
		n, err := readKeys(in, room)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		slices.Sort(room[:n])
		run := fmt.Sprintf("%s.run-%d", name, len(runs))
		if int64(n) == st.Size()/8 {
			run = name
		}
		if err := writeKeys(dir, run, slices.Values(room[:n])); err != nil {
			return err
		}
		runs = append(runs, run)
	}
	switch {
	case len(runs) == 0:
		err = writeKeys(dir, name, func(func(uint64) bool) {})
	case runs[0] != name:
		err = mergeRuns(dir, name, runs)
	}
	if err != nil {
		return err
	}
	return unkept(os.Remove(filepath.Join(dir, name+".unsorted")))
}

func readKeys(in io.Reader, room []uint64) (int, error) {
	var b [1 << 15]byte
	n := 0
	for n < len(room) {
		want := min(len(b), (len(room)-n)*8)
		m, err := io.ReadFull(in, b[:want])
		for i := 0; i+8 <= m; i += 8 {
			room[n] = binary.LittleEndian.Uint64(b[i:])
			n++
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return n, nil
		}
		if err != nil {
			return n, unkept(err)
		}
	}
	return n, nil
}

func writeKeys(dir, name string, keys iter.Seq[uint64]) error {
	w, err := create(dir, name, 1<<18)
	if err != nil {
		return err
	}
	defer w.abandon()
	var b [8]byte
	for k := range keys {
		binary.LittleEndian.PutUint64(b[:], k)
		w.Write(b[:])
	}
	return w.commit()
}

// run is one sorted file that is merged.
type run struct {
	in  *bufio.Reader
	key uint64
}

func (r *run) next() bool {
	var b [8]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		return false
	}
	r.key = binary.LittleEndian.Uint64(b[:])
	return true
}

type runs []*run

func (h runs) Len() int           { return len(h) }
func (h runs) Less(i, j int) bool { return h[i].key < h[j].key }
func (h runs) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runs) Push(x any)        { *h = append(*h, x.(*run)) }
func (h *runs) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}

func mergeRuns(dir, name string, names []string) error {
	var h runs
	for _, n := range names {
		f, err := os.Open(filepath.Join(dir, n))
		if err != nil {
			return unkept(err)
		}
		defer os.Remove(f.Name())
		defer f.Close()
		if r := (&run{in: bufio.NewReaderSize(f, 1<<16)}); r.next() {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	return writeKeys(dir, name, func(yield func(uint64) bool) {
		for len(h) > 0 {
			if !yield(h[0].key) {
				return
			}
			if h[0].next() {
				heap.Fix(&h, 0)
			} else {
				heap.Pop(&h)
			}
		}
	})
}
