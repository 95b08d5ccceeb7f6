package webui

import (
	"cmp"
	"net/http"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/record/person"
)

// compareView is two people beside each other, or the form that asks whom.
type compareView struct {
	A, B   string // as asked: NHS numbers or ids
	Row    *pairRow
	Same   bool
	More   int
	Said   []ruledRow // rulings that stand between the two
	Errors []fieldError
}

// compare is /mpi/compare?a=…&b=…: any two people or entries side by side, so that a
// steward can rule on those whom the model did not put before them.
func (s *Site) compare(v *visit) (*answer, error) {
	x := compareView{A: strings.TrimSpace(v.URL.Query().Get("a")), B: strings.TrimSpace(v.URL.Query().Get("b"))}
	status := 0
	if x.A != "" && x.B != "" {
		if err := s.comparePair(v, &x); err != nil {
			f := fault.Of(err)
			if f.Kind != fault.Invalid && f.Kind != fault.NotFound {
				return nil, err
			}
			text := sentenceOf(f.Text)
			if f.Kind == fault.NotFound {
				text = "Nobody with that number or id is known here."
			}
			x.Errors, status = []fieldError{{cmp.Or(f.At, "b"), text}}, http.StatusBadRequest
		}
	}
	return &answer{status: status, frame: frame{Title: "Compare two people", Nav: "review", Forms: true}, body: comparePage(x)}, nil
}

func (s *Site) comparePair(v *visit, x *compareView) error {
	var ids [2]string
	for i, text := range []string{x.A, x.B} {
		var err error
		if ids[i], err = v.errand.IDOf(v.Context(), text); err != nil {
			return fault.Of(err).In([]string{"a", "b"}[i])
		}
	}
	c, err := v.errand.Compare(v.Context(), ids[0], ids[1])
	if err != nil {
		return err
	}
	both := &record.Person{Entries: append(append([]*record.Item{}, c.A...), c.B...)}
	lens := s.at()
	for _, d := range c.Said {
		x.Said = append(x.Said, ruledRow{ID: d.Ruling, Who: d.Who, Why: d.Why, What: decidedWords(d.Outcome), At: lens.Moment(d.At)})
	}
	x.Row, x.Same, x.More = &pairRow{A: ids[0], B: ids[1], Sides: lens.Demographics(both), Differs: c.Differs, Weight: c.Waterfall}, c.Same, c.More
	return nil
}

func decidedWords(o person.Outcome) string {
	switch o {
	case person.Joined:
		return verbWords(person.Join)
	case person.Apart:
		return verbWords(person.Part)
	case person.More:
		return verbWords(person.NeedMore)
	}
	return "Decided"
}
