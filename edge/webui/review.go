package webui

import (
	"fmt"
	"strings"

	"concord/care/chart"
	"concord/record"
	"concord/standard/match"
)

// conflictRow is one pair that the stewards look at, side by side.
type conflictRow struct {
	Sides   *chart.Demographics
	Differs []string
	Found   chart.When
	Weight  match.Waterfall
	Guards  []string
}

// Title says in what the two differ.
func (r conflictRow) Title() string {
	if len(r.Differs) == 0 {
		return "May be one person"
	}
	return "Differ in " + strings.Join(r.Differs, ", ")
}

// Sure says how likely the model holds it that both are one person, in words.
func (r conflictRow) Sure() string {
	p := match.Probability(r.Weight.Weight)
	switch {
	case p < 0.01:
		return "The model holds it for unlikely that they are one person."
	case p > 0.9999:
		return "The model holds it for almost sure that they are one person, but for what stands below."
	}
	return fmt.Sprintf("The model gives %.0f in 100 that they are one person.", p*100)
}

// pairName tells one pair of the page from another.
func pairName(i int) string { return fmt.Sprintf("Pair %d", i+1) }

// review is /mpi/review: pairs of entries that wait for a steward, likeliest
// first.
func (s *Site) review(v *visit) (*answer, error) {
	list, err := v.errand.Conflicts(v.Context())
	if err != nil {
		return nil, err
	}
	lens := s.at()
	rows := make([]conflictRow, 0, len(list))
	for _, c := range list {
		pair := &record.Person{Entries: []*record.Item{c.A, c.B}}
		rows = append(rows, conflictRow{Sides: lens.Demographics(pair), Differs: c.Differs, Found: lens.Moment(c.Found), Weight: c.Waterfall, Guards: c.Waterfall.Guards})
	}
	return &answer{frame: frame{Title: "Identity review", Nav: "review"}, body: reviewPage(rows)}, nil
}
