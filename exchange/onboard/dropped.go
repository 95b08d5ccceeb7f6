package onboard

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io/fs"
	"iter"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// droppedDir holds what stays of extracts that were dropped while their load stands: of
// each the manifest, how its load went, and 40 bytes a row, which are hashes of its key,
// of its patient's and of what it says. A later extract is held against that.
const droppedDir = ".dropped"

// othersFile has the keys, hashed, of patients whose rows the load refused since their
// number is somebody else's.
const othersFile = "others.keys"

func marksFile(class string) string { return class + ".marks" }

// keepLoad keeps what stays of an extract, whole or not at all.
func (s *Stage) keepLoad(x *Extract, l *Loading) error {
	root := filepath.Join(s.Dir, droppedDir)
	dir := filepath.Join(root, x.ID)
	next := dir + ".new"
	if err := errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o700)); err != nil {
		return unstaged(err)
	}
	for _, c := range Layout() {
		if err := x.writeMarks(filepath.Join(next, marksFile(c.Name)), c.Name); err != nil {
			return err
		}
	}
	others, err := x.othersOf(l)
	if err != nil {
		return err
	}
	var keys []byte
	for _, k := range others {
		keys = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(keys, k[0]), k[1])
	}
	if err := errors.Join(writeWhole(filepath.Join(next, othersFile), keys), writeJSON(filepath.Join(next, extractFile), x), writeJSON(filepath.Join(next, loadFile), l)); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(dir), os.Rename(next, dir)); err != nil {
		return unstaged(err)
	}
	return syncFolder(root)
}

func (x *Extract) writeMarks(name, class string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return unstaged(err)
	}
	out := bufio.NewWriterSize(f, 1<<18)
	var b [markSize]byte
	for m, err := range x.rowMarks(class) {
		if err != nil {
			return errors.Join(err, f.Close())
		}
		m.put(b[:])
		out.Write(b[:])
	}
	return unstaged(errors.Join(out.Flush(), f.Sync(), f.Close()))
}

// rowMarks gives a mark of each row of a class that can be loaded: rank is the hash of
// its patient's key, row and sum what the other columns say.
func (x *Extract) rowMarks(class string) iter.Seq2[mark, error] {
	if x.dropped {
		return readMarks(x.path(marksFile(class)))
	}
	return func(yield func(mark, error) bool) {
		c, _ := classAt(class)
		patient := c.column("patient")
		for row, err := range x.Rows(class) {
			if err != nil {
				yield(mark{}, err)
				return
			}
			m, said := mark{key: keyOf(row.fields[0])}, []byte(nil)
			for i, f := range row.fields {
				if i == patient {
					m.rank = keyOf(f)[0]
					continue
				}
				said = append(binary.AppendUvarint(said, uint64(len(f))), f...)
			}
			h := keyOf(said)
			if m.row, m.sum = h[0], h[1]; !yield(m, nil) {
				return
			}
		}
	}
}

func readMarks(name string) iter.Seq2[mark, error] {
	return func(yield func(mark, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(mark{}, unstaged(err))
			return
		}
		defer f.Close()
		r := &markRun{in: bufio.NewReaderSize(f, 1<<18)}
		for {
			more, err := r.next()
			if err != nil || !more {
				if err != nil {
					yield(mark{}, err)
				}
				return
			}
			if !yield(r.at, nil) {
				return
			}
		}
	}
}

// says makes of a row's mark the one by which it is compared: what it says and whose it
// is, where that patient was merged into another of that one.
func (m mark) says(rank uint64, ended map[uint64]uint64) mark {
	whose := m.rank
	if end, merged := ended[whose]; merged {
		whose = end
	}
	return mark{key: m.key, rank: rank, row: m.row ^ whose, sum: m.sum ^ bits.RotateLeft64(whose, 32)}
}

// marksOf are survivors by hashes.
func (s Survivors) marksOf() map[uint64]uint64 {
	out := map[uint64]uint64{}
	for from := range s {
		out[keyOf([]byte(from))[0]] = keyOf([]byte(s.Of(from)))[0]
	}
	return out
}

// loads are the extracts that are staged and those that were dropped while their load
// stands, the one that was taken first first.
func (s *Stage) loads() ([]*Extract, error) {
	list, err := s.Extracts()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(s.Dir, droppedDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unstaged(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".new") || slices.ContainsFunc(list, func(x *Extract) bool { return x.ID == e.Name() }) {
			continue
		}
		x := &Extract{dir: filepath.Join(s.Dir, droppedDir, e.Name()), dropped: true}
		if err := readJSON(x.path(extractFile), x); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	slices.SortStableFunc(list, func(a, b *Extract) int { return a.Taken.Compare(b.Taken) })
	return list, nil
}

// takeUp gives an extract that comes again the load that it had when it was dropped.
func (s *Stage) takeUp(x *Extract) error {
	was := &Extract{dir: filepath.Join(s.Dir, droppedDir, x.ID)}
	l, err := was.Loading()
	if err != nil || l == nil {
		return err
	}
	l.Part = min(l.Part, len(x.Parts))
	return writeJSON(x.path(loadFile), l)
}

// othersOf are the keys, hashed, of patients whose rows a load refused since their
// number is somebody else's.
func (x *Extract) othersOf(l *Loading) ([][2]uint64, error) {
	if x.dropped {
		return readKeys(x.path(othersFile))
	}
	if p := l.Classes["patients"]; p == nil || p.Refused[codeOtherPerson] == 0 {
		return nil, nil
	}
	codes, err := x.RefusedByLoad("patients")
	if err != nil {
		return nil, err
	}
	var out [][2]uint64
	for key, code := range codes {
		if code == codeOtherPerson {
			out = append(out, keyOf([]byte(key)))
		}
	}
	return out, nil
}

// readKeys reads hashes of keys, 16 bytes each.
func readKeys(name string) (out [][2]uint64, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, unstaged(err)
	}
	for ; len(b) >= 16; b = b[16:] {
		out = append(out, [2]uint64{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])})
	}
	if len(b) > 0 {
		return nil, damaged()
	}
	return out, nil
}
