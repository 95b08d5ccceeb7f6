package webui

import (
	"net/url"
	"slices"
	"strings"

	"concord/record/access"
	"concord/record/grant"
)

// scopeRow is one scope in plain words.
type scopeRow struct {
	Scope string // as the app wrote it
	Words string
	Fixed bool // cannot be left out by itself
}

// scopeRows puts scopes into words, in the order in which a person would ask.
func scopeRows(s grant.Scopes) []scopeRow {
	var out []scopeRow
	for _, x := range s.Data {
		out = append(out, scopeRow{Scope: x.String(), Words: dataWords(x)})
	}
	for _, x := range []struct {
		has          bool
		scope, words string
	}{
		{s.OpenID, "openid", "Recognise you when you use the app again"},
		{s.FHIRUser, "fhirUser", "Know your name and role"},
		{s.Offline, "offline_access", "Go on for up to 90 days, also when you are signed out"},
		{s.Online, "online_access", "Go on as long as you are signed in here"},
	} {
		if x.has {
			out = append(out, scopeRow{Scope: x.scope, Words: x.words})
		}
	}
	return out
}

// dataWords says what a scope of data lets an app do.
func dataWords(x access.AppScope) string {
	var does []string
	add := func(letters, word string) {
		if strings.ContainsAny(x.Can, letters) && !slices.Contains(does, word) {
			does = append(does, word)
		}
	}
	add("rs", "see")
	add("c", "add to")
	add("u", "change")
	add("d", "delete from")
	what := "everything"
	if x.Type != "*" {
		what = typeWords(x.Type)
	}
	words := listed(does) + " " + what
	switch x.Context {
	case access.OfPatient:
		words += " in this patient’s record"
	case access.OfUser:
		words += " in every record that you may open"
	case access.OfSystem:
		words += " in the records of all patients, by itself"
	}
	if x.Query != "" {
		words += ", only where " + queryWords(x.Query)
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// queryWords says the parameters of a scope: "category is laboratory".
func queryWords(query string) string {
	form, err := url.ParseQuery(query)
	if err != nil {
		return query
	}
	var parts []string
	for name, values := range form {
		for _, value := range values {
			if n := strings.LastIndexByte(value, '|'); n >= 0 && n+1 < len(value) {
				value = value[n+1:]
			}
			parts = append(parts, strings.ReplaceAll(name, "-", " ")+" is "+value)
		}
	}
	slices.Sort(parts)
	return listed(parts)
}

// typeWords are the names that clinicians use; a type without one goes by its
// own, in words.
func typeWords(typ string) string {
	if words := map[string]string{
		"Patient": "who the patient is (name, address, numbers)", "Observation": "observations and results", "Condition": "problems",
		"AllergyIntolerance": "allergies", "MedicationRequest": "prescriptions", "MedicationStatement": "medicines taken",
		"MedicationAdministration": "medicines given", "MedicationDispense": "medicines dispensed", "Medication": "the list of medicines",
		"DiagnosticReport": "reports", "DocumentReference": "letters and documents", "Binary": "the contents of documents",
		"Encounter": "visits and stays", "Procedure": "procedures", "Immunization": "vaccinations", "Appointment": "appointments",
		"ServiceRequest": "referrals and requests", "CarePlan": "care plans", "CareTeam": "care teams", "Practitioner": "who staff are",
		"PractitionerRole": "what staff do", "Organization": "organisations", "Location": "places", "RelatedPerson": "next of kin",
		"Consent": "consents", "Flag": "alerts", "FamilyMemberHistory": "family history",
	}[typ]; words != "" {
		return words
	}
	var out strings.Builder
	for n, r := range typ {
		if n > 0 && r >= 'A' && r <= 'Z' {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return "entries of the kind " + strings.ToLower(out.String())
}

// appStanding says how an app stands.
func appStanding(a *grant.App, short func(string) string) string {
	switch a.State {
	case grant.Waiting:
		return "Waits for an administrator"
	case grant.Approved:
		if a.Org == access.Domain {
			return "Approved for every organisation"
		}
		return "Approved for " + short(a.Org)
	case grant.Refused:
		return "Turned down"
	}
	return "Withdrawn"
}
