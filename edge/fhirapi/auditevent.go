package fhirapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/standard/fhir"
)

const auditEvent = "AuditEvent"

// auditSearch finds events of the audit log:
// https://hl7.org/fhir/R4/auditevent.html#search, in the patterns of
// https://profiles.ihe.net/ITI/BALP/.
func (a *api) auditSearch(r *http.Request, e *record.Errand) (*response, error) {
	form, err := a.searchForm(r)
	if err != nil {
		return nil, err
	}
	path := auditEvent
	if owner := r.PathValue("id"); owner != "" { // the compartment Patient/[id]/AuditEvent
		path = "Patient/" + owner + "/" + auditEvent
		form.Set("patient", owner)
	}
	ask, err := a.auditForm(form)
	if err != nil {
		return nil, err
	}
	page, err := e.FindAudit(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	return a.auditPage(r, e, page, pageOptions{path: path, form: form})
}

// whoHasLooked: Patient/[id]/$who-has-looked?_since=&_count= lists who has
// looked at a person's record, newest first, as a Bundle of AuditEvents.
func (a *api) whoHasLooked(r *http.Request, e *record.Errand) (*response, error) {
	form, err := a.searchForm(r)
	if err != nil {
		return nil, err
	}
	var ask record.AuditAsk
	for name, values := range form {
		switch name {
		case "_since":
			in, ok := fhir.ParseInstant(strings.ReplaceAll(values[0], " ", "+"), a.Desk.Zone())
			if !ok {
				return nil, fault.New(fault.Invalid, "search.value", "an instant is expected").In(name)
			}
			ask.From = in.Start
		case "_count", pageParam, "_format", "_pretty":
			if err := auditPaging(&ask, name, values[0]); err != nil {
				return nil, err
			}
		default:
			return nil, fault.New(fault.Invalid, "search.parameter", "$who-has-looked is served with _since and _count").In(name)
		}
	}
	page, err := e.WhoHasLooked(r.Context(), r.PathValue("id"), ask.From, ask.Page, ask.Limit)
	if err != nil {
		return nil, err
	}
	return a.auditPage(r, e, page, pageOptions{path: "Patient/" + r.PathValue("id") + "/$who-has-looked", form: form})
}

// auditRead reads one event.
func (a *api) auditRead(r *http.Request, e *record.Errand) (*response, error) {
	ev, err := e.ReadAudit(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	scene, err := a.scene(r, e, []record.AuditEvent{*ev})
	if err != nil {
		return nil, err
	}
	return &response{status: http.StatusOK, body: ev.Event(scene, ev.Patient)}, nil
}

func (a *api) auditPage(r *http.Request, e *record.Errand, page *record.AuditPage, o pageOptions) (*response, error) {
	scene, err := a.scene(r, e, page.Events)
	if err != nil {
		return nil, err
	}
	entries := make([]*fhir.Value, 0, len(page.Events)+1)
	for _, ev := range page.Events {
		res := ev.Event(scene, ev.Patient)
		entries = append(entries, fhir.Obj("fullUrl", a.base(r)+"/"+auditEvent+"/"+res.ID(), "resource", res, "search", fhir.Obj("mode", "match")))
	}
	if page.Partial {
		note := fhir.Outcome(fhir.Issue{Severity: "information", Code: "incomplete", Detail: "audit.partial",
			Text: "this page ends early, as much of the log was looked at; the next link goes on"})
		entries = append(entries, fhir.Obj("resource", note, "search", fhir.Obj("mode", "outcome")))
	}
	token := o.form.Get(pageParam)
	o.form.Del(pageParam)
	links := pageLinks{base: a.base(r) + "/" + o.path, form: o.form}
	links.add("self", token)
	if page.Next != "" {
		links.add("next", page.Next)
	}
	return a.bundled("searchset", -1, entries, links.all), nil
}

// scene is what the events of a page tell beside the log.
func (a *api) scene(r *http.Request, e *record.Errand, events []record.AuditEvent) (audit.Scene, error) {
	var ids []string
	for _, ev := range events {
		if !slices.Contains(ids, ev.Entry.Who) {
			ids = append(ids, ev.Entry.Who)
		}
	}
	names := map[string]string{}
	if a.Staff != nil {
		var err error
		if names, err = a.Staff(r.Context(), ids); err != nil {
			return audit.Scene{}, err
		}
	}
	orgs := a.Orgs
	if orgs == nil {
		orgs = func(string) string { return "" }
	}
	return audit.Scene{Server: a.base(r), Staff: func(id string) string { return names[id] }, Orgs: orgs,
		Plain: e.Who().Role == access.Patient}, nil
}

// auditForm reads the parameters of a search. One that is not served is an
// error: who asks for a part must not take the whole for it.
func (a *api) auditForm(form url.Values) (record.AuditAsk, error) {
	var ask record.AuditAsk
	for name, values := range form {
		if len(values) > 1 && name != "date" {
			return ask, fault.New(fault.Invalid, "search.parameter", "this parameter is served once").In(name)
		}
		for _, v := range values {
			if err := a.auditParam(&ask, name, v); err != nil {
				return ask, err
			}
		}
	}
	return ask, nil
}

func (a *api) auditParam(ask *record.AuditAsk, name, v string) error {
	bad := fault.New(fault.Invalid, "search.value", "this value cannot be read").In(name)
	switch name {
	case "patient", "patient:Patient":
		ask.Patient = strings.TrimPrefix(v, "Patient/")
	case "agent", "agent:identifier", "altid":
		return auditAgent(ask, v)
	case "entity":
		ref, ok := fhir.ParseReference(v)
		if !ok || ref.Base != "" {
			return bad
		}
		if ask.Thing = v; ref.Type == "Patient" { // the entity of each event that names the patient
			ask.Patient, ask.Thing = ref.ID, ""
		}
	case "action":
		for _, letter := range strings.Split(v, ",") {
			actions := audit.ActionsOf(letter)
			if len(actions) == 0 {
				return bad
			}
			ask.Actions = append(ask.Actions, actions...)
		}
	case "outcome":
		var ok bool
		if ask.Outcome, ok = audit.ParseOutcome(v); !ok {
			return bad
		}
	case "purpose":
		_, code, found := strings.Cut(v, "|")
		if !found {
			code = v
		}
		ask.Purpose = access.Purpose(code)
	case "reason":
		ask.Words = v
	case "date":
		if !a.auditDate(ask, v) {
			return bad
		}
	case "_count", pageParam, "_format", "_pretty":
		return auditPaging(ask, name, v)
	default:
		return fault.New(fault.Invalid, "search.parameter", "AuditEvents are searched by patient, agent, altid, entity, action, outcome, purpose, reason and date").In(name)
	}
	if v == "" {
		return bad
	}
	return nil
}

func auditPaging(ask *record.AuditAsk, name, v string) error {
	switch name {
	case pageParam:
		ask.Page = v
	case "_count":
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return fault.New(fault.Invalid, "search.value", "_count is a whole number above 0").In(name)
		}
		ask.Limit = min(n, audit.MaxLimit)
	}
	return nil
}

// auditAgent reads who acted: an account or client by its id, or by its
// identifier; an organisation as Organization/[ODS code] or by its identifier.
func auditAgent(ask *record.AuditAsk, v string) error {
	system, value, found := strings.Cut(v, "|")
	if !found {
		system, value = "", v
	}
	if code, ok := strings.CutPrefix(value, "Organization/"); ok {
		system, value = "https://fhir.nhs.uk/Id/ods-organization-code", code
	}
	value = strings.TrimPrefix(strings.TrimPrefix(value, "Practitioner/"), "Device/")
	switch {
	case value == "":
		return fault.New(fault.Invalid, "search.value", "this value cannot be read").In("agent")
	case system == "https://fhir.nhs.uk/Id/ods-organization-code":
		ask.Org = value
	default:
		ask.Who = value
	}
	return nil
}

// auditDate narrows the time: https://hl7.org/fhir/R4/search.html#date
func (a *api) auditDate(ask *record.AuditAsk, v string) bool {
	prefix := "eq"
	if len(v) > 2 && v[0] >= 'a' && v[0] <= 'z' {
		prefix, v = v[:2], v[2:]
	}
	in, ok := fhir.ParseInstant(strings.ReplaceAll(v, " ", "+"), a.Desk.Zone())
	if !ok {
		return false
	}
	from, to := in.Start, in.End(a.Desk.Zone())
	switch prefix {
	case "eq":
	case "ge":
		to = ask.To
	case "gt", "sa":
		from, to = to, ask.To
	case "lt", "eb":
		from, to = ask.From, from
	case "le":
		from = ask.From
	default:
		return false
	}
	if from.After(ask.From) {
		ask.From = from
	}
	if ask.To.IsZero() || !to.IsZero() && to.Before(ask.To) {
		ask.To = to
	}
	return true
}

// auditCapability says what is served of AuditEvents.
func auditCapability() *fhir.Value {
	var params []*fhir.Value
	for _, p := range [...][2]string{{"patient", "reference"}, {"agent", "reference"}, {"altid", "token"}, {"entity", "reference"}, {"action", "token"},
		{"outcome", "token"}, {"date", "date"}, {"purpose", "token"}, {"reason", "string"}} {
		definition := "http://hl7.org/fhir/SearchParameter/AuditEvent-" + p[0]
		if p[0] == "purpose" || p[0] == "reason" {
			definition = ""
		}
		params = append(params, fhir.Obj("name", p[0], "definition", definition, "type", p[1]))
	}
	return fhir.Obj("type", auditEvent, "interaction", fhir.Arr(code("read"), code("search-type")),
		"supportedProfile", fhir.Arr(audit.Profiles()...), "versioning", "no-version",
		"documentation", "Made of the server's audit log; never written. Needs the scope system/AuditEvent.rs by name.",
		"searchParam", params)
}
