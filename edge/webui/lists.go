package webui

import (
	"concord/care/chart"
	"concord/record/access"
)

// medicines is /p/{id}/medicines
func (s *Site) medicines(v *visit) (*answer, error) {
	o, err := s.open(v, "medicines", chart.MedicineSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Medicines", answer{body: medicinesPage(o.frame, o.lens.Medicines(o.chart))})
}

// allergies is /p/{id}/allergies
func (s *Site) allergies(v *visit) (*answer, error) {
	o, err := s.open(v, "allergies", chart.BannerSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Allergies", answer{body: allergiesPage(o.frame, o.frame.Banner.Allergies)})
}

// problems is /p/{id}/problems
func (s *Site) problems(v *visit) (*answer, error) {
	o, err := s.open(v, "problems", chart.ProblemSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Problems", answer{body: problemsPage(o.frame, o.lens.Problems(o.chart))})
}

// appointments is /p/{id}/appointments
func (s *Site) appointments(v *visit) (*answer, error) {
	o, err := s.open(v, "appointments", chart.AppointmentSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Appointments", answer{body: appointmentsPage(o.frame, o.lens.Appointments(o.chart))})
}

// demographics is /p/{id}/demographics, the one page of a record that every
// role with people to find may see.
func (s *Site) demographics(v *visit) (*answer, error) {
	o, err := s.open(v, "demographics", nil)
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	d := o.lens.Demographics(&o.chart.Person)
	x := demographicsView{Said: d, Path: "/p/" + o.id() + "/demographics"}
	if v.errand.May(access.SeeMarks, "Patient") {
		x.Marks = "/p/" + o.id() + "/marks"
	}
	if v.errand.May(access.Links, "Patient") {
		x.Entries = "/mpi/" + o.chart.Person.ID
	}
	if v.URL.Query().Get("past") != "" {
		versions, err := v.errand.PersonPast(v.Context(), o.id())
		if err != nil {
			return nil, err
		}
		x.Past, x.Sayings = true, o.lens.Sayings(versions)
	}
	return recordAnswer(o, "Demographics", answer{body: demographicsPage(o.frame, x)})
}

// demographicsView is what the page of demographics shows.
type demographicsView struct {
	Said    *chart.Demographics
	Path    string
	Marks   string // where a privacy officer sees what is marked, "" for others
	Entries string // where a steward sees the entries side by side, "" for others
	Past    bool
	Sayings []chart.Saying
}

// id is what the page's record is addressed by: the person's id, or an entry's.
func (o *opened) id() string {
	if o.chart.Person.Entry != "" {
		return o.chart.Person.Entry
	}
	return o.chart.Person.ID
}

func orNothing(text string) string {
	if text == "" {
		return "Nothing"
	}
	return text
}
