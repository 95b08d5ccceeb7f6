package hl7v2

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"concord/fault"
)

// Bytes of a frame: start block, end block, carriage return (MLLP release 1).
const (
	frameStart = 0x0b
	frameEnd   = 0x1c
	frameCR    = '\r'
	frameBytes = "\x0b\x1c"
)

// Reader takes messages out of MLLP frames.
type Reader struct {
	r   *bufio.Reader
	max int
}

// NewReader reads frames of at most max bytes of message.
func NewReader(r io.Reader, max int) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 16<<10), max: max}
}

// Next gives the next message without its frame; the bytes are the caller's.
//
// io.EOF means that the stream ended between frames. A broken frame gives a
// fault with what was read of it, so that it can still be answered, and
// reading may go on: "mllp.start" (bytes before the start block),
// "mllp.oversize" (the rest was skipped), "mllp.end" (end block without CR),
// "mllp.truncated" (a new frame began, or the stream ended, inside a frame; in
// the second case the next call gives the stream's error).
func (r *Reader) Next() ([]byte, error) {
	if junk, err := r.toStart(); err != nil {
		return junk, err
	}
	return r.body()
}

// toStart reads up to the start block. Line ends, spaces and NULs between
// frames are let pass.
func (r *Reader) toStart() ([]byte, error) {
	var junk []byte
	skipped := false
	for {
		c, err := r.r.ReadByte()
		switch {
		case err != nil && skipped:
			return junk, fault.Wrap(err, fault.Invalid, "mllp.start", "no start block")
		case err != nil:
			return nil, err
		case c == frameStart && skipped:
			_ = r.r.UnreadByte() // the byte was read just now, so this cannot fail
			return junk, fault.New(fault.Invalid, "mllp.start", "bytes before the start block")
		case c == frameStart:
			return nil, nil
		case c == '\r' || c == '\n' || c == ' ' || c == 0:
			if !skipped {
				continue
			}
		}
		skipped = true
		if len(junk) < r.max {
			junk = append(junk, c)
		}
		if c == frameCR && bytes.HasSuffix(junk, []byte{frameEnd, frameCR}) {
			return junk[:len(junk)-2], fault.New(fault.Invalid, "mllp.start", "no start block")
		}
	}
}

// body reads up to the end block. A start block inside a frame means that the
// frame before it was cut off; it is left unread, so that the next one is whole.
func (r *Reader) body() ([]byte, error) {
	var msg []byte
	over := false
	for {
		if _, err := r.r.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return msg, fault.Wrap(err, fault.Invalid, "mllp.truncated", "the stream ended inside a frame")
		}
		chunk, _ := r.r.Peek(r.r.Buffered())
		n := len(chunk)
		i := bytes.IndexAny(chunk, frameBytes)
		if i >= 0 {
			n = i
		}
		keep := min(n, r.max-len(msg))
		over = over || keep < n
		msg = append(msg, chunk[:keep]...)
		ended := i >= 0 && chunk[i] == frameEnd
		if ended {
			n++
		}
		if _, err := r.r.Discard(n); err != nil {
			return msg, err
		}
		switch {
		case ended:
			return r.finish(msg, over)
		case i >= 0:
			return msg, fault.New(fault.Invalid, "mllp.truncated", "a frame began inside a frame")
		}
	}
}

// finish reads the CR after the end block.
func (r *Reader) finish(msg []byte, over bool) ([]byte, error) {
	c, err := r.r.ReadByte()
	switch {
	case err == nil && c != frameCR:
		_ = r.r.UnreadByte() // the byte was read just now, so this cannot fail
		fallthrough
	case err != nil:
		return msg, fault.New(fault.Invalid, "mllp.end", "the end block is not followed by CR")
	case over:
		return msg, fault.New(fault.Invalid, "mllp.oversize", "the message is longer than %d bytes", r.max)
	}
	return msg, nil
}

// Buffered tells whether more bytes have come in already, so that a sender
// that does not wait for answers can be read ahead.
func (r *Reader) Buffered() bool { return r.r.Buffered() > 0 }

// Writer puts messages into MLLP frames, one Write call each.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter writes frames to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write frames and writes one message. A message that holds a byte of the
// frame itself is refused with the code "mllp.content".
func (w *Writer) Write(msg []byte) error {
	if bytes.IndexByte(msg, frameStart) >= 0 || bytes.IndexByte(msg, frameEnd) >= 0 {
		return fault.New(fault.Invalid, "mllp.content", "the message holds a start or end block")
	}
	w.buf = append(w.buf[:0], frameStart)
	w.buf = append(w.buf, msg...)
	w.buf = append(w.buf, frameEnd, frameCR)
	_, err := w.w.Write(w.buf)
	return err
}
