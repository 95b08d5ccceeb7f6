package hl7v2

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"concord/fault"
)

func TestReader(t *testing.T) {
	const ok = "\x0bMSH|a\x1c\r"
	type step struct{ msg, code string }
	for name, c := range map[string]struct {
		stream string
		steps  []step
	}{
		"two frames":        {ok + ok, []step{{"MSH|a", ""}, {"MSH|a", ""}}},
		"ends between":      {ok + "\r\n" + ok, []step{{"MSH|a", ""}, {"MSH|a", ""}}},
		"empty frame":       {"\x0b\x1c\r" + ok, []step{{"", ""}, {"MSH|a", ""}}},
		"junk before":       {"hello" + ok, []step{{"hello", "mllp.start"}, {"MSH|a", ""}}},
		"no start block":    {"MSH|b\x1c\r" + ok, []step{{"MSH|b", "mllp.start"}, {"MSH|a", ""}}},
		"frame in frame":    {"\x0bMSH|b" + ok, []step{{"MSH|b", "mllp.truncated"}, {"MSH|a", ""}}},
		"no CR":             {"\x0bMSH|b\x1c" + ok, []step{{"MSH|b", "mllp.end"}, {"MSH|a", ""}}},
		"cut off":           {ok + "\x0bMSH|b", []step{{"MSH|a", ""}, {"MSH|b", "mllp.truncated"}}},
		"oversize":          {"\x0bMSH|" + strings.Repeat("x", 99) + "\x1c\r" + ok, []step{{"MSH|xxxxxxxxxxxxxxxx", "mllp.oversize"}, {"MSH|a", ""}}},
		"just fits":         {"\x0b" + strings.Repeat("x", 20) + "\x1c\r", []step{{strings.Repeat("x", 20), ""}}},
		"one byte too many": {"\x0b" + strings.Repeat("x", 21) + "\x1c\r", []step{{strings.Repeat("x", 20), "mllp.oversize"}}},
	} {
		for slow, src := range map[string]io.Reader{"whole": strings.NewReader(c.stream), "by byte": iotest.OneByteReader(strings.NewReader(c.stream))} {
			r := NewReader(src, 20)
			for i, want := range c.steps {
				msg, err := r.Next()
				code := ""
				if err != nil {
					code = fault.Of(err).Code
				}
				if string(msg) != want.msg || code != want.code {
					t.Errorf("%s, %s, frame %d: %q %q", name, slow, i, msg, code)
				}
			}
			if _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("%s, %s: the end gives %v", name, slow, err)
			}
		}
	}
}

func TestWriterAndBack(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, s := range []string{"MSH|1", "MSH|2"} {
		if err := w.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write([]byte("a\x0bb")); err == nil {
		t.Error("a start block inside a message was written")
	}
	r := NewReader(&b, 100)
	for _, want := range []string{"MSH|1", "MSH|2"} {
		if got, err := r.Next(); err != nil || string(got) != want {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("\x0bMSH|a\x1c\r\x0b\x0b\x1c\x1c"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := NewReader(bytes.NewReader(stream), 64)
		for range len(stream) + 2 {
			msg, err := r.Next()
			if len(msg) > 64 {
				t.Fatal("longer than the limit")
			}
			if errors.Is(err, io.EOF) {
				return
			}
		}
		t.Fatal("the stream does not come to an end")
	})
}

func TestSplit(t *testing.T) {
	a, b := "MSH|^~\\&|1\rOBX|1\r", "MSH|^~\\&|2\rOBX|2\r"
	lf := func(s string) string { return strings.ReplaceAll(s, "\r", "\n") }
	crlf := func(s string) string { return strings.ReplaceAll(s, "\r", "\r\n") }
	for name, file := range map[string]string{
		"CR":                   a + b,
		"LF":                   lf(a + b),
		"CRLF":                 crlf(a + b),
		"blank line":           a + "\n\n" + b,
		"LF blank line":        lf(a) + "\n" + lf(b),
		"no end":               a + strings.TrimSuffix(b, "\r"),
		"frames":               "\x0b" + a + "\x1c\r\x0b" + b + "\x1c\r",
		"batch":                "FHS|^~\\&|x\rBHS|^~\\&|y\r" + a + b + "BTS|2\rFTS|1\r",
		"blank in the message": strings.ReplaceAll(crlf(a+b), "\r\n", "\r\n\r\n"),
		"mark":                 "\xef\xbb\xbf" + a + b,
	} {
		var got []string
		for raw, err := range Split(iotest.HalfReader(strings.NewReader(file)), 1000) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got = append(got, string(raw))
		}
		if len(got) != 2 || got[0] != a || got[1] != b {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestSplitKeepsWhatIsNoMessage(t *testing.T) {
	var got []string
	var codes []string
	file := "hello\n" + "MSH|^~\\&|" + strings.Repeat("x", 100) + "\nMSH|^~\\&|2\n"
	for raw, err := range Split(strings.NewReader(file), 50) {
		got = append(got, string(raw))
		if err != nil {
			codes = append(codes, fault.Of(err).Code)
		}
	}
	if len(got) != 3 || got[0] != "hello\r" || got[2] != "MSH|^~\\&|2\r" || len(codes) != 1 || codes[0] != "hl7v2.oversize" {
		t.Errorf("%q %v", got, codes)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("MSH|^~\\&|1\nOBX|1\n\nMSH|2\r"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for raw := range Split(bytes.NewReader(file), 128) {
			if len(raw) > 140 {
				t.Fatal("longer than the limit")
			}
		}
	})
}
