package sqlite

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"concord/fault"
)

// The write-ahead log: a header and frames, each a page with its number. A
// frame that ends a transaction says how many pages the database then has.
// Frames of an earlier round, and of a transaction that was never ended, may
// lie behind: the salts and a running checksum tell them apart.
//
// https://www.sqlite.org/fileformat2.html#the_write_ahead_log
const (
	walHeaderSize   = 32
	frameHeaderSize = 24
	frameSize       = frameHeaderSize + pageSize
	walMagic        = 0x377f0682 // | 1: checksums of big-endian words
	walFormat       = 3007000
)

// walPlace is a place in a log: behind that many frames of the round that the
// salts name.
type walPlace struct {
	Salt  [8]byte
	Frame int64
	Sum   [2]uint32 // the running checksum there
}

// stamp is what a commit is known by: the counters that it wrote.
type stamp struct{ Change, At int64 }

// walFile is a log opened for reading. That is safe beside SQLite: its locks
// are on other files.
type walFile struct {
	f     *os.File
	order binary.ByteOrder
	start walPlace // before the first frame
	// counter is the page that holds the counters.
	counter uint32
	frame   []byte
}

// openWAL opens a log and reads its header; nil when there is none.
func openWAL(path string, counter uint32) (*walFile, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var head [walHeaderSize]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		f.Close()
		if err == io.EOF {
			return nil, nil
		}
		return nil, err
	}
	w := &walFile{f: f, counter: counter, frame: make([]byte, frameSize)}
	magic := binary.BigEndian.Uint32(head[:])
	w.order = wordOrder(magic)
	w.start.Sum = walSum(w.order, [2]uint32{}, head[:24])
	copy(w.start.Salt[:], head[16:24])
	if magic&^1 != walMagic || binary.BigEndian.Uint32(head[4:]) != walFormat || binary.BigEndian.Uint32(head[8:]) != pageSize ||
		binary.BigEndian.Uint32(head[24:]) != w.start.Sum[0] || binary.BigEndian.Uint32(head[28:]) != w.start.Sum[1] {
		f.Close()
		return nil, nil // being written just now, or never finished
	}
	return w, nil
}

func wordOrder(magic uint32) binary.ByteOrder {
	if magic&1 == 1 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (w *walFile) close() {
	if w != nil {
		w.f.Close()
	}
}

// walSum carries the checksum on over b, a multiple of eight bytes.
func walSum(order binary.ByteOrder, s [2]uint32, b []byte) [2]uint32 {
	x, y := s[0], s[1]
	if order == binary.LittleEndian { // almost always: do not ask for each word
		for ; len(b) >= 8; b = b[8:] {
			x += binary.LittleEndian.Uint32(b) + y
			y += binary.LittleEndian.Uint32(b[4:]) + x
		}
		return [2]uint32{x, y}
	}
	for ; len(b) >= 8; b = b[8:] {
		x += order.Uint32(b) + y
		y += order.Uint32(b[4:]) + x
	}
	return [2]uint32{x, y}
}

// next checks the frame behind a place and gives the place behind it; false
// when it does not belong to the log.
func next(order binary.ByteOrder, at walPlace, frame []byte) (walPlace, bool) {
	if [8]byte(frame[8:16]) != at.Salt {
		return at, false
	}
	sum := walSum(order, walSum(order, at.Sum, frame[:8]), frame[frameHeaderSize:])
	if binary.BigEndian.Uint32(frame[16:]) != sum[0] || binary.BigEndian.Uint32(frame[20:]) != sum[1] {
		return at, false
	}
	return walPlace{at.Salt, at.Frame + 1, sum}, true
}

// page is the number of the page in a frame, and the size of the database in
// pages if the frame ends a transaction.
func page(frame []byte) (number, size uint32) {
	return binary.BigEndian.Uint32(frame), binary.BigEndian.Uint32(frame[4:])
}

// end walks from a place to behind the last transaction that was ended, and
// gives the counters that it wrote, if it or one before it did.
func (w *walFile) end(from walPlace, was stamp) (to walPlace, now stamp, err error) {
	at, seen := from, was
	to, now = from, was
	for {
		n, err := w.f.ReadAt(w.frame, walHeaderSize+at.Frame*frameSize)
		if n < frameSize {
			if err == io.EOF {
				err = nil
			}
			return to, now, err
		}
		behind, ok := next(w.order, at, w.frame)
		if !ok {
			return to, now, nil
		}
		at = behind
		number, size := page(w.frame)
		if number == w.counter {
			if seen, err = readStamp(w.frame[frameHeaderSize:]); err != nil {
				return to, now, err
			}
		}
		if size != 0 {
			to, now = at, seen
		}
	}
}

// holds tells whether the log still has the frame that a place is behind.
func (w *walFile) holds(at walPlace) bool {
	if w == nil || w.start.Salt != at.Salt {
		return false
	}
	if at.Frame == 0 {
		return true
	}
	head := w.frame[:frameHeaderSize]
	if _, err := w.f.ReadAt(head, walHeaderSize+(at.Frame-1)*frameSize); err != nil {
		return false
	}
	return [8]byte(head[8:16]) == at.Salt && binary.BigEndian.Uint32(head[16:]) == at.Sum[0] && binary.BigEndian.Uint32(head[20:]) == at.Sum[1]
}

// readStamp reads the only row of the table counter from its page: change and
// at are the second and third of its columns.
//
// https://www.sqlite.org/fileformat2.html#b_tree_pages
func readStamp(p []byte) (stamp, error) {
	bad := fault.New(fault.Internal, "store.damaged", "the page of the counters cannot be read")
	if p[0] != 0x0d || binary.BigEndian.Uint16(p[3:]) != 1 {
		return stamp{}, bad
	}
	cell := p[min(int(binary.BigEndian.Uint16(p[8:])), len(p)):]
	for range 2 { // length and rowid, each shorter than a byte's seven bits
		if len(cell) == 0 || cell[0] > 127 {
			return stamp{}, bad
		}
		cell = cell[1:]
	}
	if len(cell) < 4 || int(cell[0]) > len(cell) || cell[0] < 4 {
		return stamp{}, bad
	}
	kinds, body := cell[1:cell[0]], cell[cell[0]:]
	var v [3]int64
	for i := range v {
		size := [...]int{0, 1, 2, 3, 4, 6, 8, -1, 0, 0}[min(kinds[i], 9)]
		if size < 0 || size > len(body) {
			return stamp{}, bad
		}
		switch {
		case kinds[i] == 9:
			v[i] = 1
		case size > 0:
			v[i] = int64(int8(body[0]))
			for _, b := range body[1:size] {
				v[i] = v[i]<<8 | int64(b)
			}
		}
		body = body[size:]
	}
	return stamp{v[1], v[2]}, nil
}
