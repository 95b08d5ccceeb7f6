package webui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"concord/care/chart"
	"concord/standard/uk"
)

// axis maps values to coordinates.
type axis struct{ from, to, low, high float64 }

func (a axis) at(v float64) float64 {
	if a.to == a.from {
		return (a.low + a.high) / 2
	}
	return a.low + (v-a.from)/(a.to-a.from)*(a.high-a.low)
}

func seconds(t time.Time) float64 { return float64(t.Unix()) }

// extent is the span of the values, with the range where it is near enough
// that the line keeps its shape.
func extent(points []chart.Point, low, high *float64) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		from, to = min(from, p.Value), max(to, p.Value)
	}
	span := max(to-from, math.Abs(to)*0.05, 0.1)
	if low != nil && *low > from-2*span {
		from = min(from, *low)
	}
	if high != nil && *high < to+2*span {
		to = max(to, *high)
	}
	if from == to {
		from, to = from-span/2, to+span/2
	}
	return from, to
}

type sparkPlot struct {
	Line string
	Last [2]float64
	Band [2]float64 // y and height of the reference range
}

func sparkOf(t chart.Test) sparkPlot {
	from, to := extent(t.Points, t.Low, t.High)
	y := axis{from, to, 21, 3}
	x := axis{seconds(t.Points[0].At), seconds(t.Points[len(t.Points)-1].At), 3, 86}
	var p sparkPlot
	var b strings.Builder
	for _, pt := range t.Points {
		p.Last = [2]float64{x.at(seconds(pt.At)), y.at(pt.Value)}
		b.WriteString(coordinate(p.Last[0]) + "," + coordinate(p.Last[1]) + " ")
	}
	p.Line = strings.TrimSpace(b.String())
	p.Band = rangeBand(t.Low, t.High, y, from, to)
	return p
}

// rangeBand is where the reference range lies on the plot.
func rangeBand(low, high *float64, y axis, from, to float64) [2]float64 {
	if low == nil && high == nil {
		return [2]float64{}
	}
	bottom, top := from, to
	if low != nil {
		bottom = max(from, *low)
	}
	if high != nil {
		top = min(to, *high)
	}
	if top <= bottom {
		return [2]float64{}
	}
	return [2]float64{y.at(top), y.at(bottom) - y.at(top)}
}

// trendPlot is one test over time (GTAB-045, 164–182): points joined by
// straight lines, time in proportion, the range as a shaded area.
type trendPlot struct {
	Band   [2]float64
	Line   string
	Points []plotPoint
	YTicks []tick
	XTicks []tick
}

type plotPoint struct {
	X, Y  float64
	Title string
	Flag  string
}

type tick struct {
	At   float64
	Text string
}

// The trend's drawing area.
const (
	trendLeft, trendRight  = 56.0, 884.0
	trendTop, trendBottom  = 14.0, 226.0
	trendWidth, trendDepth = 900, 260
)

func trendOf(s chart.Series, zone *time.Location) trendPlot {
	from, to := extent(s.Points, s.Low, s.High)
	ticks := niceTicks(from, to, 5)
	from, to = min(from, ticks[0]), max(to, ticks[len(ticks)-1])
	y := axis{from, to, trendBottom, trendTop}
	first, last := s.Points[0].At, s.Points[len(s.Points)-1].At
	x := axis{seconds(first), seconds(last), trendLeft + 12, trendRight - 12}
	p := trendPlot{Band: rangeBand(s.Low, s.High, y, from, to)}
	var b strings.Builder
	for _, pt := range s.Points {
		px, py := x.at(seconds(pt.At)), y.at(pt.Value)
		b.WriteString(coordinate(px) + "," + coordinate(py) + " ")
		p.Points = append(p.Points, plotPoint{px, py,
			pt.Text + " " + s.Unit + ", " + uk.DisplayDateTime(pt.At.In(zone)), pt.Flag.Letter})
	}
	p.Line = strings.TrimSpace(b.String())
	for _, v := range ticks {
		p.YTicks = append(p.YTicks, tick{y.at(v), tickText(v)})
	}
	p.XTicks = dateTicks(first, last, x, zone)
	return p
}

func tickText(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// niceTicks are about n round numbers that cover a span.
func niceTicks(from, to float64, n int) []float64 {
	raw := (to - from) / float64(n)
	scale := math.Pow(10, math.Floor(math.Log10(raw)))
	step := scale * 10
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*scale {
			step = m * scale
			break
		}
	}
	var out []float64
	for i := math.Floor(from / step); i*step < to+step; i++ {
		out = append(out, i*step)
	}
	for i := range out { // 0.30000000000000004 is no label
		out[i], _ = strconv.ParseFloat(strconv.FormatFloat(out[i], 'g', 10, 64), 64)
	}
	return out
}

// dateTicks label up to six dates between two times.
func dateTicks(from, to time.Time, x axis, zone *time.Location) []tick {
	if !to.After(from) {
		return []tick{{x.at(seconds(from)), uk.DisplayDate(from.In(zone))}}
	}
	var out []tick
	const n = 5
	last := ""
	for i := 0; i <= n; i++ {
		t := from.Add(time.Duration(float64(to.Sub(from)) * float64(i) / n))
		text := uk.DisplayDate(t.In(zone))
		if to.Sub(from) < 72*time.Hour {
			text = t.In(zone).Format("02-Jan 15:04")
		}
		if text != last {
			out = append(out, tick{x.at(seconds(t)), text})
		}
		last = text
	}
	return out
}

func newsHeight(total int) float64 { return 3 + float64(min(total, 14))*3.2 }

func newsTrendWords(sets []chart.ObservationSet) string {
	var b strings.Builder
	b.WriteString("NEWS2 totals, oldest first:")
	for _, s := range sets {
		b.WriteString(" " + s.Total)
	}
	return b.String()
}

func oxygenWords(s *chart.ObservationSet) string {
	switch s.Reading.Oxygen {
	case uk.Air:
		return "Air"
	case uk.Supplemental:
		return join(" ", "Oxygen", s.Flow)
	}
	return ""
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// anchor keeps the first and last label of an axis inside the drawing.
func anchor(n, of int) string {
	switch {
	case of == 1:
		return "middle"
	case n == 0:
		return "start"
	case n == of-1:
		return "end"
	}
	return "middle"
}
