package webui

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"

	"concord/fault"
)

// failurePage is what is shown for one kind of failure.
type failurePage struct {
	status      int
	title, text string
}

// failures is the one table from kinds of failure to pages.
func failures() map[fault.Kind]failurePage {
	return map[fault.Kind]failurePage{
		fault.Internal: {http.StatusInternalServerError, "Something went wrong",
			"The page could not be made. Nothing was changed. Try again; if it happens again, give the reference below to your service desk."},
		fault.Invalid: {http.StatusBadRequest, "That could not be read",
			"Something in the address or the form is not as expected. Nothing was changed."},
		fault.NotFound: {http.StatusNotFound, "Page not found",
			"There is nothing at this address that you can open. Search for the patient, or go back."},
		fault.Withheld: {http.StatusNotFound, "Page not found",
			"There is nothing at this address that you can open. Search for the patient, or go back."},
		fault.Gone: {http.StatusGone, "This has been withdrawn",
			"It was in the record and has been withdrawn by who recorded it."},
		fault.Conflict: {http.StatusConflict, "This has changed meanwhile",
			"Somebody else changed it after you opened it. Nothing of yours was saved. Open it again and look before you go on."},
		fault.Denied: {http.StatusForbidden, "Your role does not open this page",
			"What you asked for has been noted and not shown. If your work needs it, ask the person who manages accounts."},
		fault.Unauthenticated: {http.StatusUnauthorized, "Sign in to go on", "You are not signed in, or your session has ended."},
		fault.Unsupported: {http.StatusNotImplemented, "That is not available here",
			"What you asked for is not part of this system."},
		fault.TooCostly: {http.StatusUnprocessableEntity, "Too much to show at once",
			"The question covers too much. Make it narrower and try again."},
		fault.Busy: {http.StatusServiceUnavailable, "Try again in a moment",
			"The system cannot do this just now. Nothing was changed."},
	}
}

// codePace is the failure of somebody who asks faster than a person can.
const codePace = "webui.pace"

// refuse shows the page of a failure. Only the code and a reference number go
// to the log: never what was asked about whom.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	f := fault.Of(err)
	if f.Kind == fault.Unauthenticated {
		if r.Method != http.MethodGet || r.Header.Get("HX-Request") != "" {
			http.Error(w, "Your session has ended. Sign in again.", http.StatusUnauthorized)
			return
		}
		to := "/sign-in"
		if r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	p := failures()[f.Kind]
	if f.Code == codePace {
		p.status = http.StatusTooManyRequests
	}
	ref := ""
	if f.Kind == fault.Internal {
		b := make([]byte, 4)
		rand.Read(b)
		ref = hex.EncodeToString(b)
		s.Log.Error("page failed", "reference", ref, "code", f.Code, "route", r.Pattern, "cause", f.Unwrap())
	}
	text := p.text
	if f.Kind == fault.Invalid || f.Kind == fault.Busy || f.Kind == fault.TooCostly {
		text = sentenceOf(f.Text) + " " + text
	}
	if f.Code == codeNotYet {
		p.title, text = "No record on that day", sentenceOf(f.Text)
	}
	s.send(w, r, v, &answer{status: p.status, frame: frame{Title: p.title},
		body: failure(p.title, text, ref)})
}
