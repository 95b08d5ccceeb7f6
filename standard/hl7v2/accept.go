package hl7v2

import "concord/fault"

// Accept tells whether a parsed message may be taken at all: its MSH must name
// a type, a control id, and a version from 2.3 to 2.5.1. Codes: "hl7v2.msh",
// "hl7v2.version".
func Accept(m *Message) error {
	h := m.Header()
	switch {
	case !supported(h.Version):
		return fault.New(fault.Unsupported, "hl7v2.version", "only versions 2.3 to 2.5.1 are read").In("MSH-12")
	case h.Type == "":
		return fault.New(fault.Invalid, "hl7v2.msh", "MSH-9 names no message type").In("MSH-9")
	case h.Control == "" || h.Control == `""`:
		return fault.New(fault.Invalid, "hl7v2.msh", "MSH-10 holds no control id").In("MSH-10")
	}
	return nil
}

func supported(version string) bool {
	switch version {
	case "2.3", "2.3.1", "2.4", "2.5", "2.5.1":
		return true
	}
	return false
}

// Outcome is what became of a message, before it is put into the words of an
// acknowledgement mode.
type Outcome uint8

// Outcomes of receiving a message.
const (
	Accepted Outcome = iota // kept
	Failed                  // unreadable content, or not kept: AE, CE
	Rejected                // bad frame or MSH, unsupported version, too long: AR, CR
)

// OutcomeOf classifies the error of Reader.Next, Parse or Accept, or of
// keeping the message. Nil is Accepted.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Accepted
	}
	switch fault.Of(err).Code {
	case "hl7v2.msh", "hl7v2.empty", "hl7v2.version",
		"mllp.start", "mllp.end", "mllp.truncated", "mllp.oversize":
		return Rejected
	}
	return Failed
}

// Mode is how a feed is acknowledged.
type Mode uint8

// Modes of acknowledgement (HL7 2.5.1, 2.9).
const (
	ByMessage Mode = iota // as MSH-15 and MSH-16 ask
	Original              // always AA, AE, AR
	Enhanced              // always CA, CE, CR
)

// Answer gives the acknowledgement code (table 0008) for an outcome and
// whether it is to be sent at all.
//
// MSH-15 and MSH-16 both empty: original mode. MSH-15 valued: an accept
// acknowledgement under its condition. Only MSH-16 valued: an application
// acknowledgement under its condition. A forced mode keeps a condition that
// the message states for that mode.
func (h Header) Answer(mode Mode, o Outcome) (code string, send bool) {
	application := [...]string{"AA", "AE", "AR"}
	accept := [...]string{"CA", "CE", "CR"}
	switch {
	case mode == Enhanced, mode == ByMessage && h.AcceptCondition != "":
		return accept[o], due(h.AcceptCondition, o)
	case mode == Original && h.ApplicationCondition == "":
		return application[o], true
	}
	return application[o], due(h.ApplicationCondition, o)
}

// due applies table 0155. An unknown condition asks for an answer.
func due(condition string, o Outcome) bool {
	switch condition {
	case "NE":
		return false
	case "ER":
		return o != Accepted
	case "SU":
		return o == Accepted
	}
	return true
}
