package webui

import (
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"concord/edge/login"
	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// signedIn wraps a page for people who are signed in; others are asked to,
// and come back to where they wanted to go.
func (s *Site) signedIn(page func(*visit) (*answer, error)) http.Handler {
	return s.gate(page, account.Open)
}

// ofOneself wraps a page about the person's own account: it is open also
// before they have chosen a role or added the second factor that is asked for.
func (s *Site) ofOneself(page func(*visit) (*answer, error)) http.Handler {
	return s.gate(page, account.Open, account.Enrol, account.Choose)
}

// proved wraps what changes how somebody proves who they are: it asks them to
// prove it anew unless they did a moment ago.
func (s *Site) proved(page func(*visit) (*answer, error)) http.Handler {
	open := s.ofOneself(page)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := s.Door.Look(r)
		if err == nil && session.State != account.Locked && !session.Fresh {
			s.lockPage(w, r, session, "")
			return
		}
		open.ServeHTTP(w, r)
	})
}

func (s *Site) gate(page func(*visit) (*answer, error), states ...account.State) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := s.Door.Look(r)
		if err != nil {
			s.refuse(w, r, nil, err)
			return
		}
		if wait := s.Pace.Wait(session.Account.Name); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			s.refuse(w, r, nil, fault.New(fault.Busy, codePace, "you have opened pages faster than anybody reads them"))
			return
		}
		for _, state := range states {
			if session.State == state {
				s.serve(w, r, session, page)
				return
			}
		}
		s.stopped(w, r, session)
	})
}

func (s *Site) serve(w http.ResponseWriter, r *http.Request, session *account.Session, page func(*visit) (*answer, error)) {
	v := &visit{Request: r, session: session, why: access.Reason{Purpose: account.PurposeOf(session.Account.Role)}}
	v.errand = s.Desk.For(v.who(), v.why)
	a, err := page(v)
	if err != nil {
		s.refuse(w, r, v, err)
		return
	}
	s.send(w, r, v, a)
}

// stopped answers a request of a session that is not open for it.
func (s *Site) stopped(w http.ResponseWriter, r *http.Request, session *account.Session) {
	if r.Header.Get("HX-Request") != "" {
		http.Error(w, "Your session is locked.", http.StatusLocked)
		return
	}
	next := ""
	if r.Method == http.MethodGet {
		next = "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	switch session.State {
	case account.Locked:
		s.lockPage(w, r, session, "")
	case account.Enrol:
		http.Redirect(w, r, "/me/security"+next, http.StatusSeeOther)
	default:
		http.Redirect(w, r, "/me/role"+next, http.StatusSeeOther)
	}
}

// lockForm is what the lock page shows.
type lockForm struct {
	Name, Next, Kept, Error string
	Confirm                 bool        // the session is open; identity is to be proved anew
	Password, App, Passkeys bool        // can be used to unlock
	Provider                login.Offer // "" = they sign in here
}

// lockPage covers the page that was asked for. A form that was sent is kept
// for after the unlocking, sealed: nothing of it is on the lock page.
func (s *Site) lockPage(w http.ResponseWriter, r *http.Request, session *account.Session, failed string) {
	f := lockForm{Name: session.Account.Display, Confirm: session.State != account.Locked, Error: failed,
		Password: session.Account.HasPassword(), Next: "/"}
	has, err := s.Accounts.Factors(r.Context(), session.Account.Name)
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	f.App = !has.App.IsZero()
	f.Passkeys = len(has.Passkeys) > 0 && s.Door.Place().Domain != ""
	for _, o := range s.offers() {
		if o.Name == session.Account.Provider {
			f.Provider = o
		}
	}
	switch {
	case r.URL.Path == "/unlock":
		f.Next, f.Kept = local(r.FormValue("next")), r.FormValue("kept")
	case r.Method == http.MethodGet:
		f.Next = local(r.URL.RequestURI())
	default:
		if f.Kept, err = s.keep(r, session); err != nil {
			s.refuse(w, r, nil, err)
			return
		}
	}
	title := "Locked"
	if f.Confirm {
		title = "Confirm that it is you"
	}
	s.send(w, r, nil, &answer{status: http.StatusLocked, frame: frame{Title: title, Forms: true}, body: lockSheet(f)})
}

