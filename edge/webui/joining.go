package webui

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"concord/care/chart"
	"concord/exchange/onboard"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/reconcile"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record/access"
)

// joiningRoutes are those of organisations that join.
func (s *Site) joiningRoutes(mux *http.ServeMux, get, post func(string, func(*visit) (*answer, error))) {
	if s.Joining == nil {
		return
	}
	get("/onboard", s.joinings)
	get("/onboard/{org}", s.joining)
	get("/onboard/{org}/work", s.joiningWork)
	get("/onboard/{org}/register", s.register)
	post("/onboard/{org}/register", s.registerPack)
	post("/onboard/{org}/do", s.doJoining)
	post("/onboard/{org}/run", s.runJoining)
	post("/onboard/{org}/step", s.stepJoining)
	post("/onboard/{org}/alarms", s.settleJoining)
	get("/onboard/{org}/trials/{extract}", s.reconciled)
	get("/onboard/{org}/trials/{extract}/file", s.reconciledFile)
	post("/onboard/{org}/trials/{extract}", s.signJoining)
	mux.HandleFunc("GET /onboard/{org}/timeline", s.timelineOfJoining)
}

// standingRow is one organisation in the list.
type standingRow struct {
	Org    chart.Organisation
	Phase  string
	Trial  int
	Run    string
	AtWork string
	Alarms int
	Opens  bool
	Live   bool
}

// joinings is /onboard: organisations and where each stands. Who may not see how
// an organisation joins sees totals.
func (s *Site) joinings(v *visit) (*answer, error) {
	if !v.may(access.WatchJoin) {
		return s.totals(v)
	}
	if org := strings.ToUpper(strings.TrimSpace(v.URL.Query().Get("org"))); org != "" {
		if _, err := s.Joining.Stage(org); err != nil {
			return nil, err
		}
		return redirect("/onboard/" + org + "/register")
	}
	if err := v.errand.Note(v.Context(), access.WatchJoin, "organisations that join", nil); err != nil {
		return nil, err
	}
	list, err := s.Joining.Standings(v.Context())
	if err != nil {
		return nil, err
	}
	var rows []standingRow
	for _, st := range list {
		r := standingRow{Org: s.joiner(st), Phase: st.Phase.Words(), Trial: st.Trial, Opens: course.May(v.errand, st.Org), Live: st.Phase == course.Live}
		if r.Opens {
			if r.Alarms, err = s.openAlarms(st.Org); err != nil {
				return nil, err
			}
		}
		if st.Run != nil {
			r.Run = runWords(st.Run)
		}
		if st.Work.AtWork() {
			r.AtWork = st.Work.Deed.Words()
		}
		rows = append(rows, r)
	}
	return &answer{frame: frame{Title: "Organisations that join", Nav: "onboard"}, body: joiningsPage(rows, s.mayRegister(v))}, nil
}

func (s *Site) mayRegister(v *visit) bool { return v.may(access.Join) }

// joiner names an organisation by the deployment, else by its pack.
func (s *Site) joiner(st course.Standing) chart.Organisation {
	if _, known := s.orgs[st.Org]; !known && st.Name != "" {
		return chart.Organisation{Code: st.Org, Name: st.Name, Short: st.Name}
	}
	return s.organisation(st.Org)
}

func runWords(r *runbook.Run) string {
	text := r.Kind.Title() + " " + strconv.Itoa(r.N)
	done := 0
	for _, d := range r.Steps {
		if !d.Ended.IsZero() {
			done++
		}
	}
	switch {
	case r.Stopped != "":
		return text + ": ended (" + short(r.Stopped, 40) + ")"
	case !r.Ended.IsZero():
		return text + ": done"
	}
	return text + ": " + strconv.Itoa(done) + " of " + count(len(r.Book.Steps), "step") + " done"
}

// totalRow is what a commissioner sees of an organisation.
type totalRow struct {
	Org    chart.Organisation
	Phase  string
	Totals []string
}

// totals is /onboard for commissioners.
func (s *Site) totals(v *visit) (*answer, error) {
	if err := v.errand.Joining(v.Context(), access.WatchTotals, "", "totals of organisations that join"); err != nil {
		return nil, err
	}
	list, err := s.Joining.Totals(v.Context())
	if err != nil {
		return nil, err
	}
	var rows []totalRow
	for _, t := range list {
		r := totalRow{Org: s.organisation(t.Org), Phase: t.Phase.Words()}
		for _, n := range []course.Total{t.Patients, t.Waiting, t.Stays, t.Booked, t.Unsent} {
			r.Totals = append(r.Totals, totalWords(n, t.Known))
		}
		rows = append(rows, r)
	}
	return &answer{frame: frame{Title: "Organisations in numbers", Nav: "onboard"}, body: totalsPage(rows)}, nil
}

