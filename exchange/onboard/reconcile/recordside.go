package reconcile

import (
	"strings"
	"time"

	"concord/exchange/onboard"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// classOf tells which class a resource of a load is of, "" for none.
func classOf(v *fhir.Value) string {
	switch v.Type() {
	case "Patient":
		return "patients"
	case "AllergyIntolerance", "Flag":
		return "alerts"
	case "Encounter":
		return "encounters"
	case "Appointment":
		return "appointments"
	case "DocumentReference":
		return "documents"
	case "Observation":
		return "results"
	case "MedicationStatement":
		return "medicines"
	case "Task":
		if fhir.HasCode(v.Get("code"), "urn:concord:code", "waiting-list") {
			return "waiting"
		}
		return "pathways"
	}
	return ""
}

// typesOf are the resource types of a class.
func typesOf(class string) []string {
	switch class {
	case "patients":
		return []string{"Patient"}
	case "alerts":
		return []string{"AllergyIntolerance", "Flag"}
	case "encounters":
		return []string{"Encounter"}
	case "pathways", "waiting":
		return []string{"Task"}
	case "appointments":
		return []string{"Appointment"}
	case "documents":
		return []string{"DocumentReference"}
	case "results":
		return []string{"Observation"}
	}
	return []string{"MedicationStatement"}
}

// reading is a resource that is read as a row of its class.
type reading struct {
	trust   string
	zone    *time.Location
	patient func(id string) string // hash of the patient's key in hexadecimal, "" = not of this trust
	v       *fhir.Value
	inputs  map[string]string // of a Task
}

// ofResource is what a resource says, by columns of its class.
func (r *reading) ofResource(class string) []string {
	if r.v.Type() == "Task" {
		r.inputs = map[string]string{}
		for in := range r.v.Get("input").Each() {
			r.inputs[in.Path("type.coding").At(0).StrAt("code")] = in.StrAt("valueString")
		}
	}
	names := columns(class)
	out := make([]string, len(names))
	for i, name := range names {
		if name == "patient" {
			out[i] = r.subject()
			continue
		}
		switch class {
		case "patients":
			out[i] = r.person(name)
		case "alerts":
			out[i] = r.alert(name)
		case "encounters":
			out[i] = r.encounter(name)
		case "pathways", "waiting":
			out[i] = r.inputs[name]
			if name == "pathway" {
				out[i] = r.v.StrAt("groupIdentifier.value")
			}
		case "appointments":
			out[i] = r.appointment(name)
		case "documents":
			out[i] = r.document(name)
		case "results":
			out[i] = r.result(name)
		default:
			out[i] = r.medicine(name)
		}
	}
	return out
}

// subject is whom the resource is about.
func (r *reading) subject() string {
	ref := ""
	switch r.v.Type() {
	case "AllergyIntolerance":
		ref = r.v.StrAt("patient.reference")
	case "Task":
		ref = r.v.StrAt("for.reference")
	case "Appointment":
		for p := range r.v.Get("participant").Each() {
			if s := p.StrAt("actor.reference"); strings.HasPrefix(s, "Patient/") {
				ref = s
			}
		}
	default:
		ref = r.v.StrAt("subject.reference")
	}
	id, ok := strings.CutPrefix(ref, "Patient/")
	if !ok {
		return ""
	}
	return r.patient(id)
}

// instant is a time of the record on the source's clocks.
func (r *reading) instant(path string) string {
	text := r.v.StrAt(path)
	if text == "" {
		return ""
	}
	in, ok := fhir.ParseInstant(text, r.zone)
	if !ok {
		return text
	}
	return in.Start.In(r.zone).Format(localMoment)
}

// code is the source's code of a concept: where the domain's stands beside it, the
// one that was selected by the source.
func code(concept *fhir.Value) string {
	for c := range concept.Get("coding").Each() {
		if c.Get("userSelected").Bool() {
			return c.StrAt("code")
		}
	}
	return concept.Get("coding").At(0).StrAt("code")
}

// What a load by a build keeps of the source beside the domain's own: of what
// refers to a place, clinic or member of staff, and of a value in another unit.
const (
	asSent      = "urn:concord:as-sent"
	translation = "http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation"
)

// sent is the source's code of what a reference names by its identifier.
func sent(ref *fhir.Value) string {
	if c := fhir.Extension(ref, asSent); c != nil {
		return c.StrAt("valueCoding.code")
	}
	return ref.StrAt("identifier.value")
}

// actorOf is the participant of a kind in an appointment, nil if there is none.
func actorOf(v *fhir.Value, typ string) *fhir.Value {
	for p := range v.Get("participant").Each() {
		if p.StrAt("actor.type") == typ {
			return p.Get("actor")
		}
	}
	return nil
}

// placeOf is where a stay lies.
func placeOf(v *fhir.Value) *fhir.Value { return v.Get("location").At(0).Get("location") }

func (r *reading) person(name string) string {
	v := r.v
	address := v.Get("address").At(0)
	switch name {
	case "nhs_number":
		return fhir.Identifier(v, uk.NHSNumberSystem)
	case "nhs_status":
		for id := range v.Get("identifier").Each() {
			if id.StrAt("system") == uk.NHSNumberSystem {
				return code(fhir.Extension(id, uk.VerificationExtension).Get("valueCodeableConcept"))
			}
		}
		return ""
	case "family", "given", "title":
		n := named(v, "official")
		return map[string]string{"family": n.StrAt("family"), "given": words(n.Get("given")), "title": words(n.Get("prefix"))}[name]
	case "former_family":
		return named(v, "maiden").StrAt("family")
	case "born":
		return v.StrAt("birthDate")
	case "died":
		return v.StrAt("deceasedDateTime")
	case "sex":
		return v.StrAt("gender")
	case "ethnic":
		return code(fhir.Extension(v, uk.EthnicExtension).Get("valueCodeableConcept"))
	case "town":
		return address.StrAt("city")
	case "postcode":
		return address.StrAt("postalCode")
	case "practice":
		return v.Get("generalPractitioner").At(0).StrAt("identifier.value")
	case "multiple_birth":
		return flag(v.Get("multipleBirthBoolean").Bool())
	case "merged_into":
		return flag(!v.Get("active").Bool())
	}
	return contact(v, address, name)
}

// contact reads where somebody lives and how they are reached.
func contact(v, address *fhir.Value, name string) string {
	lines := address.Get("line")
	switch name {
	case "address_1":
		return lines.At(0).Str()
	case "address_2":
		return lines.At(1).Str()
	}
	want := map[string][2]string{"phone": {"phone", "home"}, "mobile": {"phone", "mobile"}, "email": {"email", "home"}}[name]
	for t := range v.Get("telecom").Each() {
		if t.StrAt("system") == want[0] && t.StrAt("use") == want[1] {
			return t.StrAt("value")
		}
	}
	return ""
}

func named(v *fhir.Value, use string) *fhir.Value {
	for n := range v.Get("name").Each() {
		if n.StrAt("use") == use {
			return n
		}
	}
	return nil
}

func words(list *fhir.Value) string {
	var out []string
	for w := range list.Each() {
		out = append(out, w.Str())
	}
	return strings.Join(out, " ")
}

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
		return v.Get("reaction").At(0).StrAt("severity")
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
	}
	return code(v.Get("serviceType"))
}

func (r *reading) appointment(name string) string {
	v := r.v
	switch name {
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
	if url := attachment.StrAt("url"); !strings.HasPrefix(url, "urn:concord:"+r.trust+":legacy-document:") {
		return url
	}
	return ""
}

func (r *reading) result(name string) string {
	v := r.v
	switch name {
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
	}
	return v.StrAt("effectivePeriod.end")
}

// keyIn is the source's key of a resource, "" when it has none of this trust.
func keyIn(trust, class string, v *fhir.Value) string {
	return fhir.Identifier(v, onboard.IdentifierSystem(trust, class))
}
