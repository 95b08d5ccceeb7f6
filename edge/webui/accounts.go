package webui

import (
	"net/http"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// accountForm is the form for a new account.
type accountForm struct {
	account.Application
	Errors []fieldError
	Done   string // words for the notification
	Sought string // user name that was looked for
	Whole  bool   // accounts of the whole system may be made
}

// secondRow is what one organisation asks for beside a password.
type secondRow struct {
	Org    Org
	Second account.Second
}

// accounts is /admin/accounts
func (s *Site) accounts(v *visit) (*answer, error) {
	return s.accountsPage(v, 0, accountForm{Done: doneWords(v.URL.Query().Get("done"))})
}

func (s *Site) accountsPage(v *visit, status int, form accountForm) (*answer, error) {
	office := s.Accounts.Office(v.errand)
	all, err := office.List(v.Context())
	if err != nil {
		return nil, err
	}
	tokens, err := office.Tokens(v.Context())
	if err != nil {
		return nil, err
	}
	orgs := s.grants(office)
	form.Whole = office.MayGrant(access.Domain) && s.orgs[access.Domain].Code == ""
	var seconds []secondRow
	for _, o := range orgs {
		x, err := s.Accounts.SecondFactor(v.Context(), o.Code)
		if err != nil {
			return nil, err
		}
		seconds = append(seconds, secondRow{o, x})
	}
	return &answer{status: status, frame: frame{Title: "Accounts", Nav: "accounts", Forms: true},
		body: accountsBody(all, tokens, form, orgs, seconds, s.shortName, s.Zone)}, nil
}

func (s *Site) shortName(code string) string { return s.organisation(code).Short }

// doneWords confirms by a fixed word from the address, never by its text.
func doneWords(done string) string {
	return map[string]string{"made": "The account is made.", "barred": "The account can no longer sign in.",
		"let-in": "The account can sign in again.", "password": "The password is changed; its sessions have ended.",
		"revoked": "The token is revoked.", "granted": "The role is granted.", "ended": "The role has ended.",
		"reset": "The second factors are removed; the sessions have ended.", "sessions": "Every session has ended.", "own": "The number is noted.",
		"second": "What is asked for is changed; it holds at once.", "group": "The workgroup is added.",
		"covers": "What the workgroup is responsible for is kept; it holds within seconds."}[done]
}

func (s *Site) createAccount(v *visit) (*answer, error) {
	a := account.Application{Name: v.PostFormValue("name"), Display: v.PostFormValue("display"),
		Password: v.PostFormValue("password"), Role: access.Role(v.PostFormValue("role")),
		Org: v.PostFormValue("org"), Site: v.PostFormValue("site")}
	if _, err := s.Accounts.Office(v.errand).Create(v.Context(), a); err != nil {
		list := formErrors(err, "name", "display", "password", "role", "org")
		if list == nil {
			return nil, err
		}
		a.Password = ""
		return s.accountsPage(v, http.StatusUnprocessableEntity, accountForm{Application: a, Errors: list})
	}
	return redirect("/admin/accounts?done=made")
}

// changeAccount bars, lets in, sets a password, removes second factors, ends
// sessions or revokes a token.
func (s *Site) changeAccount(v *visit) (*answer, error) {
	office, name, done := s.Accounts.Office(v.errand), v.PathValue("name"), ""
	var err error
	switch v.PostFormValue("do") {
	case "bar":
		done, err = "barred", office.SetDisabled(v.Context(), name, true)
	case "let-in":
		done, err = "let-in", office.SetDisabled(v.Context(), name, false)
	case "password":
		done, err = "password", office.SetPassword(v.Context(), name, v.PostFormValue("password"))
	case "reset-factors":
		done, err = "reset", office.ResetFactors(v.Context(), name)
	case "end-sessions":
		done, err = "sessions", office.EndSessions(v.Context(), name)
		if err == nil && s.Grants != nil { // also what apps may do beyond them
			err = s.Grants.EndAll(v.Context(), name)
		}
	case "own":
		done, err = "own", office.SetOwnNumber(v.Context(), name, v.PostFormValue("own"))
		if fault.Is(err, fault.Invalid) {
			return s.personPage(v, http.StatusUnprocessableEntity, personView{Errors: formErrors(err, "own"), Own: v.PostFormValue("own")})
		}
	case "revoke":
		done, err = "revoked", office.Revoke(v.Context(), name)
	}
	if err != nil {
		return nil, err
	}
	if done == "revoked" {
		return redirect("/admin/accounts?done=" + done)
	}
	return redirect(personPath(name) + "?done=" + done)
}
