package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"time"

	"concord/fault"
	"concord/standard/hl7v2"
)

type sendCmd struct {
	To      string        `help:"MLLP listener." required:"" placeholder:"HOST:PORT"`
	TLS     bool          `help:"Send over TLS."`
	Timeout time.Duration `help:"How long to wait for an answer." default:"30s"`
	Rate    float64       `help:"Messages a second; 0 = as fast as they are answered."`
	Verbose bool          `help:"Print the text of every answer that is no acceptance." short:"v"`
	Files   []string      `arg:"" help:"Files with one or many messages; - for standard input." name:"file"`
}

// tally counts answers by code.
type tally map[string]int

func (c *sendCmd) Run(ctx context.Context) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return fault.New(fault.NotFound, "cli.connect", "nobody answers at %s", c.To)
	}
	defer conn.Close()
	counts := tally{}
	defer counts.print(os.Stdout)
	s := &sender{conn: conn, in: hl7v2.NewReader(conn, 16<<20), out: hl7v2.NewWriter(conn), opts: c, counts: counts}
	for _, name := range c.Files {
		if err := s.file(ctx, name); err != nil {
			return err
		}
	}
	if counts.refused() > 0 {
		return errFindings
	}
	return nil
}

func (c *sendCmd) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if c.TLS {
		return (&tls.Dialer{NetDialer: &d}).DialContext(ctx, "tcp", c.To)
	}
	return d.DialContext(ctx, "tcp", c.To)
}

type sender struct {
	conn   net.Conn
	in     *hl7v2.Reader
	out    *hl7v2.Writer
	opts   *sendCmd
	counts tally
}

func (s *sender) file(ctx context.Context, name string) error {
	var in io.Reader = os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	n := 0
	for msg, err := range hl7v2.Split(in, 16<<20) {
		if err != nil && len(msg) == 0 {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n++
		if err := s.one(msg, name, n); err != nil {
			return err
		}
		if s.opts.Rate > 0 {
			time.Sleep(time.Duration(float64(time.Second) / s.opts.Rate))
		}
	}
	return nil
}

// one sends a message and waits for its answer.
func (s *sender) one(msg []byte, name string, n int) error {
	expected := hl7v2.ReadHeader(msg)
	_, always := expected.Answer(hl7v2.ByMessage, hl7v2.Accepted)
	_, onFailure := expected.Answer(hl7v2.ByMessage, hl7v2.Failed)
	wait := s.opts.Timeout
	if !always {
		wait = errorWait
	}
	s.conn.SetDeadline(time.Now().Add(wait))
	if err := s.out.Write(msg); err != nil {
		return err
	}
	if !always && !onFailure {
		s.counts[unasked]++
		return nil
	}
	raw, err := s.in.Next()
	var timeout net.Error
	if !always && errors.As(err, &timeout) && timeout.Timeout() {
		s.counts[unasked]++
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s message %d: no answer: %w", name, n, err)
	}
	ack, err := hl7v2.Parse(raw)
	if err != nil {
		return fmt.Errorf("%s message %d: the answer cannot be read: %w", name, n, err)
	}
	code := ack.Get("MSA-1")
	s.counts[code]++
	if s.opts.Verbose && code != "AA" && code != "CA" {
		fmt.Fprintf(os.Stderr, "%s message %d: %s %s\n", name, n, code, ack.Get("ERR-8"))
	}
	return nil
}

const (
	// unasked counts messages whose MSH-15 or MSH-16 asks for no answer when all
	// is well.
	unasked = "no answer asked for"
	// errorWait is how long an answer is waited for that comes only on errors.
	errorWait = time.Second
)

func accepted(code string) bool { return code == "AA" || code == "CA" || code == unasked }

func (t tally) refused() int {
	n := 0
	for code, c := range t {
		if !accepted(code) {
			n += c
		}
	}
	return n
}

func (t tally) print(out io.Writer) {
	var codes []string
	total, good := 0, 0
	for code, n := range t {
		codes = append(codes, code)
		total += n
		if accepted(code) {
			good += n
		}
	}
	sort.Strings(codes)
	fmt.Fprintf(out, "%d sent, %d accepted, %d refused\n", total, good, total-good)
	for _, code := range codes {
		fmt.Fprintf(out, "  %s %d\n", code, t[code])
	}
}
