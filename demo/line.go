package demo

import (
	"context"
	"net"
	"time"

	"concord/fault"
	"concord/standard/hl7v2"
)

// line is one MLLP connection to the product.
type line struct {
	conn net.Conn
	in   *hl7v2.Reader
	out  *hl7v2.Writer
}

// answerWait is how long a message may go unanswered.
const answerWait = 30 * time.Second

func dial(ctx context.Context, addr string) (*line, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &line{conn, hl7v2.NewReader(conn, 1<<20), hl7v2.NewWriter(conn)}, nil
}

// send writes some messages and reads their answers, which come in order.
// Errors: Invalid "demo.refused" when one was not accepted.
func (l *line) send(messages []Message) error {
	l.conn.SetDeadline(time.Now().Add(answerWait))
	for i := range messages {
		if err := l.out.Write([]byte(messages[i].Text)); err != nil {
			return err
		}
	}
	for range messages {
		raw, err := l.in.Next()
		if err != nil {
			return err
		}
		ack, err := hl7v2.Parse(raw)
		if err != nil {
			return err
		}
		if code := ack.Get("MSA-1"); code != "AA" && code != "CA" {
			return fault.New(fault.Invalid, "demo.refused", "message %s was answered %s: %s", ack.Get("MSA-2"), code, ack.Get("ERR-8"))
		}
	}
	return nil
}
