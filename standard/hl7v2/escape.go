package hl7v2

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Unescape reads the escape sequences of HL7 2.5.1, 2.7. \H\ and \N\
// (highlighting) are taken out, \.br\ and \.sp\ become line feeds, \Xhh\
// becomes its bytes (UTF-8, else windows-1252). A sequence that is not known
// stays as it stands.
func (d *Delimiters) Unescape(s string) string {
	if d.Escape == 0 {
		return s
	}
	i := strings.IndexByte(s, d.Escape)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[i+1:]
		end := strings.IndexByte(s, d.Escape)
		if end < 0 {
			b.WriteByte(d.Escape)
			break
		}
		text, known := d.sequence(s[:end])
		if !known {
			// The next escape character may open a sequence of its own.
			b.WriteByte(d.Escape)
			i = strings.IndexByte(s, d.Escape)
			if plausible(s[:end]) {
				b.WriteString(s[:end+1])
				s = s[end+1:]
				i = strings.IndexByte(s, d.Escape)
			}
			continue
		}
		b.WriteString(text)
		s = s[end+1:]
		i = strings.IndexByte(s, d.Escape)
	}
	b.WriteString(s)
	return b.String()
}

// plausible tells an unknown but well-formed sequence (\Z12\, \C2842\,
// \.in+4\) from a stray escape character in running text.
func plausible(s string) bool {
	if s == "" || strings.ContainsAny(s, " \r\n") {
		return false
	}
	return strings.IndexByte(".CMZX", s[0]) >= 0
}

// sequence gives the meaning of what stands between two escape characters.
func (d *Delimiters) sequence(s string) (text string, known bool) {
	if len(s) == 1 {
		switch s[0] {
		case 'F':
			return string(d.Field), true
		case 'S':
			return string(d.Component), true
		case 'T':
			return orKeep(d.Subcomponent, '&'), true
		case 'R':
			return string(d.Repetition), true
		case 'E':
			return string(d.Escape), true
		case 'P':
			return orKeep(d.Truncation, '#'), true
		case 'H', 'N':
			return "", true
		}
		return "", false
	}
	switch {
	case s == ".br" || s == ".sp" || s == ".ce":
		return "\n", true
	case strings.HasPrefix(s, "X"):
		return hexText(s[1:])
	}
	return "", false
}

func orKeep(c, standard byte) string {
	if c == 0 {
		return string(standard)
	}
	return string(c)
}

// hexText decodes the bytes of \X…\. CR and CRLF are line ends and come out
// as a line feed.
func hexText(digits string) (string, bool) {
	if digits == "" || len(digits)%2 != 0 {
		return "", false
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return "", false
	}
	s := string(b)
	if !utf8.Valid(b) {
		s = fromWindows1252(b)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n"), true
}

// EscapeText writes text so that it stands as one leaf: delimiters as their
// sequences, line ends as \.br\. Control characters are written as \Xhh\.
// Without an escape character the delimiters become spaces.
func (d *Delimiters) EscapeText(s string) string {
	if !d.needsEscape(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for i := 0; i < len(s); i++ {
		name := d.nameOf(s[i])
		switch {
		case name == "":
			b.WriteByte(s[i])
		case d.Escape == 0:
			b.WriteByte(' ')
		default:
			b.WriteByte(d.Escape)
			b.WriteString(name)
			b.WriteByte(d.Escape)
		}
	}
	return b.String()
}

func (d *Delimiters) needsEscape(s string) bool {
	for i := 0; i < len(s); i++ {
		if d.nameOf(s[i]) != "" {
			return true
		}
	}
	return false
}

// nameOf gives the escape sequence's name of a byte that cannot stand as text.
func (d *Delimiters) nameOf(c byte) string {
	switch {
	case c == '\r' || c == '\n':
		return ".br"
	case c < ' ' && c != '\t' || c == 0x7f:
		return "X" + strings.ToUpper(hex.EncodeToString([]byte{c}))
	case c <= ' ' || c >= 0x80:
		return ""
	case c == d.Field:
		return "F"
	case c == d.Component:
		return "S"
	case c == d.Subcomponent:
		return "T"
	case c == d.Repetition:
		return "R"
	case c == d.Escape:
		return "E"
	case c == d.Truncation:
		return "P"
	}
	return ""
}
