package webui

import (
	"context"
	"net/http"
	"net/url"

	"concord/edge/login"
	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// Outside are the identity providers that people may sign in with;
// login.Relying is one.
type Outside interface {
	Offers() []login.Offer
	Origins() []string
	Start(w http.ResponseWriter, r *http.Request, name string, trip login.Trip) (to string, err error)
	Return(w http.ResponseWriter, r *http.Request) (account.Outside, login.Trip, error)
	SignedOut(ctx context.Context, name, token string) (accounts []string, err error)
	Leave(ctx context.Context, name, hint string) string
}

// offers are the ways to sign in elsewhere.
func (s *Site) offers() []login.Offer {
	if s.Outside == nil {
		return nil
	}
	return s.Outside.Offers()
}

// providerTitle is what the sign-in page calls a provider.
func (s *Site) providerTitle(name string) string {
	for _, o := range s.offers() {
		if o.Name == name {
			return o.Title
		}
	}
	return name
}

// offerTo is the address that begins a sign-in elsewhere.
func offerTo(name, next string) string {
	return "/sign-in/with/" + url.PathEscape(name) + "?next=" + url.QueryEscape(next)
}

// unlockTo is the one that unlocks with it.
func unlockTo(name, next, kept string) string {
	return offerTo(name, next) + "&unlock=1&kept=" + url.QueryEscape(kept)
}

// goOutside is GET /sign-in/with/{provider}.
func (s *Site) goOutside(w http.ResponseWriter, r *http.Request) {
	if s.Outside == nil {
		s.refuse(w, r, nil, fault.New(fault.NotFound, "webui.route", "no such page"))
		return
	}
	q := r.URL.Query()
	to, err := s.Outside.Start(w, r, r.PathValue("provider"),
		login.Trip{Next: local(q.Get("next")), Unlock: q.Get("unlock") != "", Kept: q.Get("kept")})
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// backFromOutside is GET /sign-in/back: the provider's answer.
func (s *Site) backFromOutside(w http.ResponseWriter, r *http.Request) {
	if s.Outside == nil {
		s.refuse(w, r, nil, fault.New(fault.NotFound, "webui.route", "no such page"))
		return
	}
	who, trip, err := s.Outside.Return(w, r)
	at := s.Door.Attempt(r, s.noteSignIn(addressOf(r)))
	if err != nil {
		// Whoever it was is not known: the attempt is.
		s.outsideFailed(w, r, at.Note(r.Context(), nil, err), err, trip)
		return
	}
	if trip.Unlock {
		s.unlockedOutside(w, r, who, trip, at)
		return
	}
	step, err := s.Accounts.Arrive(r.Context(), who, at)
	if err != nil {
		s.outsideFailed(w, r, nil, err, trip)
		return
	}
	s.admit(w, r, step, local(trip.Next))
}

func (s *Site) outsideFailed(w http.ResponseWriter, r *http.Request, unnoted, err error, trip login.Trip) {
	f := fault.Of(err)
	if f.Kind == fault.Unauthenticated || f.Kind == fault.Denied {
		s.Log.Warn("sign-in at a provider refused", "code", f.Code, "cause", f.Unwrap())
	}
	switch {
	case unnoted != nil:
		s.refuse(w, r, nil, unnoted)
	case f.Kind == fault.Denied || f.Kind == fault.Busy:
		s.showSignIn(w, r, failures()[f.Kind].status, signInForm{Next: local(trip.Next), Error: sentenceOf(f.Text)})
	default:
		s.signInFailed(w, r, err, signInForm{Next: local(trip.Next)})
	}
}

// unlockedOutside opens a locked session; a form that was kept is shown to
// exist and goes on with one more press, since an answer of another site
// changes nothing here by itself.
func (s *Site) unlockedOutside(w http.ResponseWriter, r *http.Request, who account.Outside, trip login.Trip, at account.Attempt) {
	session, err := s.Door.Look(r)
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	if err := s.Accounts.UnlockOutside(r.Context(), s.Door.Secret(r), who, at); err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			s.lockPage(w, r, session, sentenceOf(fault.Of(err).Text))
			return
		}
		s.refuse(w, r, nil, err)
		return
	}
	if trip.Kept != "" {
		s.send(w, r, nil, &answer{frame: frame{Title: "Unlocked", Forms: true}, body: resumeSheet(trip.Kept)})
		return
	}
	http.Redirect(w, r, local(trip.Next), http.StatusSeeOther)
}

// goOn is POST /resume: a kept form of an open session goes on its way.
func (s *Site) goOn(w http.ResponseWriter, r *http.Request) {
	session, err := s.Door.Look(r)
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	if session.State == account.Locked {
		s.lockPage(w, r, session, "")
		return
	}
	s.resume(w, r, session, r.PostFormValue("kept"))
}

// backChannel is POST /sign-in/back-channel/{provider}: the provider itself
// says that somebody signed out.
func (s *Site) backChannel(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if s.Outside == nil {
		http.Error(w, "no provider", http.StatusBadRequest)
		return
	}
	names, err := s.Outside.SignedOut(r.Context(), r.PathValue("provider"), r.PostFormValue("logout_token"))
	if err != nil {
		f := fault.Of(err)
		s.Log.Warn("logout token refused", "code", f.Code, "cause", f.Unwrap())
		http.Error(w, f.Text, http.StatusBadRequest)
		return
	}
	for _, name := range names {
		a, err := s.Accounts.Get(r.Context(), name)
		if err != nil {
			continue // gone meanwhile
		}
		errand := s.Desk.For(a.Requester(), access.Reason{Purpose: account.PurposeOf(a.Role)})
		if err := errand.Note(r.Context(), access.SignOut, "by "+a.Provider, nil); err != nil {
			s.Log.Error("a sign-out is not in the audit", "code", fault.Of(err).Code)
		}
	}
}
