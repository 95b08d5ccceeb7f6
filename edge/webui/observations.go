package webui

import (
	"strings"
	"time"

	"concord/care/chart"
	"concord/fault"
)

// observations is /p/{id}/obs: the NEWS2 chart.
func (s *Site) observations(v *visit) (*answer, error) {
	before, err := instant(v.URL.Query().Get("before"))
	if err != nil {
		return nil, err
	}
	o, err := s.open(v, "obs", chart.ObservationSections(before))
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Observations", answer{body: observationsPage(o.frame, o.lens.Observations(o.chart), before != "", s.Zone)})
}

// instant checks a time that came in a URL.
func instant(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return "", fault.New(fault.Invalid, "webui.before", "the time in the address cannot be read")
	}
	return text, nil
}

// clock is the time of day of a moment, if it has one.
func clock(w chart.When) string {
	if _, after, ok := strings.Cut(w.Text, " "); ok {
		return after
	}
	return ""
}

func sameDay(sets []chart.ObservationSet, n int) bool {
	return n > 0 && sets[n].When.Day() == sets[n-1].When.Day()
}
