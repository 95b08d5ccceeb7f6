package webui

import (
	"strconv"
	"strings"

	"concord/care/chart"
	"concord/exchange/onboard"
	"concord/exchange/onboard/reconcile"
)

// trialRow is one extract in the list of trials.
type trialRow struct {
	ID, Source           string
	Trial                int
	Taken                chart.When
	Rows, Refused, Lists string
	Misfits              string // numbers that do not fit the org pack
	Numbering            []misfitRow
	Match, Load, Report  string
	Delta                string   // what it brings, where it is a delta
	Kept                 []string // what an undo has left, since it was changed
	Codes                string   // what an undo did with the codes that the load had published
	Profiled, Stale      bool
	Newest               bool
}

func (s *Site) trialRows(list []*onboard.Extract) ([]trialRow, error) {
	var out []trialRow
	for i, x := range list {
		r := trialRow{ID: x.ID, Source: x.Source, Trial: x.Trial, Taken: s.at().Moment(x.Taken), Rows: "not profiled", Refused: "–", Lists: "–", Misfits: "–", Match: "not matched", Load: "not loaded", Newest: i == len(list)-1}
		p, err := x.Report()
		if err != nil {
			return nil, err
		}
		if p != nil {
			r.Profiled, r.Stale = true, p.Parts != len(x.Parts)
			r.Rows, r.Refused = thousands(int(p.Rows)), thousands(int(p.Refused))+" ("+percentWords(p.Refused, p.Rows)+")"
			r.Lists = thousands(int(p.Waiting.Listed-p.Waiting.Equal+p.Waiting.Unlisted)) + " of " + thousands(int(p.Waiting.Listed+p.Waiting.Unlisted))
		}
		if p != nil && len(p.Numbering) > 0 {
			misfits, held := p.Misfits()
			r.Misfits, r.Numbering = thousands(int(misfits))+" of "+thousands(int(held)), misfitRows(p)
		}
		if r.Delta, err = deltaWords(x); err != nil {
			return nil, err
		}
		m, err := x.Matching()
		if err != nil {
			return nil, err
		}
		if m != nil {
			r.Match = percentWords(int64(m.Overlap*1e6), 1e6) + " known, " + thousands(int(m.By["possible"])) + " possible, " + count(int(m.By["conflict"]), "conflict")
		}
		if err := s.loadWords(x, &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// misfitRow is how the numbers of a column fit the org pack.
type misfitRow struct {
	Column, Kind, Pattern string
	Misfits, Held         string
	First                 string // rows in words, and no value of theirs
}

func misfitRows(r *onboard.Report) []misfitRow {
	var out []misfitRow
	for _, n := range r.Numbering {
		var first []string
		for _, at := range n.First {
			first = append(first, at.Words())
		}
		out = append(out, misfitRow{Column: n.Class + "." + n.Column, Kind: string(n.Kind), Pattern: n.Pattern, Misfits: thousands(int(n.Misfits)),
			Held: thousands(int(n.Held)), First: strings.Join(first, ", ")})
	}
	return out
}

// deltaWords tells what a delta brings, "" for an extract that is loaded whole.
func deltaWords(x *onboard.Extract) (string, error) {
	d, err := x.Delta()
	if err != nil || d == nil {
		return "", err
	}
	var all onboard.DeltaCount
	for _, c := range d.Classes {
		all.New, all.Changed, all.Gone = all.New+c.New, all.Changed+c.Changed, all.Gone+c.Gone
	}
	return "delta: " + thousands(int(all.New)) + " new, " + thousands(int(all.Changed)) + " changed, " + thousands(int(all.Gone)) + " gone", nil
}

func (s *Site) loadWords(x *onboard.Extract, r *trialRow) error {
	l, err := x.Loading()
	if err != nil || l == nil {
		return err
	}
	r.Load = map[string]string{"loading": "being loaded", "loaded": "loaded " + s.at().Moment(l.Ended).Text, "undoing": "being taken back", "undone": "taken back " + s.at().Moment(l.Ended).Text}[l.State]
	if l.Undone() {
		u, err := x.Undone()
		if err != nil {
			return err
		}
		if u != nil {
			r.Codes = u.Codes.Words()
			for _, k := range u.Kept {
				r.Kept = append(r.Kept, k.Ref+", version "+strconv.FormatInt(k.Version, 10)+" by "+k.By+": "+map[string]string{"changed": "changed since", "needed": "somebody else's is about it", "joined": "still one person with the number that it was merged into; a steward parts them"}[k.Why])
			}
		}
	}
	rep, err := reconcile.Of(x)
	if err != nil || rep == nil {
		return err
	}
	sealed, err := reconcile.SealedOf(x, rep.Load)
	if err != nil {
		return err
	}
	switch {
	case rep.Load != l.Load:
		r.Report = "of an earlier load"
	case sealed != nil:
		r.Report = "signed"
	default:
		r.Report = "not signed"
	}
	if rep.Go {
		r.Report += ", go"
	} else {
		r.Report += ", no go"
	}
	return nil
}

func percentWords(part, of int64) string {
	if of == 0 {
		return "0 %"
	}
	return strconv.FormatFloat(100*float64(part)/float64(of), 'f', 1, 64) + " %"
}
