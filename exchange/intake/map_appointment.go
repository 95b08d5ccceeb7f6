package intake

import (
	"strconv"
	"strings"
	"time"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// mapAppointment: SIU S12 booked, S13 rescheduled, S14 changed, S15 cancelled,
// S26 did not attend.
func mapAppointment(s *source, m *Mapped) error {
	sch := s.first("SCH")
	if sch == nil {
		return fault.New(fault.Invalid, "intake.appointment-number", "a scheduling message has no SCH segment").In("SCH")
	}
	placer, filler := sch.f(1).Component(1).String(), sch.f(2).Component(1).String()
	number := orDefault(filler, placer)
	if number == "" {
		return fault.New(fault.Invalid, "intake.appointment-number", "SCH-1 and SCH-2 hold no appointment number").In("SCH-2")
	}
	for _, g := range s.all("RGS") {
		g.skip(1, 2)
	}
	visitRef := s.mentionVisit(m)
	start, end, minutes := s.appointmentTime(sch)
	status := s.appointmentStatus(sch)
	if start == "" && (status == "booked" || status == "pending") {
		status = "proposed" // a booking without a time is not yet one
	}
	var duration any
	if minutes > 0 {
		duration = minutes
	}
	var context *fhir.Value
	if visitRef != nil {
		context = fhir.Obj("url", "urn:concord:appointment-encounter", "valueReference", visitRef)
	}
	m.Drafts = append(m.Drafts, s.draft("Appointment", key("appointment", number), foldAppointment,
		"extension", fhir.Arr(context),
		"identifier", fhir.Arr(s.local(uk.Appointment, number), s.otherAppointment(placer, number)),
		"status", status,
		"cancelationReason", s.cancelReason(sch, status),
		"serviceType", fhir.Arr(s.serviceTypes()...),
		"appointmentType", conceptOrNil(s, sch.f(8)),
		"reasonCode", fhir.Arr(conceptOrNil(s, sch.f(7))),
		"start", start,
		"end", end,
		"minutesDuration", duration,
		"comment", s.comment(),
		"participant", fhir.Arr(s.attendees(sch)...),
	))
	return nil
}

func (s *source) otherAppointment(placer, number string) *fhir.Value {
	if placer == number {
		return nil
	}
	return s.local("appointment-placer", placer)
}

func conceptOrNil(s *source, f hl7v2.Field) *fhir.Value {
	if !f.Valued() {
		return nil
	}
	return s.concept(f)
}

// appointmentStatus: the trigger rules; the filler's status (SCH-25, table
// 0278) refines a booking.
func (s *source) appointmentStatus(sch *segment) string {
	filler := strings.ToUpper(sch.str(25))
	switch s.head.Trigger {
	case "S15":
		return cancelled
	case "S26":
		return "noshow"
	}
	switch filler {
	case "PENDING", "WAITLIST":
		return map[string]string{"PENDING": "pending", "WAITLIST": "waitlist"}[filler]
	case "CANCELLED", "DELETED":
		return cancelled
	case "NOSHOW":
		return "noshow"
	case "COMPLETE":
		return "fulfilled"
	case "STARTED", "ARRIVED":
		return "arrived"
	}
	return "booked"
}

// cancelReason is SCH-6 of a cancellation; of others it is why it changed.
func (s *source) cancelReason(sch *segment, status string) *fhir.Value {
	f := sch.f(6)
	if status != cancelled || !f.Valued() {
		return nil
	}
	return s.concept(f)
}

// appointmentTime: the timing in SCH-11 (components 4 and 5), TQ1-7 and 8, or
// the first resource that has a start (AIS-4, AIL-6, AIP-6, AIG-8); the length
// in SCH-9 or beside the resource.
func (s *source) appointmentTime(sch *segment) (start, end string, minutes int) {
	tq1 := s.first("TQ1")
	begin, hasBegin := s.timeText(sch.f(11).Component(4).Raw())
	finish, hasEnd := s.timeText(sch.f(11).Component(5).Raw())
	if t, ok := s.time(tq1.f(7)); ok {
		begin, hasBegin = t, true
	}
	if t, ok := s.time(tq1.f(8)); ok {
		finish, hasEnd = t, true
	}
	minutes = inMinutes(sch.str(9), sch.f(10))
	for _, at := range []struct {
		id                    string
		start, length, inUnit int
	}{{"AIS", 4, 7, 8}, {"AIL", 6, 9, 10}, {"AIP", 6, 9, 10}, {"AIG", 8, 11, 12}} {
		for _, g := range s.all(at.id) {
			g.skip(1)
			if t, ok := s.time(g.f(at.start)); ok && !hasBegin {
				begin, hasBegin = t, true
			}
			if n := inMinutes(g.str(at.length), g.f(at.inUnit)); minutes == 0 {
				minutes = n
			}
		}
	}
	if !hasBegin {
		return "", "", minutes
	}
	if !hasEnd && minutes > 0 {
		finish.Time, hasEnd = begin.Add(time.Duration(minutes)*time.Minute), true
	}
	if !hasEnd || !finish.After(begin.Time) {
		return s.stamp(begin.Time), "", minutes
	}
	return s.stamp(begin.Time), s.stamp(finish.Time), minutes
}

// inMinutes reads a length with its unit; minutes where none is named.
func inMinutes(number string, unit hl7v2.Field) int {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > 60*24*60 {
		return 0
	}
	switch u := strings.ToLower(unit.String()); {
	case strings.HasPrefix(u, "h"):
		return n * 60
	case u == "s" || strings.HasPrefix(u, "sec"):
		return n / 60
	}
	return n
}

// serviceTypes are the services of AIS-3.
func (s *source) serviceTypes() []any {
	var all []any
	for _, g := range s.all("AIS") {
		if f := g.f(3); f.Valued() {
			all = append(all, s.concept(f))
		}
	}
	return all
}

// comment joins the notes of the whole message.
func (s *source) comment() string {
	note := s.notes(s.all("NTE"))
	return note.At(0).StrAt("text")
}

// attendees: the patient, people (AIP-3, else SCH-16), places (AIL-3), things
// (AIG-3).
func (s *source) attendees(sch *segment) []any {
	accepted := func(actor *fhir.Value) *fhir.Value {
		return fhir.Obj("actor", actor, "required", "required", "status", "accepted")
	}
	all := []any{accepted(patientRef())}
	people := 0
	for _, g := range s.all("AIP") {
		for _, p := range s.lead(s.practitioners(g.f(3))) {
			all = append(all, accepted(p))
			people++
		}
	}
	for _, p := range s.practitioners(sch.f(16)) {
		if people == 0 {
			all = append(all, accepted(p))
		}
	}
	for _, g := range s.all("AIL") {
		if c := s.clinic(g.f(3).Component(1).String()); c != nil {
			all = append(all, accepted(c))
			continue
		}
		s.askPlace(crosswalk.Clinics, crosswalk.Wards, g.f(3))
		if l, _ := s.place(g.f(3)); l != nil {
			all = append(all, accepted(l))
		}
	}
	for _, g := range s.all("AIG") {
		f := g.f(3)
		if c := s.clinic(f.Component(1).String()); c != nil {
			all = append(all, accepted(c))
		} else if f.Valued() {
			what := s.concept(f)
			all = append(all, accepted(fhir.Obj("type", "Device", "identifier", s.local("resource", f.Component(1).String()),
				"display", what.StrAt("text"))))
		}
	}
	return all
}
