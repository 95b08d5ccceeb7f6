package fhir

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"concord/fault"
)

// Shallow is a JSON object of which only the places of its members are known.
// It serves where most of a resource is not looked at: finding out whether it
// matches a query, and handing it on as it is. Its text must be what Append
// wrote: valid, compact JSON. It may be read by several goroutines at once.
type Shallow struct {
	text    string
	members []span
	memo    atomic.Pointer[memo] // nil until Remember is called
}

// memo is what was found out about a text.
type memo struct {
	parsed []atomic.Pointer[Value] // members
	whole  atomic.Pointer[Value]   // all of them
	refs   atomic.Pointer[textReferences]
}

// textReferences is what References found.
type textReferences struct {
	list []string
	ok   bool
}

type span struct {
	name       string
	at         int32 // of the name's opening quote in the text
	start, end int32 // of the value
}

// Scan finds the members of an object. Errors: Invalid "json.syntax" when the
// text is no object as Append writes it.
func Scan(text []byte) (*Shallow, error) {
	s := &Shallow{text: string(text), members: make([]span, 0, 16)}
	t := s.text
	if len(t) < 2 || t[0] != '{' || len(t) > math.MaxInt32 {
		return nil, notCompact()
	}
	for i := 1; i < len(t); {
		if t[i] == '}' {
			return s, nil
		}
		if t[i] == ',' {
			i++
		}
		if i >= len(t) || t[i] != '"' {
			return nil, notCompact()
		}
		end := skipString(t, i)
		if end < 0 || end >= len(t) || t[end] != ':' {
			return nil, notCompact()
		}
		after := skipValue(t, end+1)
		if after < 0 {
			return nil, notCompact()
		}
		s.members = append(s.members, span{unquote(t[i:end]), int32(i), int32(end + 1), int32(after)})
		i = after
	}
	return nil, notCompact()
}

func notCompact() error {
	return fault.New(fault.Invalid, "json.syntax", "a compact JSON object is expected")
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

// Remember keeps from now on what is found out for the next time: for a text
// that is looked at again and again. Of one that is looked at once it costs more
// than it saves.
func (s *Shallow) Remember() {
	if s.memo.Load() == nil {
		s.memo.CompareAndSwap(nil, &memo{parsed: make([]atomic.Pointer[Value], len(s.members))})
	}
}

// Only parses the members that keep wants, and resourceType; nil keeps all.
// What it returns is shared and not to be changed.
func (s *Shallow) Only(keep func(name string) bool) (*Value, error) {
	memo := s.memo.Load()
	if keep == nil && memo != nil {
		if have := memo.whole.Load(); have != nil {
			return have, nil
		}
	}
	var some [16]int32 // places of the members wanted
	wanted, bytes := some[:0], 0
	for i := range s.members {
		if name := s.members[i].name; keep == nil || name == "resourceType" || keep(name) {
			wanted = append(wanted, int32(i))
			bytes += int(s.members[i].end - s.members[i].start)
		}
	}
	members := make([]Member, len(wanted))
	// One parser for all members, so that they share what it allocates; what is
	// remembered is cut to its size.
	p := newParser(bytes)
	defer p.done()
	p.exact = memo != nil
	for n, i := range wanted {
		if err := s.member(p, memo, int(i), &members[n]); err != nil {
			return nil, err
		}
	}
	v := holder(Object, members)
	if keep == nil && memo != nil {
		memo.whole.Store(&v)
	}
	return &v, nil
}

// member parses one member, or takes what was parsed before.
func (s *Shallow) member(p *parser, memo *memo, i int, out *Member) error {
	m := &s.members[i]
	out.Name = m.name
	if memo != nil {
		if have := memo.parsed[i].Load(); have != nil {
			out.Value = *have
			return nil
		}
	}
	p.s, p.i = s.text[m.start:m.end], 0
	if err := p.value(&out.Value, 1); err != nil {
		return err
	}
	if memo != nil {
		one := out.Value
		memo.parsed[i].Store(&one)
	}
	return nil
}

// Has tells whether there is a member of a name.
func (s *Shallow) Has(name string) bool {
	return slices.ContainsFunc(s.members, func(m span) bool { return m.name == name })
}

// Size is how many bytes of memory it takes at most, with all that is
// remembered.
func (s *Shallow) Size() int {
	values := strings.Count(s.text, ",") + strings.Count(s.text, "[") + strings.Count(s.text, "{")
	const one = int(unsafe.Sizeof(span{})+unsafe.Sizeof(Member{})+unsafe.Sizeof(Value{})) + 8
	return len(s.text) + len(s.members)*one + values*int(unsafe.Sizeof(Member{})) + 2*strings.Count(s.text, "reference")*int(unsafe.Sizeof(""))
}

// References are the literal references anywhere in the resource, each once;
// ok is false when one is written with an escape, so that only parsing tells.
func (s *Shallow) References() (refs []string, ok bool) {
	memo := s.memo.Load()
	if memo == nil {
		return referencesIn(s.text)
	}
	if have := memo.refs.Load(); have != nil {
		return have.list, have.ok
	}
	refs, ok = referencesIn(s.text)
	memo.refs.Store(&textReferences{refs, ok})
	return refs, ok
}

func referencesIn(t string) (refs []string, ok bool) {
	const mark = `"reference":"`
	for {
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

// AppendServed writes the resource with an id, and a meta that begins with a
// version and a time, in front of those of its own.
func (s *Shallow) AppendServed(dst []byte, id string, version int64, updated time.Time) []byte {
	dst = append(dst, `{"resourceType":`...)
	dst = append(dst, s.raw("resourceType")...)
	dst = append(dst, `,"id":`...)
	dst = appendQuoted(dst, id)
	dst = append(dst, `,"meta":{"versionId":"`...)
	dst = strconv.AppendInt(dst, version, 10)
	dst = append(dst, `","lastUpdated":"`...)
	dst = updated.UTC().AppendFormat(dst, instantLayout)
	dst = append(dst, '"')
	if own := s.raw("meta"); len(own) > 2 {
		dst = append(dst, ',')
		dst = append(dst, own[1:len(own)-1]...)
	}
	dst = append(dst, '}')
	for i := 0; i < len(s.members); i++ {
		if s.members[i].served() {
			continue
		}
		first := i // those that follow each other are copied at once
		for i+1 < len(s.members) && !s.members[i+1].served() {
			i++
		}
		dst = append(dst, ',')
		dst = append(dst, s.text[s.members[first].at:s.members[i].end]...)
	}
	return append(dst, '}')
}

// served tells the members that AppendServed writes by itself.
func (m *span) served() bool { return m.name == "resourceType" || m.name == "id" || m.name == "meta" }
