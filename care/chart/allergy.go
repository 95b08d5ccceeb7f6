package chart

import (
	"slices"
	"strings"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// AllergyLabel is one of the four states that the banner may show (PAB-0064).
type AllergyLabel string

// The four labels.
const (
	KnownAllergies       AllergyLabel = "Known allergies"
	NoKnownAllergies     AllergyLabel = "No known allergies"
	AllergiesNotRecorded AllergyLabel = "Allergies not recorded"
	AllergiesUnavailable AllergyLabel = "Allergies unavailable"
)

// AllergyState is the label with what stands behind it.
type AllergyState struct {
	Label   AllergyLabel
	Active  []Allergy // what the label lists
	Past    []Allergy // resolved, refuted or withdrawn
	Updated When
}

// Allergy is one allergy or intolerance.
type Allergy struct {
	Substance   string
	Kind        string // "Allergy, food"
	Criticality string
	Reactions   string // "Urticaria (severe)"
	Status      string
	Noted       When
	None        bool // says that there is no known allergy
	Source      Source
	Also        []Also
}

// Also tells that another organisation recorded the same.
type Also struct {
	Source Source
	Text   string // "Also recorded by Hillingdon, 02-Nov-2026"
}

// noKnown are the SNOMED CT codes by which a sender says that there is none.
func noKnown(concept *fhir.Value) bool {
	for _, code := range []string{"716186003", "409137002", "428607008", "429625007", "716184000"} {
		if fhir.HasCode(concept, uk.SNOMED, code) {
			return true
		}
	}
	return strings.HasPrefix(strings.ToLower(fhir.ConceptText(concept)), "no known ")
}

func (l Lens) allergyState(c *record.Chart) AllergyState {
	items, ok := list(c, bannerAllergies)
	if !ok {
		return AllergyState{Label: AllergiesUnavailable}
	}
	s := AllergyState{Label: AllergiesNotRecorded}
	for _, i := range items {
		a := l.allergy(i)
		if i.Updated.After(s.Updated.At) {
			s.Updated = l.Moment(i.Updated)
		}
		if a.Source.Withdrawn || a.Status != "Active" {
			s.Past = append(s.Past, a)
		} else {
			s.Active = addAllergy(s.Active, a)
		}
	}
	for _, a := range s.Active {
		if !a.None {
			s.Label = KnownAllergies
			// "No known food allergy" beside a drug allergy stays visible on
			// the allergies page; the banner lists what can harm.
			break
		}
		s.Label = NoKnownAllergies
	}
	slices.SortStableFunc(s.Active, func(a, b Allergy) int { return rank(a) - rank(b) })
	return s
}

func rank(a Allergy) int {
	switch {
	case a.None:
		return 3
	case a.Criticality == "High risk":
		return 0
	case a.Criticality == "Low risk":
		return 2
	}
	return 1
}

func addAllergy(all []Allergy, a Allergy) []Allergy {
	for n := range all {
		if strings.EqualFold(all[n].Substance, a.Substance) && all[n].Reactions == a.Reactions &&
			all[n].Criticality == a.Criticality {
			all[n].Also = append(all[n].Also, also(a.Source, a.Noted))
			return all
		}
	}
	return append(all, a)
}

func also(s Source, when When) Also {
	text := "Also recorded by " + s.Org.Short
	if when.Known() {
		text += ", " + when.Day()
	}
	return Also{Source: s, Text: text}
}

func (l Lens) allergy(i *record.Item) Allergy {
	r := i.Resource
	a := Allergy{
		Substance:   fhir.ConceptText(r.Get("code")),
		Criticality: map[string]string{"high": "High risk", "low": "Low risk"}[r.StrAt("criticality")],
		Noted:       l.firstWhen(r, "recordedDate", "onsetDateTime", "lastOccurrence"),
		Status:      allergyStatus(r),
		None:        noKnown(r.Get("code")),
		Source:      l.source(i),
	}
	if a.Substance == "" {
		a.Substance = "Substance " + strings.ToLower(NotKnown)
	}
	a.Kind = sentence(r.StrAt("type"))
	for cat := range r.Get("category").Each() {
		if a.Kind != "" {
			a.Kind += ", "
		}
		a.Kind += cat.Str()
	}
	a.Kind = sentence(a.Kind)
	var reactions []string
	for reaction := range r.Get("reaction").Each() {
		var words []string
		for m := range reaction.Get("manifestation").Each() {
			words = append(words, fhir.ConceptText(m))
		}
		text := strings.Join(words, ", ")
		if text == "" {
			text = reaction.StrAt("description")
		}
		if sev := reaction.StrAt("severity"); sev != "" && text != "" {
			text += " (" + sev + ")"
		}
		if text != "" {
			reactions = append(reactions, text)
		}
	}
	a.Reactions = strings.Join(reactions, "; ")
	return a
}

func allergyStatus(r *fhir.Value) string {
	if withdrawn(r) {
		return "Withdrawn"
	}
	if v := r.StrAt("verificationStatus.coding.0.code"); v == "refuted" {
		return "Refuted"
	}
	if s := r.StrAt("clinicalStatus.coding.0.code"); s != "" {
		return sentence(s)
	}
	return "Active"
}

// sentence makes a code fit to read: "entered-in-error" → "Entered in error".
func sentence(code string) string {
	if code == "" {
		return ""
	}
	s := strings.ReplaceAll(code, "-", " ")
	return strings.ToUpper(s[:1]) + s[1:]
}
