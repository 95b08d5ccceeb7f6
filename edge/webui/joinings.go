package webui

import (
	"strconv"
	"strings"

	"concord/care/chart"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/runbook"
	"concord/record/access"
)

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
