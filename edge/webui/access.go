package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
)

// accessForm is what somebody without a relationship to a patient may ask for.
type accessForm struct {
	ID, Next      string
	Claim, Glass  string // the reasons as typed
	Code          string
	ClaimErrors   []fieldError
	GlassErrors   []fieldError
	Lawful        []access.Lawful
	Days, Minutes int
}

func (s *Site) accessForm(v *visit) accessForm {
	return accessForm{ID: v.PathValue("id"), Next: local(v.FormValue("next")), Lawful: access.LawfulReasons(),
		Days: int(access.ClaimLife.Hours()) / 24, Minutes: int(access.GlassLife.Minutes())}
}

// accessTo is /p/{id}/access: the person, and how their record may be opened.
func (s *Site) accessTo(v *visit) (*answer, error) { return s.accessPage(v, 0, s.accessForm(v)) }

func (s *Site) accessPage(v *visit, status int, f accessForm) (*answer, error) {
	if !v.errand.May(access.Claim, "Patient") && !v.clinical() {
		return nil, fault.New(fault.Denied, "webui.no-claim", "this role claims no relationships")
	}
	o, err := s.open(v, "demographics", nil)
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	o.frame.Section = "access"
	return recordAnswer(o, "Open this record", answer{status: status, frame: frame{Forms: true}, body: accessBody(o.frame, f, o.chart.Standing)})
}

// claim is POST /p/{id}/access/claim.
func (s *Site) claim(v *visit) (*answer, error) {
	f := s.accessForm(v)
	f.Claim = v.PostFormValue("claim-reason")
	_, err := v.errand.Claim(v.Context(), f.ID, f.Claim)
	if err != nil {
		if f.ClaimErrors = accessErrors(err, "claim-reason", ""); f.ClaimErrors == nil {
			return nil, err
		}
		return s.accessPage(v, http.StatusUnprocessableEntity, f)
	}
	return redirect(s.onward(f))
}

// breakGlass is POST /p/{id}/access/glass.
func (s *Site) breakGlass(v *visit) (*answer, error) {
	f := s.accessForm(v)
	f.Glass, f.Code = v.PostFormValue("glass-reason"), v.PostFormValue("lawful")
	_, err := v.errand.BreakGlass(v.Context(), f.ID, f.Code, f.Glass)
	if err != nil {
		if f.GlassErrors = accessErrors(err, "glass-reason", "lawful"); f.GlassErrors == nil {
			return nil, err
		}
		return s.accessPage(v, http.StatusUnprocessableEntity, f)
	}
	return redirect(s.onward(f))
}

// closeGlass is POST /p/{id}/access/close.
func (s *Site) closeGlass(v *visit) (*answer, error) {
	if err := v.errand.CloseGlass(v.Context(), v.PathValue("id")); err != nil {
		return nil, err
	}
	return redirect("/p/" + url.PathEscape(v.PathValue("id")) + "/demographics")
}

// onward is the page of the same patient that was asked for.
func (s *Site) onward(f accessForm) string {
	home := "/p/" + url.PathEscape(f.ID) + "/"
	if strings.HasPrefix(f.Next, home) && !strings.HasPrefix(f.Next, home+"access") {
		return f.Next
	}
	return home
}

func accessErrors(err error, reason, code string) []fieldError {
	switch f := fault.Of(err); f.Code {
	case "access.reason":
		return []fieldError{{reason, sentenceOf(f.Text)}}
	case "access.lawful":
		return []fieldError{{code, sentenceOf(f.Text)}}
	}
	return nil
}

// closed leads to the page where a record can be opened.
func closed(v *visit, id string) string {
	return "/p/" + url.PathEscape(id) + "/access?next=" + url.QueryEscape(v.URL.RequestURI())
}

// stands puts into the frame what the requester must know of their access.
func (f *recordFrame) stands(c *record.Chart, now time.Time) {
	f.Kept = c.Kept
	f.Restricted, f.Claimed = c.Standing.Restricted, c.Standing.Tie == access.Claimed
	if g := c.Standing.Glass; g.After(now) {
		f.Glass = strconv.Itoa(int(g.Sub(now).Minutes())) + " minutes"
		if g.Sub(now) < 2*time.Minute {
			f.Glass = "less than 2 minutes"
		}
		f.GlassUntil = g
	}
}

// explainView is what the page of explanations shows.
type explainView struct {
	User, Patient, Resource string
	Errors                  []fieldError
	Answer                  *record.Explained
	Carers                  []string // who is known to look after the patient
}

// explained is /privacy/explain: why an access is open or not.
func (s *Site) explained(v *visit) (*answer, error) {
	form := v.URL.Query()
	x := explainView{User: strings.TrimSpace(form.Get("user")), Patient: strings.TrimSpace(form.Get("patient")), Resource: strings.TrimSpace(form.Get("resource"))}
	if !v.may(access.Explain) {
		return nil, fault.New(fault.Denied, "webui.no-explain", "this role is told no reasons of access")
	}
	status := 0
	if x.User != "" || x.Patient != "" {
		var err error
		if x.Answer, err = s.explain(v, x); err != nil {
			if x.Errors = explainErrors(err); x.Errors == nil {
				return nil, err
			}
			status = http.StatusUnprocessableEntity
		} else {
			x.Carers = s.carers(x.Answer.Relations)
		}
	}
	return &answer{status: status, frame: frame{Title: "Why may somebody see this?", Nav: "privacy", Forms: true}, body: explainBody(x)}, nil
}

func (s *Site) explain(v *visit, x explainView) (*record.Explained, error) {
	a, err := s.Accounts.Get(v.Context(), x.User)
	if err != nil {
		return nil, err
	}
	who := a.Requester()
	return v.errand.Explain(v.Context(), who, access.Reason{Purpose: account.PurposeOf(who.Role)}, x.Patient, x.Resource)
}

// carers says who looks after a patient: each organisation or team once for each way in
// which it does, until the last of them ends.
func (s *Site) carers(relations []access.Relation) []string {
	lens, at := s.at(), map[access.Relation]int{}
	var all []access.Relation
	for _, r := range relations {
		r.Ref = ""
		key := r
		key.Until = time.Time{}
		i, known := at[key]
		switch {
		case !known:
			at[key] = len(all)
			all = append(all, r)
		case r.Until.IsZero() || !all[i].Until.IsZero() && r.Until.After(all[i].Until):
			all[i].Until = r.Until
		}
	}
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = s.organisation(r.Org).Name
		if r.Workgroup != "" {
			out[i] += ", team " + r.Workgroup
		}
		if out[i] += ": " + r.How; !r.Until.IsZero() {
			out[i] += ", until " + lens.Moment(r.Until).Text
		}
	}
	slices.Sort(out)
	return out
}

func explainErrors(err error) []fieldError {
	switch f := fault.Of(err); f.Code {
	case "account.unknown":
		return []fieldError{{"user", "Nobody has that user name."}}
	case "access.explain":
		return []fieldError{{"resource", sentenceOf(f.Text)}}
	case "record.unknown", "record.type":
		return []fieldError{{"patient", "No such patient or resource is known."}}
	case "record.whose-number":
		return []fieldError{{"patient", sentenceOf(f.Text)}}
	}
	return nil
}
