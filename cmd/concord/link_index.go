package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"concord/exchange/linkage/sweep"
	"concord/fault"
	"concord/record"
	"concord/record/person"
)

// linkIndexCmd is batch linkage over the whole index. By itself it only tells: a
// wrong join shows one person's history to another's clinician, and a whole index of
// them is not undone by one word.
type linkIndexCmd struct {
	where   `embed:""`
	Join    bool   `help:"Join the pairs that are certain, as arrivals are joined. Without it and --propose nothing is written: what would be done is told." xor:"mode"`
	Propose bool   `help:"Put the pairs that are certain before a steward too, and join none." xor:"mode"`
	Work    string `help:"Work folder; a run that was stopped goes on from it, and one that only told goes on to decide. Without it the folder linkage within the data folder." placeholder:"DIR"`
	Afresh  bool   `help:"Begin anew: remove what an earlier run has left in the work folder."`
	Keep    bool   `help:"Keep the work folder when all is decided; it holds what patients are matched by."`
	Memory  int64  `help:"Megabytes for subjects and sorting, beside what the store and the counts of names take." default:"512"`
	Workers int    `help:"Cores; 0 = all."`
	Out     string `help:"Write each pair that is not as it was: ids, what becomes of it, weight, levels, guards. A run that goes on writes those that were left." placeholder:"FILE"`
	JSON    bool   `help:"Print the report as JSON."`
}

// Run finds pairs in the whole index and has them decided.
func (c *linkIndexCmd) Run(ctx context.Context) error {
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	if c.Out == "" {
		return c.link(ctx, h, os.Stdout, io.Discard)
	}
	return writeFile(c.Out, func(w io.Writer) error { return c.link(ctx, h, os.Stdout, w) })
}

func (c *linkIndexCmd) link(ctx context.Context, h *house, w, pairs io.Writer) error {
	if c.Memory < 16 {
		return fault.New(fault.Invalid, "cli.memory", "--memory is 16 or more")
	}
	dir := c.Work
	if dir == "" {
		dir = filepath.Join(h.dir, "linkage")
	}
	if c.Afresh {
		if err := sweep.Clear(dir); err != nil {
			return err
		}
	}
	if err := c.countFirst(ctx, h); err != nil {
		return err
	}
	out, start := csv.NewWriter(pairs), time.Now()
	out.Write([]string{"a", "b", "became", "weight", "grade", "evidence", "guards", "claim"})
	opt := sweep.Options{Index: h.operator(), By: h.desk.IndexBasis(), Dir: dir, Memory: c.Memory << 20, Workers: c.Workers, Mode: c.mode(),
		Progress: sweepProgress(os.Stderr), Told: func(s person.Swept, p record.SweptPair) { out.Write(sweptLine(s, p)) }}
	report, err := sweep.Run(ctx, opt)
	if err != nil {
		return err
	}
	if out.Flush(); out.Error() != nil {
		return out.Error()
	}
	if opt.Mode != record.SweepTry && !c.Keep {
		if err := sweep.Clear(dir); err != nil {
			return err
		}
	}
	return tellSweep(w, report, time.Since(start), c.JSON)
}

func (c *linkIndexCmd) mode() record.SweepMode {
	switch {
	case c.Join:
		return record.SweepJoin
	case c.Propose:
		return record.SweepPropose
	}
	return record.SweepTry
}

// countFirst counts names where nobody has and there are enough of them; a count
// that stands is gone by, as arrivals go by it.
func (c *linkIndexCmd) countFirst(ctx context.Context, h *house) error {
	due, err := h.desk.NamesDue(ctx, 0)
	if err != nil || !due || h.desk.NamesCounted() {
		return err
	}
	if _, err := h.operator().CountNames(ctx, 0); err != nil {
		return err
	}
	_, err = h.desk.TakeUpNames(ctx)
	return err
}

func sweptLine(s person.Swept, p record.SweptPair) []string {
	d := s.Decision
	return []string{p.A, p.B, string(s.Fate), strconv.FormatFloat(float64(d.Weight), 'f', 2, 32), d.Grade.String(), d.Pattern.String(), d.Guards.String(), d.Claim.String()}
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
