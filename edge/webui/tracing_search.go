package webui

import (
	"fmt"
	"strings"

	"concord/care/chart"
	"concord/exchange/pds"
	"concord/fault"
	"concord/record"
	"concord/record/person"
	"concord/standard/fhir"
)

// searchedView is whom a service knows by the name and date of birth of a person.
type searchedView struct {
	Person  string
	Problem string // why there is no answer, in words
	TooMany bool
	Rows    []searchedRow
}

// searchedRow is one whom the service knows.
type searchedRow struct {
	Number     string
	Banner     *chart.Banner
	Score      string // 0 to 1, as the service says
	Restricted bool
}

// traceBySearch is POST /mpi/{id}/search: a steward asks PDS who a person may be, by
// the best of what the entries say of name and date of birth, names of the past
// included. Nothing is changed by the answer.
func (s *Site) traceBySearch(v *visit) (*answer, error) {
	id := v.PathValue("id")
	c, err := s.askedAbout(v)
	if err != nil {
		return nil, err
	}
	w := wantedOf(c.Person.Golden().Patient)
	x := searchedView{Person: c.Person.ID}
	if err := w.Check(); err != nil {
		x.Problem = sentenceOf(fault.Of(err).Text)
		return searchedAnswer(x), nil
	}
	if err := v.errand.Outside(v.Context(), id, "asks PDS by name and date of birth"); err != nil {
		return nil, err
	}
	switch found, err := s.Demographics.Search(v.Context(), w); {
	case err != nil && fault.Is(err, fault.Internal):
		return nil, err
	case err != nil:
		x.Problem = sentenceOf(fault.Of(err).Text)
	default:
		s.searched(&x, found)
	}
	return searchedAnswer(x), nil
}

func searchedAnswer(x searchedView) *answer {
	return &answer{frame: frame{Title: "Whom PDS knows", Nav: "review"}, body: searchedPage(x)}
}

func wantedOf(patient *fhir.Value) person.Wanted {
	n := fhir.BestName(patient)
	given, _, _ := strings.Cut(n.Given, " ")
	return person.Wanted{Family: n.Family, Given: given, BornFrom: patient.StrAt("birthDate"), History: true}
}

func (s *Site) searched(x *searchedView, found *pds.Matches) {
	x.TooMany = found.TooMany
	for _, f := range found.Found {
		it := &record.Item{Type: "Patient", ID: string(f.Number), Resource: f.Patient}
		x.Rows = append(x.Rows, searchedRow{Number: f.Number.String(), Banner: s.at().Identity(&record.Person{Entries: []*record.Item{it}}),
			Score: fmt.Sprintf("%.2f", f.Score), Restricted: f.Restricted})
	}
}
