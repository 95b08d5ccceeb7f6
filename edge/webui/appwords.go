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
}

// voice is to whom scopes are told, and of whom.
type voice struct{ patient, you, your, are string }

// The voices: to the user who is asked, to the same later, and to an
// administrator.
var (
	toUser      = voice{"this patient", "you", "your", "are"}
	toUserLater = voice{"one patient", "you", "your", "are"}
	ofUser      = voice{"one patient", "the user", "the user’s", "is"}
)

// scopeRows puts scopes into words, in the order in which a person would ask.
func scopeRows(s grant.Scopes, to voice) []scopeRow {
	var out []scopeRow
	for _, x := range s.Data {
		out = append(out, scopeRow{x.String(), dataWords(x, to)})
	}
	for _, x := range []struct {
		has          bool
		scope, words string
	}{
		{s.OpenID, "openid", "Recognise " + to.you + " when the app is used again"},
		{s.FHIRUser, "fhirUser", "Know " + to.your + " name"},
		{s.LaunchEncounter, "launch/encounter", "Know which stay or contact " + to.you + " opened it for"},
		{s.Offline, "offline_access", "Go on for up to 90 days, also when " + to.you + " " + to.are + " signed out"},
		{s.Online, "online_access", "Go on as long as " + to.you + " " + to.are + " signed in here"},
	} {
		if x.has {
			out = append(out, scopeRow{x.scope, x.words})
		}
	}
	return out
}

// dataWords says what a scope of data lets an app do.
func dataWords(x access.AppScope, to voice) string {
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
	words := listed(does) + " " + objectWords(x, to)
	if x.Query != "" {
		words += ", only where " + queryWords(x.Query)
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// objectWords says of what, and in whose record.
func objectWords(x access.AppScope, to voice) string {
	if access.KindOf(x.Type) == access.Directory {
		return typeWords(x.Type)
	}
	if x.Type == "Patient" && x.Context == access.OfPatient {
		return "who " + to.patient + " is (name, address, numbers)"
	}
	what := "everything"
	if x.Type != "*" {
		what = typeWords(x.Type)
	}
	switch x.Context {
	case access.OfPatient:
		return what + " in " + to.patient + "’s record"
	case access.OfUser:
		return what + " in every record that " + to.you + " may open"
	}
	return what + " in the records of all patients, by itself"
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
		"Patient": "who patients are (name, address, numbers)", "Observation": "observations and results", "Condition": "problems",
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
