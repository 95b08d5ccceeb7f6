package webui

import (
	"concord/record/account"
)

// sessions is /me/sessions: where the person is signed in.
func (s *Site) sessions(v *visit) (*answer, error) {
	list, err := s.Accounts.Sessions(v.Context(), v.session.Account.Name)
	if err != nil {
		return nil, err
	}
	done := map[string]string{"ended": "The session has ended.", "others": "Every other session has ended."}[v.URL.Query().Get("done")]
	return &answer{frame: frame{Title: "Where you are signed in", Nav: "me"},
		body: sessionsBody(list, v.session.ID, done, s.Zone)}, nil
}

// endSessions is POST /me/sessions: one, every other, or all.
func (s *Site) endSessions(v *visit) (*answer, error) {
	name, own := v.session.Account.Name, v.session.ID
	switch v.PostFormValue("do") {
	case "one":
		if err := s.Accounts.EndSession(v.Context(), name, v.PostFormValue("id")); err != nil {
			return nil, err
		}
		return redirect("/me/sessions?done=ended")
	case "others":
		list, err := s.Accounts.Sessions(v.Context(), name)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			if x.ID != own {
				if err := s.Accounts.EndSession(v.Context(), name, x.ID); err != nil {
					return nil, err
				}
			}
		}
		return redirect("/me/sessions?done=others")
	case "all":
		if err := s.noteChange(v, "sign out everywhere"); err != nil {
			return nil, err
		}
		if err := s.Accounts.EndSessions(v.Context(), name); err != nil {
			return nil, err
		}
		if s.Grants != nil { // also those that were to outlive the session
			if err := s.Grants.EndAll(v.Context(), name); err != nil {
				return nil, err
			}
		}
		return redirect("/sign-in")
	}
	return redirect("/me/sessions")
}

// role is /me/role: what to act as, of several.
func (s *Site) role(v *visit) (*answer, error) { return s.rolePage(v, 0, nil) }

func (s *Site) rolePage(v *visit, status int, errors []fieldError) (*answer, error) {
	groups, err := s.Accounts.Workgroups(v.Context(), "")
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, g := range groups {
		names[g.Org+"/"+g.Code] = g.Name
	}
	var rows []roleRow
	for _, c := range v.session.Choices(s.Now()) {
		rows = append(rows, s.roleRow(c, names))
	}
	chosen := ""
	if a := v.session.Account; a.Key != "" {
		chosen = a.Key + "/"
		if len(a.Workgroups) == 1 {
			chosen += a.Workgroups[0]
		}
	}
	return &answer{status: status, frame: frame{Title: "Choose your role", Nav: "me", Forms: true},
		body: roleBody(rows, chosen, local(v.FormValue("next")), errors)}, nil
}

// roleRow is one thing to act as, in words.
type roleRow struct{ Value, Title, Where string }

func (s *Site) roleRow(c account.Choice, groups map[string]string) roleRow {
	where := s.organisation(c.Org).Name
	if site := s.siteName(c.Org, c.Site); site != "" {
		where = site + ", " + where
	}
	team := c.Workgroup
	if team == "" && len(c.Workgroups) == 1 {
		team = c.Workgroups[0]
	}
	if name := groups[c.Org+"/"+team]; name != "" {
		where = name + " · " + where
	}
	return roleRow{Value: c.Key + "/" + c.Workgroup, Title: profileTitle(c.Profile), Where: where}
}
