package search_test

import (
	"slices"
	"testing"
)

func sortText(s []string) { slices.Sort(s) }

func dated(value string) string {
	return `{"resourceType":"Observation","id":"o","status":"final",` + value + `}`
}

// TestDatePrefixes: each prefix at the edges of a day, of a moment, of a month
// and of periods with open ends (https://hl7.org/fhir/R4/search.html#prefix).
func TestDatePrefixes(t *testing.T) {
	matching{"a day", dated(`"effectiveDateTime":"2026-06-15"`),
		[]string{"date=2026-06-15", "date=2026-06", "date=2026", "date=ne2026-06-14", "date=ne2026-06-15T12:00:00Z", "date=gt2026-06-14", "date=lt2026-06-16", "date=ge2026-06-15", "date=le2026-06-15",
			"date=sa2026-06-14", "date=eb2026-06-16", "date=ap2026-06-16", "date=gt2026-06-15T10:00:00Z", "date=lt2026-06-15T10:00:00Z", "date=2026-06-14,2026-06-15", "date=ge2026-06-15&date=lt2026-06-16"},
		[]string{"date=2026-06-14", "date=2026-06-15T10:00:00Z", "date=ne2026-06-15", "date=ne2026-06", "date=gt2026-06-15", "date=lt2026-06-15", "date=ge2026-06-16", "date=le2026-06-14",
			"date=sa2026-06-15", "date=eb2026-06-15", "date=ap2026-06-18", "date=ge2026-06-16&date=lt2026-06-16"}}.run(t)
	matching{"a moment", dated(`"effectiveDateTime":"2026-06-15T10:30:00+01:00"`),
		[]string{"date=2026-06-15T10:30:00+01:00", "date=2026-06-15T09:30:00Z", "date=2026-06-15T10:30", "date=2026-06-15", "date=ge2026-06-15T09:30:00Z", "date=le2026-06-15T09:30:00Z", "date=gt2026-06-15T09:29:59Z", "date=lt2026-06-15T09:30:01Z"},
		[]string{"date=2026-06-15T10:30:00Z", "date=gt2026-06-15T09:30:00Z", "date=lt2026-06-15T09:30:00Z", "date=gt2026-06-15", "date=sa2026-06-15", "date=ne2026-06-15"}}.run(t)
	matching{"a month", dated(`"effectiveDateTime":"2026-06"`),
		[]string{"date=2026-06", "date=2026", "date=ge2026-06-15", "date=gt2026-06-15", "date=le2026-06-15", "date=lt2026-06-15", "date=gt2026-05", "date=sa2026-05-31"},
		[]string{"date=2026-06-15", "date=gt2026-06", "date=gt2026-06-30", "date=sa2026-06-01", "date=eb2026-06-30"}}.run(t)
	matching{"a period", dated(`"effectivePeriod":{"start":"2026-06-10","end":"2026-06-20"}`),
		[]string{"date=2026-06", "date=ge2026-06-19", "date=le2026-06-11", "date=ge2026-06", "date=gt2026-06-15", "date=lt2026-06-15", "date=sa2026-06-09", "date=eb2026-06-21", "date=ap2026-06-15"},
		[]string{"date=2026-06-15", "date=ge2026-06-20", "date=le2026-06-10", "date=gt2026-06-20", "date=lt2026-06-10", "date=ge2026-06-21", "date=le2026-06-09", "date=eb2026-06-20"}}.run(t)
	matching{"open end", dated(`"effectivePeriod":{"start":"2026-06-10"}`),
		[]string{"date=ge2030", "date=gt2030", "date=le2026-06-11", "date=sa2026-06-09", "date=ne2026-06-10", "date=ap2028"},
		[]string{"date=2026-06-10", "date=2026", "date=eb2030", "date=lt2026-06-10"}}.run(t)
	matching{"open start", dated(`"effectivePeriod":{"end":"2026-06-20"}`),
		[]string{"date=le1990", "date=lt1990", "date=ge2026-06-19", "date=eb2026-06-21"},
		[]string{"date=2026-06-20", "date=sa1990", "date=gt2026-06-20"}}.run(t)
	matching{"several events", dated(`"effectiveTiming":{"event":["2026-06-10","2026-06-12","2026-06-20"]}`),
		[]string{"date=2026-06", "date=ge2026-06-19", "date=le2026-06-11", "date=eb2026-06-21", "date=sa2026-06-09"},
		[]string{"date=2026-06-10", "date=gt2026-06-20", "date=eb2026-06-15"}}.run(t)
	matching{"a schedule within bounds", dated(`"effectiveTiming":{"repeat":{"boundsPeriod":{"start":"2026-06-10","end":"2026-06-20"},"frequency":1,"period":2,"periodUnit":"d"}}`),
		[]string{"date=2026-06", "date=ge2026-06-19", "date=ap2026-06-15", "date=eb2026-06-21", "date=sa2026-06-09", "date:missing=false"},
		[]string{"date=2026-06-15", "date=ge2026-06-21", "date=eb2026-06-20"}}.run(t)
	matching{"a schedule that goes on, with an event before it", dated(`"effectiveTiming":{"event":["2026-06-01"],"repeat":{"boundsPeriod":{"start":"2026-06-10"}}}`),
		[]string{"date=ge2030", "date=lt2026-06-02", "date=sa2026-05-31"}, []string{"date=2026", "date=sa2026-06-01", "date=eb2030"}}.run(t)
	matching{"no date", dated(`"code":{"text":"x"}`), []string{"date:missing=true"}, []string{"date=2026", "date=ne2026", "date=lt2026", "date:missing=false"}}.run(t)
}

