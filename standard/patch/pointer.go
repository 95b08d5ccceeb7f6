package patch

import (
	"strconv"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// pointer is a JSON Pointer taken apart (RFC 6901).
type pointer []string

func parsePointer(s string) (pointer, bool) {
	if s == "" {
		return nil, true
	}
	if s[0] != '/' {
		return nil, false
	}
	parts := strings.Split(s[1:], "/")
	for i, p := range parts {
		for rest := p; ; {
			at := strings.IndexByte(rest, '~')
			if at < 0 {
				break
			}
			if at+1 >= len(rest) || rest[at+1] != '0' && rest[at+1] != '1' {
				return nil, false
			}
			rest = rest[at+2:]
		}
		// In this order, so that ~01 is ~1 and no slash.
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	return parts, true
}

// within tells whether the pointer lies below another.
func (p pointer) within(o pointer) bool {
	if len(p) <= len(o) {
		return false
	}
	for i := range o {
		if p[i] != o[i] {
			return false
		}
	}
	return true
}

// index reads a place in an array of that size; "-" is the place after the
// last element.
func index(s string, size int) (int, bool) {
	if s == "-" {
		return size, true
	}
	if s == "" || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

func errPath(text string) *fault.Fault { return fault.New(fault.Invalid, "patch.path", "%s", text) }

// walk finds what the pointer points at.
func (n *node) walk(p pointer) (*node, *fault.Fault) {
	for _, step := range p {
		var next *node
		switch n.kind {
		case fhir.Object:
			next = n.get(step)
		case fhir.Array:
			if i, ok := index(step, n.size()); ok && i < n.size() {
				next = n.items[i]
			}
		}
		if next == nil {
			return nil, errPath("there is nothing at this path")
		}
		n = next
	}
	return n, nil
}

// put adds a value at the pointer: a member, replacing one of that name, or an
// element, which moves those after it.
func (n *node) put(p pointer, m *node) *fault.Fault {
	parent, f := n.walk(p[:len(p)-1])
	if f != nil {
		return f
	}
	last := p[len(p)-1]
	switch parent.kind {
	case fhir.Object:
		parent.set(last, m)
		return nil
	case fhir.Array:
		i, ok := index(last, parent.size())
		if !ok || i > parent.size() {
			return errPath("this is no place in the array")
		}
		parent.insert(i, m)
		return nil
	}
	return errPath("what should hold the value is neither object nor array")
}

// takeOut removes what the pointer points at and gives it.
func (n *node) takeOut(p pointer) (*node, *fault.Fault) {
	m, f := n.walk(p)
	if f != nil {
		return nil, f
	}
	parent, f := n.walk(p[:len(p)-1])
	if f != nil {
		return nil, f
	}
	last := p[len(p)-1]
	if parent.kind == fhir.Object {
		parent.drop(last)
		return m, nil
	}
	i, _ := index(last, parent.size())
	return parent.cut(i), nil
}

// exchange replaces what the pointer points at.
func (n *node) exchange(p pointer, m *node) *fault.Fault {
	if _, f := n.walk(p); f != nil {
		return f
	}
	parent, f := n.walk(p[:len(p)-1])
	if f != nil {
		return f
	}
	last := p[len(p)-1]
	if parent.kind == fhir.Object {
		parent.set(last, m)
		return nil
	}
	i, _ := index(last, parent.size())
	parent.items[i] = m
	return nil
}
