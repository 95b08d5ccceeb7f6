package webui

import (
	"concord/care/chart"
	"concord/fault"
)

// results is /p/{id}/results: the cumulative table.
func (s *Site) results(v *visit) (*answer, error) {
	before, err := instant(v.URL.Query().Get("before"))
	if err != nil {
		return nil, err
	}
	o, err := s.open(v, "results", chart.ResultSections(before))
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Results", answer{body: resultsPage(o.frame, o.lens.Results(o.chart), before != "")})
}

// trend is /p/{id}/results/{test}: one test over time.
func (s *Site) trend(v *visit) (*answer, error) {
	key := v.PathValue("test")
	o, err := s.open(v, "results", chart.TrendSections(key))
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	t := o.lens.Trend(o.chart, key)
	if t.Name == "" {
		return nil, fault.New(fault.NotFound, "webui.test", "no result of that test")
	}
	return recordAnswer(o, t.Name, answer{body: trendPage(o.frame, t, s.Zone)})
}
