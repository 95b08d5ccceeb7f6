package feed

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
	"concord/standard/hl7v2"
)

// maxAnswer bounds an acknowledgement.
const maxAnswer = 1 << 20

// mllpLine is one MLLP connection in original mode: the next message goes when
// the one before has its answer (HL7 2.5.1, 2.9.2).
type mllpLine struct {
	conn   net.Conn
	in     *hl7v2.Reader
	out    *hl7v2.Writer
	within time.Duration
	now    func() time.Time
}

func dialMLLP(ctx context.Context, d *channel.Destination, now func() time.Time) (line, error) {
	within := orElse(d.AnswerWithin, defaultWithin)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	config, err := tlsOf(d.TLS)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	if config != nil {
		conn, err = (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", d.MLLP)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", d.MLLP)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Busy, "feed.connect", "the destination cannot be reached")
	}
	return &mllpLine{conn, hl7v2.NewReader(conn, maxAnswer), hl7v2.NewWriter(conn), within, now}, nil
}

func (l *mllpLine) close() { l.conn.Close() }

// send writes a message and reads its answer. Once anything but a whole answer
// to this message came, the line is of no use: an answer that comes late would
// be taken for the next message's.
func (l *mllpLine) send(ctx context.Context, m *record.Message) answer {
	l.conn.SetDeadline(l.now().Add(l.within))
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(l.now().Add(min(l.within, leaveWithin))) })
	defer stop()
	if err := l.out.Write(m.Raw); err != nil {
		if f := fault.Of(err); f.Code == "mllp.content" {
			return answer{verdict: refused, code: "", fault: fault.New(fault.Invalid, "feed.content", "the message holds a byte of the frame itself")}
		}
		return failed(silent, fault.Busy, "feed.write", "the connection broke while the message was sent")
	}
	reply, err := l.in.Next()
	if err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			return failed(silent, fault.Busy, "feed.late", "no answer came within %v", l.within)
		}
		return failed(silent, fault.Busy, "feed.half", "the connection ended, or the frame broke, before the answer was whole")
	}
	return readAck(m.Control, reply)
}

// leaveWithin is how long a message at hand may take when we are to stop.
const leaveWithin = 2 * time.Second

// readAck holds an acknowledgement against the message (HL7 2.5.1, 2.9.2.2).
func readAck(control string, reply []byte) answer {
	m, err := hl7v2.Parse(reply)
	if err != nil {
		return failed(silent, fault.Busy, "feed.answer", "the answer cannot be read")
	}
	msa := m.Segment("MSA")
	code := strings.ToUpper(msa.Field(1).String())
	if got := msa.Field(2).String(); got != control {
		return failed(silent, fault.Busy, "feed.answer-other", "the answer is to another message: MSA-2 is not the control id that was sent")
	}
	switch code {
	case "AA", "CA":
		return answer{verdict: accepted, code: code}
	case "AE", "CE", "AR", "CR":
		f := fault.New(fault.Invalid, "feed.refused", "the destination answered %s%s", code, condition(m))
		return answer{verdict: refused, code: code, reply: reply, fault: f.In(placeOfError(m))}
	}
	return failed(silent, fault.Busy, "feed.answer", "MSA-1 is no acknowledgement code")
}

// condition is the table 0357 code of ERR-3 in our words: free text of an
// answer may name a patient, and stays with the answer.
func condition(m *hl7v2.Message) string {
	code := m.Get("ERR-3.1")
	if code == "" {
		code = m.Get("ERR-1.4.1")
	}
	words := map[string]string{
		"100": "segment sequence error", "101": "required field missing", "102": "data type error", "103": "table value not found",
		"200": "unsupported message type", "201": "unsupported event code", "202": "unsupported processing id", "203": "unsupported version id",
		"204": "unknown key identifier", "205": "duplicate key identifier", "206": "application record locked", "207": "application internal error",
	}
	if text := words[code]; text != "" {
		return ": " + code + " " + text
	}
	return ""
}

// placeOfError is ERR-2 as a place, "" when it names none.
func placeOfError(m *hl7v2.Message) string {
	f := m.Segment("ERR").Field(2)
	segment, field := f.Component(1).String(), f.Component(3).String()
	if !segmentName(segment) || !allDigits(field) {
		return ""
	}
	if field == "" {
		return segment
	}
	return segment + "-" + field
}

// segmentName tells the name of a segment from words that stand in its place.
func segmentName(s string) bool {
	switch s {
	case "MSH", "EVN", "PID", "PD1", "NK1", "PV1", "PV2", "MRG", "ORC", "OBR", "OBX", "NTE", "TXA", "AL1", "DG1":
		return true
	}
	return false
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == "" && len(s) <= 3
}
