package hl7v2

import "strings"

// Header is MSH as far as it could be read: what an answer needs. Its texts
// are raw (still escaped), so that they can be echoed as they came.
type Header struct {
	Delimiters                            Delimiters
	Application, Facility                 string // MSH-3, MSH-4: the sender
	ReceivingApplication                  string // MSH-5
	ReceivingFacility                     string // MSH-6
	Type, Trigger                         string // MSH-9.1, MSH-9.2
	Control                               string // MSH-10
	Processing                            string // MSH-11
	Version                               string // MSH-12.1
	AcceptCondition, ApplicationCondition string // MSH-15, MSH-16 (table 0155)
	Charset                               string // as the message was read
}

// Header gives the MSH of a parsed message.
func (m *Message) Header() Header {
	return headerOf(m.Segment("MSH"), m.delims, m.charset)
}

func headerOf(msh Segment, d Delimiters, charset string) Header {
	kind := msh.Field(9)
	h := Header{
		Delimiters:           d,
		Application:          msh.Field(3).Raw(),
		Facility:             msh.Field(4).Raw(),
		ReceivingApplication: msh.Field(5).Raw(),
		ReceivingFacility:    msh.Field(6).Raw(),
		Type:                 kind.Component(1).String(),
		Trigger:              kind.Component(2).String(),
		Control:              msh.Field(10).Raw(),
		Processing:           msh.Field(11).String(),
		Version:              msh.Field(12).String(),
		AcceptCondition:      strings.ToUpper(msh.Field(15).String()),
		ApplicationCondition: strings.ToUpper(msh.Field(16).String()),
		Charset:              charset,
	}
	return h
}

// ReadHeader reads what it can of the MSH of bytes that are no readable
// message (cut off, too long, a bad segment), so that they can be answered.
// Without any MSH it gives a Header with the standard delimiters only.
func ReadHeader(raw []byte) Header {
	m := &Message{raw: raw}
	body := trim(m.widen(raw))
	d, err := readDelimiters(body)
	if err != nil {
		return Header{Delimiters: Standard()}
	}
	if i := strings.IndexAny(string(body), "\r\n"); i >= 0 {
		body = body[:i]
	}
	m.delims = d
	text := m.decode(body)
	return headerOf(Segment{raw: text, d: &m.delims}, d, m.charset)
}

// Name is type and trigger as they are spoken of: "ADT^A01".
func (h Header) Name() string {
	if h.Trigger == "" {
		return h.Type
	}
	return h.Type + "^" + h.Trigger
}
