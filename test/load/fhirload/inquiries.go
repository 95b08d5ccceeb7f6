package fhirload

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"concord/standard/fhir"
)

// subject is what one search is made of.
type subject struct {
	pool *Pool
	draw *rand.Rand
}

func (s *subject) patient() *fhir.Value  { return pick(s.draw, s.pool.patients) }
func (s *subject) measured() *fhir.Value { return pick(s.draw, s.pool.measured) }

// query joins a type and pairs of parameter and value.
func query(typ string, pairs ...string) string {
	var b strings.Builder
	b.WriteString(typ)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteByte("?&"[min(i, 1)])
		b.WriteString(pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

// inquiries are the 22 kinds of parameter: all types, and the result
// parameters that clients use most.
func inquiries() []inquiry {
	return []inquiry{
		{"token", byCode}, {"token with system", bySystemAndCode},
		{"string", byName}, {"string:exact", byFamily},
		{"date", byBirth}, {"date range", byPeriod},
		{"quantity", byQuantity}, {"number", byNumber},
		{"reference", bySubject}, {"uri", byURL},
		{"composite", byCodeAndValue}, {"chain", byFamilyOfPatient},
		{"_has", byCondition}, {"_id", byID},
		{"_lastUpdated", byUpdate}, {"identifier", byIdentifier},
		{":not", byOtherStatus}, {"_include", withRequester},
		{"_revinclude", withObservations}, {"_sort", sortedByDate},
		{"compartment", inCompartment}, {"multiple values", byCodes},
	}
}

func codeOf(o *fhir.Value) (system, code string) {
	return o.StrAt("code.coding.0.system"), o.StrAt("code.coding.0.code")
}

func byCode(s *subject) ask {
	_, code := codeOf(s.measured())
	return ask{typ: "Observation", query: query("Observation", "code", code), fits: hasCode("code", "", code)}
}

func bySystemAndCode(s *subject) ask {
	system, code := codeOf(s.measured())
	return ask{typ: "Observation", query: query("Observation", "code", system+"|"+code), fits: hasCode("code", system, code)}
}

func byName(s *subject) ask {
	start := []rune(s.patient().StrAt("name.0.family"))
	text := string(start[:min(4, len(start))])
	return ask{typ: "Patient", query: query("Patient", "name", strings.ToLower(text)), fits: nameBegins(text)}
}

func byFamily(s *subject) ask {
	family := s.patient().StrAt("name.0.family")
	return ask{typ: "Patient", query: query("Patient", "family:exact", family), fits: has("name.family", family)}
}

func byBirth(s *subject) ask {
	born := s.patient().StrAt("birthDate")
	return ask{typ: "Patient", query: query("Patient", "birthdate", born), fits: has("birthDate", born)}
}

func byPeriod(s *subject) ask {
	at := dayOf(pick(s.draw, s.pool.staffed).StrAt("period.start"))
	from, to := at.AddDate(0, 0, -1), at.AddDate(0, 0, 7)
	return ask{typ: "Encounter", query: query("Encounter", "date", "ge"+from.Format(time.DateOnly), "date", "le"+to.Format(time.DateOnly)),
		fits: overlaps(from, to)}
}

func byQuantity(s *subject) ask {
	q := s.measured().Get("valueQuantity")
	unit := "|" + q.StrAt("system") + "|" + q.StrAt("code")
	return ask{typ: "Observation", query: query("Observation", "value-quantity", "ge"+q.Get("value").Text()+unit),
		fits: atLeast("", q.StrAt("code"), q.Get("value").Text())}
}

func byNumber(s *subject) ask {
	at := pick(s.draw, s.pool.probable)
	return ask{typ: "RiskAssessment", query: query("RiskAssessment", "probability", "ge"+at)}
}

func bySubject(s *subject) ask {
	ref := s.measured().StrAt("subject.reference")
	return ask{typ: "Observation", query: query("Observation", "subject", relative(ref)), fits: refers("subject", ref)}
}

func byURL(s *subject) ask {
	set := pick(s.draw, s.pool.sets)
	return ask{typ: "ValueSet", query: query("ValueSet", "url", set), fits: has("url", set)}
}

func byCodeAndValue(s *subject) ask {
	o := s.measured()
	system, code := codeOf(o)
	value := o.Path("valueQuantity.value").Text()
	return ask{typ: "Observation", query: query("Observation", "code-value-quantity", system+"|"+code+"$ge"+value), fits: atLeast(code, "", value)}
}

func byFamilyOfPatient(s *subject) ask {
	ref := pick(s.draw, s.pool.conditions).StrAt("subject.reference")
	family := s.pool.byID[idOf(ref)].StrAt("name.0.family")
	return ask{typ: "Condition", query: query("Condition", "subject:Patient.family", family), fits: s.pool.ofFamily(family)}
}

func byCondition(s *subject) ask {
	_, code := codeOf(pick(s.draw, s.pool.conditions))
	return ask{typ: "Patient", query: query("Patient", "_has:Condition:patient:code", code)}
}

func byID(s *subject) ask {
	id := s.patient().ID()
	return ask{typ: "Patient", query: query("Patient", "_id", id), fits: has("id", id)}
}

func byUpdate(s *subject) ask {
	at, err := time.Parse(time.RFC3339Nano, s.measured().StrAt("meta.lastUpdated"))
	if err != nil {
		return ask{typ: "Observation", query: query("Observation", "_lastUpdated", "ge2000-01-01")}
	}
	from, to := at.Truncate(time.Second).UTC(), at.Truncate(time.Second).Add(time.Second).UTC()
	return ask{typ: "Observation", query: query("Observation", "_lastUpdated", "ge"+from.Format(time.RFC3339), "_lastUpdated", "lt"+to.Format(time.RFC3339)),
		fits: updatedWithin(from, to)}
}

func byIdentifier(s *subject) ask {
	ids := s.patient().Get("identifier")
	id := ids.At(s.draw.IntN(ids.Len()))
	return ask{typ: "Patient", query: query("Patient", "identifier", id.StrAt("system")+"|"+id.StrAt("value")), fits: has("identifier.value", id.StrAt("value"))}
}

func byOtherStatus(s *subject) ask {
	status, other := "resolved", "active"
	if s.draw.IntN(2) == 0 {
		status, other = other, status
	}
	if !s.pool.hasStatus(other) {
		status = "recurrence"
	}
	wrong := hasCode("clinicalStatus", "", status)
	return ask{typ: "Condition", query: query("Condition", "clinical-status:not", status), fits: func(v *fhir.Value) bool { return !wrong(v) }}
}

func withRequester(s *subject) ask {
	ref := pick(s.draw, s.pool.prescribed).StrAt("subject.reference")
	return ask{typ: "MedicationRequest", query: query("MedicationRequest", "patient", relative(ref), "_include", "MedicationRequest:requester"),
		fits: refers("subject", ref), includes: "Practitioner"}
}

func withObservations(s *subject) ask {
	id := pick(s.draw, s.pool.encounters).ID()
	return ask{typ: "Encounter", query: query("Encounter", "_id", id, "_revinclude", "Observation:encounter"), fits: has("id", id), includes: "Observation"}
}

func sortedByDate(s *subject) ask {
	system, code := codeOf(s.measured())
	return ask{typ: "Observation", query: query("Observation", "code", system+"|"+code, "_sort", "-date"), fits: hasCode("code", system, code), newest: "effectiveDateTime"}
}

func inCompartment(s *subject) ask {
	ref := pick(s.draw, s.pool.conditions).StrAt("subject.reference")
	return ask{typ: "Condition", query: relative(ref) + "/Condition", fits: refers("subject", ref)}
}

func byCodes(s *subject) ask {
	_, a := codeOf(s.measured())
	_, b := codeOf(s.measured())
	_, c := codeOf(s.measured())
	return ask{typ: "Observation", query: query("Observation", "code", a) + "," + url.QueryEscape(b) + "," + url.QueryEscape(c),
		fits: func(v *fhir.Value) bool {
			return hasCode("code", "", a)(v) || hasCode("code", "", b)(v) || hasCode("code", "", c)(v)
		}}
}
