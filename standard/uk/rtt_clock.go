package uk

import (
	"slices"
	"time"
)

// RTTEvent is one activity of a patient pathway, at whichever provider.
type RTTEvent struct {
	On         time.Time // the day of the activity
	Status     RTTStatus // "" = to be told from Kind and Outcome
	Kind       RTTActivity
	Outcome    RTTOutcome
	Priority   ReferralPriority
	Discharged bool   // back to the referrer
	Provider   string // ODS code; it may change within one clock
	// Start is the REFERRAL TO TREATMENT PERIOD START DATE that the source
	// gives: the day on which the referral came, or the decision was made; zero
	// = none, and a clock that starts here starts on the day of the activity.
	Start time.Time
}

// RTTFinding is what does not add up in a pathway. Event is its index among
// the events in order of time.
type RTTFinding struct {
	Event int
	Code  string
}

// The findings.
const (
	RTTBadStatus      = "rtt.status"          // no such status
	RTTBadDay         = "rtt.day"             // the event has no day; it is passed over
	RTTSecondStart    = "rtt.second-start"    // a clock that runs is started again; the first start holds
	RTTNoClock        = "rtt.no-clock"        // it continues or stops a clock that does not run
	RTTNotMonitored   = "rtt.not-monitored"   // 11 or 91 without active monitoring before it
	RTTMonitoredStart = "rtt.monitored-start" // 10 after active monitoring, which 11 ends
	RTTStillRuns      = "rtt.still-runs"      // 90, 91, 92 or 98 while a clock runs
	RTTWrongDNA       = "rtt.not-attended"    // 33 where the rules let the clock go on
	RTTAfterDeath     = "rtt.after-death"     // activity after 36
	RTTLateStart      = "rtt.start-after"     // the start that is given lies after the activity
	RTTOtherStart     = "rtt.other-start"     // another start is given for the clock that runs
	RTTNoStart        = "rtt.no-start"        // a clock goes on of which neither start nor first activity is there
	RTTOverlap        = "rtt.overlap"         // the start that is given lies before the stop of the clock before it
	RTTOpenStatus     = "rtt.not-yet-known"   // 99 as the last word
)

// RTTPathway is what the events of one PATIENT PATHWAY IDENTIFIER come to.
type RTTPathway struct {
	Periods  []RTTPeriod
	Status   RTTStatus // the last that counts, as given or told
	Findings []RTTFinding

	monitored, dead, attended bool
}

// ReadRTT folds the events of one pathway into its clocks. Events may come in
// any order: those of one day are read as they can have followed each other, and
// where that says nothing, in the order given. It reads what the
// statuses say, holds it against the rules, and never invents a start: what
// does not add up is a finding, and the clock goes on rather than stops.
func ReadRTT(events []RTTEvent) RTTPathway {
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b RTTEvent) int { return civil(a.On).Compare(civil(b.On)) })
	var p RTTPathway
	for i := 0; i < len(sorted); {
		end := i + 1
		for end < len(sorted) && civil(sorted[end].On).Equal(civil(sorted[i].On)) {
			end++
		}
		p.orderDay(sorted[i:end])
		for ; i < end; i++ {
			p.take(i, &sorted[i])
		}
	}
	if p.Status.Phase() == RTTUndecided {
		p.find(len(sorted)-1, RTTOpenStatus)
	}
	return p
}

// orderDay puts events of one day in the order in which they can have followed each
// other: a patient who is seen and treated is seen first, one who is treated and referred
// on for something else is treated first, and who did not come is booked again after it.
func (p *RTTPathway) orderDay(events []RTTEvent) {
	runs := p.running() != nil
	at := func(e *RTTEvent) int {
		s := e.told()
		switch phase := s.Phase(); {
		case s == RTTFirstNotAttended:
			return 0
		case phase == RTTStarts && (!runs || s == RTTFirstActivity):
			return 1
		case phase == RTTContinues:
			return 2
		case phase == RTTStops:
			return 3
		case phase == RTTStarts: // one more, which begins when the one that runs has stopped
			return 4
		}
		return 5
	}
	slices.SortStableFunc(events, func(a, b RTTEvent) int { return at(&a) - at(&b) })
}

// Current is the clock that counts: the last, running or not. ok is false when
// there is none.
func (p *RTTPathway) Current() (period RTTPeriod, ok bool) {
	if len(p.Periods) == 0 {
		return RTTPeriod{}, false
	}
	return p.Periods[len(p.Periods)-1], true
}

func (p *RTTPathway) find(i int, code string) {
	p.Findings = append(p.Findings, RTTFinding{i, code})
}

func (p *RTTPathway) running() *RTTPeriod {
	if n := len(p.Periods); n > 0 && p.Periods[n-1].Running() {
		return &p.Periods[n-1]
	}
	return nil
}

