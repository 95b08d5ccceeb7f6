package linkage

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"runtime"

	"concord/fault"
	"concord/standard/match"
)

// Options of a run.
type Options struct {
	Dir     string // scratch folder; a second run with one that holds steps goes on
	Input   string // fingerprint of the input, so that it does not go on with another's
	Memory  int64  // bytes for subjects and sorting; 0 = 512 MB
	Workers int    // 0 = one a core
	Model   *match.Model
	Lexicon *match.Lexicon
	Absent  []string // parts of blocking rules that the data lack: Columns.Absent
	Learn   bool     // learn m, u and the prior from the data
	Exact   bool     // compare every pair when there are few: at most exactPairs
	Strict  bool     // hold every pair on which a guard speaks, not conflicts alone
	// Rated: rarity is that of Counts, nil = all count alike; else names and dates
	// are counted over the data.
	Rated    bool
	Counts   *match.Frequencies
	Progress func(step string, done, total int64)
}

const (
	exactPairs   = 2_000_000
	defaultSpace = 512 << 20
	// blockLimit is the size from which a block is passed over: what so many
	// share tells nobody apart, and other rules meet its pairs.
	blockLimit = 4000
	// slack, in bits below "possible", is kept until the prior is learned.
	slack = 10
)

// Run is a linkage in its scratch folder.
type Run struct {
	opt    Options
	state  *state
	freq   *match.Frequencies
	scorer *match.Scorer
}

// Link reads, learns, compares and decides; then Pairs and Clusters can be
// read. Codes: those of Columns.Table, "linkage.scratch", "linkage.resume",
// "linkage.too-many".
func Link(ctx context.Context, opt Options, entries iter.Seq2[Entry, error]) (*Run, error) {
	if opt.Memory <= 0 {
		opt.Memory = defaultSpace
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.NumCPU()
	}
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	st, err := loadState(opt.Dir, opt.Input)
	if err != nil {
		return nil, err
	}
	scorer, err := match.NewScorer(opt.Model, nil, opt.Absent...)
	if err != nil {
		return nil, err
	}
	r := &Run{opt: opt, state: st, scorer: scorer}
	if opt.Rated {
		r.freq = opt.Counts
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"read", func(ctx context.Context) error { return r.read(ctx, entries) }},
		{"keys", r.keys}, {"learn", r.learn}, {"compare", r.compare}, {"decide", r.decide},
	} {
		if r.state.done(step.name) {
			continue
		}
		if err := r.before(step.name); err != nil {
			return nil, err
		}
		if err := step.do(ctx); err != nil {
			return nil, err
		}
		if err := r.state.save(opt.Dir, step.name); err != nil {
			return nil, err
		}
	}
	return r, r.ready("decided.yaml")
}

// before makes ready what a step needs and an earlier run may have left.
func (r *Run) before(step string) error {
	switch step {
	case "compare":
		return r.ready("model.yaml")
	case "decide":
		return r.ready("model.yaml")
	}
	return nil
}

// ready makes the scorer of a model file in the folder.
func (r *Run) ready(file string) error {
	text, err := os.ReadFile(filepath.Join(r.opt.Dir, file))
	if err != nil {
		return unkept(err)
	}
	m, err := match.ParseModel(text)
	if err != nil {
		return err
	}
	if r.freq == nil && !r.opt.Rated {
		if err := r.countAgain(); err != nil {
			return err
		}
	}
	r.scorer, err = match.NewScorer(m, r.freq, r.opt.Absent...)
	return err
}

// countAgain counts names and dates of subjects that an earlier run prepared.
func (r *Run) countAgain() error {
	r.freq = match.NewFrequencies()
	return eachSubject(r.opt.Dir, "subjects", func(s []match.Subject) error {
		for i := range s {
			r.freq.Add(&s[i])
		}
		return nil
	})
}

// Model is what the pairs were decided by.
func (r *Run) Model() *match.Model { return r.scorer.Model }

// Records tells how many there are, and how many of the first table.
func (r *Run) Records() (all, first int) { return r.state.Records, r.state.First }

// Skipped is the number of blocks that were passed over for their size.
func (r *Run) Skipped() int64 { return r.state.Skipped }

// linking tells whether two tables are linked, so that pairs within one do not
// count.
func (r *Run) linking() bool { return r.state.First < r.state.Records }

// allPairs is the number of pairs that could be.
func (r *Run) allPairs() float64 {
	n, a := float64(r.state.Records), float64(r.state.First)
	if r.linking() {
		return max(a*(n-a), 1)
	}
	return max(n*(n-1)/2, 1)
}

func (r *Run) exact() bool { return r.opt.Exact && r.allPairs() <= exactPairs }

func (r *Run) apart(a, b uint32) bool {
	first := uint32(r.state.First)
	return !r.linking() || (a < first) != (b < first)
}

func tooMany() error {
	return fault.New(fault.TooCostly, "linkage.too-many", "there are more than 4 billion records")
}

// held tells whether a pair is left to a steward, whatever it weighs.
func (r *Run) held(p Pair) bool {
	if r.opt.Strict {
		return p.Guards != 0
	}
	return p.Guards&match.Conflicts != 0
}
