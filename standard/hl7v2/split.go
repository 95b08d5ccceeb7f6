package hl7v2

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"

	"concord/fault"
)

// Split yields the messages of a file that holds one or many: each begins at
// an MSH at the start of a line or frame, and FHS, BHS, BTS and FTS lines
// (batches) end the message before them and are left out. Empty lines are
// left out too. Segments of a yielded message end with CR, but a message that
// already uses CR keeps a lone LF, since that may be text of a field.
//
// Text before the first MSH is yielded as it stands, so that Parse refuses it
// and nothing is passed over in silence. A message longer than max bytes is
// yielded cut off with a fault of code "hl7v2.oversize"; the rest of it is
// skipped. A read error is yielded last.
func Split(r io.Reader, max int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := splitter{r: bufio.NewReaderSize(r, 64<<10), max: max, yield: yield}
		for {
			line, end, err := s.line()
			if !s.take(line, end) {
				return
			}
			if err != nil {
				if s.flush() && !errors.Is(err, io.EOF) {
					yield(nil, err)
				}
				return
			}
		}
	}
}

type splitter struct {
	r     *bufio.Reader
	max   int
	yield func([]byte, error) bool
	msg   []byte
	over  bool
}

// line reads up to CR, LF, or a byte of a frame, and gives that end byte. A
// line is cut at the size limit.
func (s *splitter) line() (line []byte, end byte, err error) {
	for {
		if _, err := s.r.Peek(1); err != nil {
			return line, 0, err
		}
		buf, _ := s.r.Peek(s.r.Buffered())
		i := bytes.IndexAny(buf, "\r\n\x0b\x1c")
		n := i
		if i < 0 {
			n = len(buf)
		}
		if room := s.max + 1 - len(line); n > room {
			line = append(line, buf[:max(room, 0)]...)
		} else {
			line = append(line, buf[:n]...)
		}
		if i >= 0 {
			end = buf[i]
			_, err = s.r.Discard(i + 1)
			return line, end, err
		}
		if _, err = s.r.Discard(n); err != nil {
			return line, 0, err
		}
	}
}

// take adds one line to the message in hand or starts the next one.
func (s *splitter) take(line []byte, end byte) bool {
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	head := bytes.TrimLeft(line, " \t")
	switch {
	case len(bytes.TrimSpace(line)) == 0:
	case starts(head, "MSH"):
		if !s.flush() {
			return false
		}
		s.add(head, end)
	case starts(head, "FHS"), starts(head, "BHS"), starts(head, "BTS"), starts(head, "FTS"):
		if !s.flush() {
			return false
		}
	default:
		s.add(line, end)
	}
	if end == frameEnd || end == frameStart {
		return s.flush()
	}
	return true
}

// starts tells a header or trailer line: its id, then a separator or the end.
func starts(line []byte, id string) bool {
	if !bytes.HasPrefix(line, []byte(id)) {
		return false
	}
	if len(line) == 3 {
		return id != "MSH"
	}
	c := line[3]
	return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ')
}

func (s *splitter) add(line []byte, end byte) {
	if room := s.max - len(s.msg); len(line) > room {
		line, s.over = line[:max(room, 0)], true
	}
	s.msg = append(s.msg, line...)
	if end == '\n' {
		s.msg = append(s.msg, '\n')
		return
	}
	s.msg = append(s.msg, '\r')
}

// flush yields the message in hand.
func (s *splitter) flush() bool {
	msg, over := s.msg, s.over
	s.msg, s.over = nil, false
	if len(msg) == 0 {
		return true
	}
	msg = bytes.TrimRight(msg, "\r\n")
	if bytes.IndexByte(msg, '\r') < 0 {
		msg = bytes.ReplaceAll(msg, []byte{'\n'}, []byte{'\r'})
	}
	msg = append(msg, '\r')
	if over {
		return s.yield(msg, fault.New(fault.Invalid, "hl7v2.oversize", "a message is longer than %d bytes", s.max))
	}
	return s.yield(msg, nil)
}
