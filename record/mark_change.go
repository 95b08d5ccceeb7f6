package record

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
)

// change adds the op that marks one resource, if that changes it.
func (m *marking) change(it *Item) {
	var to *fhir.Value
	if m.ask.Do == Withdraw {
		if it.Resource.StrAt("status") != "active" {
			return
		}
		to = it.Resource.With("status", "inactive")
	} else {
		had := access.LabelsOn(it.Resource)
		list := m.labels(had)
		if slices.EqualFunc(had, list, access.SameLabel) {
			return
		}
		to = access.SetLabels(it.Resource, list)
	}
	m.patch(it, to)
}

// patch adds the op that makes of a resource another one, of which the marking
// is to remember what it was.
func (m *marking) patch(it *Item, to *fhir.Value) {
	m.was[it.Ref()] = markedRef{Ref: it.Ref(), Security: access.LabelsOn(it.Resource), Status: it.Resource.StrAt("status")}
	security, status := access.LabelsOn(to), to.StrAt("status")
	m.ops = append(m.ops, Op{Kind: Patch, Type: it.Type, ID: it.ID, IfMatch: it.Version, Change: func(now *fhir.Value) (*fhir.Value, error) {
		now = access.SetLabels(now, security)
		if it.Type == "Consent" && now.StrAt("status") != status {
			now = now.With("status", status)
		}
		return now, nil
	}})
}

// labels are those that a resource has once it is marked.
func (m *marking) labels(had []*fhir.Value) []*fhir.Value {
	of := func(system string, codes ...string) func(*fhir.Value) bool {
		return func(c *fhir.Value) bool {
			return c.StrAt("system") == system && (len(codes) == 0 || slices.Contains(codes, c.StrAt("code")))
		}
	}
	list := slices.Clone(had)
	closed, team := of(access.Confidentiality, "R", "V"), of(access.TeamSystem)
	switch m.ask.Do {
	case Seal, SealAndLock, Unseal:
		list = slices.DeleteFunc(slices.DeleteFunc(list, closed), team)
		if code := map[Marking]string{Seal: "R", SealAndLock: "V"}[m.ask.Do]; code != "" {
			list = append(list, fhir.Obj("system", access.Confidentiality, "code", code))
			if m.ask.Team != "" {
				list = append(list, fhir.Obj("system", access.TeamSystem, "code", m.plan.Org+"/"+m.ask.Team))
			}
		}
	case Restrict:
		if !slices.ContainsFunc(list, closed) {
			list = append(list, fhir.Obj("system", access.Confidentiality, "code", "R"))
		}
	case Unrestrict:
		list = slices.DeleteFunc(list, closed)
	case WatchPublic, WatchStaff, Unwatch:
		list = slices.DeleteFunc(list, of(access.ActCode, access.Watches()...))
		if code := map[Marking]string{WatchPublic: "VIP", WatchStaff: "EMP"}[m.ask.Do]; code != "" {
			list = append(list, fhir.Obj("system", access.ActCode, "code", code))
		}
	}
	return list
}

// prepareObjection makes the Consent by which the patient's own objection is
// written down (https://hl7.org/fhir/R4/consent.html); it is the requester's
// organisation's. The National Data Opt-out is none: it is stored nowhere.
func (m *marking) prepareObjection(ctx context.Context, v *sight, pk int64) error {
	h, err := v.human(ctx, pk)
	if err != nil {
		return err
	}
	if m.ask.Do == ObjectShared && h.facts.Objects || m.ask.Do == ObjectGP && h.facts.Dissents {
		return fault.New(fault.Conflict, "record.mark-same", "this objection is written down already").In("item")
	}
	who := m.errand.who
	code := map[Marking]string{ObjectShared: access.SharedRecord, ObjectGP: access.GPDissent}[m.ask.Do]
	scope := fhir.Obj("coding", []*fhir.Value{fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/consentscope", "code", "patient-privacy")})
	category := fhir.Obj("coding", []*fhir.Value{fhir.Obj("system", access.ObjectionSystem, "code", code)})
	body := fhir.Obj("resourceType", "Consent", "status", "active", "scope", scope, "category", []*fhir.Value{category},
		"patient", fhir.Obj("reference", "Patient/"+m.ask.Patient),
		"dateTime", fhir.FormatInstant(m.errand.desk.now()),
		"policyRule", fhir.Obj("coding", []*fhir.Value{fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", "OPTOUT")}))
	m.plan.Org, m.plan.Items = who.Org, 1
	m.ops = append(m.ops, Op{Kind: Create, Type: "Consent", Resource: body})
	return nil
}

// codesOf are the codings of what a resource is about, "system|code".
func codesOf(resource *fhir.Value) []string {
	var out []string
	for _, place := range []string{"code", "type", "medicationCodeableConcept", "vaccineCode"} {
		for _, c := range resource.All(place + ".coding") {
			if code := c.StrAt("code"); code != "" {
				out = append(out, c.StrAt("system")+"|"+code)
			}
		}
	}
	return out
}

// markedRef is what one resource was before it was marked, and the version that
// the marking made.
type markedRef struct {
	Ref      string
	Security []*fhir.Value
	Status   string // of a Consent; "" = there was none
	Version  int64
}

// markedText is markedRef as it is kept.
type markedText struct {
	Ref      string            `json:"ref"`
	Security []json.RawMessage `json:"security,omitempty"`
	Status   string            `json:"status,omitempty"`
	Version  int64             `json:"version"`
}

func (x markedRef) MarshalJSON() ([]byte, error) {
	t := markedText{Ref: x.Ref, Status: x.Status, Version: x.Version}
	for _, c := range x.Security {
		t.Security = append(t.Security, json.RawMessage(c.JSON()))
	}
	if !strings.HasPrefix(x.Ref, "Consent/") {
		t.Status = ""
	}
	return json.Marshal(t)
}

func (x *markedRef) UnmarshalJSON(text []byte) error {
	var t markedText
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	*x = markedRef{Ref: t.Ref, Status: t.Status, Version: t.Version}
	for _, c := range t.Security {
		v, err := fhir.Parse(c)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "record.mark", "a marking cannot be read")
		}
		x.Security = append(x.Security, v)
	}
	return nil
}
