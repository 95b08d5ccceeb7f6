package webui

import (
	"strings"
	"time"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/uk"
)

// codeNotYet is the refusal of an as-at date before the record begins.
const codeNotYet = "webui.not-yet"

// opened is a record page's chart with the frame made from the same chart.
type opened struct {
	chart *record.Chart
	frame *recordFrame
	lens  chart.Lens
	to    string // set when the id is superseded: go there
}

// open asks the Desk for one record. Every page of a record comes through
// here: banner and body are from this one chart.
func (s *Site) open(v *visit, section string, sections []record.Section) (*opened, error) {
	asAt, text, err := asAtOf(v.URL.Query().Get("asat"), s.at())
	if err != nil {
		return nil, err
	}
	if sections == nil && v.clinical() {
		sections = chart.BannerSections() // what was not asked for would stand there as not recorded
	}
	lens, now := s.reading(v), s.Now()
	id := v.PathValue("id")
	if !v.clinical() && section != "demographics" {
		// The Desk hears what was asked for, so that it stands in the audit;
		// nothing of it is shown.
		if _, err := v.errand.Chart(v.Context(), id, record.ChartQuery{Sections: sections, AsAt: asAt}); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.Denied, "webui.demographics-only", "this role sees demographics only")
	}
	c, err := v.errand.Chart(v.Context(), id, record.ChartQuery{Sections: sections, AsAt: asAt})
	if fault.Is(err, fault.NotFound) && !asAt.IsZero() {
		return nil, fault.New(fault.NotFound, codeNotYet,
			"nothing was known of this patient at the end of %s, or there is no such patient", text)
	}
	if err != nil {
		return nil, err
	}
	if c.Person.Entry == "" && c.Person.ID != id {
		return &opened{to: strings.Replace(v.URL.RequestURI(), "/p/"+id, "/p/"+c.Person.ID, 1)}, nil
	}
	if c.Standing.Closed && section != "demographics" {
		return &opened{to: closed(v, c.Person.ID)}, nil
	}
	f := &recordFrame{Section: section, Today: now.In(lens.Zone).Format("2006-01-02"), Trusts: lens.Trusts(&c.Person), Sources: lens.Sources(c)}
	f.Apps = s.Apps != nil && asAt.IsZero()
	if v.errand.May(access.SeeMarks, "Observation") && c.Standing.Tie == access.Standing {
		f.Seals = v.who().Org
	}
	if !asAt.IsZero() {
		f.AsAt, f.AsAtText = v.URL.Query().Get("asat"), text
	}
	f.stands(c, now)
	if v.clinical() && !c.Standing.Closed {
		f.Banner = lens.Banner(c)
	} else {
		f.Banner = lens.Identity(&c.Person)
	}
	f.Head = s.letterhead(v.session.Account.Org, v.session.Account.Site)
	f.PrintBy = v.session.Account.Display + ", " + uk.DisplayDateTime(now.In(lens.Zone))
	if c.Person.Entry == "" && asAt.IsZero() {
		if err := s.Accounts.Opened(v.Context(), v.session.Account.Name, c.Person.ID); err != nil {
			return nil, err
		}
	}
	return &opened{chart: c, frame: f, lens: lens}, nil
}

// reading is the lens of one record page: its moment is the as-at date when
// one is asked for, so that ages and what is to come are those of that day.
func (s *Site) reading(v *visit) chart.Lens {
	l := s.at()
	if asAt, _, err := asAtOf(v.URL.Query().Get("asat"), l); err == nil && !asAt.IsZero() {
		l.Now = asAt.Add(-time.Second)
	}
	return l
}

// asAtOf reads the as-at date: the record as it was known when that day ended.
// Today and later are now.
func asAtOf(date string, l chart.Lens) (time.Time, string, error) {
	if date == "" {
		return time.Time{}, "", nil
	}
	day, err := time.ParseInLocation("2006-01-02", date, l.Zone)
	if err != nil {
		return time.Time{}, "", fault.New(fault.Invalid, "webui.asat", "the date is not one of the form YYYY-MM-DD")
	}
	end := day.AddDate(0, 0, 1)
	if end.After(l.Now) {
		return time.Time{}, "", nil
	}
	return end, uk.DisplayDate(day), nil
}

// recordAnswer frames a body as a page of the record.
func recordAnswer(o *opened, title string, a answer) (*answer, error) {
	a.frame.Title, a.frame.Record = title, o.frame
	return &a, nil
}