func totalWords(t course.Total, known bool) string {
	if !known {
		return "not known"
	}
	n, small := t.Shown()
	if small {
		return "fewer than " + strconv.Itoa(course.Smallest)
	}
	return thousands(int(n))
}

// trialRow is one extract in the list of trials.
type trialRow struct {
	ID, Source           string
	Trial                int
	Taken                chart.When
	Rows, Refused, Lists string
	Match, Load, Report  string
	Delta                string   // what it brings, where it is a delta
	Kept                 []string // what an undo has left, since it was changed
	Profiled, Stale      bool
	Newest               bool
}

// joiningView is what the page of one organisation shows.
type joiningView struct {
	Org      chart.Organisation
	Standing course.Standing
	Trials   []trialRow
	Trend    *joinTrend
	Inbox    []course.Arrived
	Run      *runView
	Runs     []string // earlier ones, in words
	Figures  []figureRow
	Next     *nextStep
	Work     *workView
	Watched  *watchedView // nil before it is live
	Held     string       // since when feeds are held, "" = they are not
	Waiting  int          // messages that wait
	May      bool         // do steps
	Build    bool         // its codes are to be brought to the domain's, and may be looked at
	Matches  bool         // its patients may be held against the live ones
	Done     string
	Errors   []fieldError
}

// joining is /onboard/{org}.
func (s *Site) joining(v *visit) (*answer, error) { return s.joiningPage(v, 0, nil) }

func (s *Site) joiningPage(v *visit, status int, wrong []fieldError) (*answer, error) {
	org := v.PathValue("org")
	if err := v.errand.Joining(v.Context(), access.WatchJoin, org, "joining of "+org); err != nil {
		return nil, err
	}
	st, err := s.Joining.Standing(v.Context(), org)
	if err != nil {
		return nil, err
	}
	if st.Phase == course.Nothing && st.Run == nil {
		arrived, err := s.Joining.Inbox(org)
		if err != nil {
			return nil, err
		}
		if _, known := s.orgs[org]; !known && len(arrived) == 0 {
			return nil, fault.New(fault.NotFound, "webui.organisation", "no such organisation joins")
		}
	}
	x := joiningView{Org: s.joiner(st), Standing: st, May: v.errand.MayJoin(access.Join, org), Build: s.Harmony != nil,
		Matches: s.Harmony != nil && v.errand.MayJoin(access.Harmonise, org), Errors: wrong, Done: joiningDone(v.URL.Query().Get("done"))}
	if err := s.fillJoining(v, &x); err != nil {
		return nil, err
	}
	return &answer{status: status, frame: frame{Title: "Joining: " + x.Org.Short, Nav: "onboard", Forms: true}, body: joiningPageBody(x)}, nil
}

func (s *Site) fillJoining(v *visit, x *joiningView) error {
	org := x.Org.Code
	stage, err := s.Joining.Stage(org)
	if err != nil {
		return err
	}
	list, err := stage.Extracts()
	if err != nil {
		return err
	}
	if x.Trials, err = s.trialRows(list); err != nil {
		return err
	}
	trends, err := course.Trends(list)
	if err != nil {
		return err
	}
	x.Trend = joinTrendOf(trends)
	if x.Inbox, err = s.Joining.Inbox(org); err != nil {
		return err
	}
	figures, err := s.Joining.Figures(v.Context(), org)
	if err != nil {
		return err
	}
	x.Waiting = int(figures["feeds.waiting"])
	held, err := v.errand.FeedsHeld(v.Context())
	if err != nil {
		return err
	}
	if h, ok := held[org]; ok {
		x.Held = s.at().Moment(h.Since).Text
	}
	if x.Watched, err = s.watchedOf(stage); err != nil {
		return err
	}
	x.Work = s.workOf(x.Standing.Work)
	x.Next = nextOf(x)
	return s.fillRun(stage, x, figures)
}

func (s *Site) fillRun(stage *onboard.Stage, x *joiningView, figures runbook.Figures) error {
	runs, err := runbook.Runs(stage)
	if err != nil {
		return err
	}
	var book *runbook.Book
	if len(runs) > 0 {
		last := runs[len(runs)-1]
		book = last.Book
		x.Run = s.runOf(last, runbook.Before(runs, last.N), figures)
		for _, r := range runs[:len(runs)-1] {
			x.Runs = append(x.Runs, runWords(r))
		}
	} else if book, err = runbook.Standard(); err != nil {
		return err
	}
	x.Figures = figureRows(book.Go, figures)
	return nil
}

