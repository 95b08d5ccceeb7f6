package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
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

// linkRequest is batch linkage for the server at the socket.
type linkRequest struct {
	Mode    record.SweepMode `json:"mode"`
	Work    string           `json:"work,omitempty"` // absolute; "" = in the data folder
	Afresh  bool             `json:"afresh,omitempty"`
	Keep    bool             `json:"keep,omitempty"`
	Memory  int64            `json:"memory"` // MB
	Workers int              `json:"workers,omitempty"`
	Pairs   bool             `json:"pairs,omitempty"` // tell each that is not as it was
	JSON    bool             `json:"json,omitempty"`
}

// Run finds pairs in the whole index and has them decided, in the server where one
// runs on the data folder.
func (c *linkIndexCmd) Run(ctx context.Context) error {
	if c.Memory < 16 {
		return fault.New(fault.Invalid, "cli.memory", "--memory is 16 or more")
	}
	req := linkRequest{Mode: c.mode(), Work: c.Work, Afresh: c.Afresh, Keep: c.Keep, Memory: c.Memory, Workers: c.Workers, Pairs: c.Out != "", JSON: c.JSON}
	if c.Work != "" {
		var err error
		if req.Work, err = filepath.Abs(c.Work); err != nil {
			return err
		}
	}
	out := &apart{out: os.Stdout, progress: sweepProgress(os.Stderr)}
	if c.Out == "" {
		return perform(ctx, c.where, request{Command: "link", Link: &req}, out)
	}
	return writeFile(c.Out, func(w io.Writer) error {
		out.pairs = w
		return perform(ctx, c.where, request{Command: "link", Link: &req}, out)
	})
}

// besideOthers is how many pairs are decided in one transaction where a server goes
// on meanwhile: what others may have to wait for.
const besideOthers = 20

// link does a batch linkage. Beside a server it takes half of the cores, and its
// transactions come after those of others.
func (h *house) link(ctx context.Context, req linkRequest, w io.Writer) error {
	dir := req.Work
	if dir == "" {
		dir = filepath.Join(h.dir, "linkage")
	}
	opt := sweep.Options{Index: h.operator(), Dir: dir, Afresh: req.Afresh, Memory: req.Memory << 20, Workers: req.Workers, Mode: req.Mode,
		Clear: req.Mode != record.SweepTry && !req.Keep}
	if h.serves || h.shared {
		ctx, opt.AtOnce = record.Unhurried(ctx), besideOthers
		opt.Workers = cmp.Or(req.Workers, max(1, runtime.NumCPU()/2))
	}
	if err := h.countFirst(ctx); err != nil {
		return err
	}
	opt.By = h.desk.IndexBasis()
	told := newTeller(w)
	opt.Progress = told.progress
	if req.Pairs {
		told.pair([]string{"a", "b", "became", "weight", "grade", "evidence", "guards", "claim"})
		opt.Told = func(s person.Swept, p record.SweptPair) { told.pair(sweptLine(s, p)) }
	}
	start := time.Now()
	report, err := sweep.Run(ctx, opt)
	if err != nil {
		return err
	}
	if told.err != nil {
		return told.err
	}
	return tellSweep(w, report, time.Since(start), req.JSON)
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
func (h *house) countFirst(ctx context.Context) error {
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
