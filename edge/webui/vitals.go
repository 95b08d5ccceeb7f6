package webui

import (
	"strings"
	"time"

	"concord/care/chart"
	"concord/standard/uk"
)

// vitalsPlot is the vital signs over one time axis, one panel each (GTAB-057…065).
type vitalsPlot struct {
	Height float64
	Panels []vitalPanel
	XTicks []tick
}

// vitalPanel is one of them: a line with points or, for blood pressure, a
// double-ended T for each reading.
type vitalPanel struct {
	Name, Unit  string
	Last        string
	Top, Bottom float64
	YTicks      []tick
	Line        string
	Dots        []plotPoint
	Tees        []tee
}

// tee stands from the diastolic to the systolic pressure of one reading
// (GTAB-039…044). Without a diastolic it is a cap alone.
type tee struct {
	X, Systolic, Diastolic float64
	Title                  string
}

// The drawing area of the vital signs.
const (
	vitalsLeft, vitalsRight  = 190.0, 806.0
	pressureDepth, signDepth = 130.0, 62.0
	signGap                  = 26.0
)

// vitalNames are the names and units of chart.TrendKeys on the trend.
func vitalNames(key string) (name, unit string) {
	switch key {
	case "systolic-pressure":
		return "Blood pressure", "mmHg"
	case "pulse":
		return "Pulse", "beats/min"
	case "respiration-rate":
		return "Respirations", "breaths/min"
	case "oxygen-saturation":
		return "SpO₂", "%"
	}
	return "Temperature", "°C"
}

func vitalsOf(sets []chart.ObservationSet, zone *time.Location) vitalsPlot {
	first, last := sets[0].When.At, sets[len(sets)-1].When.At
	x := axis{seconds(first), seconds(last), vitalsLeft + 10, vitalsRight - 10}
	var p vitalsPlot
	top := 12.0
	for _, key := range chart.TrendKeys() {
		depth := signDepth
		if key == "systolic-pressure" {
			depth = pressureDepth
		}
		if panel, ok := panelOf(key, sets, x, top, top+depth); ok {
			p.Panels = append(p.Panels, panel)
			top += depth + signGap
		}
	}
	p.Height = top + 14
	p.XTicks = dateTicks(first, last, x, zone)
	return p
}

func panelOf(key string, sets []chart.ObservationSet, x axis, top, bottom float64) (vitalPanel, bool) {
	var points []chart.Point
	for n := range sets {
		for _, k := range panelKeys(key) {
			if v, ok := sets[n].Number(k); ok {
				points = append(points, chart.Point{At: sets[n].When.At, Value: v})
			}
		}
	}
	p := vitalPanel{Top: top, Bottom: bottom}
	if len(points) == 0 {
		return p, false
	}
	p.Name, p.Unit = vitalNames(key)
	from, to := extent(points, nil, nil)
	ticks := niceTicks(from, to, 3)
	from, to = min(from, ticks[0]), max(to, ticks[len(ticks)-1])
	y := axis{from, to, bottom, top}
	for _, v := range ticks {
		p.YTicks = append(p.YTicks, tick{y.at(v), tickText(v)})
	}
	if key == "systolic-pressure" {
		p.pressures(sets, x, y)
	} else {
		p.signs(key, sets, x, y)
	}
	return p, true
}

func panelKeys(key string) []string {
	if key == "systolic-pressure" {
		return []string{key, "diastolic-pressure"}
	}
	return []string{key}
}

func (p *vitalPanel) signs(key string, sets []chart.ObservationSet, x, y axis) {
	var line strings.Builder
	for n := range sets {
		s := &sets[n]
		v, ok := s.Number(key)
		if !ok {
			continue
		}
		dot := plotPoint{X: x.at(seconds(s.When.At)), Y: y.at(v)}
		p.Last = s.Value(key)
		dot.Title = join(" ", p.Last, p.Unit) + ", " + s.When.Text
		line.WriteString(coordinate(dot.X) + "," + coordinate(dot.Y) + " ")
		p.Dots = append(p.Dots, dot)
	}
	p.Line = strings.TrimSpace(line.String())
}

func (p *vitalPanel) pressures(sets []chart.ObservationSet, x, y axis) {
	for n := range sets {
		s := &sets[n]
		systolic, ok := s.Number("systolic-pressure")
		if !ok {
			continue
		}
		p.Last = s.Pressure()
		t := tee{X: x.at(seconds(s.When.At)), Systolic: y.at(systolic), Title: p.Last + " " + p.Unit + ", " + s.When.Text}
		t.Diastolic = t.Systolic
		if diastolic, ok := s.Number("diastolic-pressure"); ok {
			t.Diastolic = y.at(diastolic)
		}
		p.Tees = append(p.Tees, t)
	}
}

// vitalsWords is what the drawing is to somebody who does not see it.
func vitalsWords(p vitalsPlot, sets []chart.ObservationSet, zone *time.Location) string {
	var names []string
	for _, panel := range p.Panels {
		names = append(names, panel.Name)
	}
	return strings.Join(names, ", ") + " from " + uk.DisplayDateTime(sets[0].When.At.In(zone)) + " to " +
		uk.DisplayDateTime(sets[len(sets)-1].When.At.In(zone)) + ". The table below holds the same values."
}

// teePath draws a cap at each end and the stem between.
func teePath(t tee) string {
	end := func(y float64) string {
		return "M" + coordinate(t.X-5) + " " + coordinate(y) + "H" + coordinate(t.X+5)
	}
	return end(t.Systolic) + "M" + coordinate(t.X) + " " + coordinate(t.Systolic) + "V" + coordinate(t.Diastolic) + end(t.Diastolic)
}
