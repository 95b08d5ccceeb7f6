package webui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"concord/exchange/onboard/course"
	"concord/exchange/onboard/runbook"
)

// runStepRow is one step of a run.
type runStepRow struct {
	ID, Title, Owner          string
	Planned, Took, Before     string
	State                     string
	By, Words                 string
	Checks                    []figureRow
	Ready, AtWork, Done, Deed bool
	Late                      bool
}

// figureRow is a rule and how it stands.
type figureRow struct {
	Words, Why, Value string
	Holds, Known      bool
}

func figureRows(list []runbook.Rule, f runbook.Figures) []figureRow {
	out, _ := runbook.Hold(list, f)
	var rows []figureRow
	for _, o := range out {
		r := figureRow{Words: o.Rule.Words(), Why: o.Why, Value: "not known yet", Holds: o.Holds, Known: o.Known}
		if o.Known {
			r.Value = strconv.FormatFloat(math.Round(o.Value*10)/10, 'f', -1, 64)
		}
		rows = append(rows, r)
	}
	return rows
}

// runView is the newest run.
type runView struct {
	Title, Began, State string
	AtWork              bool
	Steps               []runStepRow
	Bars                []ganttBar
	Ticks               []tick
	Height              float64
	Decision            string
	Go                  bool
}

// ganttBar is one step in the plot: planned above, real below.
type ganttBar struct {
	Title          string
	Y              float64
	PlanX, PlanW   float64
	RealX, RealW   float64
	Real, AtWork   bool
	Late           bool
	Words          string
	BeforeX, Width float64
}

// The plot of a run.
const (
	ganttLeft, ganttRight = 300.0, 1060.0
	ganttRow              = 26.0
	ganttTop              = 24.0
)

func (s *Site) runOf(r, before *runbook.Run, f runbook.Figures) *runView {
	now := s.Now()
	x := &runView{Title: r.Kind.Title() + " " + strconv.Itoa(r.N), Began: s.at().Moment(r.Began).Text, State: runWords(r), AtWork: r.Ended.IsZero()}
	if d := r.Decision; d != nil {
		x.Go, x.Decision = d.Go, "No-go, "
		if d.Go {
			x.Decision = "Go, "
		}
		x.Decision += s.at().Moment(d.At).Text
	}
	times := r.Times(before, now)
	for _, t := range times {
		x.Steps = append(x.Steps, s.stepOf(t, f))
	}
	s.gantt(x, r, times)
	return x
}

func (s *Site) stepOf(t runbook.Timed, f runbook.Figures) runStepRow {
	row := runStepRow{ID: t.ID, Title: t.Title, Owner: t.Owner, Planned: minuteWords(time.Duration(t.Minutes * float64(time.Minute))), Took: "–", Before: "–",
		By: t.By, Words: t.Words, Ready: t.Ready, AtWork: t.AtWork, Done: !t.Ended.IsZero(), Deed: t.Do != "" && t.Do != runbook.Decide, State: "Waits for others"}
	if t.Before > 0 {
		row.Before = minuteWords(t.Before)
	}
	switch {
	case row.Done:
		row.State, row.Took, row.Late = "Done "+s.at().Moment(t.Ended).Text, minuteWords(t.Took), t.Late() > time.Minute
	case t.AtWork:
		row.State, row.Took, row.Late = "At work", minuteWords(t.Took)+" so far", t.Late() > time.Minute
	case t.Ready:
		row.State = "Can begin"
	}
	if !row.Done {
		row.Checks = figureRows(t.Check, f)
	}
	return row
}

