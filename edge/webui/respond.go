package webui

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/a-h/templ"

	"concord/record"
	"concord/record/access"
	"concord/record/account"
)

// visit is one request of somebody who is signed in.
type visit struct {
	*http.Request
	session *account.Session
	errand  *record.Errand
	why     access.Reason
}

func (v *visit) who() access.Requester { return v.session.Requester() }

// clinical tells whether the requester may see clinical content at all; the
// Desk decides again on every access.
func (v *visit) clinical() bool {
	return v.errand.May(access.Read, "Observation")
}

// may tells whether an action is open to the requester, to leave out links
// that would lead to a refusal.
func (v *visit) may(act access.Action) bool {
	typ := ""
	if act == access.FindPeople || act == access.Links {
		typ = "Patient"
	}
	return v.errand.May(act, typ)
}

// answer is what a page sends: a body in its frame, a fragment, a redirect or
// a file.
type answer struct {
	status   int
	frame    frame
	body     templ.Component
	fragment bool
	to       string
	file     *download
	json     []byte
	forms    []string // origins to which its forms lead on, beside our own
}

type download struct {
	name, kind string
	body       []byte
}

// redirect leads to another page. What an address held that no header may hold
// stays escaped.
func redirect(to string) (*answer, error) { return &answer{to: plainAddress(to)}, nil }

// plainAddress escapes control characters, which a part of an address may bring.
func plainAddress(to string) string {
	if strings.IndexFunc(to, unicode.IsControl) < 0 {
		return to
	}
	var b strings.Builder
	for _, c := range to {
		if unicode.IsControl(c) {
			b.WriteString(url.QueryEscape(string(c)))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// send writes an answer.
func (s *Site) send(w http.ResponseWriter, r *http.Request, v *visit, a *answer) {
	switch {
	case a.to != "":
		http.Redirect(w, r, a.to, http.StatusSeeOther)
		return
	case a.file != nil:
		sendFile(w, a.file)
		return
	case a.json != nil:
		w.Header().Set("Content-Type", "application/json")
		w.Write(a.json)
		return
	case a.body == nil:
		w.WriteHeader(a.status)
		return
	}
	if len(a.forms) > 0 {
		w.Header().Set("Content-Security-Policy", policy(a.forms))
	}
	body := a.body
	if !a.fragment {
		f := a.frame
		s.dress(&f, v)
		body = page(&f, a.body)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.write(w, r, a.status, body)
}

// write renders; compression saves more time on a ward's network than it
// costs here. No page holds a secret beside text that an attacker can choose.
func (s *Site) write(w http.ResponseWriter, r *http.Request, status int, body templ.Component) {
	if status == 0 {
		status = http.StatusOK
	}
	var out io.Writer = w
	w.Header().Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z, err := gzip.NewWriterLevel(w, 5)
		if err == nil {
			defer z.Close()
			out = z
		}
	}
	w.WriteHeader(status)
	if err := body.Render(context.WithoutCancel(r.Context()), out); err != nil {
		s.Log.Warn("page not sent whole", "route", r.Pattern)
	}
}

// sendFile sends an attachment of the record so that nothing in it can act on
// our pages: as a download, in a sandbox, its type not guessed.
func sendFile(w http.ResponseWriter, f *download) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Write(f.body)
}
