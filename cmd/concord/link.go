package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"concord/exchange/linkage"
	"concord/fault"
	"concord/standard/match"
)

type linkCmd struct {
	Index   linkIndexCmd   `cmd:"" default:"withargs" help:"Find who is one person in the whole index (the default): what would be done is told, --join or --propose does it."`
	Compare linkCompareCmd `cmd:"" help:"Match the records of one table, or of two, and measure against a truth."`
	Count   linkCountCmd   `cmd:"" help:"Count how common names and dates of birth are, for matching from the next start on."`
	Replay  linkReplayCmd  `cmd:"" help:"Tell what would change if entries were matched by another model, before it goes live."`
	Sample  linkSampleCmd  `cmd:"" help:"Write a made-up population as four trusts know it, with the truth."`
}

type linkCompareCmd struct {
	Tables    []string `arg:"" help:"CSV files: one to find duplicates in, or two to link." name:"table"`
	Columns   string   `help:"YAML file that says which column is what." required:"" placeholder:"FILE"`
	Truth     []string `help:"CSV of truth: pairs of ids, or ids with a cluster column. It is read after everything was decided." placeholder:"FILE"`
	Out       string   `help:"Write scored pairs here, and clusters to the same name with .clusters before its ending." placeholder:"FILE"`
	JSON      bool     `help:"Print the report as JSON."`
	Model     string   `help:"Model file instead of the one that ships." placeholder:"FILE"`
	KeepModel string   `help:"Write the model as learned." placeholder:"FILE"`
	NoLearn   bool     `help:"Take the model as it is: learn nothing from the data."`
	Threshold *float64 `help:"Weight (bits) from which records are joined; without it the model's own expectation chooses." placeholder:"BITS"`
	Strict    bool     `help:"Hold every pair on which a guard speaks (twins, newborns, relatives), as automatic joins in a record do; else conflicts of numbers alone."`
	Work      string   `help:"Scratch folder; a second run with the same one goes on where the first was stopped. Without it a temporary one." placeholder:"DIR"`
	Memory    int64    `help:"Megabytes for subjects and sorting." default:"512"`
	Workers   int      `help:"Cores; 0 = all."`
}

func (c *linkCompareCmd) Run(ctx context.Context) error {
	if len(c.Tables) > 2 {
		return fault.New(fault.Invalid, "cli.tables", "one table or two")
	}
	text, err := os.ReadFile(c.Columns)
	if err != nil {
		return err
	}
	columns, err := linkage.ParseColumns(text)
	if err != nil {
		return err
	}
	opt, done, err := c.options(columns)
	if err != nil {
		return err
	}
	defer done()
	start := time.Now()
	run, err := linkage.Link(ctx, opt, c.entries(columns))
	if err != nil {
		return err
	}
	return c.tell(run, columns, time.Since(start), os.Stdout)
}

func (c *linkCompareCmd) options(columns *linkage.Columns) (linkage.Options, func(), error) {
	opt := linkage.Options{Dir: c.Work, Memory: c.Memory << 20, Workers: c.Workers, Model: match.ShippedModel(), Lexicon: match.ShippedLexicon(),
		Absent: columns.Absent(), Learn: !c.NoLearn, Exact: true, Strict: c.Strict}
	if c.Model != "" {
		text, err := os.ReadFile(c.Model)
		if err != nil {
			return opt, nil, err
		}
		if opt.Model, err = match.ParseModel(text); err != nil {
			return opt, nil, err
		}
	}
	var err error
	if opt.Input, err = c.fingerprint(); err != nil {
		return opt, nil, err
	}
	done := func() {}
	if opt.Dir == "" {
		if opt.Dir, err = os.MkdirTemp("", "concord-link-"); err != nil {
			return opt, nil, err
		}
		dir := opt.Dir
		done = func() { os.RemoveAll(dir) }
	}
	if isTerminal(os.Stderr) {
		opt.Progress = func(step string, n, of int64) {
			if of > 0 {
				fmt.Fprintf(os.Stderr, "\r%-10s %d of %d    ", step, n, of)
			} else {
				fmt.Fprintf(os.Stderr, "\r%-10s %d    ", step, n)
			}
			if n == of {
				fmt.Fprintln(os.Stderr)
			}
		}
	}
	return opt, done, nil
}

