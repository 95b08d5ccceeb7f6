package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// personView is what the page of one person of the directory shows.
type personView struct {
	Account *account.Account
	Rows    []profileRow
	Factors account.Factors
	Outside string // what their identity provider is called
	Manages bool   // the administrator answers for the whole person
	Grants  []Org
	Groups  []account.Workgroup // of those
	Form    account.Profile
	Titles  []packTitles // of those organisations' packs
	Picked  string       // job role, or title of a pack, that was chosen
	From    string
	To      string
	Done    string
	Own     string // the person's own NHS number
	Errors  []fieldError
}

// profileRow is one role profile in words.
type profileRow struct {
	account.Profile
	Title, Where, From, To string
	Holds, MayEnd          bool
}

// person is /admin/accounts/{name}.
func (s *Site) person(v *visit) (*answer, error) {
	return s.personPage(v, 0, personView{Done: doneWords(v.URL.Query().Get("done"))})
}

func (s *Site) personPage(v *visit, status int, x personView) (*answer, error) {
	office := s.Accounts.Office(v.errand)
	var err error
	if x.Account, err = office.Person(v.Context(), v.PathValue("name")); err != nil {
		return nil, err
	}
	if x.Factors, err = s.Accounts.Factors(v.Context(), x.Account.Name); err != nil {
		return nil, err
	}
	if x.Errors == nil {
		x.Own = x.Account.OwnNumber
	}
	all, err := s.Accounts.Workgroups(v.Context(), "")
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, g := range all {
		names[g.Org+"/"+g.Code] = g.Name
		if office.MayGrant(g.Org) {
			x.Groups = append(x.Groups, g)
		}
	}
	x.Outside = s.providerTitle(x.Account.Provider)
	x.Manages, x.Grants = office.MayManage(x.Account), s.grants(office)
	x.Titles = s.packTitles(x.Grants)
	self := v.session.Account.Name == x.Account.Name
	for _, p := range x.Account.Profiles {
		row := profileRow{Profile: p, Title: profileTitle(p), Holds: p.Holds(s.Now()),
			MayEnd: office.MayGrant(p.Org) && !p.Outside && !self}
		row.Where, row.From, row.To = s.profileWhere(p, names), s.day(p.From), s.lastDay(p.To)
		row.MayEnd = row.MayEnd && (p.To.IsZero() || s.Now().Before(p.To))
		x.Rows = append(x.Rows, row)
	}
	if self {
		x.Grants, x.Titles = nil, nil
	}
	if x.Form.Org == "" { // most further roles are where somebody works already
		for _, row := range x.Rows {
			if row.Holds {
				x.Form.Org = row.Org
			}
		}
	}
	return &answer{status: status, frame: frame{Title: x.Account.Display, Nav: "accounts", Forms: true}, body: personBody(x)}, nil
}

// grants are the organisations that the administrator may grant roles in.
func (s *Site) grants(office *account.Office) []Org {
	var out []Org
	for _, o := range s.Orgs {
		if office.MayGrant(o.Code) {
			out = append(out, o)
		}
	}
	return out
}

func (s *Site) profileWhere(p account.Profile, groups map[string]string) string {
	where := s.organisation(p.Org).Short
	if site := s.siteName(p.Org, p.Site); site != "" {
		where = site + ", " + where
	}
	for _, g := range p.Workgroups {
		name := groups[p.Org+"/"+g]
		if name == "" {
			name = g
		}
		where += " · " + name
	}
	return where
}

// findPerson is /admin/find: a person of whatever organisation by user name.
func (s *Site) findPerson(v *visit) (*answer, error) {
	name := strings.TrimSpace(v.URL.Query().Get("name"))
	_, err := s.Accounts.Office(v.errand).Person(v.Context(), name)
	if fault.Is(err, fault.NotFound) {
		return s.accountsPage(v, http.StatusNotFound, accountForm{Errors: []fieldError{{"find-name", "Nobody has that user name."}}, Sought: name})
	}
	if err != nil {
		return nil, err
	}
	return redirect(personPath(strings.ToLower(name)))
}

func personPath(name string) string { return "/admin/accounts/" + url.PathEscape(name) }