func (s *Site) trialRows(list []*onboard.Extract) ([]trialRow, error) {
	var out []trialRow
	for i, x := range list {
		r := trialRow{ID: x.ID, Source: x.Source, Trial: x.Trial, Taken: s.at().Moment(x.Taken), Rows: "not profiled", Refused: "–", Lists: "–", Match: "not matched", Load: "not loaded", Newest: i == len(list)-1}
		p, err := x.Report()
		if err != nil {
			return nil, err
		}
		if p != nil {
			r.Profiled, r.Stale = true, p.Parts != len(x.Parts)
			r.Rows, r.Refused = thousands(int(p.Rows)), thousands(int(p.Refused))+" ("+percentWords(p.Refused, p.Rows)+")"
			r.Lists = thousands(int(p.Waiting.Listed-p.Waiting.Equal+p.Waiting.Unlisted)) + " of " + thousands(int(p.Waiting.Listed+p.Waiting.Unlisted))
		}
		if r.Delta, err = deltaWords(x); err != nil {
			return nil, err
		}
		m, err := x.Matching()
		if err != nil {
			return nil, err
		}
		if m != nil {
			r.Match = percentWords(int64(m.Overlap*1e6), 1e6) + " known, " + thousands(int(m.By["possible"])) + " possible, " + count(int(m.By["conflict"]), "conflict")
		}
		if err := s.loadWords(x, &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// deltaWords tells what a delta brings, "" for an extract that is loaded whole.
func deltaWords(x *onboard.Extract) (string, error) {
	d, err := x.Delta()
	if err != nil || d == nil {
		return "", err
	}
	var all onboard.DeltaCount
	for _, c := range d.Classes {
		all.New, all.Changed, all.Gone = all.New+c.New, all.Changed+c.Changed, all.Gone+c.Gone
	}
	return "delta: " + thousands(int(all.New)) + " new, " + thousands(int(all.Changed)) + " changed, " + thousands(int(all.Gone)) + " gone", nil
}

func (s *Site) loadWords(x *onboard.Extract, r *trialRow) error {
	l, err := x.Loading()
	if err != nil || l == nil {
		return err
	}
	r.Load = map[string]string{"loading": "being loaded", "loaded": "loaded " + s.at().Moment(l.Ended).Text, "undoing": "being taken back", "undone": "taken back " + s.at().Moment(l.Ended).Text}[l.State]
	if l.Undone() {
		u, err := course.Undone(x)
		if err != nil {
			return err
		}
		if u != nil {
			for _, k := range u.Kept {
				r.Kept = append(r.Kept, k.Ref+", version "+strconv.FormatInt(k.Version, 10)+" by "+k.By+": "+map[string]string{"changed": "changed since", "needed": "somebody else's is about it", "joined": "still one person with the number that it was merged into; a steward parts them"}[k.Why])
			}
		}
	}
	rep, err := reconcile.Of(x)
	if err != nil || rep == nil {
		return err
	}
	sealed, err := reconcile.SealedOf(x, rep.Load)
	if err != nil {
		return err
	}
	switch {
	case rep.Load != l.Load:
		r.Report = "of an earlier load"
	case sealed != nil:
		r.Report = "signed"
	default:
		r.Report = "not signed"
	}
	if rep.Go {
		r.Report += ", go"
	} else {
		r.Report += ", no go"
	}
	return nil
}

func percentWords(part, of int64) string {
	if of == 0 {
		return "0 %"
	}
	return strconv.FormatFloat(100*float64(part)/float64(of), 'f', 1, 64) + " %"
}

// joiningDone confirms by a fixed word from the address, never by its text.
func joiningDone(word string) string {
	return map[string]string{"begun": "The step has begun.", "run": "The run has begun.", "ended": "The run is ended.", "step": "The step is ticked off.", "started": "The step is at work.",
		"registered": "The org pack runs.", "checked": "Your finding is kept.", "accepted": "It is kept that you take this on.", "signed": "The report is signed.", "held": "The feeds are held.", "released": "The feeds are released.", "settled": "Your explanation is kept; it counts again beyond this number."}[word]
}

// timelineOfJoining is /onboard/{org}/timeline: public, without anything of a
// patient or of who did what.
func (s *Site) timelineOfJoining(w http.ResponseWriter, r *http.Request) {
	stage, err := s.Joining.Stage(r.PathValue("org"))
	var run *runbook.Run
	if err == nil {
		run, err = runbook.Last(stage)
	}
	if err == nil && run == nil {
		err = fault.New(fault.NotFound, "webui.timeline", "no timeline was published")
	}
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	x := timelineView{Org: s.organisation(stage.Trust), Kind: run.Kind.Title(), Ended: run.Stopped != ""}
	for _, p := range run.Timeline(s.Now()) {
		x.Lines = append(x.Lines, timelineLine{p.Words, s.at().Moment(p.At.Truncate(time.Minute)), p.Done})
		x.Live = p.Done && strings.HasPrefix(p.Words, "Your trust is here") || x.Live
	}
	s.send(w, r, nil, &answer{frame: frame{Title: "Timeline: " + x.Org.Short}, body: timelinePublic(x)})
}

type timelineView struct {
	Org   chart.Organisation
	Kind  string
	Ended bool // before its end
	Live  bool
	Lines []timelineLine
}

type timelineLine struct {
	Words string
	At    chart.When
	Done  bool
}
