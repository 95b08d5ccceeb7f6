package chart

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// ObservationSet is what was measured at one time.
type ObservationSet struct {
	When      When
	Source    Source
	Reading   uk.Reading
	Score     uk.Score
	Diastolic string
	Flow      string // oxygen flow, "2 L/min"
	Total     string // "5", or "No total"
	Sent      string // the total that the sender computed, "" if none
	Missing   []string
	values    map[string]string // by key of uk.Vital
	refs      map[string]string
}

// scoredFrom is how many parameters make a set one of early-warning
// observations: a blood pressure at a check-up is none.
const scoredFrom = 3

// Scored tells whether the set is one of early-warning observations rather
// than a single measurement.
func (s *ObservationSet) Scored() bool {
	n := 0
	for _, p := range s.Score.Parts {
		if s.values[p.Key] != "" {
			n++
		}
	}
	return n >= scoredFrom
}

// Ref is the item behind one of the values.
func (s *ObservationSet) Ref(key string) string { return s.refs[key] }

// Observations is the page of observations with the NEWS2 chart.
type Observations struct {
	Sets       []ObservationSet // oldest first, the newest at the right
	Parameters []Parameter
	Scale2     bool             // the newest set was scored on SpO₂ scale 2
	Target     Target           // a recorded target saturation that asks for scale 2
	Readings   []ObservationSet // everything measured in the time of the chart, oldest first
	Child      bool             // under 16: the chart is not for them, everything stands under Others
	Older      string           // dateTime before which the earlier page begins
	Others     []Test           // weight, height, pain and the like, newest cell first
	Withheld   bool
}

// chartedSets fits a page of A4 landscape and a screen without scrolling.
const chartedSets = 11

const newestVitals = 600

// ObservationSections is the query of the observations page.
func ObservationSections(before string) []record.Section {
	where := "category=vital-signs"
	if before != "" {
		where += "&date=lt" + url.QueryEscape(before)
	}
	return append(BannerSections(), record.Section{Type: "Observation", Where: where, Newest: newestVitals})
}

// Observations reads the observations page.
func (l Lens) Observations(c *record.Chart) *Observations {
	items, ok := list(c, bannerSections)
	o := &Observations{Withheld: !ok, Child: l.Identity(&c.Person).Child}
	if o.Child {
		o.Others = l.others(items, nil)
		o.Readings = readings(l.observationSets(items), nil)
		return o
	}
	all := l.observationSets(items)
	var scored []ObservationSet
	for _, s := range all {
		if s.Scored() {
			scored = append(scored, s)
		}
	}
	if len(scored) > chartedSets {
		scored = scored[len(scored)-chartedSets:]
		o.Older = scored[0].When.At.UTC().Format(time.RFC3339)
	}
	o.Sets = scored
	var scale1, scale2 bool
	for n := range o.Sets {
		o.Scale2 = o.Sets[n].Reading.Scale2
		scale1, scale2 = scale1 || !o.Scale2, scale2 || o.Scale2
	}
	o.Parameters = parameters(scale1, scale2)
	for n := range o.Parameters {
		o.Parameters[n].place(o.Sets)
	}
	o.Others = l.others(items, charted(all))
	o.Readings = readings(all, o.Sets)
	o.Target = l.target(c, items)
	return o
}

// observationSets groups vital signs by organisation and minute, oldest first.
func (l Lens) observationSets(items []*record.Item) []ObservationSet {
	var sets []*ObservationSet
	index := make(map[string]*ObservationSet)
	for _, i := range items {
		r := i.Resource
		if withdrawn(r) {
			continue
		}
		w := l.observed(r)
		key := i.Org + w.At.Truncate(time.Minute).String()
		s := index[key]
		if s == nil {
			s = &ObservationSet{When: w, Source: l.source(i), values: map[string]string{}, refs: map[string]string{}}
			index[key] = s
			sets = append(sets, s)
		}
		if s.Source.Recorder == noRecorder {
			s.Source.Recorder = recorder(r)
		}
		s.take(l, r, i.Ref())
	}
	out := make([]ObservationSet, 0, len(sets))
	for _, s := range sets {
		s.score()
		out = append(out, *s)
	}
	slices.SortStableFunc(out, func(a, b ObservationSet) int {
		return cmp.Or(a.When.At.Compare(b.When.At), cmp.Compare(a.Source.Org.Code, b.Source.Org.Code))
	})
	return out
}

