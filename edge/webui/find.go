package webui

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"concord/care/chart"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// hitRow is one person in a list, with what tells people apart.
type hitRow struct {
	To      string
	Banner  *chart.Banner
	Alike   bool // another hit has nearly the same name
	Numbers []chart.HospitalNumber
	When    string // when it was last opened, for recent patients
	Agrees  string // how well particulars agree, in words
	// Restricted: where the person lives is not shown in a list.
	Restricted bool
}

// recentShown is how many recent patients the home page reads: each is an
// access that the audit keeps.
const recentShown = 8

// find is /find: the whole page of hits. A lone hit is never opened by itself.
func (s *Site) find(v *visit) (*answer, error) {
	q := strings.TrimSpace(v.URL.Query().Get("q"))
	if q == "" {
		return redirect("/")
	}
	people, err := v.errand.FindPeople(v.Context(), record.PeopleQuery{Text: q})
	if err != nil {
		return nil, err
	}
	return &answer{frame: frame{Title: "Find a patient", Nav: "find", Query: q},
		body: findPage(q, people, s.hitsOf(v, people))}, nil
}

// suggest is /find/suggest: the first hits while somebody types.
func (s *Site) suggest(v *visit) (*answer, error) {
	q := strings.TrimSpace(v.URL.Query().Get("q"))
	if len(q) < 3 {
		return &answer{fragment: true, body: nothing()}, nil
	}
	people, err := v.errand.FindPeople(v.Context(), record.PeopleQuery{Text: q, Limit: 6})
	if err != nil {
		return nil, err
	}
	return &answer{fragment: true, body: suggestions(q, people, s.hitsOf(v, people))}, nil
}

// hitsOf are the hits as they lead on for who asks: a privacy officer goes to
// who has looked at the record.
func (s *Site) hitsOf(v *visit, p *record.People) []hitRow {
	rows := s.hits(p, v.clinical())
	if v.may(access.ReadAudit) {
		for n := range rows {
			rows[n].To = "/audit?patient=" + p.Hits[n].Person.ID
		}
	}
	return rows
}

func (s *Site) hits(p *record.People, clinical bool) []hitRow {
	lens := s.at()
	rows := make([]hitRow, 0, len(p.Hits))
	for _, h := range p.Hits {
		b := lens.Identity(&h.Person)
		rows = append(rows, hitRow{To: recordHome(h.Person.ID, clinical), Banner: b, Numbers: b.Numbers, Agrees: agrees(h.Score), Restricted: restricted(h.Person)})
	}
	for n := range rows {
		for m := range rows {
			if n != m && alike(p.Hits[n].Person.Best(), p.Hits[m].Person.Best()) {
				rows[n].Alike = true
			}
		}
	}
	return rows
}

// restricted tells whether any trust keeps back where a person lives.
func restricted(p record.Person) bool {
	return slices.ContainsFunc(p.Entries, func(it *record.Item) bool {
		return it.Resource != nil && access.MarksOf("Patient", it.Resource.Path("meta.security")).Restricted
	})
}

// agrees says how well a person agrees with particulars.
func agrees(score float64) string {
	switch {
	case score == 0:
		return ""
	case score > 0.999:
		return "Agrees in everything"
	}
	return fmt.Sprintf("Agrees in part: %.2f of 1", score)
}

func recordHome(id string, clinical bool) string {
	if clinical {
		return "/p/" + id + "/"
	}
	return "/p/" + id + "/demographics"
}

// alike warns of people who are easily taken for each other: the same family
// name, and the first letter of the given name or the date of birth.
func alike(a, b *record.Item) bool {
	if a == nil || b == nil {
		return false
	}
	x, y := fhir.BestName(a.Resource), fhir.BestName(b.Resource)
	if x.Family == "" || !strings.EqualFold(x.Family, y.Family) {
		return false
	}
	sameInitial := x.Given != "" && y.Given != "" && strings.EqualFold(x.Given[:1], y.Given[:1])
	return sameInitial || a.Resource.StrAt("birthDate") == b.Resource.StrAt("birthDate")
}

// findHome is the home page of those who look for patients: the search box
// and the records that they opened last.
func (s *Site) findHome(v *visit) (*answer, error) {
	visits, err := s.Accounts.Recent(v.Context(), v.session.Account.Name)
	if err != nil {
		return nil, err
	}
	visits = visits[:min(len(visits), recentShown)]
	rows := make([]*hitRow, len(visits))
	lens := s.at()
	var wait sync.WaitGroup
	for n, x := range visits {
		// Side by side, so that their audit entries share a commit.
		wait.Go(func() {
			c, err := v.errand.Chart(v.Context(), x.Person, record.ChartQuery{})
			if err != nil {
				return // withdrawn meanwhile, or no longer for this role
			}
			b := lens.Identity(&c.Person)
			rows[n] = &hitRow{To: recordHome(c.Person.ID, v.clinical()), Banner: b, Numbers: b.Numbers,
				When: uk.DisplayDateTime(x.At.In(s.Zone))}
		})
	}
	wait.Wait()
	var shown []hitRow
	for _, r := range rows {
		if r != nil {
			shown = append(shown, *r)
		}
	}
	return &answer{frame: frame{Title: "Patients", Nav: "find"}, body: homePage(shown, v.session.Account.Display)}, nil
}

// searchedBy is a kind of search within a sentence: "name and date of birth",
// "NHS number".
func searchedBy(kind string) string {
	if strings.HasPrefix(kind, "NHS") {
		return kind
	}
	return strings.ToLower(kind[:1]) + kind[1:]
}
