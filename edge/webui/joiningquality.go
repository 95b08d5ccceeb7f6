package webui

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"concord/care/chart"
	"concord/exchange/onboard"
	"concord/record/access"
	"concord/standard/uk"
)

// qualityView is what the page of a trial's data quality shows: counts, codes and days,
// and no value of a patient.
type qualityView struct {
	Org      chart.Organisation
	Trial    int
	Source   string
	Taken    chart.When
	Summary  string // "" = it was not profiled
	Before   int    // the trial that it is held against, 0 = none
	Stale    bool
	Classes  []qualityClass
	Problems []qualityProblem
	Waiting  []qualityFact
	Files    []refusedFile
	Folder   string // of the files, within the stage
}

type qualityClass struct {
	Title, Rows, Refused, Mended, Loadable, Before string
	Gaps                                           string // in words
	Columns                                        []qualityColumn
}

type qualityColumn struct{ Name, Filled, Range, Values string }

type qualityProblem struct {
	Where, Column, What, Code, Rows, Before string
	Refused                                 bool
}

type qualityFact struct{ Name, Value string }

type refusedFile struct{ Name, When string }

// quality is /onboard/{org}/trials/{extract}/quality: what is wrong with the data of a
// trial, class by class, beside the trial before.
func (s *Site) quality(v *visit) (*answer, error) {
	stage, x, err := s.foundExtract(v, access.WatchJoin)
	if err != nil {
		return nil, err
	}
	page := qualityView{Org: s.organisation(x.Trust), Trial: x.Trial, Source: x.Source, Taken: s.at().Moment(x.Taken)}
	r, err := x.Report()
	if err != nil {
		return nil, err
	}
	if r != nil {
		if err := fillQuality(stage, x, r, &page); err != nil {
			return nil, err
		}
	}
	return &answer{frame: frame{Title: "Quality of the data: " + page.Org.Short, Nav: "onboard"}, body: qualityBody(page)}, nil
}

func fillQuality(stage *onboard.Stage, x *onboard.Extract, r *onboard.Report, page *qualityView) error {
	before, err := profiledBefore(stage, x)
	if err != nil {
		return err
	}
	files, err := x.RefusedFiles()
	if err != nil {
		return err
	}
	for _, f := range files {
		page.Files = append(page.Files, refusedFile{f.Step + "/" + f.Name, refusedWhen(f.Step)})
	}
	page.Folder = x.RefusedFolder()
	page.Stale = r.Parts != len(x.Parts)
	page.Summary = thousands(int(r.Rows)) + " rows were read, " + thousands(int(r.Refused)) + " (" + percentWords(r.Refused, r.Rows) + ") are refused, " + thousands(int(r.Loadable)) + " can be loaded."
	if before != nil {
		page.Before = before.Trial
	}
	page.Classes = qualityClasses(r, before)
	page.Problems = qualityProblems(r, before)
	page.Waiting = qualityWaiting(&r.Waiting)
	return nil
}

func refusedWhen(step string) string {
	switch {
	case step == "profile":
		return "when rows were held against each other"
	case step == "load":
		return "by the record, when the rest was loaded"
	case step == "part-1":
		return "when the extract was staged"
	}
	return "when mended rows were staged"
}

// profiledBefore is the report of the trial before, nil if there is none.
func profiledBefore(stage *onboard.Stage, x *onboard.Extract) (*onboard.Report, error) {
	list, err := stage.Extracts()
	if err != nil {
		return nil, err
	}
	for _, other := range slices.Backward(list) {
		if other.Trial >= x.Trial {
			continue
		}
		if r, err := other.Report(); err != nil || r != nil {
			return r, err
		}
	}
	return nil, nil
}

