package sweep

import (
	"context"
	"iter"
	"strconv"

	"concord/exchange/linkage"
	"concord/fault"
	"concord/record"
	"concord/record/person"
	"concord/standard/match"
)

// Index is the index that is gone over: an operator's errand.
type Index interface {
	SweepEntries(ctx context.Context, yield func(pk int64, r match.Record) error) (int64, error)
	SweepOf(ctx context.Context, name string) (record.Sweep, error)
	SweepPairs(ctx context.Context, s record.Sweep, pairs []person.Found, last bool, mode record.SweepMode, told func(person.Swept, record.SweptPair)) (record.Sweep, error)
}

// Options of a run.
type Options struct {
	Index    Index
	By       record.IndexBasis
	Dir      string // work folder; a run that was stopped goes on from it
	Afresh   bool   // begin anew: remove what an earlier run has left in it
	Clear    bool   // remove it when all is decided
	Memory   int64  // bytes for subjects and sorting
	Workers  int    // 0 = one a core
	Mode     record.SweepMode
	AtOnce   int // pairs that one transaction decides on; 0 = 200
	Progress func(step string, done, total int64)
	// Told hears of each pair that was decided, not of those that stood; nil = nobody.
	Told func(person.Swept, record.SweptPair)
}

// Report is what came of a run, what earlier ones of its folder did included.
type Report struct {
	Mode    record.SweepMode      `json:"mode"`
	Model   string                `json:"model"`
	Counted bool                  `json:"namesCounted"`
	Entries int                   `json:"entries"`
	Pairs   int64                 `json:"pairs"`  // possible at least
	Passed  int64                 `json:"passed"` // keys that too many share
	Fates   map[person.Fate]int64 `json:"became"`
}

// atOnce is how many pairs are looked at, and those of them decided on which nothing
// stands, in one transaction, where nobody says otherwise.
const atOnce = 200

// Run reads the index, finds pairs and has the index decide on them. Errors:
// Conflict "linkage.resume" (a folder of another store, model or count of names),
// "sweep.folder" (one of something else), "sweep.busy" (another run is at work in it), "record.sweep" (another process goes on
// with it); those of linkage.Link.
func Run(ctx context.Context, opt Options) (*Report, error) {
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	if opt.Told == nil {
		opt.Told = func(person.Swept, record.SweptPair) {}
	}
	if opt.AtOnce <= 0 {
		opt.AtOnce = atOnce
	}
	mark, unlock, err := openFolder(opt.Dir, opt.Afresh)
	if err != nil {
		return nil, err
	}
	defer unlock()
	found, err := linkage.Link(ctx, linkage.Options{
		Dir: opt.Dir, Input: opt.By.Mark + " " + opt.By.Name, Memory: opt.Memory, Workers: opt.Workers,
		Model: opt.By.Model, Lexicon: match.ShippedLexicon(), Strict: true, Rated: true, Counts: opt.By.Counts, Progress: opt.Progress,
	}, entries(ctx, opt.Index))
	if err != nil {
		return nil, err
	}
	out := &Report{Mode: opt.Mode, Model: opt.By.Name, Counted: opt.By.Counts != nil, Passed: found.Skipped()}
	out.Entries, _ = found.Records()
	if out.Pairs, err = found.Possible(); err != nil {
		return nil, err
	}
	s, err := begin(ctx, opt, mark)
	if err != nil {
		return nil, err
	}
	if !s.Done {
		s, err = opt.decide(ctx, found, s, out.Pairs)
	}
	if err == nil && opt.Clear {
		err = removeRun(opt.Dir)
	}
	out.Fates = s.Fates
	return out, err
}

// begin is how far a run has come. A trial begins anew each time.
func begin(ctx context.Context, opt Options, mark string) (record.Sweep, error) {
	if opt.Mode == record.SweepTry {
		return record.Sweep{Name: mark}, nil
	}
	return opt.Index.SweepOf(ctx, mark+" "+string(opt.Mode))
}

// entries are the entries of the index, by record key.
func entries(ctx context.Context, index Index) iter.Seq2[linkage.Entry, error] {
	return func(yield func(linkage.Entry, error) bool) {
		stopped := fault.New(fault.Internal, "sweep.stopped", "the reading was stopped")
		_, err := index.SweepEntries(ctx, func(pk int64, r match.Record) error {
			if !yield(linkage.Entry{ID: strconv.FormatInt(pk, 36), Record: r}, nil) {
				return stopped
			}
			return nil
		})
		if err != nil && fault.Of(err).Code != "sweep.stopped" {
			yield(linkage.Entry{}, err)
		}
	}
}

// decide hands pairs to the index, so many at a time.
func (opt Options) decide(ctx context.Context, found *linkage.Run, s record.Sweep, of int64) (record.Sweep, error) {
	var wait []person.Found
	give := func(last bool) (err error) {
		if s, err = opt.Index.SweepPairs(ctx, s, wait, last, opt.Mode, opt.Told); err == nil {
			wait = wait[:0]
			opt.Progress("decide", s.Next, of)
		}
		return err
	}
	for f, err := range found.Found(s.Next) {
		if err != nil {
			return s, err
		}
		pair, err := keys(f)
		if err != nil {
			return s, err
		}
		if wait = append(wait, pair); len(wait) >= opt.AtOnce {
			if err := give(false); err != nil {
				return s, err
			}
		}
	}
	return s, give(true)
}

func keys(f linkage.Found) (person.Found, error) {
	a, err := strconv.ParseInt(f.A, 36, 64)
	b, err2 := strconv.ParseInt(f.B, 36, 64)
	if err != nil || err2 != nil {
		return person.Found{}, fault.New(fault.Internal, "sweep.keys", "the work folder holds no keys of this index")
	}
	return person.Found{A: min(a, b), B: max(a, b), Certain: f.Certain}, nil
}
