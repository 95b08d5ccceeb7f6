package reconcile

import (
	"strings"

	"concord/exchange/onboard"
	"concord/standard/fhir"
	"concord/standard/uk"
)

func (r *reading) alert(name string) string {
	v, allergy := r.v, r.v.Type() == "AllergyIntolerance"
	switch name {
	case "kind":
		if allergy {
			return "allergy"
		}
		return "alert"
	case "code":
		return code(v.Get("code"))
	case "text":
		return v.StrAt("code.text")
	case "severity":
		r := v.Get("reaction").At(0)
		if word, sent := strings.CutPrefix(r.StrAt("manifestation.text"), onboard.SeverityAsSent); sent {
			return word
		}
		return r.StrAt("severity")
	case "status":
		switch {
		case !allergy && v.StrAt("status") == "entered-in-error", allergy && code(v.Get("verificationStatus")) == "refuted":
			return "refuted"
		case !allergy:
			return v.StrAt("status")
		}
		return code(v.Get("clinicalStatus"))
	}
	if allergy {
		return v.StrAt("recordedDate")
	}
	return v.StrAt("period.start")
}

func (r *reading) encounter(name string) string {
	v, place := r.v, placeOf(r.v)
	ward, bed, _ := strings.Cut(place.StrAt("identifier.value"), "/")
	if fhir.Extension(place, asSent) != nil {
		ward = sent(place)
	}
	switch name {
	case "class":
		return map[string]string{"IMP": "inpatient", "EMER": "emergency", "SS": "day", "AMB": "outpatient"}[v.StrAt("class.code")]
	case "started":
		return r.instant("period.start")
	case "ended":
		return r.instant("period.end")
	case "ward":
		return strings.ReplaceAll(ward, "%2F", "/")
	case "bed":
		return bed
	case "consultant":
		return sent(v.Get("participant").At(0).Get("individual"))
	case "expected":
		return fhir.Extension(v, plannedEnd).StrAt("valueDateTime")
	}
	return code(v.Get("serviceType"))
}

func (r *reading) appointment(name string) string {
	v := r.v
	switch name {
	case "pathway":
		return basedOn(v, uk.Local("pathway").System(r.trust))
	case "clinic":
		return sent(actorOf(v, "HealthcareService"))
	case "consultant":
		return sent(actorOf(v, "Practitioner"))
	case "starts":
		return r.instant("start")
	case "minutes":
		return v.Get("minutesDuration").Text()
	case "kind":
		return code(v.Get("appointmentType"))
	}
	return v.StrAt("status")
}

func (r *reading) document(name string) string {
	v := r.v
	attachment := v.Get("content").At(0).Get("attachment")
	switch name {
	case "encounter":
		return v.Path("context.encounter").At(0).StrAt("identifier.value")
	case "kind":
		return code(v.Get("type"))
	case "title":
		return attachment.StrAt("title")
	case "written":
		return r.instant("date")
	case "author":
		return v.Get("author").At(0).StrAt("display")
	case "status":
		switch {
		case code(v.Get("category").At(0)) == "unsent":
			return "unsent"
		case v.StrAt("docStatus") == "preliminary":
			return "draft"
		}
		return v.StrAt("docStatus")
	}
	if names := onboard.ContentNames(v); names != "" {
		return names
	}
	if url := attachment.StrAt("url"); !strings.HasPrefix(url, "urn:concord:"+r.trust+":legacy-document:") {
		return url
	}
	return ""
}

func (r *reading) result(name string) string {
	v := r.v
	switch name {
	case "order":
		return basedOn(v, uk.PlacerOrder.System(r.trust))
	case "code":
		return code(v.Get("code"))
	case "name":
		return v.StrAt("code.text")
	case "value":
		if q := v.Get("valueQuantity"); q != nil {
			if was := fhir.Extension(q, translation); was != nil {
				q = was.Get("valueQuantity")
			}
			return strings.TrimSpace(q.Get("value").Text() + " " + q.StrAt("unit"))
		}
		return v.StrAt("valueString")
	case "range":
		text := v.Get("referenceRange").At(0).StrAt("text")
		if was := fhir.Extension(v.Get("valueQuantity"), translation); was != nil {
			text = strings.TrimSuffix(text, " "+was.StrAt("valueQuantity.unit")+" as sent")
		}
		return text
	case "status":
		return v.StrAt("status")
	case "taken":
		return r.instant("effectiveDateTime")
	}
	return r.instant("issued")
}

func (r *reading) medicine(name string) string {
	v := r.v
	switch name {
	case "code":
		return code(v.Get("medicationCodeableConcept"))
	case "text":
		return v.StrAt("medicationCodeableConcept.text")
	case "dose":
		return v.Get("dosage").At(0).StrAt("text")
	case "status":
		return v.StrAt("status")
	case "started":
		return v.StrAt("effectivePeriod.start")
	case "prescriber":
		return prescriber(v)
	}
	return v.StrAt("effectivePeriod.end")
}

// plannedEnd says when a stay is expected to end.
const plannedEnd = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"

// basedOn is the number of a system of an order that a resource goes by.
func basedOn(v *fhir.Value, system string) string {
	for b := range v.Get("basedOn").Each() {
		if id := b.Get("identifier"); id.StrAt("system") == system {
			return id.StrAt("value")
		}
	}
	return ""
}

// prescriber is who ordered a medicine, by the order within the statement.
func prescriber(v *fhir.Value) string {
	for b := range v.Get("basedOn").Each() {
		id, ok := strings.CutPrefix(b.StrAt("reference"), "#")
		for c := range v.Get("contained").Each() {
			if ok && c.ID() == id {
				return sent(c.Get("requester"))
			}
		}
	}
	return ""
}
