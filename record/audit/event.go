package audit

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"

	"concord/record/access"
	"concord/standard/fhir"
)

// Scene is what an AuditEvent tells beside the entry.
type Scene struct {
	Server string                   // the server's base URL
	Staff  func(id string) string   // the name of a member of staff, "" when nobody knows it
	Orgs   func(code string) string // the name of an organisation
	// Plain names staff by name, role and organisation alone, without the names
	// of their accounts: for the patient.
	Plain bool
}

// Event is the entry as a FHIR AuditEvent, in the pattern of IHE BALP 1.1.4 for
// what was done (https://profiles.ihe.net/ITI/BALP/): of RESTful reads, queries,
// creations, updates and deletions, each with the patient where one is named. A
// query that showed several patients gives one event for each of them. patient
// is the reference to that patient, "" for none; seq is the entry's place in
// the log.
//
// An event claims a BALP profile only when it succeeded, as those profiles are
// of successes alone. The log keeps no network address of a client, and of a
// search no values: what BALP wants there is marked as unknown or left out.
func (h *Hit) Event(s Scene, patient string) *fhir.Value {
	k := kindOf(&h.Entry)
	e := &h.Entry
	return fhir.Obj(
		"resourceType", "AuditEvent",
		"id", EventID(h.Seq, patient),
		"meta", fhir.Obj("profile", profileOf(e, k, patient)),
		"type", coding(k.system, k.code, k.display),
		"subtype", k.subtypes(),
		"action", k.action,
		"recorded", fhir.FormatInstant(e.At),
		"outcome", outcomeCode(e),
		"outcomeDesc", outcomeWords(e),
		"purposeOfEvent", fhir.Arr(purposeOf(e)),
		"agent", agents(e, k, s),
		"source", fhir.Obj("site", s.Server, "observer", server(s),
			"type", fhir.Arr(coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"))),
		"entity", entities(e, k, patient))
}

// EventID is the id of an entry's AuditEvent: its place in the log and, of an
// entry that names several patients, the patient's id.
func EventID(seq int64, patient string) string {
	id := strconv.FormatInt(seq, 10)
	if _, p, ok := strings.Cut(patient, "/"); ok {
		id += "." + p
	}
	return id
}

// ParseEventID is the inverse of EventID; patient is an id, "" for none.
func ParseEventID(id string) (seq int64, patient string, ok bool) {
	digits, patient, _ := strings.Cut(id, ".")
	seq, err := strconv.ParseInt(digits, 10, 64)
	return seq, patient, err == nil && seq >= 0 && strconv.FormatInt(seq, 10) == digits
}

func coding(system, code, display string) *fhir.Value {
	return fhir.Obj("system", system, "code", code, "display", display)
}

func concept(system, code, display string) *fhir.Value {
	return fhir.Obj("coding", fhir.Arr(coding(system, code, display)))
}

// outcomeCode: https://hl7.org/fhir/R4/valueset-audit-event-outcome.html
func outcomeCode(e *Entry) string {
	switch e.Ended() {
	case Refused:
		return "8"
	case Failed:
		return "4"
	}
	return "0"
}

func outcomeWords(e *Entry) string {
	switch e.Ended() {
	case Refused:
		return "refused: " + e.Rule
	case Failed:
		return e.Outcome
	}
	return ""
}

// ParseOutcome reads an outcome code of FHIR. ok is false for what no entry has.
func ParseOutcome(code string) (o Outcome, ok bool) {
	switch code {
	case "0":
		return Done, true
	case "4":
		return Failed, true
	case "8":
		return Refused, true
	}
	return "", false
}

func purposeOf(e *Entry) *fhir.Value {
	c := concept("http://terminology.hl7.org/CodeSystem/v3-ActReason", string(e.Purpose), "")
	return c.With("text", e.Reason)
}

// server is the agent and observer that this record is.
func server(s Scene) *fhir.Value {
	return fhir.Obj("identifier", fhir.Obj("system", "urn:ietf:rfc:3986", "value", s.Server), "display", "Concord")
}

// agents are the client, the server, the person if one asked, and the
// organisation that they acted for.
func agents(e *Entry, k kind, s Scene) []*fhir.Value {
	source, destination := concept(dicom, "110153", "Source Role ID"), concept(dicom, "110152", "Destination Role ID")
	clientType, serverType := source, destination
	switch k.profile {
	case "Read": // of a read BALP has it that data flow to the client
		clientType, serverType = destination, source
	case "Delete":
		clientType = concept(dicom, "110150", "Application")
		serverType = concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian", "Custodian")
	}
	unknown := fhir.Obj("_address", fhir.Obj("extension", fhir.Arr(fhir.Obj(
		"url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode", "unknown"))))
	client := fhir.Obj("type", clientType, "who", fhir.Obj("display", "Pages of Concord"), "requestor", false, "network", unknown)
	if e.App != "" {
		client = client.With("who", whoOf("urn:concord:client", e.App, ""))
	}
	if e.Role == access.System {
		client = fhir.Obj("type", clientType, "who", whoOf("urn:concord:client", e.Who, ""), "requestor", true,
			"policy", fhir.Arr("urn:concord:rule:"+e.Rule), "network", unknown, "purposeOfUse", fhir.Arr(purposeOf(e)))
	}
	out := []*fhir.Value{client, fhir.Obj("type", serverType, "who", server(s), "requestor", false,
		"network", fhir.Obj("address", s.Server, "type", "5"))}
	if e.Role != access.System {
		out = append(out, person(e, k, s))
	}
	if e.Org != "" {
		out = append(out, fhir.Obj("type", concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "RESP", "responsible party"),
			"who", whoOf("https://fhir.nhs.uk/Id/ods-organization-code", e.Org, s.Orgs(e.Org)).With("type", "Organization"), "requestor", false))
	}
	return out
}

func whoOf(system, value, display string) *fhir.Value {
	return fhir.Obj("identifier", fhir.Obj("system", system, "value", value), "display", display)
}

// person is the agent of somebody at the pages or at the server's console.
func person(e *Entry, k kind, s Scene) *fhir.Value {
	typ := concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient")
	if k.writes {
		typ = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "AUT", "author (originator)")
	}
	name := s.Staff(e.Who)
	who, alt := whoOf("urn:concord:account", e.Who, name), e.Who
	if s.Plain {
		who, alt = fhir.Obj("display", cmp.Or(name, e.Role.Title())), ""
	}
	return fhir.Obj("type", typ,
		"role", fhir.Arr(concept("urn:concord:role", string(e.Role), e.Role.Title())),
		"who", who, "altId", alt, "name", name, "requestor", true,
		"policy", fhir.Arr("urn:concord:rule:"+e.Rule), "purposeOfUse", fhir.Arr(purposeOf(e)))
}

