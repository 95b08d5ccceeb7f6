package webui

import (
	"context"
	"strings"

	"concord/care/chart"
	"concord/exchange/pds"
	"concord/fault"
	"concord/record"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// Demographics is a service that knows people by NHS number, such as PDS.
type Demographics interface {
	Retrieve(ctx context.Context, number string) (*pds.Found, error)
	Search(ctx context.Context, w person.Wanted) (*pds.Matches, error)
}

// tracedView is what a service says of a number, beside what the entries say.
type tracedView struct {
	Person     string
	Number     string
	Problem    string // why there is no answer, in words
	Superseded bool
	Now        string // the number by which the patient goes
	Restricted bool
	Marked     int                 // entries that are marked as restricted from now on, since the service says so
	Said       *chart.Demographics // what the service says, alone
	Checks     []checkRow
}

// checkRow is the cross-check of one entry.
type checkRow struct {
	Org     chart.Organisation
	Differs []string
	Agrees  bool
}

// askedAbout is the person of whom the demographics service is asked.
func (s *Site) askedAbout(v *visit) (*record.Chart, error) {
	if s.Demographics == nil {
		return nil, fault.New(fault.NotFound, "webui.no-pds", "no demographics service is set")
	}
	return v.errand.Chart(v.Context(), v.PathValue("id"), record.ChartQuery{})
}

// trace is POST /mpi/{id}/trace: a steward asks PDS about a number of the person.
// Nothing is changed by the answer, but that a patient whom PDS restricts is
// restricted here too: the trusts put their entries right.
func (s *Site) trace(v *visit) (*answer, error) {
	id := v.PathValue("id")
	c, err := s.askedAbout(v)
	if err != nil {
		return nil, err
	}
	number := v.PostFormValue("number")
	if !hasNumber(&c.Person, number) {
		return nil, fault.New(fault.Invalid, "webui.number", "none of the person's entries has this NHS number")
	}
	if err := v.errand.Outside(v.Context(), id, "asks PDS by NHS number"); err != nil {
		return nil, err
	}
	x := tracedView{Person: c.Person.ID, Number: uk.NHSNumber(number).String()}
	found, err := s.Demographics.Retrieve(v.Context(), number)
	if err != nil {
		if fault.Is(err, fault.Internal) {
			return nil, err
		}
		x.Problem = sentenceOf(fault.Of(err).Text)
	} else {
		s.traced(&x, found, c.Person.Entries)
	}
	if x.Restricted {
		if x.Marked, err = v.errand.RestrictTold(v.Context(), id); err != nil {
			return nil, err
		}
	}
	return &answer{frame: frame{Title: "What PDS says", Nav: "review"}, body: tracedPage(x)}, nil
}

func (s *Site) traced(x *tracedView, found *pds.Found, entries []*record.Item) {
	x.Superseded, x.Now, x.Restricted = found.Superseded != "", found.Number.String(), found.Restricted
	it := &record.Item{Type: "Patient", ID: string(found.Number), Resource: found.Patient}
	x.Said = s.at().Demographics(&record.Person{Entries: []*record.Item{it}})
	for _, e := range entries {
		ok, differs := found.CrossCheck(e.Resource)
		row := checkRow{Org: s.at().Orgs(e.Org), Agrees: ok && len(differs) == 0}
		for _, f := range differs {
			row.Differs = append(row.Differs, string(f))
		}
		x.Checks = append(x.Checks, row)
	}
}

func hasNumber(p *record.Person, number string) bool {
	for _, n := range numbersOf(p) {
		if n == number {
			return true
		}
	}
	return false
}

// numbersOf are the valid NHS numbers of a person's entries, each once.
func numbersOf(p *record.Person) []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range p.Entries {
		for id := range e.Resource.Get("identifier").Each() {
			if n, err := validNumber(id); err == nil && !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

func validNumber(id *fhir.Value) (string, error) {
	if id.StrAt("system") != uk.NHSNumberSystem {
		return "", fault.New(fault.Invalid, "webui.number", "another number")
	}
	n, err := uk.ParseNHSNumber(strings.TrimSpace(id.StrAt("value")))
	return string(n), err
}
