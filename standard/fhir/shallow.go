package fhir

import (
	"slices"
	"strings"

	"concord/fault"
)

// Shallow is a JSON object of which only the places of its members are known.
// It serves where most of a resource is not looked at: finding out whether it
// matches a query, and handing it on as it is. Its text must be what Append
// wrote: valid, compact JSON.
type Shallow struct {
	text    string
	members []span
}

type span struct {
	name       string
	start, end int // of the value in the text
}

// Scan finds the members of an object. Errors: Invalid "json.syntax" when the
// text is no object as Append writes it.
func Scan(text []byte) (*Shallow, error) {
	s := &Shallow{text: string(text), members: make([]span, 0, 16)}
	t := s.text
	broken := fault.New(fault.Invalid, "json.syntax", "a compact JSON object is expected")
	if len(t) < 2 || t[0] != '{' {
		return nil, broken
	}
	for i := 1; i < len(t); {
		if t[i] == '}' {
			return s, nil
		}
		if t[i] == ',' {
			i++
		}
		if i >= len(t) || t[i] != '"' {
			return nil, broken
		}
		end := skipString(t, i)
		if end < 0 || end >= len(t) || t[end] != ':' {
			return nil, broken
		}
		m := span{name: unquote(t[i:end]), start: end + 1}
		if m.end = skipValue(t, m.start); m.end < 0 {
			return nil, broken
		}
		s.members = append(s.members, m)
		i = m.end
	}
	return nil, broken
}

// skipString is the place after a string that begins at i, -1 when it does not
// end.
func skipString(t string, i int) int {
	for i++; i < len(t); i++ {
		n := strings.IndexByte(t[i:], '"')
		if n < 0 {
			return -1
		}
		slashes := 0
		for j := i + n - 1; j >= i && t[j] == '\\'; j-- {
			slashes++
		}
		i += n
		if slashes%2 == 0 {
			return i + 1
		}
	}
	return -1
}

// skipValue is the place after a value that begins at i, -1 when it does not
// end.
func skipValue(t string, i int) int {
	depth := 0
	for i < len(t) {
		switch t[i] {
		case '"':
			if i = skipString(t, i); i < 0 {
				return -1
			}
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// Only parses the members that keep wants, and resourceType; nil keeps all.
func (s *Shallow) Only(keep func(name string) bool) (*Value, error) {
	v := &Value{kind: Object, members: make([]Member, 0, min(len(s.members), 8))}
	var p parser // one for all members, so that they share what it allocates
	for _, m := range s.members {
		if keep != nil && m.name != "resourceType" && !keep(m.name) {
			continue
		}
		p.s, p.i = s.text[m.start:m.end], 0
		one := Member{Name: m.name}
		if err := p.value(&one.Value, 1); err != nil {
			return nil, err
		}
		v.members = append(v.members, one)
	}
	return v, nil
}

// References are the literal references anywhere in the resource, each once;
// ok is false when one is written with an escape, so that only parsing tells.
func (s *Shallow) References() (refs []string, ok bool) {
	const mark = `"reference":"`
	for t := s.text; ; {
		i := strings.Index(t, mark)
		if i < 0 {
			return refs, true
		}
		t = t[i+len(mark):]
		end := strings.IndexByte(t, '"')
		if end < 0 || strings.IndexByte(t[:end], '\\') >= 0 {
			return nil, false
		}
		if !slices.Contains(refs, t[:end]) {
			refs = append(refs, t[:end])
		}
		t = t[end:]
	}
}

// raw is the text of a member, "" when there is none.
func (s *Shallow) raw(name string) string {
	for _, m := range s.members {
		if m.name == name {
			return s.text[m.start:m.end]
		}
	}
	return ""
}

// AppendServed writes the resource with the id and the members of meta that
// are given, in front of those of its own.
func (s *Shallow) AppendServed(dst []byte, id string, meta []Member) []byte {
	dst = append(dst, `{"resourceType":`...)
	dst = append(dst, s.raw("resourceType")...)
	dst = append(dst, `,"id":`...)
	dst = appendQuoted(dst, id)
	dst = append(dst, `,"meta":{`...)
	for i, m := range meta {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, m.Name)
		dst = append(dst, ':')
		dst = m.Value.Append(dst)
	}
	if own := s.raw("meta"); len(own) > 2 {
		dst = append(dst, ',')
		dst = append(dst, own[1:len(own)-1]...)
	}
	dst = append(dst, '}')
	for _, m := range s.members {
		if m.name == "resourceType" || m.name == "id" || m.name == "meta" {
			continue
		}
		dst = append(dst, ',')
		dst = appendQuoted(dst, m.name)
		dst = append(dst, ':')
		dst = append(dst, s.text[m.start:m.end]...)
	}
	return append(dst, '}')
}

// Prepared is an object whose JSON is written already. It may stand inside
// other JSON that is to be written, and nothing else: it tells no members.
func Prepared(text []byte) *Value { return &Value{kind: Object, raw: string(text)} }