func minuteWords(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < 100*time.Minute:
		return strconv.Itoa(int(d.Round(time.Minute).Minutes())) + " min"
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// gantt draws a run: for each step its plan, and below it what became of it.
func (s *Site) gantt(x *runView, r *runbook.Run, times []runbook.Timed) {
	end := r.Began.Add(time.Minute)
	for _, t := range times {
		for _, e := range []time.Time{t.Planned[1], t.Ended, t.Started.Add(t.Took)} {
			if e.After(end) {
				end = e
			}
		}
	}
	at := axis{0, end.Sub(r.Began).Seconds(), ganttLeft, ganttRight}
	x0 := func(t time.Time) float64 { return at.at(max(0, t.Sub(r.Began).Seconds())) }
	for i, t := range times {
		b := ganttBar{Title: short(t.Title, 40), Y: ganttTop + float64(i)*ganttRow, PlanX: x0(t.Planned[0]), Words: t.Title + ": planned " + minuteWords(t.Planned[1].Sub(t.Planned[0]))}
		b.PlanW = max(1.5, x0(t.Planned[1])-b.PlanX)
		if !t.Started.IsZero() {
			b.Real, b.AtWork, b.Late = true, t.AtWork, t.Late() > time.Minute
			b.RealX = x0(t.Started)
			b.RealW = max(1.5, x0(t.Started.Add(t.Took))-b.RealX)
			b.Words += ", took " + minuteWords(t.Took)
		}
		if t.Before > 0 {
			b.Words += ", in the run before " + minuteWords(t.Before)
		}
		x.Bars = append(x.Bars, b)
	}
	x.Height = ganttTop + float64(len(times))*ganttRow + 6
	step := ganttStep(end.Sub(r.Began))
	for d := time.Duration(0); d <= end.Sub(r.Began); d += step {
		x.Ticks = append(x.Ticks, tick{at.at(d.Seconds()), "+" + minuteWords(d)})
	}
}

// ganttStep is a round length of which a run has seven at most.
func ganttStep(span time.Duration) time.Duration {
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, step := range []time.Duration{10 * s, 30 * s, m, 2 * m, 5 * m, 10 * m, 15 * m, 30 * m, h, 2 * h, 4 * h, 8 * h, 12 * h, 24 * h} {
		if span <= 7*step {
			return step
		}
	}
	return max(24*h, (span/7).Round(24*h)+24*h)
}

// joinTrend is the quality of the source's data over the trials.
type joinTrend struct {
	Lines  []trendLine
	XTicks []tick
	YTicks []tick
	Rows   []course.Trend
}

type trendLine struct {
	Name, Class string
	Line        string
	Points      []plotPoint
}

// misfitWords tells the share of numbers that do not fit the org pack.
func misfitWords(t course.Trend) string {
	if t.Misfits < 0 {
		return "–"
	}
	return tickText(roundTo(t.Misfits)) + " %"
}

func joinTrendOf(list []course.Trend) *joinTrend {
	if len(list) < 2 {
		return nil
	}
	out := &joinTrend{Rows: list}
	most := 1.0
	for _, t := range list {
		most = max(most, t.Refused, t.ListsWrong)
	}
	ticks := niceTicks(0, most, 4)
	y := axis{0, ticks[len(ticks)-1], trendBottom, trendTop}
	x := axis{0, float64(len(list) - 1), trendLeft + 24, trendRight - 24}
	for _, v := range ticks {
		out.YTicks = append(out.YTicks, tick{y.at(v), tickText(v) + " %"})
	}
	for i, t := range list {
		out.XTicks = append(out.XTicks, tick{x.at(float64(i)), "Trial " + strconv.Itoa(t.Trial)})
	}
	for _, l := range []struct {
		name, class string
		of          func(course.Trend) float64
	}{{"Rows refused", "one", func(t course.Trend) float64 { return t.Refused }}, {"Waiting lists that differ", "two", func(t course.Trend) float64 { return t.ListsWrong }}} {
		line := trendLine{Name: l.name, Class: l.class}
		var b strings.Builder
		for i, t := range list {
			px, py := x.at(float64(i)), y.at(l.of(t))
			b.WriteString(coordinate(px) + "," + coordinate(py) + " ")
			line.Points = append(line.Points, plotPoint{X: px, Y: py, Title: fmt.Sprintf("%s, trial %d: %.1f %%", l.name, t.Trial, l.of(t))})
		}
		line.Line = strings.TrimSpace(b.String())
		out.Lines = append(out.Lines, line)
	}
	return out
}

// nextStep is what can be done next, by how far the newest extract is.
type nextStep struct {
	Deed    course.Deed
	Extract string
	Words   string
	To      string // or a page to go to
	Name    string
}

func nextOf(x *joiningView) *nextStep {
	org, newest := x.Org.Code, ""
	if n := len(x.Trials); n > 0 {
		newest = x.Trials[n-1].ID
	}
	for _, a := range x.Inbox {
		if a.Trial == 0 && (x.Standing.Phase == course.Nothing || x.Standing.Phase == course.Registered || x.Standing.Phase == course.TakenBack || x.Standing.Phase == course.Live) {
			return &nextStep{Deed: course.TakeIn, Extract: a.Name, Words: "An extract has arrived: " + a.Name + ". Its rows are checked one by one, then against each other. Nothing is written to the record."}
		}
	}
	report := &nextStep{To: "/onboard/" + org + "/trials/" + newest, Name: "Open the report"}
	switch x.Standing.Phase {
	case course.Nothing:
		return &nextStep{To: "/onboard/" + org + "/register", Name: "Register it", Words: "The organisation has no org pack yet: sites, wards, beds, clinics, feeds."}
	case course.Registered:
		return &nextStep{Words: "Put an extract into the inbox of its stage; it appears here."}
	case course.Staged:
		return &nextStep{Deed: course.Match, Extract: newest, Words: "Its patients are held against the live record, without writing to it."}
	case course.Matched:
		return &nextStep{Deed: course.Load, Extract: newest, Words: "The rows are written into the live record, identity and allergies first. It can be taken back."}
	case course.Loading:
		return &nextStep{Deed: course.Load, Extract: newest, Words: "The load was stopped; it goes on where it was."}
	case course.Loaded:
		return &nextStep{Deed: course.Reconcile, Extract: newest, Words: "Record and source are held against each other."}
	case course.Reconciled:
		report.Words = "Clinicians check the sample; then the report is signed."
		return report
	case course.Signed:
		report.Words = "The report is signed."
		return report
	case course.TakenBack:
		return &nextStep{Words: "The load was taken back. Put the next extract into the inbox, or load this one again below."}
	}
	return nil
}

// workView is a step that is at work, or ended badly.
type workView struct {
	Org, Words, By, Since string
	AtWork                bool
	Failed                string
	Done, Total           int64
}

func (s *Site) workOf(w *course.Work) *workView {
	if w == nil || !w.AtWork() && w.Failed == nil {
		return nil
	}
	p := w.Progress()
	x := &workView{Org: w.Org, Words: w.Deed.Words(), By: w.By, Since: s.at().Moment(w.Began).Text, AtWork: w.AtWork(), Done: p.Done, Total: p.Total}
	if w.Failed != nil {
		x.Failed = failedWords(w.Failed)
	}
	return x
}

func roundTo(v float64) float64 { return math.Round(v*10) / 10 }
