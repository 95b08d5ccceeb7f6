package hl7v2

import (
	"strings"
	"time"
)

// Reply is what an acknowledgement says.
type Reply struct {
	Code    string    // MSA-1, table 0008
	Control string    // MSH-10 of the acknowledgement itself
	At      time.Time // MSH-7
	Error   *Mistake  // nil when the message was accepted
}

// Mistake is one ERR segment.
type Mistake struct {
	Place     string // ERR-2 as segment^sequence^field, such as "MSH^1^12"; may be empty
	Condition string // ERR-3, table 0357: see ConditionOf
	Text      string // ERR-8: a sentence without patient data
}

// ConditionOf gives the table 0357 code for a fault code of this package.
func ConditionOf(code string) string {
	switch code {
	case "hl7v2.version":
		return "203"
	case "hl7v2.msh", "hl7v2.empty":
		return "101"
	case "hl7v2.segment", "mllp.start", "mllp.end", "mllp.truncated":
		return "100"
	case "hl7v2.time":
		return "102"
	}
	return "207"
}

func conditionText(code string) string {
	switch code {
	case "100":
		return "Segment sequence error"
	case "101":
		return "Required field missing"
	case "102":
		return "Data type error"
	case "200":
		return "Unsupported message type"
	case "203":
		return "Unsupported version id"
	}
	return "Application internal error"
}

// Ack writes the acknowledgement of a message: MSH with sender and receiver
// swapped and the same version, MSA, and ERR in the layout of 2.5 (ERR-1 is
// filled as well for older versions). It is written with the message's own
// delimiters and character set.
func Ack(h Header, r Reply) []byte {
	d := h.Delimiters
	if d.Field == 0 {
		d = Standard()
	}
	b := NewBuilder(d)
	version := h.Version
	if version == "" {
		version = "2.5.1"
	}
	msh := b.Header()
	msh.Set(3, Value(h.ReceivingApplication)).Set(4, Value(h.ReceivingFacility))
	msh.Set(5, Value(h.Application)).Set(6, Value(h.Facility))
	msh.Set(7, b.Text(FormatTime(r.At))).Set(9, b.ackType(h, version))
	msh.Set(10, b.Text(r.Control)).Set(11, b.Text(orElse(h.Processing, "P"))).Set(12, b.Text(version))
	if h.Charset != "" && h.Charset != "ASCII" && h.Charset != windows1252 {
		msh.Set(18, b.Text(h.Charset))
	}
	msa := b.Segment("MSA").Set(1, b.Text(r.Code)).Set(2, Value(h.Control))
	if r.Error != nil {
		msa.Set(3, b.Text(r.Error.Text))
		b.mistake(r.Error, version)
	}
	return encode(b.String(), h.Charset)
}

// ackType is MSH-9: the structure is named from version 2.4 on.
func (b *Builder) ackType(h Header, version string) Value {
	if h.Trigger == "" {
		return b.Text("ACK")
	}
	if version < "2.4" {
		return b.Components(b.Text("ACK"), b.Text(h.Trigger))
	}
	return b.Components(b.Text("ACK"), b.Text(h.Trigger), b.Text("ACK"))
}

func (b *Builder) mistake(e *Mistake, version string) {
	code, text := b.Text(e.Condition), b.Text(conditionText(e.Condition))
	var place []Value
	if e.Place != "" {
		for _, part := range strings.Split(e.Place, "^") {
			place = append(place, b.Text(part))
		}
	}
	err := b.Segment("ERR")
	if version < "2.5" {
		old := append([]Value(nil), place...)
		for len(old) < 3 {
			old = append(old, "")
		}
		err.Set(1, b.Components(append(old[:3], b.Subs(code, text, b.Text("HL70357")))...))
	}
	if place != nil {
		err.Set(2, b.Components(place...))
	}
	err.Set(3, b.Components(code, text, b.Text("HL70357"))).Set(4, b.Text("E")).Set(8, b.Text(e.Text))
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
