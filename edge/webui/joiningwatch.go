package webui

import (
	"concord/exchange/onboard"
	"concord/exchange/onboard/course"
)

// watchedView is what is watched after the go-live.
type watchedView struct {
	Since, Last string
	Rows        []watchedRow
	Settled     []string
}

type watchedRow struct {
	Figure, Name, First, Last, Change string
	Alarm                             bool
}

func (s *Site) openAlarms(org string) (int, error) {
	stage, err := s.Joining.Stage(org)
	if err != nil {
		return 0, err
	}
	w, err := course.Watching(stage)
	if err != nil || w == nil {
		return 0, err
	}
	return len(w.Alarms()), nil
}

func (s *Site) watchedOf(stage *onboard.Stage) (*watchedView, error) {
	w, err := course.Watching(stage)
	if err != nil || w == nil {
		return nil, err
	}
	lens := s.at()
	x := &watchedView{Since: lens.Moment(w.First.At).Text, Last: lens.Moment(w.Last.At).Text}
	open := map[string]bool{}
	for _, a := range w.Alarms() {
		open[a.Figure] = true
	}
	for _, l := range course.Limits() {
		first, last := w.First.Figures[l.Figure], w.Last.Figures[l.Figure]
		r := watchedRow{Figure: l.Figure, Name: l.Words, First: thousands(int(first)), Last: thousands(int(last)), Change: "no change", Alarm: open[l.Figure]}
		switch {
		case last > first:
			r.Change = "+" + thousands(int(last-first)) + " (" + percentWords(last-first, max(1, first)) + ")"
		case last < first:
			r.Change = "−" + thousands(int(first-last)) + " (" + percentWords(first-last, max(1, first)) + ")"
		}
		x.Rows = append(x.Rows, r)
	}
	for _, a := range w.Settled {
		x.Settled = append(x.Settled, a.Name+", "+lens.Moment(a.At).Text+": "+a.Figure+" up to "+thousands(int(a.Upto))+": "+a.Words)
	}
	return x, nil
}

// settleJoining is POST /onboard/{org}/alarms: somebody explains one.
func (s *Site) settleJoining(v *visit) (*answer, error) {
	org := v.PathValue("org")
	if err := s.Joining.Settle(v.Context(), v.errand, org, v.PostFormValue("figure"), v.PostFormValue("words")); err != nil {
		return s.joiningFailed(v, err, "words")
	}
	return redirect("/onboard/" + org + "?done=settled")
}
