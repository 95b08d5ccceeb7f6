package webui

import (
	"context"
	"net/url"
	"strings"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
)

// auditForm is what the search form of the audit log holds.
type auditForm struct {
	Patient, Who, Org, Action, Purpose, Outcome, Thing, Reason, From, To string
}

func auditFormOf(q url.Values) auditForm {
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return auditForm{get("patient"), get("who"), get("org"), get("action"), get("purpose"), get("outcome"), get("thing"), get("reason"), get("from"), get("to")}
}

// values are the form's fields that hold something.
func (f auditForm) values() url.Values {
	out := url.Values{}
	for name, v := range map[string]string{"patient": f.Patient, "who": f.Who, "org": f.Org, "action": f.Action, "purpose": f.Purpose,
		"outcome": f.Outcome, "thing": f.Thing, "reason": f.Reason, "from": f.From, "to": f.To} {
		if v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// auditRow is one event in the officer's list.
type auditRow struct {
	ID, Entry string
	At        chart.When
	Who, Name string
	Role      string
	Org       chart.Organisation
	Purpose   string
	Reason    string
	Action    string
	What      string
	Outcome   audit.Outcome
	Rule      string
	Patient   string // id
	Emergency bool
	Count     int
}

// auditView is what the page of the audit log shows.
type auditView struct {
	Form      auditForm
	Rows      []auditRow
	Asked     bool
	Older     string
	Export    string // query of the export
	Partial   bool
	Errors    []fieldError
	Orgs      []Org
	Witnesses []witnessRow
}

// witnessRow is how it goes with one witness, in words.
type witnessRow struct {
	Name, State string
	Size        int64
	At          chart.When
	Bad         bool
}

const auditPerPage = 50

// auditLog is /audit: the privacy officer's search of the audit log.
func (s *Site) auditLog(v *visit) (*answer, error) {
	q := v.URL.Query()
	x := auditView{Form: auditFormOf(q), Orgs: s.Orgs, Asked: len(q) > 0}
	var err error
	if x.Witnesses, err = s.witnessRows(v.Context()); err != nil {
		return nil, err
	}
	if !v.may(access.ReadAudit) {
		_, err := v.errand.FindAudit(v.Context(), record.AuditAsk{}) // refused, and so in the log
		return nil, err
	}
	status := 0
	if x.Asked {
		if err = s.auditFound(v, &x, q.Get("page")); err != nil {
			if x.Errors = formErrors(err, "patient", "from", "to"); x.Errors == nil {
				return nil, err
			}
			x.Asked, status = false, 422
		}
	}
	return &answer{status: status, frame: frame{Title: "Audit log", Nav: "audit"}, body: auditPage(x)}, nil
}

func (s *Site) auditFound(v *visit, x *auditView, page string) error {
	ask, err := s.auditAsk(v, x.Form)
	if err != nil {
		return err
	}
	ask.Page, ask.Limit = page, auditPerPage
	found, err := v.errand.FindAudit(v.Context(), ask)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "webui.patient", "nobody is known by that number or id").In("patient")
	}
	if err != nil {
		return err
	}
	if x.Rows, err = s.auditRows(v, found.Events); err != nil {
		return err
	}
	x.Partial, x.Export = found.Partial, x.Form.values().Encode()
	if found.Next != "" {
		more := x.Form.values()
		more.Set("page", found.Next)
		x.Older = "/audit?" + more.Encode()
	}
	return nil
}

// auditAsk reads the form. Errors: Invalid "record.whose-number" and "webui.date"
// with their field.
func (s *Site) auditAsk(v *visit, f auditForm) (record.AuditAsk, error) {
	ask := record.AuditAsk{Query: audit.Query{Who: f.Who, Org: f.Org, Purpose: access.Purpose(f.Purpose),
		Outcome: audit.Outcome(f.Outcome), Thing: f.Thing, Words: f.Reason}}
	if f.Action != "" {
		ask.Actions = []access.Action{access.Action(f.Action)}
	}
	var err error
	if ask.From, err = s.sinceDay(f.From); err != nil {
		return ask, fault.Of(err).In("from")
	}
	if ask.To, err = s.sinceDay(f.To); err != nil {
		return ask, fault.Of(err).In("to")
	}
	if !ask.To.IsZero() {
		ask.To = ask.To.AddDate(0, 0, 1) // the last day is in it
	}
	if !ask.To.IsZero() && !ask.To.After(ask.From) {
		return ask, fault.New(fault.Invalid, "webui.date", "the last day is before the first").In("to")
	}
	if ask.Patient, err = v.errand.IDOf(v.Context(), f.Patient); err != nil {
		return ask, fault.Of(err).In("patient")
	}
	return ask, nil
}

