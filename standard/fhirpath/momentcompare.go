package fhirpath

import "time"

// The offsets of an unknown time zone lie between these, in minutes.
const (
	eastmost = 14 * 60
	westmost = -12 * 60
)

// compare orders two moments. known is false when their precision, or an
// offset that only one of them has, leaves the order open
// (http://hl7.org/fhirpath/N1/#datetime-equality).
func (m *moment) compare(o *moment) (order int, known bool) {
	sameZone := m.zoned == o.zoned || m.clock
	mLow, mHigh := m.span(!sameZone)
	oLow, oHigh := o.span(!sameZone)
	switch {
	case mHigh.Before(oLow):
		return -1, true
	case oHigh.Before(mLow):
		return 1, true
	case sameZone && m.precision == o.precision && mLow.Equal(oLow):
		return 0, true
	}
	return 0, false
}

// span gives the first and the last moment that are meant; open tells that an
// offset which is not given may be any.
func (m *moment) span(open bool) (low, high time.Time) {
	low = m.start()
	high = low
	switch m.precision {
	case toYear:
		high = low.AddDate(1, 0, 0).Add(-1)
	case toMonth:
		high = low.AddDate(0, 1, 0).Add(-1)
	case toDay:
		high = low.AddDate(0, 0, 1).Add(-1)
	case toHour:
		high = low.Add(time.Hour - 1)
	case toMinute:
		high = low.Add(time.Minute - 1)
	}
	if open && !m.zoned {
		return low.Add(-eastmost * time.Minute), high.Add(-westmost * time.Minute)
	}
	return low, high
}

// start is the first moment, in UTC when the offset is given.
func (m *moment) start() time.Time {
	return time.Date(m.year, time.Month(max(m.month, 1)), max(m.day, 1), m.hour, m.minute-m.offset, m.second, m.nano, time.UTC)
}

// equivalent: same precision, same moment
// (http://hl7.org/fhirpath/N1/#datetime-equivalence).
func (m *moment) equivalent(o *moment) bool {
	order, known := m.compare(o)
	return known && order == 0
}
