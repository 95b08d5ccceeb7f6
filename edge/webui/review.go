package webui

import (
	"concord/care/chart"
	"concord/record"
)

// conflictRow is one pair that the stewards look at, side by side.
type conflictRow struct {
	Sides   *chart.Demographics
	Differs []string
	Found   chart.When
}

// review is /mpi/review: entries that share an NHS number and do not agree on
// who it is. They are never joined silently.
func (s *Site) review(v *visit) (*answer, error) {
	list, err := v.errand.Conflicts(v.Context())
	if err != nil {
		return nil, err
	}
	lens := s.at()
	rows := make([]conflictRow, 0, len(list))
	for _, c := range list {
		pair := &record.Person{Entries: []*record.Item{c.A, c.B}}
		rows = append(rows, conflictRow{Sides: lens.Demographics(pair), Differs: c.Differs, Found: lens.Moment(c.Found)})
	}
	return &answer{frame: frame{Title: "Identity review", Nav: "review"}, body: reviewPage(rows)}, nil
}