// grant is POST /admin/accounts/{name}/profiles: a new role profile.
func (s *Site) grant(v *visit) (*answer, error) {
	name := v.PathValue("name")
	p := account.Profile{Role: access.Role(v.PostFormValue("role")),
		Org: v.PostFormValue("org"), Site: v.PostFormValue("site"), Activities: v.PostForm["activity"]}
	x := personView{From: v.PostFormValue("from"), To: v.PostFormValue("to"), Picked: v.PostFormValue("jobrole"), Form: p}
	var err error
	p.From, err = s.readDay(x.From, "from", 0)
	if err == nil {
		p.To, err = s.readDay(x.To, "to", 1)
	}
	if err == nil {
		err = s.pickJobRole(&p, x.Picked)
	}
	if err == nil {
		p.Workgroups, err = groupsOf(v.PostForm["workgroup"], p.Org)
	}
	if err == nil {
		err = s.Accounts.Office(v.errand).Grant(v.Context(), name, p)
	}
	if err != nil {
		x.Form.Workgroups, x.Errors = p.Workgroups, formErrors(err, "role", "jobrole", "org", "from", "to", "workgroup", "activity")
		if x.Errors == nil {
			return nil, err
		}
		return s.personPage(v, http.StatusUnprocessableEntity, x)
	}
	return redirect(personPath(name) + "?done=granted")
}

// groupsOf keeps the codes of the workgroups, which must be the profile's
// organisation's.
func groupsOf(values []string, org string) ([]string, error) {
	var out []string
	for _, w := range values {
		of, code, _ := strings.Cut(w, "/")
		if of != org {
			return nil, fault.New(fault.Invalid, "account.workgroup", "choose workgroups of the same organisation").In("workgroup")
		}
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out, nil
}

// readDay reads a day of a form as the moment when it, or the day that many
// days later, begins here; "" is the zero.
func (s *Site) readDay(text, field string, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	d, err := time.ParseInLocation(time.DateOnly, text, s.Zone)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "webui.day", "enter a date").In(field)
	}
	return d.AddDate(0, 0, later), nil
}

// endProfile is POST /admin/accounts/{name}/profiles/{key}.
func (s *Site) endProfile(v *visit) (*answer, error) {
	name := v.PathValue("name")
	if err := s.Accounts.Office(v.errand).EndProfile(v.Context(), name, v.PathValue("key")); err != nil {
		return nil, err
	}
	return redirect(personPath(name) + "?done=ended")
}

// setSecond is POST /admin/second-factor.
func (s *Site) setSecond(v *visit) (*answer, error) {
	err := s.Accounts.Office(v.errand).SetSecondFactor(v.Context(), v.PostFormValue("org"), account.Second(v.PostFormValue("second")))
	if err != nil {
		return nil, err
	}
	return redirect("/admin/accounts?done=second")
}

// workgroups is /admin/workgroups.
func (s *Site) workgroups(v *visit) (*answer, error) {
	return s.workgroupsPage(v, 0, account.Workgroup{}, nil)
}

func (s *Site) workgroupsPage(v *visit, status int, form account.Workgroup, errors []fieldError) (*answer, error) {
	office := s.Accounts.Office(v.errand)
	if _, err := office.List(v.Context()); err != nil { // decided and audited as all of the directory
		return nil, err
	}
	all, err := s.Accounts.Workgroups(v.Context(), "")
	if err != nil {
		return nil, err
	}
	return &answer{status: status, frame: frame{Title: "Workgroups", Nav: "accounts", Forms: true},
		body: workgroupsBody(all, s.shortName, s.grants(office), form, doneWords(v.URL.Query().Get("done")), errors)}, nil
}

func (s *Site) addWorkgroup(v *visit) (*answer, error) {
	g := account.Workgroup{Org: v.PostFormValue("org"), Code: v.PostFormValue("code"), Name: v.PostFormValue("group")}
	if v.PostFormValue("do") == "cover" {
		return s.cover(v, g)
	}
	if err := s.Accounts.Office(v.errand).AddWorkgroup(v.Context(), g); err != nil {
		list := formErrors(err, "code", "group")
		if list == nil {
			return nil, err
		}
		return s.workgroupsPage(v, http.StatusUnprocessableEntity, g, list)
	}
	return redirect("/admin/workgroups?done=group")
}

// cover says what a workgroup is responsible for.
func (s *Site) cover(v *visit, g account.Workgroup) (*answer, error) {
	places := slices.DeleteFunc(strings.FieldsFunc(v.PostFormValue("covers"), func(c rune) bool { return c == ',' || c == '\n' || c == '\r' }),
		func(p string) bool { return strings.TrimSpace(p) == "" })
	if err := s.Accounts.Office(v.errand).Cover(v.Context(), g.Org, g.Code, places); err != nil {
		list := formErrors(err, "covers")
		if list == nil {
			return nil, err
		}
		list[0].Field = "covers-0"
		return s.workgroupsPage(v, http.StatusUnprocessableEntity, account.Workgroup{}, list)
	}
	return redirect("/admin/workgroups?done=covers")
}

func grantsIn(grants []Org, org string) bool {
	return slices.ContainsFunc(grants, func(o Org) bool { return o.Code == org })
}
