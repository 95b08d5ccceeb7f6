package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"concord/exchange/linkage/sweep"
	"concord/record"
	"concord/record/person"
)

// A batch linkage says three things at a time: how far it is, each pair that it
// decided on, and the report. They come through the control socket as lines of one
// stream; a line of the first two has a mark in front.
const (
	progressMark = "\x00concord-progress "
	pairMark     = "\x00concord-pair "
)

// teller writes to the stream.
type teller struct {
	w    io.Writer
	last time.Time
	step string
	err  error
}

func newTeller(w io.Writer) *teller { return &teller{w: w} }

// progress tells how far a step is, ten times a second at most.
func (t *teller) progress(step string, n, of int64) {
	if step == t.step && n != of && time.Since(t.last) < 100*time.Millisecond {
		return
	}
	t.last, t.step = time.Now(), step
	t.line("%s%s %d %d\n", progressMark, step, n, of)
	if f, ok := t.w.(interface{ Flush() error }); ok && t.err == nil { // somebody looks at it
		t.err = f.Flush()
	}
}

func (t *teller) pair(fields []string) {
	var row bytes.Buffer
	out := csv.NewWriter(&row)
	out.Write(fields)
	out.Flush()
	t.line("%s%s", pairMark, row.String())
}

func (t *teller) line(format string, args ...any) {
	if _, err := fmt.Fprintf(t.w, format, args...); err != nil && t.err == nil {
		t.err = err
	}
}

// apart takes the stream apart again.
type apart struct {
	out      io.Writer
	progress func(step string, n, of int64)
	pairs    io.Writer // nil = nobody asked
	rest     []byte
}

// Write takes whole lines apart, and keeps what is of a line that goes on.
func (s *apart) Write(p []byte) (int, error) {
	s.rest = append(s.rest, p...)
	for {
		end := bytes.IndexByte(s.rest, '\n')
		if end < 0 {
			return len(p), nil
		}
		line := string(s.rest[:end+1])
		s.rest = s.rest[end+1:]
		if err := s.line(line); err != nil {
			return 0, err
		}
	}
}

func (s *apart) line(line string) error {
	var err error
	if rest, ok := strings.CutPrefix(line, pairMark); ok {
		if s.pairs != nil {
			_, err = io.WriteString(s.pairs, rest)
		}
		return err
	}
	if rest, ok := strings.CutPrefix(line, progressMark); ok {
		var step string
		var n, of int64
		if _, err := fmt.Sscan(rest, &step, &n, &of); err == nil {
			s.progress(step, n, of)
		}
		return nil
	}
	_, err = io.WriteString(s.out, line)
	return err
}

// sweepProgress says how far a long work is: on a terminal at once, else a line now and
// then.
func sweepProgress(w *os.File) func(step string, n, of int64) {
	terminal, last, before := isTerminal(w), time.Now(), ""
	return func(step string, n, of int64) {
		end := n == of
		if !terminal && step == before && !end && time.Since(last) < 10*time.Second {
			return
		}
		last, before = time.Now(), step
		line := fmt.Sprintf("%-10s %d", step, n)
		if of > 0 {
			line += fmt.Sprintf(" of %d", of)
		}
		switch {
		case !terminal:
			fmt.Fprintln(w, line)
		case end:
			fmt.Fprintf(w, "\r%s    \n", line)
		default:
			fmt.Fprintf(w, "\r%s    ", line)
		}
	}
}

// fates are what became of pairs, in the order of the report.
var fates = []struct {
	fate person.Fate
	done string
}{
	{person.Linked, "joined: certain"},
	{person.Proposed, "put before a steward though certain"},
	{person.Stopped, "put before a steward: certain, but it would make one person of two"},
	{person.Queued, "put before a steward: possible"},
	{person.Beyond, "possible, put to nobody: likelier pairs of both wait"},
	{person.Standing, "as they were: joined or waiting before"},
	{person.Human, "as they were: a steward or a trust has decided"},
	{person.Nothing, "not possible, as the two are now"},
	{person.Gone, "of an entry that is no more"},
}

func tellSweep(w io.Writer, r *sweep.Report, took time.Duration, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			*sweep.Report
			Seconds float64 `json:"seconds"`
		}{r, took.Seconds()})
	}
	names := "names were counted"
	if !r.Counted {
		names = "names were not counted: fewer pairs are certain"
	}
	fmt.Fprintf(w, "%d entries, %d pairs possible at least; by %s, %s; %d keys passed over; %.1f s\n", r.Entries, r.Pairs, r.Model, names, r.Passed, took.Seconds())
	for _, f := range fates {
		if n := r.Fates[f.fate]; n > 0 {
			fmt.Fprintf(w, "%10d  %s\n", n, f.done)
		}
	}
	if r.Mode == record.SweepTry {
		fmt.Fprintln(w, strings.TrimSpace(`
nothing was written: this is what would be done now, each pair by itself.
  --join     joins what is certain and asks stewards about the rest
  --propose  asks stewards about all of it`))
	}
	return nil
}
