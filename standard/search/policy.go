package search

import (
	"slices"
	"strings"

	"concord/standard/fhir"
)

// The policy: what of a resource is indexed, and where. Every parameter can be
// searched; those that are not indexed over all records are found by walking
// the records that hold the type, within the cost limit of a search.

// leadingDates names, in order of preference, the parameter that dates a
// resource on a timeline.
var leadingDates = [...]string{"date", "period", "effective-time", "authoredon", "recorded", "recorded-date", "onset-date",
	"authored-on", "authored", "issued", "created", "when", "started", "start-date", "death-date"}

// datedTypes have no code to lead with and are looked for by date over all
// records: they are filed by type and date.
var datedTypes = [...]string{"Appointment", "Communication", "Composition", "DocumentReference", "Encounter", "Immunization", "Task"}

func (t *Table) plan(typ string) *plan {
	p := &plan{}
	for _, prm := range t.Params(typ) {
		switch {
		case prm.Name == "_id" || prm.Name == "_lastUpdated":
		case prm.Name == "identifier" && prm.Kind == Token, prm.Name == "url" && prm.Kind == URI:
			p.idents = append(p.idents, prm)
		case typ == "Patient" && prm.Name == "birthdate":
			p.idents = append(p.idents, prm)
		case prm.Kind == String && filesStrings(typ, prm):
			p.strings = append(p.strings, prm)
		case prm.Kind == Token || prm.Kind == Reference || prm.Kind == URI:
			tp := tokenPlan{param: prm, column: inColumn(prm), term: inTerms(prm), about: slices.Contains(t.around["Patient"][typ], prm.Name)}
			if tp.column || tp.term {
				p.tokens = append(p.tokens, tp)
			}
		case prm.Kind == Date && prm.URL != "":
			p.spans = append(p.spans, prm)
		}
	}
	for _, name := range leadingDates {
		if d := t.byType[typ][name]; d != nil && d.Kind == Date {
			p.date = d
			break
		}
	}
	p.code = t.byType[typ]["code"]
	if p.code != nil && p.code.Kind != Token {
		p.code = nil
	}
	p.value = t.byType[typ]["value-quantity"]
	p.dated = p.code == nil && slices.Contains(datedTypes[:], typ)
	p.without(t, typ)
	return p
}

// filesStrings: people, places and organisations are found by name, patients
// by address too; custom strings are filed, since somebody asked for them.
func filesStrings(typ string, prm *Param) bool {
	if prm.URL != "" {
		return true
	}
	switch typ {
	case "Patient", "Practitioner", "Person", "RelatedPerson":
		return prm.Name == "family" || prm.Name == "given" || prm.Name == "name" || prm.Name == "address"
	case "Organization", "Location", "HealthcareService":
		return prm.Name == "name"
	}
	return false
}

// filedStrings are the texts of an element that are filed. Where a type has
// "family" and "given", only what stands under neither is filed under "name".
func (t *Table) filedStrings(prm *Param, v *fhir.Value) []string {
	if prm.Name != "name" || v.Kind() != fhir.Object || t.byType[prm.Type]["family"] == nil {
		return stringsOf(v)
	}
	return textsOf(v, "prefix", "suffix", "text")
}

// wordsFrom are the beginnings by which a text is found: its own, and those of
// each further word of a person's name ("Al-Hassan" is looked for as "Hassan").
func wordsFrom(prm *Param, folded string) []string {
	out := []string{folded}
	if prm.Name != "family" && prm.Name != "given" {
		return out
	}
	for i := 0; i < len(folded); i++ {
		if folded[i] == ' ' {
			out = append(out, folded[i+1:])
		}
	}
	return out
}

// beside names the parameters under which a value of a parameter is filed.
func (t *Table) beside(typ string, prm *Param) []string {
	switch {
	case prm.URL != "":
	case strings.HasPrefix(prm.Name, "address-") && prm.Name != "address-use":
		return []string{"address"}
	case (prm.Name == "name" || prm.Name == "phonetic") && t.byType[typ]["family"] != nil:
		return []string{"name", "family", "given"}
	}
	return []string{prm.Name}
}

// inColumn leaves out of the token column what nobody filters a chart by, or
// what repeats another parameter: four bytes a value, in every resource. All
// of a record shares its patient.
func inColumn(p *Param) bool {
	switch p.Kind {
	case Reference:
		return !repeated(p) && p.Name != "patient" && p.Name != "subject"
	case Token:
		switch p.Name {
		case "telecom", "phone", "email", "address-use", "language", "_security":
			return false
		}
		return !repeated(p)
	}
	return false
}

// inTerms leaves out what is filed elsewhere or repeats another parameter.
func inTerms(p *Param) bool {
	switch p.Name {
	case "telecom", "address-use":
		return false
	case "patient":
		return p.URL != ""
	case "subject":
		return true
	}
	return !repeated(p)
}

// repeated names the parameters that speak of what others speak of too.
func repeated(p *Param) bool {
	if p.URL != "" {
		return false
	}
	switch p.Name {
	case "combo-code", "combo-data-absent-reason", "combo-value-concept", "component-data-absent-reason", "data-absent-reason",
		"practitioner", "link":
		return true
	}
	return false
}

// bareIdent: patients are found by a number whoever gave it.
func bareIdent(typ string) bool { return typ == "Patient" }

// termed tells whether the values of a parameter are filed as terms.
func (p *plan) termed(prm *Param) bool {
	return slices.ContainsFunc(p.tokens, func(tp tokenPlan) bool { return tp.param == prm && tp.term })
}

func (p *plan) columned(prm *Param) bool {
	return slices.ContainsFunc(p.tokens, func(tp tokenPlan) bool { return tp.param == prm && tp.column })
}

// Indexed says how a parameter of a type is found over all records: "records",
// "identifier", "string", "month", or "" when records have to be walked.
func (x *Extractor) Indexed(typ string, prm *Param) string {
	p := x.plans[typ]
	switch {
	case p == nil:
		return ""
	case prm.Name == "_id":
		return "identifier"
	case slices.Contains(p.idents, prm):
		return "identifier"
	case prm.Kind == String && slices.ContainsFunc(x.table.beside(typ, prm), func(n string) bool {
		return slices.Contains(p.strings, x.table.byType[typ][n])
	}):
		return "string"
	case p.termed(prm):
		return "records"
	case prm == p.date || slices.Contains(p.spans, prm):
		return "month"
	}
	return ""
}
