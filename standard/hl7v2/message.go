package hl7v2

import (
	"bytes"
	"strings"

	"concord/fault"
)

// Message is one parsed message. Its text is UTF-8 whatever the sender wrote;
// Raw keeps the bytes as received.
type Message struct {
	raw      []byte
	delims   Delimiters
	segments []Segment
	charset  string
	warnings []string
}

// Parse reads one message in ER7 form without its MLLP frame. Segments end
// with CR, LF or CRLF. A message whose MSH cannot be read gives the code
// "hl7v2.msh" (or "hl7v2.empty"), one with a line that is no segment
// "hl7v2.segment". The message keeps raw: the caller must not change it.
func Parse(raw []byte) (*Message, error) {
	m := &Message{raw: raw}
	body := trim(m.widen(raw))
	if len(body) == 0 {
		return nil, fault.New(fault.Invalid, "hl7v2.empty", "the message is empty")
	}
	d, err := readDelimiters(body)
	if err != nil {
		return nil, err
	}
	m.delims = d
	if d.Escape == 0 || d.Subcomponent == 0 || bytes.HasPrefix(body[4:], []byte(`^~\\`)) {
		m.warn("MSH-2 does not hold four encoding characters")
	}
	if err := m.cut(m.decode(body)); err != nil {
		return nil, err
	}
	return m, nil
}

// trim takes off what surrounds a message in files: blank space, a byte order
// mark of UTF-8 and stray frame bytes.
func trim(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	start, end := 0, len(raw)
	for start < end && blank(raw[start]) {
		start++
	}
	for end > start && blank(raw[end-1]) {
		end--
	}
	return raw[start:end]
}

func blank(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', frameStart, frameEnd, 0:
		return true
	}
	return false
}

// cut finds the segments. In a message that uses CR, a lone LF before
// something that is no segment belongs to the text of a field.
func (m *Message) cut(text string) error {
	end, n := byte('\r'), strings.Count(text, "\r")
	mixed := n > 0 && strings.IndexByte(text, '\n') >= 0
	if n == 0 {
		end, n = '\n', strings.Count(text, "\n")
	}
	m.segments = make([]Segment, 0, n+1)
	for text != "" {
		line := text
		if i := strings.IndexByte(text, end); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		if mixed && strings.IndexByte(line, '\n') >= 0 {
			if err := m.cutMixed(line); err != nil {
				return err
			}
			continue
		}
		if err := m.add(line); err != nil {
			return err
		}
	}
	return nil
}

// cutMixed splits a CR-ended line at each LF that a segment follows.
func (m *Message) cutMixed(line string) error {
	line = strings.Trim(line, "\n")
	from := 0
	for i := 0; i < len(line); i++ {
		if line[i] != '\n' {
			continue
		}
		next := strings.TrimLeft(line[i:], "\n")
		if !m.looksLikeSegment(next) {
			m.warn("a line feed stands inside a field")
			continue
		}
		if err := m.add(line[from:i]); err != nil {
			return err
		}
		from = len(line) - len(next)
		i = from
	}
	return m.add(line[from:])
}

func (m *Message) add(line string) error {
	if !m.looksLikeSegment(line) {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		return fault.New(fault.Invalid, "hl7v2.segment", "line %d is not a segment", len(m.segments)+1)
	}
	if len(m.segments) > 0 && line[:3] == "MSH" {
		return fault.New(fault.Invalid, "hl7v2.segment", "line %d is a second MSH", len(m.segments)+1)
	}
	m.segments = append(m.segments, Segment{raw: line, d: &m.delims})
	return nil
}

// looksLikeSegment: three capital letters or digits, a letter first, then the
// field separator or the end.
func (m *Message) looksLikeSegment(s string) bool {
	if len(s) < 3 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for _, c := range []byte(s[1:3]) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(s) == 3 || s[3] == m.delims.Field || s[3] == '\n'
}

func (m *Message) warn(text string) {
	for _, w := range m.warnings {
		if w == text {
			return
		}
	}
	m.warnings = append(m.warnings, text)
}

// Raw gives the bytes as they were received, in the sender's character set.
func (m *Message) Raw() []byte { return m.raw }

// Delimiters of MSH-1 and MSH-2.
func (m *Message) Delimiters() Delimiters { return m.delims }

// Charset names the character set the text was read from, in the words of
// table 0211 ("ASCII", "UNICODE UTF-8", "8859/1", …) or "windows-1252".
func (m *Message) Charset() string { return m.charset }

// Warnings are sentences about what was tolerated. They hold no patient data.
func (m *Message) Warnings() []string { return m.warnings }

// Segments gives all segments in order.
func (m *Message) Segments() []Segment { return m.segments }

// Segment gives the first segment of that id; a missing one is an empty
// Segment, all of whose fields are empty.
func (m *Message) Segment(id string) Segment {
	for _, s := range m.segments {
		if s.ID() == id {
			return s
		}
	}
	return Segment{d: &m.delims}
}

// Named gives all segments of that id in order.
func (m *Message) Named(id string) []Segment {
	var found []Segment
	for _, s := range m.segments {
		if s.ID() == id {
			found = append(found, s)
		}
	}
	return found
}

// Text prints the message as UTF-8, each segment ended by CR.
func (m *Message) Text() string {
	n := 0
	for _, s := range m.segments {
		n += len(s.raw) + 1
	}
	var b strings.Builder
	b.Grow(n)
	for _, s := range m.segments {
		b.WriteString(s.raw)
		b.WriteByte('\r')
	}
	return b.String()
}
