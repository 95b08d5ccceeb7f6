package hl7v2

import (
	"bytes"

	"concord/fault"
)

// Delimiters are the characters of MSH-1 and MSH-2. A zero byte means that the
// message declares none: such a level does not exist in it.
type Delimiters struct {
	Field, Component, Repetition, Escape, Subcomponent, Truncation byte
}

// Standard gives the delimiters that the specification recommends.
func Standard() Delimiters {
	return Delimiters{Field: '|', Component: '^', Repetition: '~', Escape: '\\', Subcomponent: '&'}
}

// encoding is the text of MSH-2.
func (d *Delimiters) encoding() string {
	b := make([]byte, 0, 5)
	for _, c := range [...]byte{d.Component, d.Repetition, d.Escape, d.Subcomponent, d.Truncation} {
		if c != 0 {
			b = append(b, c)
		}
	}
	return string(b)
}

func badHeader(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "hl7v2.msh", format, args...).In("MSH")
}

// readDelimiters takes MSH-1 and MSH-2 from the first bytes of a message
// (HL7 2.5.1, 2.5.4). Two to five encoding characters are read: some systems
// leave out the escape or the subcomponent character.
func readDelimiters(head []byte) (Delimiters, error) {
	var d Delimiters
	if len(head) < 4 || string(head[:3]) != "MSH" {
		return d, badHeader("the message does not begin with MSH")
	}
	if d.Field = head[3]; d.Field <= ' ' || d.Field > '~' {
		return d, badHeader("MSH-1 is not a graphic ASCII character")
	}
	var enc []byte
	for _, c := range head[4:] {
		if c == d.Field || c == '\r' || c == '\n' {
			break
		}
		if c <= ' ' || c > '~' {
			return d, badHeader("MSH-2 holds a character that is not graphic ASCII")
		}
		if enc = append(enc, c); len(enc) > 5 {
			return d, badHeader("MSH-2 holds more than five encoding characters")
		}
	}
	if i := bytes.Index(enc, []byte(`\\`)); i >= 0 {
		enc = append(enc[:i:i], enc[i+1:]...) // "^~\\&": escaped once too often on its way
	}
	if len(enc) < 2 {
		return d, badHeader("MSH-2 holds fewer than two encoding characters")
	}
	d.Component, d.Repetition = enc[0], enc[1]
	switch rest := enc[2:]; {
	case len(rest) == 1 && rest[0] == '&':
		d.Subcomponent = '&' // "^~&": the escape character was left out
	case len(rest) == 1:
		d.Escape = rest[0]
	case len(rest) >= 2:
		d.Escape, d.Subcomponent = rest[0], rest[1]
		if len(rest) == 3 {
			d.Truncation = rest[2]
		}
	}
	return d, d.check()
}

// check refuses delimiters that cannot be told apart.
func (d *Delimiters) check() error {
	all := [...]byte{d.Field, d.Component, d.Repetition, d.Escape, d.Subcomponent, d.Truncation}
	for i, c := range all {
		if c == 0 {
			continue
		}
		for _, other := range all[:i] {
			if c == other {
				return badHeader("two delimiters are the same character")
			}
		}
	}
	return nil
}
