package webui

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"concord/care/chart"
	"concord/exchange/onboard/runbook"
	"concord/fault"
)

// timelineOfJoining is /onboard/{org}/timeline: public, without anything of a
// patient or of who did what.
func (s *Site) timelineOfJoining(w http.ResponseWriter, r *http.Request) {
	if wait := s.PublicPace.Wait(addressOf(r)); wait > 0 { // before anything is read: who asks is anybody
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		s.refuse(w, r, nil, fault.New(fault.Busy, codePace, "this page was opened too often from your network: wait a few seconds"))
		return
	}
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
