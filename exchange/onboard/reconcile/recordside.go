package reconcile

import (
	"strings"
	"time"

	"concord/exchange/onboard"
	"concord/standard/fhir"
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

// keyIn is the source's key of a resource, "" when it has none of this trust.
func keyIn(trust, class string, v *fhir.Value) string {
	return fhir.Identifier(v, onboard.IdentifierSystem(trust, class))
}
