package chart

import (
	"strings"
	"time"

	"concord/record"
	"concord/standard/fhir"
)

// Appointment is one booking.
type Appointment struct {
	Ref    string
	When   When
	End    When
	Title  string
	Place  string
	With   string
	Reason string
	Status string
	Source Source
}

// Appointments is the page: what is to come, soonest first, and what was.
type Appointments struct {
	Upcoming, Past []Appointment
	Withheld       bool
}

// AppointmentSections is the query of the appointments page.
func AppointmentSections() []record.Section {
	return append(BannerSections(), record.Section{Type: "Appointment"})
}

// Appointments reads the appointments page.
func (l Lens) Appointments(c *record.Chart) *Appointments { return l.appointments(c, bannerSections) }

func (l Lens) appointments(c *record.Chart, section int) *Appointments {
	items, ok := list(c, section)
	a := &Appointments{Withheld: !ok}
	today := midnight(l.Now, l.Zone)
	for _, i := range items {
		x := l.appointment(i)
		if x.When.Known() && !x.When.At.Before(today) {
			a.Upcoming = append(a.Upcoming, x)
		} else {
			a.Past = append(a.Past, x)
		}
	}
	newestFirst(a.Past, func(x Appointment) When { return x.When })
	newestFirst(a.Upcoming, func(x Appointment) When { return x.When })
	for n, m := 0, len(a.Upcoming)-1; n < m; n, m = n+1, m-1 {
		a.Upcoming[n], a.Upcoming[m] = a.Upcoming[m], a.Upcoming[n]
	}
	return a
}

func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

func (l Lens) appointment(i *record.Item) Appointment {
	r := i.Resource
	a := Appointment{
		Ref:    i.Ref(),
		When:   l.firstWhen(r, "start", "requestedPeriod.0.start"),
		End:    l.firstWhen(r, "end"),
		With:   practitioner(r),
		Reason: fhir.ConceptText(r.Path("reasonCode.0")),
		Status: appointmentStatus(r.StrAt("status")),
		Source: l.source(i),
	}
	for _, p := range []string{"serviceType.0", "specialty.0", "appointmentType"} {
		if a.Title == "" {
			a.Title = fhir.ConceptText(r.Path(p))
		}
	}
	if a.Title == "" {
		a.Title = r.StrAt("description")
	}
	if a.Title == "" {
		a.Title = "Appointment"
	}
	for p := range r.Get("participant").Each() {
		who := p.Get("actor")
		ref := who.StrAt("reference")
		if strings.Contains(ref, "Location/") || who.StrAt("type") == "Location" || contained(r, ref) == "Location" {
			a.Place = refName(r, who)
		}
	}
	return a
}

// contained is the type of a contained resource that is referred to.
func contained(r *fhir.Value, ref string) string {
	for c := range r.Get("contained").Each() {
		if "#"+c.ID() == ref {
			return c.Type()
		}
	}
	return ""
}

func appointmentStatus(s string) string {
	switch s {
	case "booked":
		return "Booked"
	case "noshow":
		return "Did not attend"
	case "fulfilled":
		return "Attended"
	case "checked-in":
		return "Checked in"
	case "entered-in-error":
		return "Withdrawn"
	}
	return sentence(s)
}
