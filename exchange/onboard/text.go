package onboard

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Text tells a report in words, beside that of the trial before, nil if there
// was none: what has changed stands in brackets.
func (r *Report) Text(out io.Writer, before *Report) error {
	fmt.Fprintf(out, "%s, trial %d (%s), taken %s, %d part(s): %d rows, %d refused, %d can be loaded; %.1f s\n", r.Trust, r.Trial, r.Extract,
		r.Taken.Format("2006-01-02 15:04"), r.Parts, r.Rows, r.Refused, r.Loadable, r.Seconds)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "rows\trefused\tmended\tcan be loaded\t\t  class\t")
	for i, c := range r.Classes {
		change := ""
		if before != nil && i < len(before.Classes) {
			change = fmt.Sprintf("(%+d)", c.Loadable-before.Classes[i].Loadable)
		}
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%s\t  %s\t\n", c.Rows, c.Refused, c.Mended, c.Loadable, change, c.Class)
	}
	if u := r.Unread; u != nil {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t\t  that cannot be read\t\n", u.Rows, u.Refused, u.Rows-u.Refused, 0)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	r.problems(out, before)
	r.numbers(out, before)
	r.gaps(out)
	r.Waiting.text(out)
	return nil
}

func (r *Report) problems(out io.Writer, before *Report) {
	was := map[Problem]int64{}
	if before != nil {
		for _, p := range before.Problems {
			n := p.Rows
			p.Rows = 0
			was[p] = n
		}
	}
	fmt.Fprintln(out)
	for _, p := range r.Problems {
		what, change := "kept", ""
		if p.Refused {
			what = "refused"
		}
		if before != nil {
			key := p
			key.Rows = 0
			change = fmt.Sprintf(" (%+d)", p.Rows-was[key])
		}
		name := strings.Trim(p.Class+"."+p.Column, ".")
		fmt.Fprintf(out, "%10d%s  %s, %s: %s\n", p.Rows, change, p.Code, what, name)
	}
}

// gaps tells columns that are not filled throughout, and days that so many
// rows share that they are a default.
func (r *Report) gaps(out io.Writer) {
	for _, c := range r.Classes {
		for _, col := range c.Columns {
			if c.Rows > 0 && col.Share < 0.999 {
				fmt.Fprintf(out, "%9.1f%%  filled: %s.%s\n", 100*col.Share, c.Class, col.Column)
			}
			for _, h := range col.Heaps {
				fmt.Fprintf(out, "%10d  rows share one day: %s.%s %s\n", h.Rows, c.Class, col.Column, h.Value)
			}
		}
	}
}

func (w *Waiting) text(out io.Writer) {
	if w.Pathways+w.Listed == 0 {
		return
	}
	fmt.Fprintf(out, "\nwaiting lists: %d pathways, %d clocks run, %d are on no list; of %d rows %d say what the events say\n", w.Pathways, w.Running, w.Unlisted, w.Listed, w.Equal)
	for _, k := range slices.Sorted(maps.Keys(w.Differ)) {
		fmt.Fprintf(out, "%10d  differ in %s\n", w.Differ[k], k)
	}
	for _, k := range slices.Sorted(maps.Keys(w.Findings)) {
		fmt.Fprintf(out, "%10d  %s in the events\n", w.Findings[k], k)
	}
}

// Trend tells how the reports of trials compare, the oldest first.
func Trend(out io.Writer, reports []*Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(what string, value func(*Report) string) {
		for _, r := range reports {
			fmt.Fprintf(w, "%s\t", value(r))
		}
		fmt.Fprintf(w, "  %s\t\n", what)
	}
	line("trial", func(r *Report) string { return strconv.Itoa(r.Trial) })
	line("taken", func(r *Report) string { return r.Taken.Format("2006-01-02") })
	line("rows", func(r *Report) string { return fmt.Sprint(r.Rows) })
	line("refused", func(r *Report) string { return fmt.Sprint(r.Refused) })
	line("refused, of 10,000", func(r *Report) string { return fmt.Sprintf("%.1f", 1e4*float64(r.Refused)/float64(max(1, r.Rows))) })
	for i, c := range Layout() {
		line(c.Name+" that can be loaded", func(r *Report) string { return fmt.Sprint(r.Classes[i].Loadable) })
	}
	line("waiting lists that differ", func(r *Report) string { return fmt.Sprint(r.Waiting.Listed - r.Waiting.Equal) })
	line("clocks on no list", func(r *Report) string { return fmt.Sprint(r.Waiting.Unlisted) })
	for _, n := range numberColumns() {
		if slices.ContainsFunc(reports, func(r *Report) bool { return r.numberCheck(n.class, n.column) != nil }) {
			line(n.class+"."+n.column+" that do not fit the "+string(n.kind), func(r *Report) string {
				if c := r.numberCheck(n.class, n.column); c != nil {
					return fmt.Sprint(c.Misfits)
				}
				return "–" // held against none
			})
		}
	}
	seen := map[Problem]bool{}
	for _, r := range reports {
		for _, p := range r.Problems {
			p.Rows = 0
			if seen[p] {
				continue
			}
			seen[p] = true
			line(p.Class+"."+p.Column+" "+p.Code, func(r *Report) string {
				for _, q := range r.Problems {
					n := q.Rows
					if q.Rows = 0; q == p {
						return fmt.Sprint(n)
					}
				}
				return "0"
			})
		}
	}
	return w.Flush()
}
