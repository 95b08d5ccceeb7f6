package onboard

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// table reads a CSV file (RFC 4180) record by record. A record that is broken
// is told with its lines, and reading goes on at the line after it: one open
// quotation mark must not swallow the rest of a file.
type table struct {
	in        *bufio.Reader
	separator byte
	line      int    // of the record read last
	next      int    // of the line to come
	back      []byte // lines that were read and not used, to be read again
	raw       []byte // the record as it stands, without the end of its last line
	fields    [][]byte
	unquoted  []byte
	mostLines int // of a record
}

const (
	maxRecord      = 1 << 20 // bytes
	maxRecordLines = 30
)

// byteOrder is the mark that may stand before UTF-8.
const byteOrder = "\xef\xbb\xbf"

func newTable(in io.Reader, separator byte) *table {
	t := &table{in: bufio.NewReaderSize(in, 1<<18), separator: separator, next: 1, mostLines: maxRecordLines}
	if b, _ := t.in.Peek(3); string(b) == byteOrder {
		t.in.Discard(3)
	}
	return t
}

// read gives the fields of the next record, valid until the record after it;
// wrong is "" or why it is no record, and then fields are nil. The error is
// io.EOF at the end.
func (t *table) read() (fields [][]byte, wrong string, err error) {
	t.raw = t.raw[:0]
	t.line = t.next
	for lines := 1; ; lines++ {
		start := len(t.raw)
		if err := t.readLine(); err != nil {
			if lines == 1 || !errors.Is(err, io.EOF) {
				return nil, "", err
			}
			return t.broken(wrongQuote)
		}
		if lines == 1 && len(t.raw) == 0 { // an empty line is no record
			t.line = t.next
			lines = 0
			continue
		}
		if len(t.raw) > maxRecord {
			if lines > 1 {
				return t.broken(wrongQuote)
			}
			return nil, wrongLong, nil
		}
		if lines == 1 && bytes.IndexByte(t.raw, '"') < 0 {
			return t.plain(), "", nil
		}
		fields, whole, ok := [][]byte(nil), false, true
		if bytes.IndexByte(t.raw[start:], '"') >= 0 { // a line without one ends nothing
			fields, whole, ok = t.split()
		}
		switch {
		case whole && ok:
			return fields, "", nil
		case whole:
			return t.broken(wrongQuote)
		case lines == t.mostLines:
			return t.broken(wrongQuote)
		}
		t.raw = append(t.raw, '\n')
	}
}

// broken gives back all lines of a record but its first, and tells why.
func (t *table) broken(wrong string) ([][]byte, string, error) {
	if end := bytes.IndexByte(t.raw, '\n'); end >= 0 {
		rest := bytes.Clone(t.raw[end+1:])
		t.raw = t.raw[:end]
		if len(rest) == 0 || rest[len(rest)-1] != '\n' {
			rest = append(rest, '\n')
		}
		t.back = append(rest, t.back...)
		t.next = t.line + 1
	}
	return nil, wrong, nil
}

// readLine appends a line to raw, without its end.
func (t *table) readLine() error {
	t.next++
	if len(t.back) > 0 {
		line, rest, _ := bytes.Cut(t.back, []byte{'\n'})
		t.raw, t.back = append(t.raw, bytes.TrimSuffix(line, []byte{'\r'})...), rest
		return nil
	}
	start := len(t.raw)
	for {
		part, err := t.in.ReadSlice('\n')
		if len(t.raw)-start <= maxRecord { // what is longer is not kept, and told as too long
			t.raw = append(t.raw, part...)
		}
		if err == nil {
			break
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(t.raw) == start || !errors.Is(err, io.EOF) {
			t.next--
			return err
		}
		break
	}
	t.raw = bytes.TrimSuffix(bytes.TrimSuffix(t.raw, []byte{'\n'}), []byte{'\r'})
	return nil
}

// plain splits a record without quotation marks.
func (t *table) plain() [][]byte {
	t.fields = t.fields[:0]
	rest := t.raw
	for {
		i := bytes.IndexByte(rest, t.separator)
		if i < 0 {
			t.fields = append(t.fields, bytes.TrimSpace(rest))
			return t.fields
		}
		t.fields = append(t.fields, bytes.TrimSpace(rest[:i]))
		rest = rest[i+1:]
	}
}

// split splits a record with quotation marks. whole is false when it ends
// within a quoted field; ok is false when something stands behind one.
func (t *table) split() (fields [][]byte, whole, ok bool) {
	t.fields, t.unquoted = t.fields[:0], t.unquoted[:0]
	if cap(t.unquoted) < len(t.raw) { // fields point into it, so it must not move
		t.unquoted = make([]byte, 0, 2*len(t.raw))
	}
	rest := t.raw
	for {
		if len(rest) == 0 || rest[0] != '"' {
			i := bytes.IndexByte(rest, t.separator)
			if i < 0 {
				t.fields = append(t.fields, bytes.TrimSpace(rest))
				return t.fields, true, true
			}
			t.fields = append(t.fields, bytes.TrimSpace(rest[:i]))
			rest = rest[i+1:]
			continue
		}
		rest = rest[1:]
		start := len(t.unquoted)
		for {
			i := bytes.IndexByte(rest, '"')
			if i < 0 {
				return nil, false, true
			}
			t.unquoted = append(t.unquoted, rest[:i]...)
			rest = rest[i+1:]
			if len(rest) == 0 || rest[0] != '"' {
				break
			}
			t.unquoted, rest = append(t.unquoted, '"'), rest[1:]
		}
		t.fields = append(t.fields, bytes.TrimSpace(t.unquoted[start:]))
		switch {
		case len(rest) == 0:
			return t.fields, true, true
		case rest[0] != t.separator:
			return nil, true, false
		}
		rest = rest[1:]
	}
}
