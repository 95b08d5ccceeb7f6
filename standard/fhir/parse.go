package fhir

import (
	"strings"
	"unicode/utf8"

	"concord/fault"
)

// MaxDepth is how deeply arrays and objects may nest. Real resources stay
// below 30; the limit keeps hostile input from exhausting the stack.
const MaxDepth = 100

// Parse reads one JSON document. The input is copied once; the Value's strings
// are slices of that copy. A byte order mark at the start is ignored
// (RFC 8259, section 8.1).
//
// Errors are Invalid: json.syntax, json.utf8, json.duplicate, json.depth; At
// holds the byte offset.
func Parse(b []byte) (*Value, error) {
	if !utf8.Valid(b) {
		return nil, fault.New(fault.Invalid, "json.utf8", "the text is not valid UTF-8")
	}
	p := newParser(len(b))
	defer p.done()
	p.s = string(b)
	if strings.HasPrefix(p.s, "\uFEFF") {
		p.i = len("\uFEFF")
	}
	p.space()
	var v Value
	if err := p.value(&v, 0); err != nil {
		return nil, err
	}
	p.space()
	if p.i != len(p.s) {
		return nil, p.fail("json.syntax", "text after the end of the document")
	}
	return &v, nil
}

// ParseObject is Parse for a document that must be an object.
func ParseObject(b []byte) (*Value, error) {
	v, err := Parse(b)
	if err != nil {
		return nil, err
	}
	if v.kind != Object {
		return nil, fault.New(fault.Invalid, "json.object", "a resource is a JSON object, this is %s", v.kind)
	}
	return v, nil
}

type parser struct {
	s     string
	i     int
	stack []Member // members of the containers still open
	slab  []Member // finished members are cut from here, so that few allocations serve many containers
	next  int      // members of the next slab
	exact bool     // no slab: what is parsed will be kept, and is not to keep more than it needs
}

func (p *parser) fail(code, text string) error {
	return fault.New(fault.Invalid, code, "%s", text).In("offset " + itoa(p.i))
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) value(v *Value, depth int) error {
	if p.i >= len(p.s) {
		return p.fail("json.syntax", "the document ends too early")
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.object(v, depth+1)
	case c == '[':
		return p.array(v, depth+1)
	case c == '"':
		raw, err := p.str()
		*v = scalar(String, raw)
		return err
	case c == 't':
		return p.word(v, Bool, "true")
	case c == 'f':
		return p.word(v, Bool, "false")
	case c == 'n':
		return p.word(v, Null, "null")
	case c == '-' || c >= '0' && c <= '9':
		return p.number(v)
	}
	return p.fail("json.syntax", "a value is expected")
}

func (p *parser) word(v *Value, k Kind, w string) error {
	if len(p.s)-p.i < len(w) || p.s[p.i:p.i+len(w)] != w {
		return p.fail("json.syntax", "a value is expected")
	}
	*v = scalar(k, w)
	p.i += len(w)
	return nil
}

func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

func (p *parser) number(v *Value) error {
	start := p.i
	if p.s[p.i] == '-' {
		p.i++
	}
	if p.i < len(p.s) && p.s[p.i] == '0' {
		p.i++
	} else if !p.digits() {
		return p.fail("json.syntax", "a number needs digits")
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if !p.digits() {
			return p.fail("json.syntax", "a number needs digits after its point")
		}
	}
	if p.i < len(p.s) && (p.s[p.i] == 'e' || p.s[p.i] == 'E') {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if !p.digits() {
			return p.fail("json.syntax", "a number needs digits in its exponent")
		}
	}
	*v = scalar(Number, p.s[start:p.i])
	return nil
}

func (p *parser) str() (string, error) {
	start := p.i
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return p.s[start:p.i], nil
		case c < 0x20:
			return "", p.fail("json.syntax", "a control character in a string")
		case c == '\\':
			if err := p.escape(); err != nil {
				return "", err
			}
		}
	}
	return "", p.fail("json.syntax", "a string is not closed")
}

// escape leaves p.i on the last byte of the escape.
func (p *parser) escape() error {
	p.i++
	if p.i >= len(p.s) {
		return p.fail("json.syntax", "a string is not closed")
	}
	switch p.s[p.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for n := 0; n < 4; n++ {
			p.i++
			if p.i >= len(p.s) || !isHex(p.s[p.i]) {
				return p.fail("json.syntax", "a \\u escape needs four hexadecimal digits")
			}
		}
		return nil
	}
	return p.fail("json.syntax", "an unknown escape in a string")
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (p *parser) array(v *Value, depth int) error {
	if depth > MaxDepth {
		return p.fail("json.depth", "the document nests too deeply")
	}
	p.i++
	mark := len(p.stack)
	p.space()
	if p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		v.kind = Array
		return nil
	}
	for {
		p.space()
		var m Member
		if err := p.value(&m.Value, depth); err != nil {
			return err
		}
		p.stack = append(p.stack, m)
		more, err := p.more(']')
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	*v = holder(Array, p.cut(mark))
	return nil
}

func (p *parser) object(v *Value, depth int) error {
	if depth > MaxDepth {
		return p.fail("json.depth", "the document nests too deeply")
	}
	p.i++
	mark := len(p.stack)
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '}' {
		p.i++
		v.kind = Object
		return nil
	}
	var seen map[string]bool
	for {
		m, err := p.member(mark, depth)
		if err == nil {
			seen, err = p.unique(seen, mark, m.Name)
		}
		if err != nil {
			return err
		}
		p.stack = append(p.stack, m)
		more, err := p.more('}')
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	*v = holder(Object, p.cut(mark))
	return nil
}

func (p *parser) member(mark, depth int) (Member, error) {
	var m Member
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		return m, p.fail("json.syntax", "a member name is expected")
	}
	raw, err := p.str()
	if err != nil {
		return m, err
	}
	m.Name = unquote(raw)
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != ':' {
		return m, p.fail("json.syntax", "a colon is expected")
	}
	p.i++
	p.space()
	return m, p.value(&m.Value, depth)
}

// manyMembers is the size from which an object's names are kept in a map, so
// that hostile objects do not cost the square of their size.
const manyMembers = 64

// unique refuses a name that the object above mark has already.
func (p *parser) unique(seen map[string]bool, mark int, name string) (map[string]bool, error) {
	if n := len(p.stack) - mark; n == manyMembers {
		seen = make(map[string]bool, 4*manyMembers)
		for i := mark; i < len(p.stack); i++ {
			seen[p.stack[i].Name] = true
		}
	}
	twice := seen[name]
	if seen != nil {
		seen[name] = true
	} else {
		for i := mark; i < len(p.stack) && !twice; i++ {
			twice = p.stack[i].Name == name
		}
	}
	if twice {
		return seen, p.fail("json.duplicate", "a member name stands twice in one object")
	}
	return seen, nil
}

// more reads a comma (more follows) or the closing mark.
func (p *parser) more(end byte) (bool, error) {
	p.space()
	if p.i < len(p.s) {
		switch p.s[p.i] {
		case ',':
			p.i++
			return true, nil
		case end:
			p.i++
			return false, nil
		}
	}
	return false, p.fail("json.syntax", "a comma or a closing bracket is expected")
}
