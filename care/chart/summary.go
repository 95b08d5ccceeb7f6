package chart

import (
	"cmp"
	"slices"
	"time"

	"concord/record"
)

// Summary is the first page of a record.
type Summary struct {
	Problems     *Problems
	Medicines    []Medicine // current
	Tests        []Test     // of the newest results, Cells newest first
	News         *ObservationSet
	NewsTrend    []ObservationSet // oldest first, complete sets only
	NewsAge      string           // "3 hours ago"
	NewsOld      bool             // too old to stand for the patient's state
	Target       Target           // a recorded target saturation that asks for scale 2
	Contacts     []Encounter
	Appointments []Appointment // to come
	Documents    []Document
	Withheld     Withheld
	Items        int // that were read
}

// Withheld says which parts of a summary may not be seen.
type Withheld struct {
	Problems, Medicines, Results, Observations, Contacts, Appointments, Documents bool
}

// The sections of the summary after those of the banner.
const (
	sumConditions = bannerSections + iota
	sumRequests
	sumStatements
	sumResults
	sumVitals
	sumEncounters
	sumAppointments
	sumDocuments
	sumReports
)

// What the summary shows of each.
const (
	summaryTests    = 10
	summaryRows     = 6
	summaryTrend    = 10
	summaryProblems = 12
)

// newsCurrent is how long a score may stand for the patient's state: twice the
// longest interval between observations (RCP 2017, chart 4).
const newsCurrent = 24 * time.Hour

// ago words an age: minutes, hours, days, then months and years.
func ago(d time.Duration) string {
	days := int(d.Hours() / 24)
	switch {
	case d < 0:
		return "in the future"
	case d < time.Hour:
		return plural(int(d.Minutes()), "minute") + " ago"
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour") + " ago"
	case days < 60:
		return plural(days, "day") + " ago"
	case days < 730:
		return plural(days/30, "month") + " ago"
	}
	return plural(days/365, "year") + " ago"
}

// SummarySections is the query of the summary: one round trip, bounded, so
// that a record of thousands of items costs what a small one does.
func (l Lens) SummarySections() []record.Section {
	today := midnight(l.Now, l.Zone).Format("2006-01-02")
	return append(BannerSections(),
		record.Section{Type: "Condition", Where: "clinical-status=active,recurrence,relapse", Newest: 40},
		record.Section{Type: "MedicationRequest", Where: "status=active,on-hold", Newest: 40},
		record.Section{Type: "MedicationStatement", Where: "status=active,intended", Newest: 40},
		record.Section{Type: "Observation", Where: "category=laboratory", Newest: 90},
		record.Section{Type: "Observation", Where: "category=vital-signs", Newest: 90},
		record.Section{Type: "Encounter", Newest: summaryRows},
		record.Section{Type: "Appointment", Where: "date=ge" + today, Newest: 20},
		record.Section{Type: "DocumentReference", Newest: summaryRows},
		record.Section{Type: "DiagnosticReport", Newest: 20})
}

// Summary reads the summary page.
func (l Lens) Summary(c *record.Chart) *Summary {
	s := &Summary{Problems: l.problems(c, sumConditions)}
	s.Withheld = Withheld{
		Problems: withheld(c, sumConditions), Medicines: withheld(c, sumRequests, sumStatements),
		Results: withheld(c, sumResults), Observations: withheld(c, sumVitals),
		Contacts: withheld(c, sumEncounters), Appointments: withheld(c, sumAppointments),
		Documents: withheld(c, sumDocuments, sumReports),
	}
	for _, items := range c.Sections {
		s.Items += len(items)
	}
	var medicines []Medicine
	for _, n := range []int{sumRequests, sumStatements} {
		items, _ := list(c, n)
		for _, i := range items {
			if current(i.Resource) {
				medicines = append(medicines, l.medicine(i))
			}
		}
	}
	newestFirst(medicines, func(m Medicine) When { return m.Started })
	for _, m := range medicines {
		s.Medicines = addMedicine(s.Medicines, m)
	}
	s.Tests = l.latestTests(c)
	l.latestNews(s, c)
	items, _ := list(c, sumEncounters)
	for _, i := range items {
		s.Contacts = append(s.Contacts, l.encounter(i))
	}
	newestFirst(s.Contacts, func(e Encounter) When { return e.Start })
	for _, a := range l.appointments(c, sumAppointments).Upcoming {
		if a.Status != "Cancelled" && !a.Source.Withdrawn && len(s.Appointments) < summaryRows {
			s.Appointments = append(s.Appointments, a)
		}
	}
	for _, n := range []int{sumDocuments, sumReports} {
		items, _ := list(c, n)
		for _, i := range items {
			if d := l.document(i); d.HasText {
				s.Documents = append(s.Documents, d)
			}
		}
	}
	newestFirst(s.Documents, func(d Document) When { return d.When })
	s.Documents = s.Documents[:min(len(s.Documents), summaryRows)]
	s.Problems.Active = s.Problems.Active[:min(len(s.Problems.Active), summaryProblems)]
	return s
}

// latestTests are the tests of the newest results, abnormal ones of the same
// time first.
func (l Lens) latestTests(c *record.Chart) []Test {
	items, _ := list(c, sumResults)
	reports, _ := list(c, sumReports)
	places := placesOf(reports)
	first := make(map[string]int)
	for _, i := range items {
		if key := testKey(i.Resource.Get("code")); first[key] == 0 {
			first[key] = places[i.Ref()].place
		}
	}
	tests := l.others(items, nil)
	slices.SortStableFunc(tests, func(a, b Test) int {
		x, y := a.Cells[0], b.Cells[0]
		return cmp.Or(y.When.At.Compare(x.When.At),
			cmp.Compare(b2i(x.Flag.Letter == ""), b2i(y.Flag.Letter == "")),
			cmp.Compare(first[a.Key], first[b.Key]))
	})
	return tests[:min(len(tests), summaryTests)]
}

func (l Lens) latestNews(s *Summary, c *record.Chart) {
	items, _ := list(c, sumVitals)
	s.Target = l.target(c, items)
	for _, set := range l.observationSets(items) {
		if !set.Scored() {
			continue
		}
		last := set
		s.News = &last
		if set.Score.Complete {
			s.NewsTrend = append(s.NewsTrend, set)
		}
	}
	if s.News != nil {
		age := l.Now.Sub(s.News.When.At)
		s.NewsAge, s.NewsOld = ago(age), age > newsCurrent
	}
	if n := len(s.NewsTrend); n > summaryTrend {
		s.NewsTrend = s.NewsTrend[n-summaryTrend:]
	}
}
