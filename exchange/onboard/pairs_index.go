package onboard

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"

	"concord/fault"
	"concord/record"
)

// Pairs lie in a file of lines in the order in which they are looked at: conflicts
// first, the likeliest first. Beside it an index holds, for each, where its line
// begins and a hash of which pair it is, so that a page of many pairs costs the
// reading of that page.

const (
	pairsFile  = "pairs.ndjson"
	pairsIndex = "pairs.index"
	indexHead  = 16 // how long the lines are, and how many
	indexEntry = 24
)

// pairAt is a pair on its way to its place.
type pairAt struct {
	off        int64
	size       int
	conflict   bool
	weight     float32
	key, entry string
}

func comparePairs(a, b *pairAt) int {
	if a.conflict != b.conflict {
		if a.conflict {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.key, b.key), strings.Compare(a.entry, b.entry))
}

// pairsWriter writes pairs in any order, and puts them in order at the end. In
// memory it keeps their places alone.
type pairsWriter struct {
	extract *Extract
	file    *os.File
	out     *bufio.Writer
	at      int64
	list    []pairAt
}

func (x *Extract) newPairs() (*pairsWriter, error) {
	f, err := os.OpenFile(x.path(pairsFile+".raw"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unstaged(err)
	}
	return &pairsWriter{extract: x, file: f, out: bufio.NewWriterSize(f, 1<<18)}, nil
}

func (w *pairsWriter) add(p *Pair) error {
	line, err := json.Marshal(p)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "onboard.pair", "a pair cannot be written")
	}
	line = append(line, '\n')
	w.list = append(w.list, pairAt{w.at, len(line), p.Outcome == record.ForeseenConflict, p.Weight, p.Key, p.Entry})
	w.at += int64(len(line))
	_, err = w.out.Write(line)
	return unstaged(err)
}

// close removes what was written in no order.
func (w *pairsWriter) close() {
	w.file.Close()
	os.Remove(w.file.Name())
}

// commit puts the pairs in order, with their index.
func (w *pairsWriter) commit() error {
	if err := w.out.Flush(); err != nil {
		return unstaged(err)
	}
	slices.SortFunc(w.list, func(a, b pairAt) int { return comparePairs(&a, &b) })
	index := binary.BigEndian.AppendUint64(nil, uint64(w.at))
	index = binary.BigEndian.AppendUint64(index, uint64(len(w.list)))
	name := w.extract.path(pairsFile)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return unstaged(err)
	}
	defer f.Close()
	out, at := bufio.NewWriterSize(f, 1<<18), int64(0)
	for i := range w.list {
		p := &w.list[i]
		if _, err := io.Copy(out, io.NewSectionReader(w.file, p.off, int64(p.size))); err != nil {
			return unstaged(err)
		}
		h := pairHash(p.key, p.entry)
		index = binary.BigEndian.AppendUint64(index, uint64(at))
		index = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(index, h[0]), h[1])
		at += int64(p.size)
	}
	if err := errors.Join(out.Flush(), f.Sync(), f.Close(), os.Rename(name+".new", name)); err != nil {
		return unstaged(err)
	}
	return writeWhole(w.extract.path(pairsIndex), index)
}

func pairHash(key, entry string) [2]uint64 { return keyOf([]byte(key + "\x00" + entry)) }

// pairsReader reads pairs by their places.
type pairsReader struct {
	lines, index *os.File
	size, total  int64
}

// openPairs opens what the last match of an extract found, nil when there is
// nothing that is whole.
func (x *Extract) openPairs() (*pairsReader, error) {
	index, err := os.Open(x.path(pairsIndex))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unstaged(err)
	}
	lines, err := os.Open(x.path(pairsFile))
	if err != nil {
		index.Close()
		return nil, unstaged(err)
	}
	r := &pairsReader{lines: lines, index: index}
	var head [indexHead]byte
	_, err = index.ReadAt(head[:], 0)
	st, err2 := lines.Stat()
	if err := errors.Join(err, err2); err != nil {
		r.close()
		return nil, unstaged(err)
	}
	r.size, r.total = int64(binary.BigEndian.Uint64(head[:])), int64(binary.BigEndian.Uint64(head[8:]))
	if st.Size() != r.size { // a match that was stopped in between: it is made again
		r.close()
		return nil, nil
	}
	return r, nil
}

func (r *pairsReader) close() {
	r.lines.Close()
	r.index.Close()
}

// each goes over the pairs' hashes, in order.
func (r *pairsReader) each(do func(n int64, hash [2]uint64) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(r.index, indexHead, math.MaxInt64-indexHead), 1<<16)
	var b [indexEntry]byte
	for n := range r.total {
		if _, err := io.ReadFull(in, b[:]); err != nil {
			return damaged()
		}
		if err := do(n, [2]uint64{binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])}); err != nil {
			return err
		}
	}
	return nil
}

// pair reads the n-th pair.
func (r *pairsReader) pair(n int64) (*Pair, error) {
	var b [2 * indexEntry]byte
	two := b[:]
	if n == r.total-1 {
		two = b[:indexEntry]
	}
	if _, err := r.index.ReadAt(two, indexHead+n*indexEntry); err != nil {
		return nil, damaged()
	}
	from, to := int64(binary.BigEndian.Uint64(b[:])), r.size
	if n < r.total-1 {
		to = int64(binary.BigEndian.Uint64(b[indexEntry:]))
	}
	if from < 0 || to < from || to > r.size {
		return nil, damaged()
	}
	line := make([]byte, to-from)
	if _, err := r.lines.ReadAt(line, from); err != nil {
		return nil, damaged()
	}
	var p Pair
	if err := json.Unmarshal(line, &p); err != nil {
		return nil, damaged()
	}
	return &p, nil
}