// TestDatesWhenClocksChange: days without offset are days in London, also
// those of 23 and 25 hours.
func TestDatesWhenClocksChange(t *testing.T) {
	matching{"the night clocks go forward", dated(`"effectiveDateTime":"2026-03-29T23:30:00+01:00"`),
		[]string{"date=2026-03-29", "date=2026-03-29T22:30:00Z", "date=lt2026-03-30", "date=sa2026-03-28"}, []string{"date=2026-03-30", "date=ge2026-03-30"}}.run(t)
	matching{"the first hour of summer", dated(`"effectiveDateTime":"2026-03-29T01:30:00Z"`),
		[]string{"date=2026-03-29", "date=2026-03-29T02:30"}, []string{"date=2026-03-28"}}.run(t)
	matching{"half past midnight in summer", dated(`"effectiveDateTime":"2026-06-14T23:30:00Z"`),
		[]string{"date=2026-06-15", "date=ge2026-06-15", "date=2026-06-15T00:30"}, []string{"date=2026-06-14", "date=lt2026-06-15"}}.run(t)
	matching{"the last hour of the long day", dated(`"effectiveDateTime":"2026-10-25T23:59:59Z"`),
		[]string{"date=2026-10-25", "date=lt2026-10-26"}, []string{"date=2026-10-26", "date=gt2026-10-25"}}.run(t)
	matching{"a day of 25 hours", dated(`"effectiveDateTime":"2026-10-25"`),
		[]string{"date=2026-10-25", "date=gt2026-10-25T23:00:00Z", "date=lt2026-10-24T23:00:01Z"}, []string{"date=ge2026-10-26", "date=lt2026-10-24T23:00:00Z"}}.run(t)
	matching{"a birthday on it", `{"resourceType":"Patient","id":"p","birthDate":"2026-03-29"}`,
		[]string{"birthdate=2026-03-29", "birthdate=ge2026-03-29", "birthdate=2026-03"}, []string{"birthdate=2026-03-28", "birthdate=2026-03-30"}}.run(t)
}

// TestLastUpdated: the time that an answer shows finds the resource again.
func TestLastUpdated(t *testing.T) {
	matching{"to the millisecond", dated(`"code":{"text":"x"}`),
		[]string{"_lastUpdated=2026-11-22T09:00:00.123Z", "_lastUpdated=2026-11-22", "_lastUpdated=ge2026-11-22T09:00:00.123Z", "_lastUpdated=le2026-11-22T09:00:00.123Z", "_lastUpdated=gt2026-11-22T08:59:59Z", "_lastUpdated=sa2026-11-21"},
		[]string{"_lastUpdated=gt2026-11-22T09:00:01Z", "_lastUpdated=lt2026-11-22T09:00:00Z", "_lastUpdated=2026-11-21"}}.run(t)
}
