package hl7v2

import "strings"

// Builder writes a message segment by segment. Text goes through Text, so
// that delimiters inside it are escaped.
type Builder struct {
	d        Delimiters
	segments []*Row
}

// Row is one segment being written.
type Row struct {
	id     string
	fields []Value // fields[0] is field 1
}

// Value is text that is already encoded with the builder's delimiters.
type Value string

// Null is the explicit null, which asks the receiver to remove a value.
const Null Value = `""`

// NewBuilder starts an empty message.
func NewBuilder(d Delimiters) *Builder { return &Builder{d: d} }

// Header starts MSH with its first two fields written.
func (b *Builder) Header() *Row {
	return b.Segment("MSH").Set(1, Value(b.d.Field)).Set(2, Value(b.d.encoding()))
}

// Segment starts the next segment.
func (b *Builder) Segment(id string) *Row {
	r := &Row{id: id}
	b.segments = append(b.segments, r)
	return r
}

// Set writes field n and gives the row back.
func (r *Row) Set(n int, v Value) *Row {
	for len(r.fields) < n {
		r.fields = append(r.fields, "")
	}
	r.fields[n-1] = v
	return r
}

// Text escapes one leaf.
func (b *Builder) Text(s string) Value { return Value(b.d.EscapeText(s)) }

// Components joins components; empty ones at the end are left out.
func (b *Builder) Components(parts ...Value) Value { return join(parts, b.d.Component) }

// Subs joins subcomponents.
func (b *Builder) Subs(parts ...Value) Value { return join(parts, b.d.Subcomponent) }

// Repeat joins repetitions.
func (b *Builder) Repeat(parts ...Value) Value { return join(parts, b.d.Repetition) }

// Texts escapes and joins plain components: the common case.
func (b *Builder) Texts(parts ...string) Value {
	values := make([]Value, len(parts))
	for i, p := range parts {
		values[i] = b.Text(p)
	}
	return b.Components(values...)
}

func join(parts []Value, sep byte) Value {
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	var s strings.Builder
	for i, p := range parts {
		if i > 0 {
			if sep == 0 {
				sep = ' '
			}
			s.WriteByte(sep)
		}
		s.WriteString(string(p))
	}
	return Value(s.String())
}

// String prints the message, each segment ended by CR.
func (b *Builder) String() string {
	var s strings.Builder
	for _, r := range b.segments {
		s.WriteString(r.id)
		fields := r.fields
		if r.id == "MSH" && len(fields) >= 2 {
			s.WriteString(string(fields[0]) + string(fields[1]))
			fields = fields[2:]
		}
		for len(fields) > 0 && fields[len(fields)-1] == "" {
			fields = fields[:len(fields)-1]
		}
		for _, f := range fields {
			s.WriteByte(b.d.Field)
			s.WriteString(string(f))
		}
		s.WriteByte('\r')
	}
	return s.String()
}
