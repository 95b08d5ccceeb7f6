package hl7v2

import "strings"

// Segment is one line of a message. The zero Segment is a missing one.
type Segment struct {
	raw string
	d   *Delimiters
}

// Field, Repetition, Component and Subcomponent are cuts of a segment's text.
// An absent one is empty. String is the unescaped first leaf of it, as the
// standard rules for a field that was simple in an older version.
type (
	Field        struct{ leaf }
	Repetition   struct{ leaf }
	Component    struct{ leaf }
	Subcomponent struct{ leaf }
)

// leaf is a raw piece of text with the delimiters that rule it.
type leaf struct {
	raw string
	d   *Delimiters
}

// ID is the segment's name, such as "PID"; empty when the segment is missing.
func (s Segment) ID() string {
	if len(s.raw) < 3 {
		return ""
	}
	return s.raw[:3]
}

// Exists tells a present segment from a missing one.
func (s Segment) Exists() bool { return s.raw != "" }

// Raw is the segment's text as UTF-8, escapes and delimiters included.
func (s Segment) Raw() string { return s.raw }

// header tells the segments whose first field is the separator itself.
func (s Segment) header() bool {
	switch s.ID() {
	case "MSH", "BHS", "FHS":
		return true
	}
	return false
}

// Field gives field n. MSH-1 is the field separator and MSH-2 the encoding
// characters, so that numbers agree with the standard.
func (s Segment) Field(n int) Field {
	if n < 1 || len(s.raw) < 4 || s.d == nil {
		return Field{leaf{d: s.d}}
	}
	if s.header() {
		if n == 1 {
			return Field{leaf{raw: s.raw[3:4]}}
		}
		if n--; n == 1 {
			return Field{leaf{raw: nth(s.raw[4:], s.d.Field, 1)}}
		}
	}
	return Field{leaf{raw: nth(s.raw[4:], s.d.Field, n), d: s.d}}
}

// Len is the number of the last field written, valued or not.
func (s Segment) Len() int {
	if len(s.raw) < 4 {
		return 0
	}
	n := strings.Count(s.raw[4:], string(s.d.Field)) + 1
	if s.header() {
		n++
	}
	return n
}

// nth gives piece n of s, or an empty string.
func nth(s string, sep byte, n int) string {
	for ; n > 1; n-- {
		i := strings.IndexByte(s, sep)
		if i < 0 {
			return ""
		}
		s = s[i+1:]
	}
	if i := strings.IndexByte(s, sep); i >= 0 {
		return s[:i]
	}
	return s
}

// piece is nth for a level that the message may not have.
func (l leaf) piece(sep byte, n int) leaf {
	switch {
	case n < 1 || l.raw == "":
		return leaf{d: l.d}
	case sep == 0 && n > 1:
		return leaf{d: l.d}
	case sep == 0:
		return l
	}
	return leaf{raw: nth(l.raw, sep, n), d: l.d}
}

func (l leaf) count(sep byte) int {
	if l.raw == "" {
		return 0
	}
	if sep == 0 {
		return 1
	}
	return strings.Count(l.raw, string(sep)) + 1
}

// delims gives no delimiters at all for MSH-1, MSH-2 and missing segments.
func (l leaf) delims() *Delimiters {
	if l.d == nil {
		return &Delimiters{}
	}
	return l.d
}

// Raw is the text as it stands, escapes and inner delimiters included.
func (l leaf) Raw() string { return l.raw }

// Empty: nothing was sent. An explicit null is not empty.
func (l leaf) Empty() bool { return l.raw == "" }

// Null tells the explicit null (""), which asks for a value to be removed.
func (l leaf) Null() bool { return l.raw == `""` }

// Valued tells text that is neither empty, nor null, nor bare delimiters.
func (l leaf) Valued() bool {
	if l.raw == "" || l.raw == `""` {
		return false
	}
	d := l.delims()
	for i := 0; i < len(l.raw); i++ {
		c := l.raw[i]
		if c != d.Component && c != d.Repetition && c != d.Subcomponent && c != '"' && c != ' ' {
			return true
		}
	}
	return false
}

// Text unescapes the whole of it and leaves inner delimiters as text: the
// reading for TX, FT and ST values whose sender did not escape them.
func (l leaf) Text() string {
	if l.Null() {
		return ""
	}
	return l.delims().Unescape(l.raw)
}

// String is the unescaped first leaf, without surrounding space; an explicit
// null gives an empty string.
func (l leaf) String() string {
	d := l.delims()
	s := l.raw
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c == d.Repetition || c == d.Component || c == d.Subcomponent) && c != 0 {
			s = s[:i]
			break
		}
	}
	if s == `""` {
		return ""
	}
	return strings.TrimSpace(d.Unescape(s))
}

// Rep gives repetition n.
func (f Field) Rep(n int) Repetition { return Repetition{f.piece(f.delims().Repetition, n)} }

// Reps gives all repetitions; none for an empty field.
func (f Field) Reps() []Repetition {
	n := f.count(f.delims().Repetition)
	reps := make([]Repetition, n)
	for i := range reps {
		reps[i] = f.Rep(i + 1)
	}
	return reps
}

// Component gives component n of the first repetition.
func (f Field) Component(n int) Component { return f.Rep(1).Component(n) }

// Component gives component n.
func (r Repetition) Component(n int) Component {
	return Component{r.piece(r.delims().Component, n)}
}

// Len is the number of components written.
func (r Repetition) Len() int { return r.count(r.delims().Component) }

// Sub gives subcomponent n.
func (c Component) Sub(n int) Subcomponent {
	return Subcomponent{c.piece(c.delims().Subcomponent, n)}
}
