package intake

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"concord/fault"
	"concord/standard/hl7v2"
)

// Listener serves MLLP on a socket (plain or TLS) until its context ends.
type Listener struct {
	Receiver *Receiver
	MaxBytes int           // largest message, default 16 MiB
	Idle     time.Duration // a connection without a message for so long is closed, default 10 minutes
	Write    time.Duration // deadline for sending an answer, default 10 s
	MaxConns int           // default 512
	Log      *slog.Logger
}

func (l *Listener) defaults() {
	if l.MaxBytes == 0 {
		l.MaxBytes = 16 << 20
	}
	if l.Idle == 0 {
		l.Idle = 10 * time.Minute
	}
	if l.Write == 0 {
		l.Write = 10 * time.Second
	}
	if l.MaxConns == 0 {
		l.MaxConns = 512
	}
}

// Serve accepts connections until ctx ends, then lets those that are in the
// middle of a message finish it, and returns.
func (l *Listener) Serve(ctx context.Context, socket net.Listener) error {
	l.defaults()
	var wg sync.WaitGroup
	slots := make(chan struct{}, l.MaxConns)
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	defer stop()
	for {
		conn, err := socket.Accept()
		if err != nil {
			wg.Wait()
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case slots <- struct{}{}:
		default:
			l.Log.Warn("mllp connection refused: too many", "limit", l.MaxConns)
			conn.Close()
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			l.serve(ctx, conn)
		})
	}
}

// serve answers one connection's messages in order. Answers are gathered while
// more messages are at hand, and sent before it waits.
func (l *Listener) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	// A stop interrupts the wait for the next message, not the message at hand.
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	line := &line{conn: conn, answers: bufio.NewWriter(conn), limit: l.Write, now: l.Receiver.now}
	defer line.flush()
	in, out := hl7v2.NewReader(line, l.MaxBytes), hl7v2.NewWriter(line.answers)
	for ctx.Err() == nil {
		conn.SetReadDeadline(l.Receiver.now().Add(l.Idle))
		if ctx.Err() != nil {
			return
		}
		raw, err := in.Next()
		if err != nil && !framed(err) {
			l.ended(err)
			return
		}
		if err != nil && fault.Of(err).Code == "mllp.truncated" {
			if ctx.Err() != nil {
				return // our stop cut it, not the sender: no refusal, it will come again
			}
			if len(raw) == 0 {
				continue
			}
		}
		if answer := l.Receiver.Receive(context.WithoutCancel(ctx), raw, err); answer != nil {
			if err := out.Write(answer); err != nil {
				return
			}
		}
		if line.late {
			return // who cannot finish a message in time begins anew
		}
	}
}

// line reads a connection. It sends the answers that wait before it waits for
// bytes: a sender may hold its next message back until it has them, whatever
// bytes it has put behind the last one.
type line struct {
	conn    net.Conn
	answers *bufio.Writer
	limit   time.Duration
	now     func() time.Time
	late    bool // the deadline has passed
}

func (l *line) Read(p []byte) (int, error) {
	if err := l.flush(); err != nil {
		return 0, err
	}
	n, err := l.conn.Read(p)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		l.late = true
	}
	return n, err
}

func (l *line) flush() error {
	if l.answers.Buffered() == 0 {
		return nil
	}
	l.conn.SetWriteDeadline(l.now().Add(l.limit))
	return l.answers.Flush()
}

// framed tells a broken frame, which can be answered, from a broken stream.
func framed(err error) bool {
	var f *fault.Fault
	return errors.As(err, &f)
}

func (l *Listener) ended(err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return
	}
	l.Log.Info("mllp connection ended", "error", err.Error())
}
