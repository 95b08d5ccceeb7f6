package demo

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"concord/standard/hl7v2"
)

// Legacy plays departmental systems that take messages over MLLP: it answers AA,
// after a wait where one is set, and refuses what it is told to refuse.
type Legacy struct {
	// Refuse tells a message that is answered AE; nil = none is.
	Refuse func(m *hl7v2.Message) bool
	Wait   time.Duration
	// Taken counts the messages that were answered AA.
	Taken atomic.Int64
}

// maxLegacy bounds a message.
const maxLegacy = 16 << 20

// Serve answers on a socket until ctx ends.
func (l *Legacy) Serve(ctx context.Context, socket net.Listener) error {
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	defer stop()
	for {
		conn, err := socket.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		go l.answer(ctx, conn)
	}
}

func (l *Legacy) answer(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	in, out := hl7v2.NewReader(conn, maxLegacy), hl7v2.NewWriter(conn)
	for {
		raw, err := in.Next()
		if err != nil {
			return
		}
		m, err := hl7v2.Parse(raw)
		reply := hl7v2.Reply{Code: "AA", Control: "L", At: time.Now()}
		head := hl7v2.ReadHeader(raw)
		if err == nil {
			head = m.Header()
		}
		if err != nil || l.Refuse != nil && l.Refuse(m) {
			reply.Code, reply.Error = "AE", &hl7v2.Mistake{Place: "PID^1^5", Condition: "102", Text: "the name is too long for this system"}
		}
		if l.Wait > 0 {
			time.Sleep(l.Wait)
		}
		if reply.Code == "AA" {
			l.Taken.Add(1)
		}
		if out.Write(hl7v2.Ack(head, reply)) != nil {
			return
		}
	}
}