// take files one observation and its components under the keys of uk.Vital.
func (s *ObservationSet) take(l Lens, o *fhir.Value, ref string) {
	if key := vitalKey(o.Get("code")); key != "" {
		s.file(key, l, o, ref)
	}
	for c := range o.Get("component").Each() {
		if key := vitalKey(c.Get("code")); key != "" {
			s.file(key, l, c, ref)
		}
	}
	if strings.Contains(strings.ToLower(fhir.ConceptText(o.Get("code"))), "scale 2") ||
		fhir.ConceptText(o.Get("method")) == "SpO2 scale 2" {
		s.Reading.Scale2 = true
	}
}

func (s *ObservationSet) file(key string, l Lens, o *fhir.Value, ref string) {
	m := l.measured(o)
	if m.Text == "" || s.values[key] != "" {
		return
	}
	s.values[key], s.refs[key] = m.Text, ref
	switch key {
	case "respiration-rate":
		s.Reading.RespirationRate = plainNumber(o)
	case "oxygen-saturation":
		s.Reading.OxygenSaturation = plainNumber(o)
	case "systolic-pressure":
		s.Reading.SystolicPressure = plainNumber(o)
	case "pulse":
		s.Reading.Pulse = plainNumber(o)
	case "temperature":
		s.Reading.Temperature = celsius(o, m)
	case "diastolic-pressure":
		s.Diastolic = plainNumber(o)
	case "consciousness":
		s.Reading.Consciousness = consciousness(o)
	case "inspired-oxygen":
		s.Reading.Oxygen, s.Flow = oxygen(o, m)
	case "news2":
		s.Sent = m.Text
	}
}

func plainNumber(o *fhir.Value) string {
	if q := o.Get("valueQuantity"); q.StrAt("comparator") == "" && q.Get("value") != nil {
		return q.Get("value").Raw()
	}
	return o.Get("valueInteger").Raw()
}

func celsius(o *fhir.Value, m Measured) string {
	if m.Unit == "°F" {
		return strconv.FormatFloat((m.Number-32)*5/9, 'f', 1, 64)
	}
	return plainNumber(o)
}

func consciousness(o *fhir.Value) uk.Consciousness {
	for _, c := range fhir.Codings(o.Get("valueCodeableConcept")) {
		if level := uk.ConsciousnessByCode(c.Code); level != uk.ConsciousnessUnknown {
			return level
		}
	}
	text := o.StrAt("valueString")
	if text == "" {
		text = fhir.ConceptText(o.Get("valueCodeableConcept"))
	}
	switch strings.ToUpper(text) {
	case "A", "ALERT":
		return uk.Alert
	case "C", "CONFUSION", "NEW CONFUSION":
		return uk.Confusion
	case "V", "VOICE", "RESPONDS TO VOICE":
		return uk.Voice
	case "P", "PAIN", "RESPONDS TO PAIN":
		return uk.Pain
	case "U", "UNRESPONSIVE":
		return uk.Unresponsive
	}
	return uk.ConsciousnessUnknown
}

// oxygen reads a flow (L/min), a fraction (21 % is air) or words.
func oxygen(o *fhir.Value, m Measured) (uk.Oxygen, string) {
	if m.Drawn {
		if m.Number == 0 || m.Unit == "%" && m.Number <= 21 {
			return uk.Air, ""
		}
		return uk.Supplemental, strings.TrimSpace(m.Text + " " + m.Unit)
	}
	text := strings.ToLower(m.Text)
	switch {
	case strings.Contains(text, "air"):
		return uk.Air, ""
	case strings.Contains(text, "oxygen") || strings.Contains(text, "mask") || strings.Contains(text, "cannula"):
		return uk.Supplemental, m.Text
	}
	return uk.OxygenUnknown, m.Text
}