// entities are the patient, what was asked for, and the change that was seen.
func entities(e *Entry, k kind, patient string) *fhir.Value {
	const types = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
	const roles = "http://terminology.hl7.org/CodeSystem/object-role"
	var out []any
	if patient != "" {
		out = append(out, fhir.Obj("what", fhir.Obj("reference", patient),
			"type", coding(types, "1", "Person"), "role", coding(roles, "1", "Patient")))
	}
	thing := fhir.Obj("type", coding(types, "2", "System Object"), "role", coding(roles, "4", "Domain Resource"))
	what := strings.Join(e.What, " ")
	switch {
	case k.profile == "Query":
		out = append(out, fhir.Obj("type", coding(types, "2", "System Object"), "role", coding(roles, "24", "Query"),
			"description", what, "query", base64.StdEncoding.EncodeToString([]byte(what))))
	case k.profile != "" && len(e.What) > 0 && referenced(e.What[0]) != "":
		for _, w := range e.What {
			if ref := referenced(w); ref != "" {
				out = append(out, thing.With("what", fhir.Obj("reference", ref)))
			}
		}
	case what != "":
		out = append(out, thing.With("description", what))
	}
	if e.Message != "" {
		out = append(out, fhir.Obj("what", fhir.Obj("identifier", fhir.Obj("system", "urn:concord:message", "value", e.Message)),
			"type", coding(types, "4", "Other"), "role", coding(roles, "20", "Job")))
	}
	if e.Change > 0 {
		out = append(out, fhir.Obj("what", fhir.Obj("identifier", fhir.Obj("system", "urn:concord:change", "value", strconv.FormatInt(e.Change, 10))),
			"type", coding(types, "4", "Other"), "description", "the newest change of the record that was seen"))
	}
	return fhir.Arr(out...)
}

// referenced gives a thing back when it is a relative reference.
func referenced(thing string) string {
	ref, ok := fhir.ParseReference(thing)
	if !ok || ref.ID == "" || !fhir.ValidID(ref.ID) || fhir.R4().Number(ref.Type) == 0 {
		return ""
	}
	return thing
}
