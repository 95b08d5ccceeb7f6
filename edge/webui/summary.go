package webui

import "concord/care/chart"

// summary is the first page of a record: /p/{id}/
func (s *Site) summary(v *visit) (*answer, error) {
	if !v.clinical() {
		return redirect("/p/" + v.PathValue("id") + "/demographics")
	}
	o, err := s.open(v, "", s.reading(v).SummarySections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Summary", answer{body: summaryPage(o.frame, o.lens.Summary(o.chart))})
}

// riskClass colours a NEWS2 total as the RCP's chart does.
func riskClass(set *chart.ObservationSet) string {
	if !set.Score.Complete {
		return "c-news--none"
	}
	switch {
	case set.Score.Total >= 7:
		return "c-news--3"
	case set.Score.Total >= 5:
		return "c-news--2"
	case threeIn(set):
		return "c-news--3in1"
	case set.Score.Total >= 1:
		return "c-news--1"
	}
	return "c-news--0"
}

func threeIn(set *chart.ObservationSet) bool {
	for _, p := range set.Score.Parts {
		if p.Points == 3 {
			return true
		}
	}
	return false
}

// riskWords is the clinical risk in the RCP's words.
func riskWords(set *chart.ObservationSet) string {
	switch {
	case !set.Score.Complete:
		return "No total"
	case set.Score.Total >= 7:
		return "High risk"
	case set.Score.Total >= 5:
		return "Medium risk"
	case threeIn(set):
		return "Low–medium risk: 3 in one parameter"
	}
	return "Low risk"
}
