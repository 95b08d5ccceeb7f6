package webui

import (
	"net/http"

	"concord/record/access"
	"concord/record/account"
)

// accountForm is the form for a new account.
type accountForm struct {
	account.Application
	Errors []fieldError
	Done   string // words for the notification
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
	return &answer{status: status, frame: frame{Title: "Accounts", Nav: "accounts", Forms: true},
		body: accountsBody(all, tokens, form, s.Orgs, s.shortName, s.Zone)}, nil
}

func (s *Site) shortName(code string) string { return s.organisation(code).Short }

// doneWords confirms by a fixed word from the address, never by its text.
func doneWords(done string) string {
	return map[string]string{"made": "The account is made.", "barred": "The account can no longer sign in.",
		"let-in": "The account can sign in again.", "password": "The password is changed; its sessions have ended.",
		"revoked": "The token is revoked."}[done]
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

// changeAccount bars, lets in, sets a password or revokes a token.
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
	case "revoke":
		done, err = "revoked", office.Revoke(v.Context(), name)
	}
	if err != nil {
		return nil, err
	}
	return redirect("/admin/accounts?done=" + done)
}
