package webui

import (
	"net/http"
	"strconv"
	"strings"

	"concord/care/chart"
	"concord/exchange/feed"
	"concord/fault"
	"concord/record"
)

// outMessage is one message that goes out.
type outMessage struct {
	messageLine
	Destination, Channel string
	Attempts             int
	SentAt               chart.When
	Answer               string
	Resent, Of           int64
	Edit                 *record.Edit
	EditAt               chart.When
	Returned, Again      bool // may be sent again, or given up
	Editable, Emptied    bool
	Raw                  []string // nil while it is masked
	Draft                string   // to change
	Reply                []string
	Parsed               []Parsed
	Why                  string
	Errors               []fieldError
	Form                 string // which form the errors are of: "open" or "correct"
	Note                 string
}

func (s *Site) outMessage(m *record.Message) outMessage {
	lens := s.at()
	d := record.ReadOutDetail(m)
	x := outMessage{messageLine: line(m, lens), Destination: record.DestinationOf(m), Channel: d.Channel, Attempts: d.Attempts,
		Answer: d.Answer, Resent: d.Resent, Of: d.Of, Edit: d.Edit, Returned: m.State == record.Returned,
		Again: m.State == record.Returned || m.State == record.Sent, Editable: m.State == record.Returned || m.State == record.Sent || m.State == record.Emptied,
		Emptied: m.State == record.Emptied}
	if d.SentAt != nil {
		x.SentAt = lens.Moment(*d.SentAt)
	}
	if d.Edit != nil {
		x.EditAt = lens.Moment(d.Edit.At)
	}
	return x
}

// outAnswer is the page of a message that goes out.
func outAnswer(x outMessage) *answer {
	a := &answer{frame: frame{Title: "Message", Nav: "feeds", Forms: true}, body: outMessagePage(x)}
	if len(x.Errors) > 0 {
		a.status, a.frame.Title = http.StatusUnprocessableEntity, "Error: message"
	}
	return a
}

// opened is the page of a message that goes out with its content, and what its
// destination said of it.
func (s *Site) opened(v *visit, e *record.Errand, m *record.Message, raw []byte) (*outMessage, error) {
	x := s.outMessage(m)
	x.Raw = segments(raw)
	x.Draft = strings.Join(x.Raw, "\n")
	if len(raw) == 0 {
		x.Raw = []string{}
	}
	if m.State == record.Returned || m.Code != "" {
		reply, err := e.OpenReply(v.Context(), seqOf(v))
		if err != nil {
			return nil, err
		}
		if len(reply) > 0 {
			x.Reply = segments(reply)
		}
	}
	if s.Parse != nil && len(raw) > 0 {
		if parsed, err := s.Parse(raw); err == nil { // else a FHIR transaction
			x.Parsed = parsed
		}
	}
	return &x, nil
}

// correct sends a text that the person has changed in the place of a message.
func (s *Site) correct(v *visit) (*answer, error) {
	text, why := v.PostFormValue("text"), strings.TrimSpace(v.PostFormValue("why"))
	reason := v.why
	reason.Text = why
	_, ok := wordsGiven(v, "why")
	var failed error
	if ok {
		sent, _, err := feed.ResendCorrected(v.Context(), s.Desk.For(v.who(), reason), seqOf(v), []byte(text), why)
		if err == nil {
			return redirect("/feeds/messages/" + strconv.FormatInt(sent, 10))
		}
		if failed = err; !fault.Is(err, fault.Invalid) {
			return nil, err
		}
	}
	// What was typed stays; the content was open already, for that reason.
	reason.Text = orElse(why, "to correct it")
	e := s.Desk.For(v.who(), reason)
	m, raw, err := e.OpenMessage(v.Context(), seqOf(v))
	if err != nil {
		return nil, err
	}
	x, err := s.opened(v, e, m, raw)
	if err != nil {
		return nil, err
	}
	x.Draft, x.Why, x.Form = text, why, "correct"
	if !ok {
		x.Errors = []fieldError{{"why", "Give a reason of 4 to 200 characters."}}
	} else {
		x.Errors = []fieldError{{"text", sentenceOf(fault.Of(failed).Text)}}
	}
	return outAnswer(*x), nil
}

func orElse(s, other string) string {
	if len(s) < 4 {
		return other
	}
	return s
}
