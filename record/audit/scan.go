package audit

import (
	"strings"
	"unicode/utf8"

	"concord/record/access"
)

// sayingsOf reads out of a row what its entry is filed under. ok is false for a
// row whose payload is gone or spoilt. Every row is read so once, by the
// sequencer; what a general reader of JSON costs would be most of its work.
func sayingsOf(body []byte) (*Entry, bool) {
	r, err := splitRow(body)
	if err != nil || r.payload == nil {
		return nil, false
	}
	if e, ok := scanEntry(string(r.payload)); ok {
		return e, true
	}
	e, err := decodePayload(r.payload)
	return &e, err == nil
}

// scanEntry reads of an entry's JSON what it is filed under. ok is false for
// text that is not as encode writes it, or has escapes: then the general reader
// decides. What it reads shares the text's memory.
func scanEntry(text string) (*Entry, bool) {
	if !utf8.ValidString(text) {
		return nil, false
	}
	s := scanner{text: text, ok: true}
	e := &Entry{}
	s.take('{')
	for first := true; s.ok && !s.at('}'); first = false {
		if !first {
			s.take(',')
		}
		name := s.str()
		s.take(':')
		s.member(name, e)
	}
	s.take('}')
	return e, s.ok && s.text == ""
}

type scanner struct {
	text string // what is left
	ok   bool
}

func (s *scanner) member(name string, e *Entry) {
	switch name {
	case "who":
		e.Who = s.str()
	case "org":
		e.Org = s.str()
	case "purpose":
		e.Purpose = access.Purpose(s.str())
	case "action":
		e.Action = access.Action(s.str())
	case "outcome":
		e.Outcome = s.str()
	case "allowed":
		e.Allowed = s.boolean()
	case "records":
		e.Records = s.list()
	case "what":
		e.What = s.list()
	case "at", "role", "reason", "rule", "message":
		s.str()
	case "count", "change":
		s.number()
	default:
		s.ok = false
	}
}

func (s *scanner) at(c byte) bool { return s.text != "" && s.text[0] == c }

func (s *scanner) take(c byte) {
	if !s.ok || !s.at(c) {
		s.ok = false
		return
	}
	s.text = s.text[1:]
}

// str is a string without escapes.
func (s *scanner) str() string {
	s.take('"')
	for i := 0; s.ok && i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			out := s.text[:i]
			s.text = s.text[i+1:]
			return out
		case c == '\\' || c < 0x20:
			s.ok = false
		}
	}
	s.ok = false
	return ""
}

func (s *scanner) list() []string {
	out := []string{}
	s.take('[')
	for s.ok && !s.at(']') {
		if len(out) > 0 {
			s.take(',')
		}
		out = append(out, s.str())
	}
	s.take(']')
	return out
}

func (s *scanner) boolean() bool {
	for _, word := range [...]string{"true", "false"} {
		if rest, ok := strings.CutPrefix(s.text, word); ok {
			s.text = rest
			return word == "true"
		}
	}
	s.ok = false
	return false
}

// number passes a whole number that has no sign.
func (s *scanner) number() {
	n := 0
	for n < len(s.text) && s.text[n] >= '0' && s.text[n] <= '9' {
		n++
	}
	if n == 0 || n > 18 || n > 1 && s.text[0] == '0' {
		s.ok = false
		return
	}
	s.text = s.text[n:]
}
