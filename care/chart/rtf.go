package chart

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// richText takes the words out of RTF: letters still come in it. Fonts,
// colours, styles, pictures and other destinations are left out. Text that is
// no RTF comes back as it is.
//
// Spec: Rich Text Format 1.9.1, sections "Contents of an RTF file" and
// "Unicode RTF".
func richText(s string) string {
	if !strings.HasPrefix(strings.TrimSpace(s), `{\rtf`) {
		return s
	}
	var r rtf
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '{':
			r.hidden = append(r.hidden, r.hides())
			i++
		case '}':
			if len(r.hidden) > 0 {
				r.hidden = r.hidden[:len(r.hidden)-1]
			}
			i++
		case '\\':
			i = r.control(s, i+1)
		case '\r', '\n':
			i++
		default:
			r.text(charmap.Windows1252.DecodeByte(c))
			i++
		}
	}
	return r.out.String()
}

// rtf is the state of a reader: what each open group hides, and how many
// characters stand in for one that was given in Unicode.
type rtf struct {
	out    strings.Builder
	hidden []bool
	skip   int
}

func (r *rtf) hides() bool { return len(r.hidden) > 0 && r.hidden[len(r.hidden)-1] }

func (r *rtf) hide() {
	if len(r.hidden) > 0 {
		r.hidden[len(r.hidden)-1] = true
	}
}

func (r *rtf) text(c rune) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if !r.hides() {
		r.out.WriteRune(c)
	}
}

// control reads the control word or symbol that begins at i and returns where
// it ends.
func (r *rtf) control(s string, i int) int {
	if i >= len(s) {
		return i
	}
	switch c := s[i]; {
	case c == '\'':
		if i+3 > len(s) {
			return len(s)
		}
		if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
			r.text(charmap.Windows1252.DecodeByte(byte(n)))
		}
		return i + 3
	case c == '*':
		r.hide()
		return i + 1
	case c == '~':
		r.text('\u00a0')
		return i + 1
	case c < 'a' || c > 'z':
		if c == '\\' || c == '{' || c == '}' {
			r.text(rune(c))
		}
		return i + 1
	}
	return r.word(s, i)
}

func (r *rtf) word(s string, i int) int {
	start := i
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
		i++
	}
	name, from := s[start:i], i
	if i < len(s) && s[i] == '-' {
		i++
	}
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, _ := strconv.Atoi(s[from:i])
	if i < len(s) && s[i] == ' ' {
		i++
	}
	switch name {
	case "par", "sect", "page":
		r.text('\n')
		r.text('\n')
	case "line", "row":
		r.text('\n')
	case "tab", "cell":
		r.text(' ')
	case "emdash":
		r.text('—')
	case "endash":
		r.text('–')
	case "u":
		if n < 0 {
			n += 1 << 16
		}
		if utf8.ValidRune(rune(n)) {
			r.text(rune(n))
		}
		r.skip = 1
	case "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "themedata":
		r.hide()
	}
	return i
}
