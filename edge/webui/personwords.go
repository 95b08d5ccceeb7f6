package webui

import (
	"time"

	"concord/standard/uk"
)

// day is the first day of a role profile in words.
func (s *Site) day(t time.Time) string {
	if t.IsZero() {
		return "Always"
	}
	return uk.DisplayDate(t.In(s.Zone))
}

// lastDay is the last day of a role profile in words: the day of the moment
// before it ends.
func (s *Site) lastDay(t time.Time) string {
	if t.IsZero() {
		return "No end"
	}
	return uk.DisplayDate(t.Add(-time.Nanosecond).In(s.Zone))
}
