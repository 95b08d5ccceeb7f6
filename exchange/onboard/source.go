package onboard

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// source is a file of an extract that is being read.
type source struct {
	io.Reader
	io.Closer
	seen *utf8Watch // nil = nobody looks
}

// isUTF8 tells, when all is read of a file that should be of one byte a sign, that it
// is UTF-8: every name with an accent would be garbled, and read as text all the same.
func (s *source) isUTF8() bool {
	return s.seen != nil && s.seen.pairs > 0 && !s.seen.other && len(s.seen.left) == 0
}

// ofRefused tells a file that begins as files of refused rows do: those are written
// with commas and in UTF-8, whatever the form of the source is.
func ofRefused(dir string, f sourceFile) (bool, error) {
	in, err := openSource(dir, f, "")
	if err != nil {
		return false, err
	}
	defer in.Close()
	want := strings.Join(refusedColumns(), ",") + ","
	head, err := bufio.NewReaderSize(in, 256).Peek(len(want) + 3)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, cannotRead(err, f.name)
	}
	return bytes.HasPrefix(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), []byte(want)), nil
}

// utf8Watch looks at bytes that go by: whether those beyond ASCII make UTF-8.
type utf8Watch struct {
	in    io.Reader
	left  []byte // of a sign that is not whole yet
	pairs int    // signs of several bytes
	other bool   // bytes that are none
}

func (w *utf8Watch) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if !w.other {
		w.look(p[:n])
	}
	return n, err
}

func (w *utf8Watch) look(b []byte) {
	if len(w.left) > 0 {
		b = append(w.left, b...)
		w.left = nil
	}
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		if !utf8.FullRune(b[i:]) {
			w.left = append([]byte(nil), b[i:]...)
			return
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			w.other = true
			return
		}
		w.pairs++
		i += size
	}
}