func vitalKey(code *fhir.Value) string {
	for _, c := range fhir.Codings(code) {
		if v, ok := uk.VitalByCode(c.System, c.Code); ok {
			return v.Key
		}
	}
	return ""
}

// score works the total out; what was not measured is named.
func (s *ObservationSet) score() {
	s.Score = uk.NEWS2(s.Reading)
	for _, p := range s.Score.Parts {
		if v, ok := uk.VitalByKey(p.Key); ok && !p.Scored {
			s.Missing = append(s.Missing, strings.ToLower(v.Name))
		}
	}
	s.Total = "No total"
	if s.Score.Complete {
		s.Total = strconv.Itoa(s.Score.Total)
	}
}

// place puts each set's value into its band.
func (p *Parameter) place(sets []ObservationSet) {
	for n := range p.Bands {
		p.Bands[n].Cells = make([]BandCell, len(sets))
	}
	p.Missing = make([]string, len(sets))
	for n := range sets {
		s := &sets[n]
		if p.Key == "oxygen-saturation" && p.Scale2 != s.Reading.Scale2 {
			continue // stands in the block of the other scale
		}
		row, ok := bandOf(p.Key, s.Reading, s.Score)
		switch {
		case ok:
			p.Bands[row].Cells[n] = BandCell{Text: s.shown(p.Key), Ref: s.refs[p.Key]}
		case s.values[p.Key] != "":
			p.Missing[n] = s.values[p.Key]
		}
	}
}

// shown is what stands in the band: the number as recorded.
func (s *ObservationSet) shown(key string) string {
	switch key {
	case "inspired-oxygen":
		if s.Reading.Oxygen == uk.Air {
			return "Air"
		}
		return strings.TrimSuffix(strings.TrimSuffix(s.Flow, "L/min"), " ")
	case "consciousness":
		return s.Reading.Consciousness.String()
	case "systolic-pressure":
		if s.Diastolic != "" {
			return s.Pressure()
		}
	}
	return readable(readingText(key, s.Reading))
}

// charted names the items that stand on the chart: those of scored sets.
func charted(sets []ObservationSet) map[string]bool {
	refs := make(map[string]bool)
	for n := range sets {
		if sets[n].Scored() {
			for _, ref := range sets[n].refs {
				refs[ref] = true
			}
		}
	}
	return refs
}

// Pressure is systolic over diastolic, "" when not measured.
func (s *ObservationSet) Pressure() string {
	p := rounded(s.Reading.SystolicPressure, 3)
	if p != "" && s.Diastolic != "" {
		p += "/" + rounded(s.Diastolic, 3)
	}
	return p
}

// Value is what was measured of a parameter, ready to show.
func (s *ObservationSet) Value(key string) string { return readable(readingText(key, s.Reading)) }

// others are the observations that do not stand on the chart, as tests with
// their newest cell first.
func (l Lens) others(items []*record.Item, charted map[string]bool) []Test {
	var out []Test
	for _, i := range items {
		if charted[i.Ref()] {
			continue
		}
		for _, r := range l.results(i, inReport{}) {
			n := slices.IndexFunc(out, func(t Test) bool { return t.Key == r.key && t.Unit == r.unit })
			if n < 0 {
				out = append(out, Test{Key: r.key, Name: r.name, Unit: r.unit, Range: r.rng, Low: r.low, High: r.high})
				n = len(out) - 1
			}
			out[n].Cells = append(out[n].Cells, r.cell)
			if r.measured.Drawn {
				out[n].Points = append(out[n].Points, Point{r.cell.When.At, r.measured.Number, r.cell.Text, r.cell.Flag})
			}
		}
	}
	for n := range out {
		slices.Reverse(out[n].Points)
	}
	return out
}
