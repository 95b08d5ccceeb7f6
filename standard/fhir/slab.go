package fhir

import "sync"

// stackKept is how large a stack is kept for the next parser at most; slabMost
// bounds a slab, of which one member still in use keeps all.
const (
	stackKept = 64
	slabMost  = 128
)

var parsers = sync.Pool{New: func() any { return &parser{stack: make([]Member, 0, stackKept/2)} }}

// newParser takes a parser for about so many bytes of text; done gives it back.
func newParser(bytes int) *parser {
	p := parsers.Get().(*parser)
	p.next = min(max(bytes/32, 4), slabMost)
	return p
}

func (p *parser) done() {
	stack := p.stack[:cap(p.stack)]
	if len(stack) > stackKept {
		return
	}
	clear(stack)
	*p = parser{stack: stack[:0]}
	parsers.Put(p)
}

// cut moves the members above mark from the stack into the slab.
func (p *parser) cut(mark int) []Member {
	n := len(p.stack) - mark
	if p.exact {
		own := make([]Member, n)
		copy(own, p.stack[mark:])
		p.stack = p.stack[:mark]
		return own
	}
	if len(p.slab)+n > cap(p.slab) {
		p.slab = make([]Member, 0, max(p.next, n))
		p.next = min(2*max(p.next, 4), slabMost)
	}
	from := len(p.slab)
	p.slab = append(p.slab, p.stack[mark:]...)
	p.stack = p.stack[:mark]
	return p.slab[from : from+n : from+n]
}
