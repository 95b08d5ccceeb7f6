package uk

import "time"

// RTTPeriod is one clock: from its start to its stop.
type RTTPeriod struct {
	Start     time.Time
	StartedBy RTTStatus // 10, 11 or 12; "" = the source gave the day alone
	Stop      time.Time // zero = it runs
	StoppedBy RTTStatus // 30 to 36
	Providers []string  // in order, without repetition in a row
}

// Running tells whether the clock runs.
func (p RTTPeriod) Running() bool { return p.Stop.IsZero() }

// Days waited up to a day, or to the stop if that came first; never negative.
func (p RTTPeriod) Days(on time.Time) int {
	if !p.Running() && p.Stop.Before(on) {
		on = p.Stop
	}
	return max(0, int(civil(on).Sub(civil(p.Start))/(24*time.Hour)))
}

// Weeks are whole weeks waited.
func (p RTTPeriod) Weeks(on time.Time) int { return p.Days(on) / 7 }

// WithinEighteen tells whether the wait is within 18 weeks: 126 days, the last
// included.
func (p RTTPeriod) WithinEighteen(on time.Time) bool { return p.Days(on) <= 18*7 }

// seen notes who goes on with the clock.
func (p *RTTPeriod) seen(e *RTTEvent) {
	if n := len(p.Providers); e.Provider != "" && (n == 0 || p.Providers[n-1] != e.Provider) {
		p.Providers = append(p.Providers, e.Provider)
	}
}

// civil is the calendar day of a time, at midnight UTC, so that a day has 24
// hours whatever the clocks do.
func civil(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
