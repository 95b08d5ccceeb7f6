package uk

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// day reads "d12": so many days after 1 January 2026, across the change of
// clocks.
func rttDay(n int) time.Time { return time.Date(2026, 1, 1+n, 9, 30, 0, 0, time.UTC) }

type rttStep struct {
	day    int
	status RTTStatus
	more   func(*RTTEvent)
}

func given(n int) func(*RTTEvent)                 { return func(e *RTTEvent) { e.Start = rttDay(n) } }
func priority(p ReferralPriority) func(*RTTEvent) { return func(e *RTTEvent) { e.Priority = p } }
func seen(k RTTActivity, o RTTOutcome, more ...func(*RTTEvent)) func(*RTTEvent) {
	return func(e *RTTEvent) {
		e.Kind, e.Outcome = k, o
		for _, f := range more {
			f(e)
		}
	}
}
func discharged(e *RTTEvent)           { e.Discharged = true }
func by(org string) func(*RTTEvent)    { return func(e *RTTEvent) { e.Provider = org } }
func transferIn(n int) func(*RTTEvent) { return func(e *RTTEvent) { by("RYJ")(e); given(n)(e) } }

// TestRTTClock is the table of the statuses and of the rules for those who do
// not attend. clocks reads "start-stop/status", days since 1 January.
func TestRTTClock(t *testing.T) {
	for _, c := range []struct {
		name     string
		steps    []rttStep
		clocks   string
		status   RTTStatus
		findings string
	}{
		{"seen and treated", []rttStep{{20, "10", given(3)}, {40, "20", nil}, {90, "30", nil}, {120, "90", nil}}, "3-90/30", "90", ""},
		{"without a referral day the activity counts", []rttStep{{20, "10", nil}}, "20-", "10", ""},
		{"the day given lies after the activity", []rttStep{{20, "10", given(25)}}, "20-", "10", "rtt.start-after"},
		{"out of order", []rttStep{{90, "30", nil}, {20, "10", given(3)}}, "3-90/30", "30", ""},
		{"watched, then treated", []rttStep{{20, "10", given(3)}, {40, "32", nil}, {60, "91", nil}, {80, "11", nil}, {99, "30", nil}}, "3-40/32 80-99/30", "30", ""},
		{"watched at the patient's wish", []rttStep{{20, "10", nil}, {40, "31", nil}, {80, "11", given(75)}}, "20-40/31 75-", "11", ""},
		{"watching ends with 10", []rttStep{{20, "10", nil}, {40, "31", nil}, {80, "10", nil}}, "20-40/31 80-", "10", "rtt.monitored-start"},
		{"the next clock is said to start in the one before", []rttStep{{20, "10", nil}, {40, "30", nil}, {50, "12", given(30)}}, "20-40/30 30-", "12", "rtt.overlap"},
		{"11 without watching", []rttStep{{20, "11", nil}}, "20-", "11", "rtt.not-monitored"},
		{"91 without watching", []rttStep{{20, "10", nil}, {30, "30", nil}, {40, "91", nil}}, "20-30/30", "91", "rtt.not-monitored"},
		{"a consultant refers on", []rttStep{{20, "10", nil}, {30, "34", nil}, {50, "12", given(45)}}, "20-30/34 45-", "12", ""},
		{"refers on while the clock runs", []rttStep{{20, "10", nil}, {50, "12", nil}}, "20-", "12", "rtt.second-start"},
		{"declined", []rttStep{{20, "10", nil}, {30, "35", nil}}, "20-30/35", "35", ""},
		{"died, and is booked", []rttStep{{20, "10", nil}, {30, "36", nil}, {40, "20", nil}}, "20-30/36", "36", "rtt.after-death"},
		{"first activity twice", []rttStep{{20, "10", seen(RTTFirstAppointment, RTTAttended, given(3))}, {50, "10", seen(RTTFollowUp, RTTAttended)}}, "3-", "10", "rtt.second-start"},
		{"first activity cancelled and booked again", []rttStep{{20, "10", seen(RTTFirstAppointment, RTTCancelledByThem, given(3))}, {50, "10", seen(RTTFirstAppointment, RTTAttended, given(3))}}, "3-", "10", ""},
		{"goes on without a beginning", []rttStep{{20, "20", nil}}, "", "20", "rtt.no-start"},
		{"goes on; the beginning is given", []rttStep{{20, "20", given(3)}}, "3-", "20", ""},
		{"stops without a clock", []rttStep{{20, "10", nil}, {30, "30", nil}, {40, "30", nil}}, "20-30/30", "30", "rtt.no-clock"},
		{"stops; the beginning is given", []rttStep{{20, "30", given(3)}}, "3-20/30", "30", ""},
		{"after treatment, but none was", []rttStep{{20, "10", nil}, {30, "90", nil}}, "20-", "90", "rtt.still-runs"},
		{"does not apply, but runs", []rttStep{{20, "10", nil}, {30, "98", nil}}, "20-", "98", "rtt.still-runs"},
		{"diagnostics before the referral", []rttStep{{10, "92", nil}, {20, "10", nil}}, "20-", "10", ""},
		{"not yet known", []rttStep{{20, "10", nil}, {30, "99", nil}}, "20-", "99", "rtt.not-yet-known"},
		{"known in the end", []rttStep{{20, "10", nil}, {30, "99", nil}, {31, "20", nil}}, "20-", "20", ""},
		{"no such status", []rttStep{{20, "10", nil}, {30, "37", nil}}, "20-", "10", "rtt.status"},

		{"to another provider, who keeps the start", []rttStep{{20, "10", by("RAS")}, {30, "21", by("RAS")}, {40, "20", transferIn(20)}, {60, "30", by("RYJ")}}, "20-60/30", "30", ""},
		{"the other provider begins anew", []rttStep{{20, "10", by("RAS")}, {30, "21", by("RAS")}, {40, "20", transferIn(40)}}, "20-", "20", "rtt.other-start"},

		{"first appointment missed, routine", []rttStep{{20, "", seen(RTTFirstAppointment, RTTDidNotAttend, given(3), priority(Routine))}}, "3-20/33", "33", ""},
		{"first appointment missed, urgent", []rttStep{{20, "", seen(RTTFirstAppointment, RTTDidNotAttend, given(3), priority(Urgent))}}, "3-20/33", "33", ""},
		{"missed, then booked again: a new clock", []rttStep{{20, "33", seen(RTTFirstAppointment, RTTDidNotAttend, given(3))}, {50, "10", seen(RTTFirstAppointment, RTTAttended, given(25))}}, "3-20/33 25-", "10", ""},
		{"first appointment missed, two-week wait", []rttStep{{20, "", seen(RTTFirstAppointment, RTTDidNotAttend, given(3), priority(TwoWeekWait))}}, "3-", "20", ""},
		{"33 after a two-week wait", []rttStep{{20, "33", seen(RTTFirstAppointment, RTTDidNotAttend, given(3), priority(TwoWeekWait))}}, "3-", "20", "rtt.not-attended"},
		{"follow-up missed", []rttStep{{20, "10", given(3)}, {50, "", seen(RTTFollowUp, RTTDidNotAttend)}}, "3-", "20", ""},
		{"admission missed", []rttStep{{20, "10", given(3)}, {50, "", seen(RTTAdmission, RTTDidNotAttend)}}, "3-", "20", ""},
		{"follow-up missed and discharged", []rttStep{{20, "10", given(3)}, {50, "", seen(RTTFollowUp, RTTDidNotAttend, discharged)}}, "3-50/34", "34", ""},
		{"33 at a follow-up", []rttStep{{20, "10", given(3)}, {50, "33", seen(RTTFollowUp, RTTDidNotAttend)}}, "3-", "20", "rtt.not-attended"},
		{"33 after somebody came", []rttStep{{20, "10", seen(RTTFirstAppointment, RTTAttended, given(3))}, {50, "33", nil}}, "3-", "20", "rtt.not-attended"},
		{"missed twice, each time booked again", []rttStep{{20, "", seen(RTTFirstAppointment, RTTDidNotAttend, given(3))}, {40, "", seen(RTTFirstAppointment, RTTDidNotAttend, given(25))}}, "3-20/33 25-40/33", "33", ""},
		{"missed and booked again: the day of that is given", []rttStep{{20, "33", seen(RTTFirstAppointment, RTTDidNotAttend, given(3))}, {30, "20", given(20)}}, "3-20/33 20-", "20", ""},
		{"missed, booked again, then treated at once", []rttStep{{20, "33", seen(RTTFirstAppointment, RTTDidNotAttend, given(3))}, {50, "30", given(25)}}, "3-20/33 25-50/30", "30", ""},
		{"goes on after treatment, from the day of the clock that stopped", []rttStep{{20, "10", given(3)}, {30, "30", nil}, {50, "20", given(3)}}, "3-30/30", "20", "rtt.no-clock"},

		// of one day, in whichever order the source lists them
		{"seen and treated on one day", []rttStep{{20, "30", nil}, {20, "10", given(3)}}, "3-20/30", "30", ""},
		{"seen and treated on one day, after a cancellation", []rttStep{{10, "20", seen(RTTFirstAppointment, RTTCancelledByThem, given(3))}, {20, "30", nil}, {20, "10", given(3)}}, "3-20/30", "30", ""},
		{"treated, and referred on for something else, on one day", []rttStep{{10, "10", nil}, {20, "12", nil}, {20, "30", nil}}, "10-20/30 20-", "12", ""},
		{"treated and told after it on one day", []rttStep{{10, "10", nil}, {20, "90", nil}, {20, "30", nil}}, "10-20/30", "90", ""},
		{"missed and booked again on one day", []rttStep{{20, "20", given(20)}, {20, "33", seen(RTTFirstAppointment, RTTDidNotAttend, given(3))}}, "3-20/33 20-", "20", ""},
		{"seen again and treated on one day", []rttStep{{10, "10", nil}, {20, "30", nil}, {20, "20", nil}}, "10-20/30", "30", ""},
		{"cancelled by us", []rttStep{{20, "10", given(3)}, {50, "", seen(RTTFollowUp, RTTCancelledByUs)}}, "3-", "20", ""},
		{"cancelled by them", []rttStep{{20, "10", given(3)}, {50, "", seen(RTTAdmission, RTTCancelledByThem)}}, "3-", "20", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var events []RTTEvent
			for _, s := range c.steps {
				e := RTTEvent{On: rttDay(s.day), Status: s.status}
				if s.more != nil {
					s.more(&e)
				}
				events = append(events, e)
			}
			p := ReadRTT(events)
			if got := clocks(p); got != c.clocks {
				t.Errorf("clocks %q, not %q", got, c.clocks)
			}
			if p.Status != c.status {
				t.Errorf("status %q, not %q", p.Status, c.status)
			}
			var codes []string
			for _, f := range p.Findings {
				codes = append(codes, f.Code)
			}
			if got := strings.Join(codes, " "); got != c.findings {
				t.Errorf("findings %q, not %q", got, c.findings)
			}
		})
	}
}