// keep stores the form of a request until its sender has unlocked the session.
func (s *Site) keep(r *http.Request, session *account.Session) (string, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/x-www-form-urlencoded" && kind != "" {
		return "", fault.New(fault.Unsupported, "webui.kept", "this kind of form cannot be kept")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", fault.Wrap(err, fault.TooCostly, "webui.kept", "the form is too large")
	}
	return s.Accounts.Keep(r.Context(), session, r.URL.RequestURI(), body)
}

// lock is POST /lock: the person leaves the desk.
func (s *Site) lock(w http.ResponseWriter, r *http.Request) {
	if err := s.Accounts.Lock(r.Context(), s.Door.Secret(r)); err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	http.Redirect(w, r, "/unlock?next="+url.QueryEscape(local(r.PostFormValue("next"))), http.StatusSeeOther)
}

// unlockPage is GET /unlock.
func (s *Site) unlockPage(w http.ResponseWriter, r *http.Request) {
	session, err := s.Door.Look(r)
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	if session.State != account.Locked {
		http.Redirect(w, r, local(r.URL.Query().Get("next")), http.StatusSeeOther)
		return
	}
	s.lockPage(w, r, session, "")
}

// unlock is POST /unlock: by password, code or passkey.
func (s *Site) unlock(w http.ResponseWriter, r *http.Request) {
	at, secret := s.Door.Attempt(r, s.noteSignIn(addressOf(r))), s.Door.Secret(r)
	var err error
	if answer := r.PostFormValue("answer"); answer != "" {
		err = s.Accounts.UnlockByPasskey(r.Context(), secret, r.PostFormValue("ticket"), []byte(answer), s.Door.Place(), at)
	} else {
		err = s.Accounts.Unlock(r.Context(), secret, r.PostFormValue("unlock"), at)
	}
	session, gone := s.Door.Look(r)
	switch {
	case gone != nil:
		http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(local(r.PostFormValue("next"))), http.StatusSeeOther)
	case fault.Is(err, fault.Unauthenticated) && r.PostFormValue("here") != "":
		http.Error(w, sentenceOf(fault.Of(err).Text), http.StatusUnauthorized)
	case fault.Is(err, fault.Unauthenticated):
		s.lockPage(w, r, session, sentenceOf(fault.Of(err).Text))
	case err != nil:
		s.refuse(w, r, nil, err)
	case r.PostFormValue("here") != "":
		w.WriteHeader(http.StatusNoContent) // the page is still there, under its cover
	case r.PostFormValue("kept") != "":
		s.resume(w, r, session, r.PostFormValue("kept"))
	default:
		http.Redirect(w, r, local(r.PostFormValue("next")), http.StatusSeeOther)
	}
}

// resume sends a kept form on to where it was going.
func (s *Site) resume(w http.ResponseWriter, r *http.Request, session *account.Session, kept string) {
	path, body, err := s.Accounts.Kept(r.Context(), session, kept)
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	to, err := url.ParseRequestURI(path)
	if err != nil {
		s.refuse(w, r, nil, fault.Wrap(err, fault.Internal, "webui.kept", "a kept form has no way to go"))
		return
	}
	again := r.Clone(r.Context())
	again.URL, again.RequestURI, again.Form, again.PostForm = to, path, nil, nil
	again.Body, again.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
	again.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.routes.ServeHTTP(w, again)
}

// awake is GET /me/awake: somebody types who asks for no page.
func (s *Site) awake(*visit) (*answer, error) { return &answer{status: http.StatusNoContent}, nil }
