package webui

import (
	"strings"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/grant"
	"concord/standard/fhir"
)

// mostStays bounds a list to choose from; the open ones are always on it.
const mostStays = 20

// stayList is the stays and contacts that an app can be opened for.
type stayList struct {
	Rows   []chart.Encounter
	Chosen string // id, "" = the whole record
}

// staysOf lists what a patient's chart has. wanted must be among it: an
// encounter of another record, one that is withheld and one that is none are
// told apart by nobody. Without a wish the one stay that goes on is suggested.
func staysOf(o *opened, wanted string) (*stayList, error) {
	return listStays(o.lens.Encounters(o.chart).Rows, wanted)
}

func listStays(all []chart.Encounter, wanted string) (*stayList, error) {
	l := &stayList{Chosen: wanted}
	found, open := false, ""
	for _, e := range all {
		if e.Source.Withdrawn {
			continue
		}
		this := wanted != "" && e.Ref == "Encounter/"+wanted
		found = found || this
		if e.Open {
			open += " " + e.ID()
		}
		if e.Open || this || len(l.Rows) < mostStays {
			l.Rows = append(l.Rows, e)
		}
	}
	if wanted != "" && !found {
		return nil, fault.New(fault.NotFound, "webui.encounter", "there is no such encounter")
	}
	if only := strings.Fields(open); wanted == "" && len(only) == 1 {
		l.Chosen = only[0]
	}
	return l, nil
}

// inContext is the patient of an app's context, and the encounter where there
// is one, as the person sees them now. Errors: NotFound "webui.encounter" when
// the encounter is not (any more) one of this patient's that they may see.
func (s *Site) inContext(v *visit, of grant.Context) (*chart.Banner, *chart.Encounter, error) {
	if of.Encounter == "" {
		c, err := v.errand.Chart(v.Context(), of.Patient, record.ChartQuery{})
		if err != nil {
			return nil, nil, err
		}
		return s.at().Identity(&c.Person), nil, nil
	}
	gone := fault.New(fault.NotFound, "webui.encounter", "there is no such encounter")
	if !fhir.ValidID(of.Encounter) {
		return nil, nil, gone
	}
	sections := append(chart.BannerSections(), record.Section{Type: "Encounter", Where: "_id=" + of.Encounter})
	c, err := v.errand.Chart(v.Context(), of.Patient, record.ChartQuery{Sections: sections})
	if err != nil {
		return nil, nil, err
	}
	l := s.at()
	rows := l.Encounters(c).Rows
	if len(rows) != 1 || rows[0].Source.Withdrawn {
		return nil, nil, gone
	}
	return l.Identity(&c.Person), &rows[0], nil
}

// pickEncounter is the consent's address when the patient is chosen and the app
// asks for one of their encounters too.
func (s *Site) pickEncounter(v *visit, ticket string, p *grant.Pending) (*answer, error) {
	c, err := v.errand.Chart(v.Context(), p.Patient, record.ChartQuery{Sections: chart.EncounterSections()})
	if err != nil {
		return nil, err
	}
	l := s.at()
	stays, err := listStays(l.Encounters(c).Rows, "")
	if err != nil {
		return nil, err
	}
	return &answer{frame: frame{Title: "Choose a stay or contact", Forms: true},
		body: pickEncounterBody(p.App.Name, ticket, l.Identity(&c.Person), stays), forms: []string{origin(p.Redirect)}}, nil
}

// chooseEncounter is POST /smart/consent/{ticket} of that page.
func (s *Site) chooseEncounter(v *visit, ticket string) (*answer, error) {
	p, err := s.Grants.Pending(v.Context(), ticket, v.session)
	if err != nil {
		return nil, err
	}
	wanted := v.PostFormValue("encounter")
	if _, _, err := s.inContext(v, grant.Context{Patient: p.Patient, Encounter: wanted}); err != nil {
		return nil, err
	}
	if err := s.Grants.ChooseEncounter(v.Context(), ticket, wanted, v.session); err != nil {
		return nil, err
	}
	return redirect("/smart/consent/" + ticket)
}

// stayWords tells a stay or contact on one line.
func stayWords(e chart.Encounter) string {
	until := ""
	switch {
	case e.Open && !e.End.Known():
		until = ", continues"
	case e.End.Known() && e.End.Day() != e.Start.Day():
		until = " to " + e.End.Day()
	}
	return join(", ", e.Title, e.Start.Day()+until, e.Place, e.Source.Org.Short)
}
