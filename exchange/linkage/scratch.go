package linkage

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"concord/fault"
	"concord/standard/match"
)

const subjectSize = int(unsafe.Sizeof(match.Subject{}))

// raw is the memory of subjects. Scratch files are read by the process, or at
// least the build, that wrote them: the state file holds its size and model.
func raw(s []match.Subject) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*subjectSize)
}

// writer is a buffered file that is put in place when it is complete.
type writer struct {
	*bufio.Writer
	file *os.File
	name string
}

func create(dir, name string, buffer int) (*writer, error) {
	f, err := os.OpenFile(filepath.Join(dir, name+".part"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, unkept(err)
	}
	return &writer{bufio.NewWriterSize(f, buffer), f, filepath.Join(dir, name)}, nil
}

func (w *writer) commit() error {
	err := w.Flush()
	if err == nil {
		err = w.file.Sync()
	}
	if cerr := w.file.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(w.name+".part", w.name)
	}
	return unkept(err)
}

// abandon closes a file that was not completed; after commit it does nothing.
func (w *writer) abandon() { w.file.Close() }

func unkept(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Busy, "linkage.scratch", "the scratch folder cannot be written or read")
}

// subjects reads subjects by number: from memory when they fit the bound, off
// the file otherwise.
type subjects struct {
	n      int
	file   *os.File
	memory []match.Subject
}

func openSubjects(dir string, memory int64) (*subjects, error) {
	f, err := os.Open(filepath.Join(dir, "subjects"))
	if err != nil {
		return nil, unkept(err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, unkept(err)
	}
	s := &subjects{n: int(st.Size()) / subjectSize, file: f}
	if st.Size() <= memory {
		s.memory = make([]match.Subject, s.n)
		if _, err := io.ReadFull(f, raw(s.memory)); err != nil {
			f.Close()
			return nil, unkept(err)
		}
	}
	return s, nil
}

func (s *subjects) close() { s.file.Close() }

// at gives one subject; room is where it is put if it has to be read.
func (s *subjects) at(i uint32, room *match.Subject) (*match.Subject, error) {
	if s.memory != nil {
		return &s.memory[i], nil
	}
	_, err := s.file.ReadAt(raw(unsafe.Slice(room, 1)), int64(i)*int64(subjectSize))
	return room, unkept(err)
}

// labels are the ids of records, with their groups, by number.
type labels struct {
	text, ends *os.File
}

func openLabels(dir string) (*labels, error) {
	text, err := os.Open(filepath.Join(dir, "labels"))
	if err != nil {
		return nil, unkept(err)
	}
	ends, err := os.Open(filepath.Join(dir, "label-ends"))
	if err != nil {
		text.Close()
		return nil, unkept(err)
	}
	return &labels{text, ends}, nil
}

func (l *labels) close() { l.text.Close(); l.ends.Close() }

// at gives the id of a record and its groups.
func (l *labels) at(i uint32) (id string, groups []string, err error) {
	var b [16]byte
	from, size := int64(i)*8-8, b[:]
	if i == 0 {
		from, size = 0, b[8:]
	}
	if _, err := l.ends.ReadAt(size, from); err != nil {
		return "", nil, unkept(err)
	}
	start, end := binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])
	text := make([]byte, end-start)
	if _, err := l.text.ReadAt(text, int64(start)); err != nil && len(text) > 0 {
		return "", nil, unkept(err)
	}
	parts := strings.Split(string(text), "\x1f")
	return parts[0], parts[1:], nil
}
