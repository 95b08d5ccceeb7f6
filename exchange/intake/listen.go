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

// serve answers one connection's messages in order.
func (l *Listener) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	// A stop interrupts the wait for the next message, not the message at hand.
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	in := hl7v2.NewReader(conn, l.MaxBytes)
	buffer := bufio.NewWriter(conn)
	out := hl7v2.NewWriter(buffer)
	for ctx.Err() == nil {
		if !in.Buffered() {
			conn.SetReadDeadline(l.Receiver.now().Add(l.Idle))
			if ctx.Err() != nil {
				return
			}
		}
		raw, err := in.Next()
		if err != nil && !framed(err) {
			l.ended(err)
			return
		}
		if err != nil && len(raw) == 0 && fault.Of(err).Code == "mllp.truncated" {
			continue
		}
		answer := l.Receiver.Receive(context.WithoutCancel(ctx), raw, err)
		if answer == nil {
			continue
		}
		conn.SetWriteDeadline(l.Receiver.now().Add(l.Write))
		if err := out.Write(answer); err != nil {
			return
		}
		if !in.Buffered() {
			if err := buffer.Flush(); err != nil {
				return
			}
		}
	}
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
