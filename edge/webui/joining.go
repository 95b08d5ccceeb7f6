package webui

import (
	"concord/care/chart"
	"concord/exchange/onboard"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record/access"
)

// joiningRoutes are those of organisations that join.
func (s *Site) joiningRoutes(mux *router, get, post func(string, func(*visit) (*answer, error))) {
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
	get("/onboard/{org}/trials/{extract}/quality", s.quality)
	post("/onboard/{org}/trials/{extract}", s.signJoining)
	mux.HandleFunc("GET /onboard/{org}/timeline", s.timelineOfJoining)
}

// joiner names an organisation by the deployment, else by its pack.
func (s *Site) joiner(st course.Standing) chart.Organisation {
	if _, known := s.orgs[st.Org]; !known && st.Name != "" {
		return chart.Organisation{Code: st.Org, Name: st.Name, Short: st.Name}
	}
	return s.organisation(st.Org)
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
	Watched  *watchedView  // nil before it is live
	Held     string        // since when feeds are held, "" = they are not
	Waiting  int           // messages that wait
	May      bool          // do steps
	Build    bool          // its codes are to be brought to the domain's, and may be looked at
	Matches  bool          // its patients may be held against the live ones
	Returns  []pack.Return // that its pack owes
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
	p, err := s.Joining.Pack(v.Context(), org)
	if err != nil {
		return err
	}
	if p != nil {
		x.Returns = p.Returns
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

// joiningDone confirms by a fixed word from the address, never by its text.
func joiningDone(word string) string {
	return map[string]string{"begun": "The step has begun.", "run": "The run has begun.", "ended": "The run is ended.", "step": "The step is ticked off.", "started": "The step is at work.",
		"registered": "The org pack runs.", "checked": "Your finding is kept.", "accepted": "It is kept that you take this on.", "signed": "The report is signed.", "held": "The feeds are held.", "released": "The feeds are released.", "settled": "Your explanation is kept; it counts again beyond this number."}[word]
}