// told is the status of an event: as given, else by what happened. A
// cancellation stops no clock, whoever cancels.
func (e *RTTEvent) told() RTTStatus {
	switch {
	case e.Status != "":
		return e.Status
	case e.Outcome == RTTDidNotAttend:
		return NotAttendedStatus(e.Kind, e.Priority, e.Discharged)
	case e.Discharged:
		return RTTNoTreatment
	case e.Kind == RTTFirstAppointment && e.Outcome == RTTAttended:
		return RTTFirstActivity
	}
	return RTTSubsequent
}

func (p *RTTPathway) take(i int, e *RTTEvent) {
	if e.On.IsZero() {
		p.find(i, RTTBadDay)
		return
	}
	s := e.told()
	phase := s.Phase()
	if phase == RTTUnknown {
		p.find(i, RTTBadStatus)
		return
	}
	if p.dead {
		p.find(i, RTTAfterDeath)
		return
	}
	if !e.Start.IsZero() && civil(e.Start).After(civil(e.On)) {
		p.find(i, RTTLateStart)
	}
	switch phase {
	case RTTStarts:
		p.start(i, e, s)
	case RTTContinues:
		p.goOn(i, e, s)
	case RTTStops:
		s = p.stop(i, e, s)
	case RTTOutside:
		p.outside(i, s)
	}
	p.Status = s
	if r := p.running(); r != nil {
		r.seen(e)
	}
	if e.Outcome == RTTAttended && (e.Kind == RTTFirstAppointment || e.Kind == RTTFollowUp || e.Kind == RTTAdmission) {
		p.attended = true
	}
}

// start begins a clock, as of the day that the source gives for it, else as of
// the activity.
func (p *RTTPathway) start(i int, e *RTTEvent, s RTTStatus) {
	if r := p.running(); r != nil {
		// 10 without an attendance before it repeats the first activity: it was
		// booked, cancelled and booked again. Anything else is a second clock.
		if p.attended || s != RTTFirstActivity {
			p.find(i, RTTSecondStart)
		}
		p.holdStart(i, r, e)
		return
	}
	switch {
	case s == RTTAfterMonitoring && !p.monitored:
		p.find(i, RTTNotMonitored)
	case s == RTTFirstActivity && p.monitored:
		p.find(i, RTTMonitoredStart)
	}
	p.begin(e, s)
	if n := len(p.Periods); n > 1 && p.Periods[n-1].Start.Before(p.Periods[n-2].Stop) {
		p.find(i, RTTOverlap)
	}
}

func (p *RTTPathway) begin(e *RTTEvent, s RTTStatus) {
	at := civil(e.On)
	if !e.Start.IsZero() && !civil(e.Start).After(at) {
		at = civil(e.Start)
	}
	p.Periods = append(p.Periods, RTTPeriod{Start: at, StartedBy: s})
	p.monitored, p.attended = false, false
}

// holdStart tells when the source gives another start for a clock that runs: a
// transfer between providers keeps the original one.
func (p *RTTPathway) holdStart(i int, r *RTTPeriod, e *RTTEvent) {
	if !e.Start.IsZero() && !civil(e.Start).Equal(r.Start) {
		p.find(i, RTTOtherStart)
	}
}

// beganUnseen tells whether the source gives the start of a clock whose first activity
// is not there: it began before what we were given, or after the last one stopped.
func (p *RTTPathway) beganUnseen(e *RTTEvent) bool {
	last, any := p.Current()
	return !e.Start.IsZero() && (!any || !civil(e.Start).Before(last.Stop))
}

func (p *RTTPathway) goOn(i int, e *RTTEvent, s RTTStatus) {
	switch r := p.running(); {
	case r != nil:
		p.holdStart(i, r, e)
	case p.beganUnseen(e):
		p.begin(e, "")
	case len(p.Periods) == 0:
		p.find(i, RTTNoStart)
	case e.Outcome == RTTAttended:
		p.find(i, RTTNoClock)
	}
}

// stop ends the clock that runs, and gives the status that counts.
func (p *RTTPathway) stop(i int, e *RTTEvent, s RTTStatus) RTTStatus {
	r := p.running()
	if r == nil && p.beganUnseen(e) {
		p.begin(e, "")
		r = p.running()
	}
	switch {
	case r == nil && s == RTTFirstNotAttended && len(p.Periods) == 0 && e.Start.IsZero():
		p.find(i, RTTNoStart)
	case r == nil:
		p.find(i, RTTNoClock)
	case s == RTTFirstNotAttended && (e.Priority == TwoWeekWait || p.attended || e.Kind == RTTFollowUp || e.Kind == RTTAdmission):
		p.find(i, RTTWrongDNA) // the rules let the clock go on, and so do we
		return RTTSubsequent
	default:
		p.holdStart(i, r, e)
		r.seen(e)
		r.Stop, r.StoppedBy = civil(e.On), s
	}
	p.monitored = s == RTTMonitoringPatient || s == RTTMonitoringClinician
	p.dead = s == RTTDied
	p.attended = false
	return s
}

func (p *RTTPathway) outside(i int, s RTTStatus) {
	switch {
	case p.running() != nil:
		p.find(i, RTTStillRuns)
	case s == RTTDuringMonitoring && !p.monitored:
		p.find(i, RTTNotMonitored)
	}
}
