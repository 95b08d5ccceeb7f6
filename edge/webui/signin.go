package webui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"concord/edge/login"
	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// signInForm is what the sign-in page shows.
type signInForm struct {
	Next, Name, Error, Demo string
	Passkeys                bool // can be used here
	Offers                  []login.Offer
}

// signInPage is /sign-in. On an installation without accounts it leads to the
// set-up.
func (s *Site) signInPage(w http.ResponseWriter, r *http.Request) {
	if empty, err := s.Accounts.Empty(r.Context()); err != nil {
		s.refuse(w, r, nil, err)
		return
	} else if empty {
		http.Redirect(w, r, "/set-up", http.StatusSeeOther)
		return
	}
	s.showSignIn(w, r, 0, signInForm{Next: local(r.URL.Query().Get("next"))})
}

func (s *Site) showSignIn(w http.ResponseWriter, r *http.Request, status int, f signInForm) {
	f.Demo, f.Passkeys, f.Offers = s.Demo, s.Door.Place().Domain != "", s.offers()
	title := "Sign in"
	if f.Error != "" {
		title = "Error: sign in"
	}
	s.send(w, r, nil, &answer{status: status, frame: frame{Title: title, Forms: true}, body: signInSheet(f)})
}

func (s *Site) signIn(w http.ResponseWriter, r *http.Request) {
	name, next := r.PostFormValue("name"), local(r.PostFormValue("next"))
	step, err := s.Accounts.SignIn(r.Context(), name, r.PostFormValue("password"), s.Door.Attempt(r, s.noteSignIn(addressOf(r))))
	if err != nil {
		s.signInFailed(w, r, err, signInForm{Next: next, Name: name})
		return
	}
	s.admit(w, r, step, next)
}

// admit lets the browser in as far as a sign-in has come.
func (s *Site) admit(w http.ResponseWriter, r *http.Request, step *account.Step, next string) {
	if err := s.Door.Admit(w, r, step); err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	if step.Session == nil {
		next = "/sign-in/second?next=" + url.QueryEscape(next)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// signInFailed shows the sign-in page again where trying again can help.
func (s *Site) signInFailed(w http.ResponseWriter, r *http.Request, err error, f signInForm) {
	x := fault.Of(err)
	status := http.StatusUnauthorized
	switch {
	case x.Code == "account.locked":
		status = http.StatusTooManyRequests
	case x.Kind != fault.Unauthenticated:
		s.refuse(w, r, nil, err)
		return
	}
	f.Error = sentenceOf(x.Text)
	s.showSignIn(w, r, status, f)
}

// noteSignIn puts every attempt to sign in into the audit. What was typed as
// a name that nobody has is not kept: it may be a password.
func (s *Site) noteSignIn(address string) account.Note {
	return func(ctx context.Context, whose *account.Account, failure error) error {
		if whose == nil {
			nobody := s.Desk.For(access.Requester{ID: "unknown"}, access.Reason{Purpose: access.Administration})
			// The policy refuses whoever has no role; the entry says so.
			if err := nobody.Note(ctx, access.SignIn, "from "+address, failure); !fault.Is(err, fault.Denied) {
				return err
			}
			return nil
		}
		errand := s.Desk.For(whose.Requester(), access.Reason{Purpose: account.PurposeOf(whose.Role)})
		err := errand.Note(ctx, access.SignIn, "from "+address, failure)
		if failure != nil && fault.Is(err, fault.Denied) {
			return nil // the attempt fails all the same, for the reason that it has
		}
		return err
	}
}

// local keeps only addresses of our own pages, so that a link cannot send
// somebody elsewhere after signing in.
func local(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

// signOut ends the session whatever happens to its audit entry; a session that
// has run out leaves none.
func (s *Site) signOut(w http.ResponseWriter, r *http.Request) {
	session, noSession := s.Door.Look(r)
	err := s.Door.SignOut(w, r)
	if noSession == nil {
		a := session.Account
		errand := s.Desk.For(a.Requester(), access.Reason{Purpose: account.PurposeOf(a.Role)})
		err = errors.Join(err, errand.Note(r.Context(), access.SignOut, "from "+addressOf(r), err))
	}
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	to := "/sign-in"
	if noSession == nil && s.Outside != nil && session.Account.Provider != "" {
		if there := s.Outside.Leave(r.Context(), session.Account.Provider, session.Hint); there != "" {
			to = there
		}
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// setUpForm is what the set-up page shows.
type setUpForm struct {
	Name, Display string
	Errors        []fieldError
}

// fieldError is a message at one field of a form.
type fieldError struct{ Field, Text string }

func errorAt(errors []fieldError, field string) string {
	for _, e := range errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// formErrors makes a form's messages of a refusal, or nil when it is none
// that a form can show.
func formErrors(err error, fields ...string) []fieldError {
	f := fault.Of(err)
	for _, name := range fields {
		if f.At == name {
			return []fieldError{{name, sentenceOf(f.Text)}}
		}
	}
	if f.Kind == fault.Conflict || f.Kind == fault.Busy || f.Kind == fault.Invalid {
		return []fieldError{{fields[0], sentenceOf(f.Text)}}
	}
	return nil
}

// setUpPage is /set-up: the first administrator, by the one-time code that the
// server printed when it started.
func (s *Site) setUpPage(w http.ResponseWriter, r *http.Request) {
	empty, err := s.Accounts.Empty(r.Context())
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	if !empty {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	s.send(w, r, nil, &answer{frame: frame{Title: "Set up", Forms: true}, body: setUpSheet(setUpForm{})})
}

func (s *Site) setUp(w http.ResponseWriter, r *http.Request) {
	a := account.Application{Name: r.PostFormValue("name"), Display: r.PostFormValue("display"),
		Password: r.PostFormValue("password")}
	// Nobody is signed in yet: the installation itself does this, and says so
	// in the audit.
	errand := s.Desk.For(access.Requester{ID: "set-up", Name: "First set-up", Role: access.Operator},
		access.Reason{Purpose: access.Administration, Text: "first administrator by one-time code"})
	_, err := s.Accounts.SetUp(r.Context(), errand, r.PostFormValue("code"), addressOf(r), a)
	if err != nil {
		list := formErrors(err, "code", "name", "display", "password")
		if list == nil {
			s.refuse(w, r, nil, err)
			return
		}
		s.send(w, r, nil, &answer{status: http.StatusUnprocessableEntity, frame: frame{Title: "Error: set up", Forms: true},
			body: setUpSheet(setUpForm{Name: a.Name, Display: a.Display, Errors: list})})
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// addressOf is the peer's address without its port.
func addressOf(r *http.Request) string {
	if n := strings.LastIndexByte(r.RemoteAddr, ':'); n > 0 {
		return r.RemoteAddr[:n]
	}
	return r.RemoteAddr
}