// fingerprint tells the input of one run from another's: what the files are
// called, how large and how old they are, and the words of maps and model.
func (c *linkCompareCmd) fingerprint() (string, error) {
	h := fnv.New64a()
	for _, f := range c.Tables {
		st, err := os.Stat(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, f, st.Size(), st.ModTime().UnixNano())
	}
	for _, f := range []string{c.Columns, c.Model} {
		if f == "" {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	fmt.Fprintln(h, c.NoLearn, match.ShippedModel().Version)
	return fmt.Sprintf("%016x", h.Sum64()), nil
}

func (c *linkCompareCmd) entries(columns *linkage.Columns) iter.Seq2[linkage.Entry, error] {
	return func(yield func(linkage.Entry, error) bool) {
		for side, name := range c.Tables {
			f, err := os.Open(name)
			if err != nil {
				yield(linkage.Entry{}, err)
				return
			}
			defer f.Close()
			for e, err := range columns.Table(f, filepath.Base(name), uint8(side)) {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// outcome is what is printed.
type outcome struct {
	Tally linkage.Tally `json:"tally"`
	Prior float64       `json:"prior"`
	// Seconds from the first row read to the last pair decided.
	Seconds float64         `json:"seconds"`
	Report  *linkage.Report `json:"measures,omitempty"`
}

func (c *linkCompareCmd) tell(run *linkage.Run, columns *linkage.Columns, linked time.Duration, w io.Writer) error {
	threshold, err := run.ChooseThreshold()
	if err != nil {
		return err
	}
	if c.Threshold != nil {
		threshold = *c.Threshold
	}
	clusters, err := run.Cluster(threshold)
	if err != nil {
		return err
	}
	out := outcome{Prior: run.Model().Prior, Seconds: linked.Seconds()}
	if out.Tally, err = run.Tally(threshold, clusters); err != nil {
		return err
	}
	if err := c.write(run, clusters); err != nil {
		return err
	}
	if len(c.Truth) > 0 {
		if out.Report, err = c.measure(run, columns, threshold, clusters); err != nil {
			return err
		}
	}
	if c.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	out.print(w)
	return nil
}

func (c *linkCompareCmd) measure(run *linkage.Run, columns *linkage.Columns, threshold float64, clusters *linkage.Clusters) (*linkage.Report, error) {
	var truth linkage.Truth
	for _, name := range c.Truth {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		err = truth.ReadTruth(f, filepath.Base(name), columns)
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return run.Against(&truth, threshold, clusters, columns.Groups)
}

func (c *linkCompareCmd) write(run *linkage.Run, clusters *linkage.Clusters) error {
	if c.KeepModel != "" {
		text, err := run.Model().Write()
		if err == nil {
			err = os.WriteFile(c.KeepModel, text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	if c.Out == "" {
		return nil
	}
	if err := writeFile(c.Out, func(w io.Writer) error { return run.WritePairs(w, run.Model().Possible) }); err != nil {
		return err
	}
	ext := filepath.Ext(c.Out)
	return writeFile(strings.TrimSuffix(c.Out, ext)+".clusters"+ext, func(w io.Writer) error { return run.WriteClusters(w, clusters) })
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func (o outcome) print(w io.Writer) {
	t := o.Tally
	fmt.Fprintf(w, "%d records, %d pairs possible, %d joined at weight %.1f, %d certain, %d held by a guard: %d people", t.Records, t.Pairs, t.Joins, t.Threshold, t.Certain, t.Guarded, t.Clusters)
	if t.Refused+int(t.Skipped) > 0 {
		fmt.Fprintf(w, " (%d joins refused in clusters, %d blocks too large)", t.Refused, t.Skipped)
	}
	fmt.Fprintf(w, "; %d joined since no rival is there, %d not since one is; %.1f s\n", t.Claimed, t.Rivals, o.Seconds)
	if o.Report == nil {
		return
	}
	fmt.Fprintf(w, "%-28s %9s %9s %9s %10s %10s %10s\n", "", "precision", "recall", "F1", "true", "false", "missed")
	line := func(what string, m linkage.Measure) {
		fmt.Fprintf(w, "%-28s %9.5f %9.5f %9.5f %10d %10d %10d\n", what, m.Precision, m.Recall, m.F1, m.True, m.False, m.Missed)
	}
	line("pairs, chosen threshold", o.Report.Chosen)
	line("clusters", o.Report.Clusters)
	line("graded certain", o.Report.Certain)
	line("clusters of certain pairs", o.Report.Automatic)
	fmt.Fprintf(w, "of those joins at most %.2g are false (95%%)\n", o.Report.FalseBound)
	for _, m := range o.Report.Thresholds {
		line(fmt.Sprintf("weight >= %.0f", m.Threshold), m)
	}
	var groups []string
	for g := range o.Report.Groups {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	for _, g := range groups {
		line(g, o.Report.Groups[g][0])
	}
	for _, g := range groups {
		line(g+", automatic", o.Report.AutomaticGroups[g])
	}
}
