package webui

import (
	"strconv"
	"time"

	"concord/care/chart"
	"concord/fault"
	"concord/standard/uk"
)

// timeline is /p/{id}/timeline
func (s *Site) timeline(v *visit) (*answer, error) {
	q := v.URL.Query()
	n, _ := strconv.Atoi(q.Get("page"))
	filter := chart.Filter{Org: q.Get("org"), Kind: q.Get("kind"), Span: q.Get("span"), Page: n,
		Author: q.Get("author"), Problem: q.Get("problem")}
	var err error
	if filter.From, err = dayOf(q.Get("from"), s.Zone); err != nil {
		return nil, err
	}
	if filter.To, err = dayOf(q.Get("to"), s.Zone); err != nil {
		return nil, err
	}
	if filter.Span == "" {
		filter.Span = "3y"
	}
	o, err := s.open(v, "timeline", s.reading(v).TimelineSections(filter))
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Timeline", answer{body: timelinePage(o.frame, o.lens.Timeline(o.chart, filter), filter, s.Zone)})
}

// dayOf reads a day that came in the address; none is the zero time.
func dayOf(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation("2006-01-02", text, zone)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "webui.day", "a date in the address is not one of the form YYYY-MM-DD")
	}
	return day, nil
}

// dayText writes a day for a date field; the zero time is empty.
func dayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format("2006-01-02")
}

// timelineURL is the timeline with a filter, on one of its pages.
func (f *recordFrame) timelineURL(x chart.Filter, page int) string {
	return f.url("timeline", "span", x.Span, "org", x.Org, "kind", x.Kind, "author", x.Author, "problem", x.Problem,
		"from", dayText(x.From), "to", dayText(x.To), "page", strconv.Itoa(page))
}

// rangeWords tells a range of one's own.
func rangeWords(x chart.Filter) string {
	switch {
	case x.To.IsZero():
		return "from " + uk.DisplayDate(x.From)
	case x.From.IsZero():
		return "up to " + uk.DisplayDate(x.To)
	}
	return uk.DisplayDate(x.From) + " to " + uk.DisplayDate(x.To)
}

func spanWords(span string) string {
	return map[string]string{"3m": "3 months", "1y": "1 year", "3y": "3 years", "10y": "10 years", "all": "All"}[span]
}

// lanePlot is the strip on top of the timeline: one lane per organisation.
type lanePlot struct {
	Height float64
	Lanes  []laneRow
	Ticks  []tick
}

type laneRow struct {
	Org   chart.Organisation
	Y     float64
	Bars  []laneMark
	Ticks []laneMark
}

type laneMark struct {
	X, Width float64
	Title    string
}

const (
	laneLeft, laneRight = 172.0, 990.0
	laneDepth           = 30.0
)

func lanesOf(t *chart.Timeline, zone *time.Location) lanePlot {
	x := axis{seconds(t.From), seconds(t.To), laneLeft + 4, laneRight - 4}
	inside := func(at time.Time) float64 { return min(max(x.at(seconds(at)), laneLeft), laneRight) }
	p := lanePlot{Height: float64(len(t.Lanes))*laneDepth + 26}
	for n, l := range t.Lanes {
		row := laneRow{Org: l.Org, Y: float64(n) * laneDepth}
		for _, b := range l.Bars {
			from := inside(b.Start)
			row.Bars = append(row.Bars, laneMark{from, max(inside(b.End)-from, 4), b.Title})
		}
		last := -10.0
		for i := len(l.Ticks) - 1; i >= 0; i-- { // ticks that would lie on each other are one
			at := inside(l.Ticks[i].Start)
			if at-last >= 1.5 {
				row.Ticks = append(row.Ticks, laneMark{at, 0, l.Ticks[i].Title})
				last = at
			}
		}
		p.Lanes = append(p.Lanes, row)
	}
	last := -100.0
	for _, w := range t.LaneDates(zone) {
		if at := x.at(seconds(w.At)); at >= laneLeft && at-last > 62 {
			p.Ticks = append(p.Ticks, tick{at, w.Text})
			last = at
		}
	}
	return p
}

func laneWords(t *chart.Timeline, zone *time.Location) string {
	s := "Stays and contacts from " + uk.DisplayDate(t.From.In(zone)) + " to " + uk.DisplayDate(t.To.In(zone)) + "."
	for _, l := range t.Lanes {
		s += " " + l.Org.Short + ": " + count(len(l.Bars), "in-patient stay") + ", " + count(len(l.Ticks), "other event") + "."
	}
	return s + " The list below holds the same."
}
