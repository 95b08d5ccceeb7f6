package course

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/uk"
)

// Options are what an Office needs.
type Options struct {
	Stages string // folder with a stage for each organisation
	// Operator is the errand of who holds the data folder, Loader that by which an
	// organisation's rows come in.
	Operator func() *record.Errand
	Loader   func(org string) (*record.Errand, error)
	// Apply makes an org pack the one that runs.
	Apply    func(ctx context.Context, next *pack.Pack) ([]pack.Change, error)
	Messages func(trust string, message []byte) ([]onboard.Resource, error) // nil = none are read
	Sign     func(text string) ([]byte, error)                              // with the key of the audit log
	// LoadWith says how an organisation's extract is loaded; nil = as the zero value
	// says.
	LoadWith func(ctx context.Context, org string) (onboard.LoadOptions, error)
	// UndoWith says how an organisation's load is undone; nil = as the zero value says.
	UndoWith func(org string) onboard.UndoOptions
	// Pairs counts the pairs of an organisation's entries that wait for a steward; nil =
	// nobody counts them.
	Pairs func(ctx context.Context, org string) (int, error)
	Now   func() time.Time
	Zone  *time.Location
	Log   *slog.Logger
}

// Office does the steps of joining.
type Office struct {
	opt  Options
	mu   sync.Mutex
	work map[string]*Work
	busy sync.WaitGroup
	// open ends when the office is closed.
	open  context.Context
	close context.CancelFunc
}

// New makes an office. Close stops the steps that are at work.
func New(o Options) *Office {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	out := &Office{opt: o, work: map[string]*Work{}}
	out.open, out.close = context.WithCancel(context.Background())
	return out
}

// Stage is the stage of an organisation; it may be empty. Error: Invalid
// "course.organisation".
func (o *Office) Stage(org string) (*onboard.Stage, error) {
	if !uk.ODSCode(org) {
		return nil, fault.New(fault.Invalid, "course.organisation", "this is no ODS code")
	}
	return &onboard.Stage{Dir: filepath.Join(o.opt.Stages, org), Trust: org, Now: o.opt.Now, Zone: o.opt.Zone, Messages: o.opt.Messages}, nil
}

// Standing is where an organisation stands.
type Standing struct {
	Org   string
	Name  string // "" without a pack
	Pack  int64  // version of the pack that runs, 0 = none
	Phase Phase
	Trial int // of the newest extract, 0 = none
	Run   *runbook.Run
	Work  *Work // at work, or ended last
}

// Phase is how far an organisation is.
type Phase string

// The phases.
const (
	Nothing    Phase = "nothing"    // neither pack nor extract
	Registered Phase = "registered" // its pack runs
	Staged     Phase = "staged"
	Matched    Phase = "matched"
	Loading    Phase = "loading"
	Loaded     Phase = "loaded"
	Reconciled Phase = "reconciled"
	Signed     Phase = "signed"
	TakenBack  Phase = "taken-back"
	Live       Phase = "live"
)

// Words tells a phase.
func (p Phase) Words() string {
	return map[Phase]string{Nothing: "Not registered", Registered: "Registered", Staged: "Extract staged", Matched: "Matched, not loaded", Loading: "Being loaded or taken back",
		Loaded: "Loaded, not reconciled", Reconciled: "Reconciled, not signed", Signed: "Report signed", TakenBack: "Load taken back", Live: "Live"}[p]
}

// scene is what standings are told by: packs that run, and organisations whose
// messages have come in.
type scene struct {
	packs []pack.Kept
	sends map[string]bool
}

func (o *Office) scene(ctx context.Context) (scene, error) {
	out := scene{sends: map[string]bool{}}
	var err error
	if out.packs, err = pack.Running(ctx, o.opt.Operator()); err != nil {
		return out, err
	}
	feeds, err := o.opt.Operator().Feeds(ctx)
	for _, f := range feeds {
		if f.ByState[record.Applied] > 0 {
			out.sends[f.Org] = true
		}
	}
	return out, err
}

// Standings are where the organisations stand: those whose packs run, and those
// that have a stage. It shows counts and names of organisations alone.
func (o *Office) Standings(ctx context.Context) ([]Standing, error) {
	now, err := o.scene(ctx)
	if err != nil {
		return nil, err
	}
	orgs := map[string]bool{}
	for _, k := range now.packs {
		orgs[k.Organisation.Code] = true
	}
	entries, err := os.ReadDir(o.opt.Stages)
	if err != nil && !os.IsNotExist(err) {
		return nil, fault.Wrap(err, fault.Busy, "onboard.stage", "the stages cannot be read")
	}
	for _, e := range entries {
		if e.IsDir() && uk.ODSCode(e.Name()) {
			orgs[e.Name()] = true
		}
	}
	var out []Standing
	for org := range orgs {
		st, err := o.standing(org, now)
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b Standing) int { return cmp.Compare(a.Org, b.Org) })
	return out, nil
}

// Standing is where one organisation stands.
func (o *Office) Standing(ctx context.Context, org string) (Standing, error) {
	now, err := o.scene(ctx)
	if err != nil {
		return Standing{}, err
	}
	return o.standing(org, now)
}

func (o *Office) standing(org string, now scene) (Standing, error) {
	st := Standing{Org: org, Phase: Nothing, Work: o.Work(org)}
	if k := pack.Find(now.packs, org); k != nil {
		st.Name, st.Pack, st.Phase = k.Organisation.Name, k.Version, Registered
		if now.sends[org] {
			st.Phase = Live // its feeds are its way in
		}
	}
	s, err := o.Stage(org)
	if err != nil {
		return st, err
	}
	if st.Run, err = runbook.Last(s); err != nil {
		return st, err
	}
	list, err := s.Extracts()
	if err != nil || len(list) == 0 {
		return st, err
	}
	x := list[len(list)-1]
	st.Trial = x.Trial
	if st.Phase, err = phaseOf(x); err != nil {
		return st, err
	}
	if r := st.Run; r != nil && r.Kind == runbook.Cutover && !r.Ended.IsZero() && r.Stopped == "" && st.Phase != TakenBack {
		st.Phase = Live
	}
	return st, nil
}

// May tells whether a requester may see where an organisation stands in detail.
func May(e *record.Errand, org string) bool { return e.MayJoin(access.WatchJoin, org) }
