package onboard

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"syscall"

	"concord/fault"
)

// A staged file is a run of rows: the length of the row, where it came from,
// and each column of the class as length and bytes; numbers are unsigned
// varints. The file's checksum is kept beside it.

// origin is the line of the source that a row came from, or the number of the
// message. later tells that the source is a stream, in which what comes later
// takes the place of what came before; weak, that this holds only among those
// that are weak.
type origin struct {
	line  int
	later bool
	weak  bool
}

func (o origin) packed() uint64 {
	at := uint64(o.line) << 2
	if o.later {
		at |= 1
	}
	if o.weak {
		at |= 2
	}
	return at
}

// rank orders rows of one key: the greatest counts.
func (o origin) rank(part int) uint64 {
	rank := uint64(part) << 48
	if !o.later {
		return rank
	}
	if rank += uint64(o.line); !o.weak {
		rank += 1 << 40
	}
	return rank
}

// rowWriter writes a staged file.
type rowWriter struct {
	file *os.File
	out  *bufio.Writer
	sum  hash.Hash
	room []byte
	rows int64
}

func createRows(name string) (*rowWriter, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, unstaged(err)
	}
	w := &rowWriter{file: f, sum: sha256.New()}
	w.out = bufio.NewWriterSize(io.MultiWriter(f, w.sum), 1<<18)
	return w, nil
}

func (w *rowWriter) write(from origin, fields [][]byte) error {
	b := binary.AppendUvarint(w.room[:0], from.packed())
	for _, f := range fields {
		b = append(binary.AppendUvarint(b, uint64(len(f))), f...)
	}
	w.room = b
	var head [binary.MaxVarintLen64]byte
	w.out.Write(head[:binary.PutUvarint(head[:], uint64(len(b)))])
	_, err := w.out.Write(b)
	w.rows++
	return unstaged(err)
}

// commit makes the file durable and gives its checksum.
func (w *rowWriter) commit() (sum string, err error) {
	err = errors.Join(w.out.Flush(), w.file.Sync(), w.file.Close())
	return hex.EncodeToString(w.sum.Sum(nil)), unstaged(err)
}

// rowReader reads a staged file from its beginning.
type rowReader struct {
	file   *os.File
	in     *bufio.Reader
	sum    hash.Hash // nil = the checksum is not asked for
	room   []byte
	body   []byte // the columns of the row, as they lie in the file
	fields [][]byte
}

func openRows(name string, columns int) (*rowReader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, unstaged(err)
	}
	return &rowReader{file: f, in: bufio.NewReaderSize(f, 1<<18), fields: make([][]byte, columns)}, nil
}

// summed makes a reader that has not been read yet take the checksum.
func (r *rowReader) summed() {
	r.sum = sha256.New()
	r.in.Reset(io.TeeReader(r.file, r.sum))
}

// holds tells, at the end of a file, whether it is as it was written.
func (r *rowReader) holds(sum string) bool {
	return r.sum == nil || hex.EncodeToString(r.sum.Sum(nil)) == sum
}

func (r *rowReader) close() { r.file.Close() }

// next gives a row, valid until the next; io.EOF at the end.
func (r *rowReader) next() (from origin, fields [][]byte, err error) {
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return origin{}, nil, io.EOF
		}
		return origin{}, nil, unstaged(err)
	}
	if n > 2*maxRecord {
		return origin{}, nil, damaged()
	}
	if uint64(cap(r.room)) < n {
		r.room = make([]byte, n*2)
	}
	b := r.room[:n]
	if _, err := io.ReadFull(r.in, b); err != nil {
		return origin{}, nil, damaged()
	}
	at, k := binary.Uvarint(b)
	if k <= 0 {
		return origin{}, nil, damaged()
	}
	b = b[k:]
	r.body = b
	for i := range r.fields {
		size, k := binary.Uvarint(b)
		if k <= 0 || uint64(len(b)-k) < size {
			return origin{}, nil, damaged()
		}
		r.fields[i], b = b[k:k+int(size)], b[k+int(size):]
	}
	return origin{int(at >> 2), at&1 != 0, at&2 != 0}, r.fields, nil
}

func damaged() error {
	return fault.New(fault.Internal, "onboard.damaged", "a staged file is damaged: stage the extract again")
}

// unstaged is the error of a stage that cannot be written or read: a full disk,
// a folder that is gone.
func unstaged(err error) error {
	if err == nil || fault.Of(err).Code == "onboard.stage" || fault.Of(err).Code == "onboard.full" {
		return err
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			return fault.Wrap(err, fault.Busy, "onboard.full", "the disk of the stage is full: make room and begin the step again; nothing half-done is kept")
		}
	}
	return fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be written or read")
}