func (s *Site) auditRows(v *visit, events []record.AuditEvent) ([]auditRow, error) {
	names, err := s.staff(v, events)
	if err != nil {
		return nil, err
	}
	lens := s.at()
	rows := make([]auditRow, 0, len(events))
	for _, ev := range events {
		e := &ev.Entry
		name := names[e.Who]
		switch e.Role {
		case access.System:
			name = "A system"
		case access.Operator:
			name = "The operator"
		}
		rows = append(rows, auditRow{ID: audit.EventID(ev.Seq, ev.Patient), Entry: thousands(int(ev.Seq)), At: lens.Moment(e.At),
			Who: e.Who, Name: name, Role: e.Role.Title(), Org: s.organisation(e.Org), Purpose: purposeWords(e.Purpose), Reason: e.Reason,
			Action: actionWords(e.Action), What: strings.Join(e.What, ", "), Outcome: e.Ended(), Rule: e.Rule,
			Patient: strings.TrimPrefix(ev.Patient, "Patient/"), Emergency: e.BreakGlass(), Count: e.Count})
	}
	return rows, nil
}

func (s *Site) witnessRows(ctx context.Context) ([]witnessRow, error) {
	if s.Witnesses == nil {
		return nil, nil
	}
	all, err := s.Witnesses(ctx)
	if err != nil {
		return nil, err
	}
	lens := s.at()
	var rows []witnessRow
	for _, w := range all {
		r := witnessRow{Name: w.Name, Size: w.Size, At: lens.Moment(w.At), State: "Co-signs", Bad: w.Problem != ""}
		switch w.Problem {
		case "":
		case "witness.forked":
			r.State = "Has seen another log under our name. Call the operator now."
		case "witness.ahead":
			r.State = "Has seen a longer log than this one: ours was set back. Call the operator now."
		case "witness.refused":
			r.State = "Does not know our log or its key"
		default:
			r.State = "Does not answer since " + lens.Moment(w.Since).Text
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// auditEntry is /audit/{entry}: one event with its proof.
func (s *Site) auditEntry(v *visit) (*answer, error) {
	ev, proof, err := v.errand.ProveAudit(v.Context(), v.PathValue("entry"))
	if fault.Of(err) != nil && fault.Of(err).Code == "audit.unsealed" {
		ev, err = v.errand.ReadAudit(v.Context(), v.PathValue("entry"))
	}
	if err != nil {
		return nil, err
	}
	rows, err := s.auditRows(v, []record.AuditEvent{*ev})
	if err != nil {
		return nil, err
	}
	return &answer{frame: frame{Title: "Audit entry " + rows[0].Entry, Nav: "audit"},
		body: auditEntryPage(rows[0], proof, ev.Event(s.scene(map[string]string{ev.Entry.Who: rows[0].Name}), ev.Patient).JSON())}, nil
}

// auditProof is /audit/{entry}/proof: the proof as a file.
func (s *Site) auditProof(v *visit) (*answer, error) {
	_, proof, err := v.errand.ProveAudit(v.Context(), v.PathValue("entry"))
	if err != nil {
		return nil, err
	}
	return &answer{file: &download{name: "entry-" + v.PathValue("entry") + ".tlog-proof", kind: "text/plain; charset=utf-8", body: proof.Text()}}, nil
}

func (s *Site) scene(names map[string]string) audit.Scene {
	return audit.Scene{Server: s.BaseURL, Staff: func(id string) string { return names[id] },
		Orgs: func(code string) string { return s.organisation(code).Name }}
}

// purposes are those that the form offers.
func purposes() [][2]string {
	return [][2]string{{string(access.DirectCare), "Direct care"}, {string(access.Emergency), "Emergency (break-glass)"}, {"ETREAT", "Emergency care"},
		{string(access.Administration), "Administration"}, {string(access.Integrity), "Keeping the system right"}, {string(access.PatientRequest), "The patient asked"}}
}

func purposeWords(p access.Purpose) string {
	for _, x := range purposes() {
		if x[0] == string(p) {
			return x[1]
		}
	}
	return string(p)
}

// actionWords writes an action as the officer reads it.
func actionWords(a access.Action) string {
	words := strings.ReplaceAll(string(a), "-", " ")
	if words == "" {
		return words
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func outcomeText(o audit.Outcome) string {
	switch o {
	case audit.Refused:
		return "Refused"
	case audit.Failed:
		return "Failed"
	}
	return "Done"
}
