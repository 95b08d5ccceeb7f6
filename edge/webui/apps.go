package webui

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/grant"
)

// Apps is the authorisation server that apps ask for access; smart.Server is
// one.
type Apps interface {
	Ask(ctx context.Context, form url.Values, by *account.Session) (to string, err error)
	Allow(ctx context.Context, ticket string, agreed []string, by *account.Session) (to string, p *grant.Pending, err error)
	Deny(ctx context.Context, ticket string, by *account.Session) (to string, p *grant.Pending, err error)
	Open(ctx context.Context, app string, of grant.Context, by *account.Session) (to string, err error)
}

// appRoutes are those of apps: opening one, agreeing to what it asks for, and
// taking that back; and an administrator's decisions.
func (s *Site) appRoutes(get, post func(string, func(*visit) (*answer, error))) {
	if s.Apps == nil || s.Grants == nil {
		return
	}
	get("/smart/authorize", s.authorize)
	get("/smart/consent/{ticket}", s.consent)
	post("/smart/consent/{ticket}", s.agree)
	get("/p/{id}/apps", s.patientApps)
	post("/p/{id}/apps", s.openApp)
	get("/me/apps", s.ownApps)
	post("/me/apps", s.endApp)
	get("/admin/apps", s.adminApps)
	post("/admin/apps", s.decideApp)
}

// authorize is /smart/authorize: an app has sent the browser here. Who is not
// signed in was asked to, and has come back.
func (s *Site) authorize(v *visit) (*answer, error) {
	to, err := s.Apps.Ask(v.Context(), v.URL.Query(), v.session)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Invalid, "webui.app", "the app that sent you here is not known")
	}
	if err != nil {
		return nil, err
	}
	return redirect(to)
}

// consentView is what the page that asks for agreement shows.
type consentView struct {
	*grant.Pending
	Ticket string
	Who    string // name, role and organisation
	Banner *chart.Banner
	Stay   *chart.Encounter // that the app is told of, nil = none
	Data   []scopeRow
	Back   string // where the browser goes afterwards
	Error  string
}

// consent is /smart/consent/{ticket}: choose the patient, then agree or not.
func (s *Site) consent(v *visit) (*answer, error) { return s.consentPage(v, 0, "") }

func (s *Site) consentPage(v *visit, status int, wrong string) (*answer, error) {
	ticket := v.PathValue("ticket")
	p, err := s.Grants.Pending(v.Context(), ticket, v.session)
	if err != nil {
		return nil, err
	}
	switch {
	case !p.Ready && p.Patient == "":
		return s.pickPatient(v, ticket, p)
	case !p.Ready:
		return s.pickEncounter(v, ticket, p)
	}
	c := consentView{Pending: p, Ticket: ticket, Error: wrong, Data: scopeRows(p.Asks, toUser), Back: origin(p.Redirect),
		Who: p.Who.Name + ", " + p.Who.Role.Title() + ", " + s.organisation(p.Who.Org).Name}
	if p.Patient != "" {
		if c.Banner, c.Stay, err = s.inContext(v, p.Context); err != nil {
			return nil, err
		}
	}
	return &answer{status: status, frame: frame{Title: "Let an app in", Forms: true}, body: consentBody(c), forms: []string{c.Back}}, nil
}

// pickPatient is the same address before a patient is in context.
func (s *Site) pickPatient(v *visit, ticket string, p *grant.Pending) (*answer, error) {
	q := strings.TrimSpace(v.URL.Query().Get("q"))
	var people *record.People
	var rows []hitRow
	if q != "" {
		var err error
		if people, err = v.errand.FindPeople(v.Context(), record.PeopleQuery{Text: q}); err != nil {
			return nil, err
		}
		rows = s.hits(people, false)
		for n := range rows {
			rows[n].To = people.Hits[n].Person.ID
		}
	}
	return &answer{frame: frame{Title: "Choose a patient"}, body: pickBody(p.App.Name, ticket, q, rows, people != nil && people.TooMany),
		forms: []string{origin(p.Redirect)}}, nil
}

// agree is POST /smart/consent/{ticket}.
func (s *Site) agree(v *visit) (*answer, error) {
	ticket, do := v.PathValue("ticket"), v.PostFormValue("do")
	switch do {
	case "choose":
		// That the person may be known to who chooses is asked before, so that
		// an app is never opened on somebody who is not there.
		c, err := v.errand.Chart(v.Context(), v.PostFormValue("patient"), record.ChartQuery{})
		if err != nil {
			return nil, err
		}
		if err := s.Grants.Choose(v.Context(), ticket, c.Person.ID, v.session); err != nil {
			return nil, err
		}
		return redirect("/smart/consent/" + ticket)
	case "another":
		if err := s.Grants.Choose(v.Context(), ticket, "", v.session); err != nil {
			return nil, err
		}
		return redirect("/smart/consent/" + ticket)
	case "encounter":
		return s.chooseEncounter(v, ticket)
	case "deny":
		to, _, err := s.Apps.Deny(v.Context(), ticket, v.session)
		if err != nil {
			return nil, err
		}
		return redirect(to)
	case "allow":
		return s.letIn(v, ticket)
	}
	return redirect("/smart/consent/" + ticket)
}