func qualityClasses(r, before *onboard.Report) (out []qualityClass) {
	for i, c := range r.Classes {
		row := qualityClass{Title: classTitle(c.Class), Rows: thousands(int(c.Rows)), Refused: thousands(int(c.Refused)), Mended: thousands(int(c.Mended)), Loadable: thousands(int(c.Loadable))}
		if before != nil && i < len(before.Classes) {
			row.Before = thousands(int(before.Classes[i].Loadable))
		}
		if c.Rows > 0 {
			row.Columns, row.Gaps = qualityColumns(&c)
		}
		out = append(out, row)
	}
	if u := r.Unread; u != nil {
		row := qualityClass{Title: "Resources and messages that cannot be read", Rows: thousands(int(u.Rows)), Refused: thousands(int(u.Refused)), Mended: thousands(int(u.Rows - u.Refused)), Loadable: "0"}
		if before != nil {
			row.Before = "0"
		}
		out = append(out, row)
	}
	return out
}

// filled is from which share on a column counts as filled throughout.
const filled = 0.999

func qualityColumns(c *onboard.ClassReport) (out []qualityColumn, gaps string) {
	n := 0
	for _, col := range c.Columns {
		x := qualityColumn{Name: col.Column, Filled: strconv.FormatFloat(100*col.Share, 'f', 1, 64) + " %"}
		if col.Share < filled {
			n++
		}
		if col.Earliest != "" {
			x.Range = uk.DisplayPartialDate(col.Earliest) + " to " + uk.DisplayPartialDate(col.Latest)
		}
		var values []string
		for _, h := range col.Heaps {
			values = append(values, uk.DisplayPartialDate(h.Value)+" in "+count(int(h.Rows), "row"))
		}
		for _, code := range col.Codes[:min(len(col.Codes), shownCodes)] {
			values = append(values, code.Value+" "+thousands(int(code.Rows)))
		}
		if more := col.Distinct - shownCodes; more > 0 && len(col.Codes) > 0 {
			values = append(values, thousands(more)+" more")
		}
		x.Values = strings.Join(values, ", ")
		out = append(out, x)
	}
	if n == 0 {
		return out, "every column is filled throughout"
	}
	return out, count(n, "column") + " of " + strconv.Itoa(len(c.Columns)) + " not filled throughout"
}

// shownCodes is how many of a column's codes are shown.
const shownCodes = 5

func qualityProblems(r, before *onboard.Report) (out []qualityProblem) {
	was := map[onboard.Problem]int64{}
	if before != nil {
		for _, p := range before.Problems {
			n := p.Rows
			p.Rows = 0
			was[p] += n
		}
	}
	row := func(p onboard.Problem) qualityProblem {
		n := p.Rows
		p.Rows = 0
		x := qualityProblem{Where: cmp.Or(classTitle(p.Class), p.Column), What: problemWords(p.Code), Code: p.Code, Rows: thousands(int(n)), Refused: p.Refused, Before: thousands(int(was[p]))}
		if p.Class != "" {
			x.Column = p.Column
		}
		delete(was, p)
		return x
	}
	for _, p := range r.Problems {
		out = append(out, row(p))
	}
	gone := slices.SortedFunc(maps.Keys(was), func(a, b onboard.Problem) int {
		return strings.Compare(a.Class+a.Column+a.Code, b.Class+b.Column+b.Code)
	})
	for _, p := range gone { // what the trial before had, and this one has not
		out = append(out, row(p))
	}
	return out
}

func qualityWaiting(w *onboard.Waiting) []qualityFact {
	number := func(n int64) string { return thousands(int(n)) }
	out := []qualityFact{
		{"Pathways with events", number(w.Pathways)}, {"Clocks that run", number(w.Running)}, {"Rows of waiting lists", number(w.Listed)},
		{"Of them, rows that say what the events come to", number(w.Equal)}, {"Clocks that run and are on no list", number(w.Unlisted)},
	}
	for _, k := range slices.Sorted(maps.Keys(w.Differ)) {
		out = append(out, qualityFact{"Rows in which they differ: " + differWords(k), number(w.Differ[k])})
	}
	for _, k := range slices.Sorted(maps.Keys(w.Findings)) {
		out = append(out, qualityFact{"Events that do not add up: " + findingWords(k), number(w.Findings[k])})
	}
	return out
}