func clocks(p RTTPathway) string {
	var out []string
	n := func(t time.Time) string { return strconv.Itoa(int(t.Sub(civil(rttDay(0))) / (24 * time.Hour))) }
	for _, c := range p.Periods {
		s := n(c.Start) + "-"
		if !c.Running() {
			s += n(c.Stop) + "/" + string(c.StoppedBy)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestRTTProvidersOfOneClock(t *testing.T) {
	p := ReadRTT([]RTTEvent{{On: rttDay(1), Status: "10", Provider: "RAS"}, {On: rttDay(2), Status: "20", Provider: "RAS"},
		{On: rttDay(3), Status: "21", Provider: "RAS"}, {On: rttDay(9), Status: "30", Provider: "RYJ"}})
	c, _ := p.Current()
	if !slices.Equal(c.Providers, []string{"RAS", "RYJ"}) {
		t.Errorf("providers %v", c.Providers)
	}
}

func TestRTTWaits(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("SKIP: no time zones here")
	}
	p := ReadRTT([]RTTEvent{{On: time.Date(2026, 3, 1, 23, 30, 0, 0, london), Status: "10"}})
	c, _ := p.Current()
	for _, w := range []struct {
		on          time.Time
		days, weeks int
		within      bool
	}{
		{time.Date(2026, 2, 1, 0, 0, 0, 0, london), 0, 0, true},  // before it began
		{time.Date(2026, 3, 7, 23, 0, 0, 0, london), 6, 0, true}, // six days
		{time.Date(2026, 3, 8, 0, 30, 0, 0, london), 7, 1, true},
		{time.Date(2026, 4, 5, 0, 30, 0, 0, london), 35, 5, true}, // over the change of the clocks
		{time.Date(2026, 7, 5, 9, 0, 0, 0, london), 126, 18, true},
		{time.Date(2026, 7, 6, 9, 0, 0, 0, london), 127, 18, false},
	} {
		if c.Days(w.on) != w.days || c.Weeks(w.on) != w.weeks || c.WithinEighteen(w.on) != w.within {
			t.Errorf("on %s: %d days, %d weeks, within %t", w.on.Format(time.DateOnly), c.Days(w.on), c.Weeks(w.on), c.WithinEighteen(w.on))
		}
	}
	p = ReadRTT([]RTTEvent{{On: rttDay(0), Status: "10"}, {On: rttDay(20), Status: "30"}})
	if c, _ = p.Current(); c.Weeks(rttDay(300)) != 2 {
		t.Error("a clock that has stopped goes on counting")
	}
}

func TestCompareRTT(t *testing.T) {
	run := func(start int, more ...RTTEvent) RTTPathway {
		return ReadRTT(append([]RTTEvent{{On: rttDay(start), Status: "10"}}, more...))
	}
	on := rttDay(100)
	for _, c := range []struct {
		name string
		b    RTTPathway
		want []RTTDifference
	}{
		{"the same", run(10), nil},
		{"a day later", run(11), []RTTDifference{RTTStartDiffers}},
		{"a week later", run(17), []RTTDifference{RTTStartDiffers, RTTWaitDiffers}},
		{"stopped", run(10, RTTEvent{On: rttDay(50), Status: "30"}), []RTTDifference{RTTStateDiffers, RTTWaitDiffers}},
		{"none", RTTPathway{}, []RTTDifference{RTTClockMissing}},
	} {
		if got := CompareRTT(run(10), c.b, on); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

// TestRTTHolds: whatever the events, only the last clock runs, no clock stops before it starts, and the order of events of different days
// does not matter.
func TestRTTHolds(t *testing.T) {
	statuses := []RTTStatus{"", "10", "11", "12", "20", "21", "30", "31", "32", "33", "34", "35", "36", "90", "91", "92", "98", "99", "x"}
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(r, "events")
		events := make([]RTTEvent, n)
		for i := range events {
			events[i] = RTTEvent{
				On: rttDay(i * 3), Status: rapid.SampledFrom(statuses).Draw(r, "status"), Kind: RTTActivity(rapid.IntRange(0, 4).Draw(r, "kind")),
				Outcome: RTTOutcome(rapid.IntRange(0, 3).Draw(r, "outcome")), Priority: ReferralPriority(rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(r, "priority")),
				Discharged: rapid.Bool().Draw(r, "discharged"),
			}
			if rapid.Bool().Draw(r, "given") {
				events[i].Start = rttDay(rapid.IntRange(0, 60).Draw(r, "start"))
			}
		}
		p := ReadRTT(events)
		for i, c := range p.Periods {
			if c.Start.IsZero() || !c.Running() && c.Stop.Before(c.Start) {
				r.Fatalf("clock %d stops before it starts", i)
			}
			if i > 0 && c.Start.Before(p.Periods[i-1].Stop) && !slices.ContainsFunc(p.Findings, func(f RTTFinding) bool { return f.Code == RTTOverlap }) {
				r.Fatalf("clock %d overlaps the one before it, and nobody says so", i)
			}
			if c.Running() && i < len(p.Periods)-1 {
				r.Fatalf("clock %d runs and is not the last", i)
			}
		}
		back := slices.Clone(events)
		slices.Reverse(back)
		if q := ReadRTT(back); clocks(q) != clocks(p) || q.Status != p.Status {
			r.Fatal("the order of events matters")
		}
	})
}
