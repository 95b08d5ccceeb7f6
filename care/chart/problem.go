package chart

import (
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// Problem is one condition: a problem, a diagnosis or a concern.
type Problem struct {
	Name     string
	Status   string // Active, Resolved, …
	Active   bool
	Kind     string // "Problem", "Diagnosis of an encounter"
	Certain  string // verification, unless confirmed
	Severity string
	Onset    When
	Ended    When
	Recorded When
	Source   Source
	Also     []Also
	Conflict string // another organisation's different status
	code     string
}

// Problems is the page of problems.
type Problems struct {
	Active, Past []Problem
	Withheld     bool
}

// ProblemSections is the query of the problems page.
func ProblemSections() []record.Section {
	return append(BannerSections(), record.Section{Type: "Condition"})
}

// Problems reads the problems page.
func (l Lens) Problems(c *record.Chart) *Problems { return l.problems(c, bannerSections) }

func (l Lens) problems(c *record.Chart, section int) *Problems {
	items, ok := list(c, section)
	p := &Problems{Withheld: !ok}
	var all []Problem
	for _, i := range items {
		all = addProblem(all, l.problem(i))
	}
	for _, x := range all {
		if x.Active {
			p.Active = append(p.Active, x)
		} else {
			p.Past = append(p.Past, x)
		}
	}
	return p
}

func (l Lens) problem(i *record.Item) Problem {
	r := i.Resource
	p := Problem{
		Name:     fhir.ConceptText(r.Get("code")),
		Severity: fhir.ConceptText(r.Get("severity")),
		Onset:    l.firstWhen(r, "onsetDateTime", "onsetPeriod.start"),
		Ended:    l.firstWhen(r, "abatementDateTime", "abatementPeriod.end"),
		Recorded: l.firstWhen(r, "recordedDate", "onsetDateTime"),
		Source:   l.source(i),
		code:     r.StrAt("code.coding.0.code"),
	}
	if p.Name == "" {
		p.Name = "Problem without a name"
	}
	switch status := r.StrAt("clinicalStatus.coding.0.code"); {
	case p.Source.Withdrawn:
		p.Status = "Withdrawn"
	case status == "" && p.Ended.Known():
		p.Status = "Resolved"
	case status == "":
		p.Status, p.Active = "Status not given", true
	default:
		p.Status = sentence(status)
		p.Active = status == "active" || status == "recurrence" || status == "relapse"
	}
	switch r.StrAt("category.0.coding.0.code") {
	case "encounter-diagnosis":
		p.Kind = "Diagnosis of an encounter"
	case "problem-list-item", "":
		p.Kind = "Problem"
	default:
		p.Kind = fhir.ConceptText(r.Path("category.0"))
	}
	if v := r.StrAt("verificationStatus.coding.0.code"); v != "confirmed" {
		p.Certain = sentence(v)
	}
	return p
}

// addProblem joins the same problem from another organisation; within one
// organisation two episodes stay two rows.
func addProblem(all []Problem, p Problem) []Problem {
	for n := range all {
		same := p.code != "" && all[n].code == p.code || strings.EqualFold(all[n].Name, p.Name)
		if !same || all[n].Source.Org.Code == p.Source.Org.Code || all[n].Source.Withdrawn || p.Source.Withdrawn {
			continue
		}
		if all[n].Active == p.Active {
			all[n].Also = append(all[n].Also, also(p.Source, p.Recorded))
			return all
		}
		all[n].Conflict = p.Source.Org.Short + " says: " + strings.ToLower(p.Status)
		p.Conflict = all[n].Source.Org.Short + " says: " + strings.ToLower(all[n].Status)
	}
	return append(all, p)
}