// letIn grants what is ticked; the audit has it before the app does.
func (s *Site) letIn(v *visit, ticket string) (*answer, error) {
	p, err := s.Grants.Pending(v.Context(), ticket, v.session)
	if err != nil {
		return nil, err
	}
	if p.Encounter != "" { // the relationship may have ended while the page was open
		if _, _, err := s.inContext(v, p.Context); err != nil {
			return nil, err
		}
	}
	agreed := v.PostForm["scope"]
	if err := v.errand.Note(v.Context(), access.SignIn, "let app "+p.App.ID+" act: "+strings.Join(agreedOf(p.Asks, agreed), " "), nil); err != nil {
		return nil, err
	}
	to, _, err := s.Apps.Allow(v.Context(), ticket, agreed, v.session)
	if f := fault.Of(err); f != nil && f.Code == "grant.nothing" {
		return s.consentPage(v, http.StatusUnprocessableEntity, sentenceOf(f.Text))
	}
	if err != nil {
		return nil, err
	}
	return redirect(to)
}

// agreedOf are the words of a form that were asked for: nothing else that a
// form says comes into the audit.
func agreedOf(asks grant.Scopes, agreed []string) []string {
	var out []string
	for _, w := range asks.Words() {
		for _, a := range agreed {
			if a == w {
				out = append(out, w)
			}
		}
	}
	return out
}

// origin is the scheme and host of an address that was registered.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// patientApps is /p/{id}/apps: what can be opened for this patient.
func (s *Site) patientApps(v *visit) (*answer, error) {
	o, err := s.open(v, "apps", chart.EncounterSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	stays, err := staysOf(o, v.URL.Query().Get("encounter"))
	if err != nil {
		return nil, err
	}
	apps, err := s.Grants.Usable(v.Context(), v.session.Account.Org)
	if err != nil {
		return nil, err
	}
	var origins []string
	for _, a := range apps {
		origins = append(origins, origin(a.Launch))
	}
	return recordAnswer(o, "Apps", answer{body: patientAppsBody(o.frame, apps, stays), forms: origins})
}

// openApp is POST /p/{id}/apps.
func (s *Site) openApp(v *visit) (*answer, error) {
	o, err := s.open(v, "apps", chart.EncounterSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	of := grant.Context{Patient: o.chart.Person.ID, Encounter: v.PostFormValue("encounter")}
	if _, err := staysOf(o, of.Encounter); err != nil {
		return nil, err
	}
	to, err := s.Apps.Open(v.Context(), v.PostFormValue("app"), of, v.session)
	if err != nil {
		return nil, err
	}
	return redirect(to)
}

// ownApps is /me/apps: what the person lets apps do.
func (s *Site) ownApps(v *visit) (*answer, error) {
	all, err := s.Grants.Grants(v.Context(), v.session.Account.Name)
	if err != nil {
		return nil, err
	}
	done := map[string]string{"ended": "The app can no longer act for you."}[v.URL.Query().Get("done")]
	return &answer{frame: frame{Title: "Apps that act for you", Nav: "me"}, body: ownAppsBody(all, done, s.Zone)}, nil
}

// endApp is POST /me/apps.
func (s *Site) endApp(v *visit) (*answer, error) {
	if err := s.noteChange(v, "end grant "+idOf(v.PostFormValue("id"))); err != nil {
		return nil, err
	}
	if err := s.Grants.End(v.Context(), v.session.Account.Name, v.PostFormValue("id")); err != nil {
		return nil, err
	}
	return redirect("/me/apps?done=ended")
}

// idOf keeps of what a form sent what has the form of one of our ids.
func idOf(id string) string {
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		return "that is none"
	}
	return id
}

// adminApps is /admin/apps: every app that an administrator may decide on.
func (s *Site) adminApps(v *visit) (*answer, error) {
	all, err := s.Grants.Office(v.errand).List(v.Context())
	if err != nil {
		return nil, err
	}
	orgs := s.grants(s.Accounts.Office(v.errand))
	done := map[string]string{"approve": "The app is approved.", "refuse": "The app is turned down, and can do nothing."}[v.URL.Query().Get("done")]
	var rows []adminApp
	for _, a := range all {
		rows = append(rows, adminApp{App: a, Data: scopeRows(grant.ParseScopes(a.Scopes), ofUser), Mine: a.State == grant.Waiting || v.who().Controls(a.Org)})
	}
	return &answer{frame: frame{Title: "Apps", Nav: "accounts", Forms: true}, body: adminAppsBody(rows, orgs, done, s.shortName, s.Zone)}, nil
}

// adminApp is one app on that page.
type adminApp struct {
	*grant.App
	Data []scopeRow
	Mine bool // this administrator may decide
}

// decideApp is POST /admin/apps.
func (s *Site) decideApp(v *visit) (*answer, error) {
	office, id, do := s.Grants.Office(v.errand), idOf(v.PostFormValue("id")), v.PostFormValue("do")
	var err error
	switch do {
	case "approve":
		err = office.Approve(v.Context(), id, v.PostFormValue("org"))
	case "refuse":
		err = office.Refuse(v.Context(), id)
	default:
		do = ""
	}
	if err != nil {
		return nil, err
	}
	return redirect("/admin/apps?done=" + do)
}
