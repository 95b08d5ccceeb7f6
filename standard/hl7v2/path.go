package hl7v2

import (
	"strconv"
	"strings"

	"concord/fault"
)

// Path is a place in a message: segment, its occurrence, field, repetition,
// component and subcomponent. Zero component or subcomponent means the first
// leaf.
type Path struct {
	Segment                                       string
	Occurrence, Field, Repetition, Component, Sub int
}

// ParsePath reads "PID-3", "PID-3.4", "PID-3[2].4.1" or "OBX[2]-5".
func ParsePath(s string) (Path, error) {
	p := Path{Occurrence: 1, Repetition: 1}
	name, rest, ok := strings.Cut(s, "-")
	if !ok || len(name) < 3 {
		return p, badPath(s)
	}
	if p.Segment = name[:3]; len(name) > 3 {
		if p.Occurrence, ok = index(name[3:]); !ok {
			return p, badPath(s)
		}
	}
	parts := strings.Split(rest, ".")
	if len(parts) > 3 {
		return p, badPath(s)
	}
	if i := strings.IndexByte(parts[0], '['); i >= 0 {
		if p.Repetition, ok = index(parts[0][i:]); !ok {
			return p, badPath(s)
		}
		parts[0] = parts[0][:i]
	}
	for i, to := range []*int{&p.Field, &p.Component, &p.Sub}[:len(parts)] {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 1 {
			return p, badPath(s)
		}
		*to = n
	}
	return p, nil
}

// index reads "[n]".
func index(s string) (int, bool) {
	inner, ok := strings.CutSuffix(strings.TrimPrefix(s, "["), "]")
	n, err := strconv.Atoi(inner)
	return n, ok && s[0] == '[' && err == nil && n >= 1
}

func badPath(s string) error {
	return fault.New(fault.Invalid, "hl7v2.path", "%q is not a path such as PID-3[2].4.1", s)
}

// At gives the unescaped text at a place; empty when nothing is there.
func (m *Message) At(p Path) string {
	for _, s := range m.segments {
		if s.ID() != p.Segment {
			continue
		}
		if p.Occurrence--; p.Occurrence > 0 {
			continue
		}
		rep := s.Field(p.Field).Rep(p.Repetition)
		switch {
		case p.Component == 0:
			return rep.String()
		case p.Sub == 0:
			return rep.Component(p.Component).String()
		}
		return rep.Component(p.Component).Sub(p.Sub).String()
	}
	return ""
}

// Get is At for a path written out, such as "PID-3[2].4.1". A path that
// cannot be read gives an empty string: use ParsePath for paths from outside.
func (m *Message) Get(path string) string {
	p, err := ParsePath(path)
	if err != nil {
		return ""
	}
	return m.At(p)
}
