package webui

import (
	"encoding/json"
	"net/http"

	"concord/fault"
	"concord/record/account"
)

// secondForm is what the page of the second factor shows.
type secondForm struct {
	Next     string
	Asks     account.Asks
	Passkeys bool // can be used here
	Errors   []fieldError
}

// secondPage is /sign-in/second: the password was right, and more is asked for.
func (s *Site) secondPage(w http.ResponseWriter, r *http.Request) {
	s.showSecond(w, r, 0, secondForm{Next: local(r.URL.Query().Get("next"))})
}

func (s *Site) showSecond(w http.ResponseWriter, r *http.Request, status int, f secondForm) {
	asks, err := s.Accounts.Waiting(r.Context(), s.Door.Ticket(r))
	if err != nil {
		s.signInFailed(w, r, err, signInForm{Next: f.Next})
		return
	}
	f.Asks, f.Passkeys = asks, asks.Passkey && s.Door.Place().Domain != ""
	title := "Second step"
	if len(f.Errors) > 0 {
		title = "Error: second step"
	}
	s.send(w, r, nil, &answer{status: status, frame: frame{Title: title, Forms: true}, body: secondSheet(f)})
}

// second is POST /sign-in/second: a code.
func (s *Site) second(w http.ResponseWriter, r *http.Request) {
	next := local(r.PostFormValue("next"))
	step, err := s.Accounts.GiveCode(r.Context(), s.Door.Ticket(r), r.PostFormValue("code"), s.Door.Attempt(r, s.noteSignIn(addressOf(r))))
	if f := fault.Of(err); err != nil && f.Code == "account.second-factor" {
		s.showSecond(w, r, http.StatusUnauthorized, secondForm{Next: next, Errors: []fieldError{{"code", sentenceOf(f.Text)}}})
		return
	}
	if err != nil {
		s.signInFailed(w, r, err, signInForm{Next: next})
		return
	}
	s.admit(w, r, step, next)
}

// askPasskey is POST /sign-in/passkey/ask: what the browser is to sign. It
// serves a sign-in that waits for its second factor and one that begins with
// the passkey.
func (s *Site) askPasskey(w http.ResponseWriter, r *http.Request) {
	ticket := ""
	if r.PostFormValue("second") != "" {
		ticket = s.Door.Ticket(r)
	}
	ticket, options, err := s.Accounts.AskPasskey(r.Context(), ticket, s.Door.Place())
	s.sendAsked(w, r, ticket, options, err)
}

// askUnlock is POST /unlock/ask: the same for a locked session.
func (s *Site) askUnlock(w http.ResponseWriter, r *http.Request) {
	ticket, options, err := s.Accounts.AskUnlock(r.Context(), s.Door.Secret(r), s.Door.Place())
	s.sendAsked(w, r, ticket, options, err)
}

// asked is what a page's script hands to the browser.
type asked struct {
	Ticket  string          `json:"ticket"`
	Options json.RawMessage `json:"options"`
}

func (s *Site) sendAsked(w http.ResponseWriter, r *http.Request, ticket string, options []byte, err error) {
	if err != nil {
		f := fault.Of(err)
		http.Error(w, sentenceOf(f.Text), failures()[f.Kind].status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(asked{ticket, options})
}

// passkey is POST /sign-in/passkey: what a passkey signed.
func (s *Site) passkey(w http.ResponseWriter, r *http.Request) {
	next := local(r.PostFormValue("next"))
	step, err := s.Accounts.GivePasskey(r.Context(), r.PostFormValue("ticket"), []byte(r.PostFormValue("answer")), s.Door.Place(),
		s.Door.Attempt(r, s.noteSignIn(addressOf(r))))
	if err != nil {
		s.signInFailed(w, r, err, signInForm{Next: next})
		return
	}
	s.admit(w, r, step, next)
}
