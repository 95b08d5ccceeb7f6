package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/review"
	"concord/standard/uk"
)

// caseRow is a case as it is shown.
type caseRow struct {
	review.Case
	When, Name, What, Standing string
	Where                      chart.Organisation
	Late                       bool
}

// casesView is the privacy officers' queue.
type casesView struct {
	Rows         []caseRow
	Total        int
	Whole        bool
	Closed       bool
	Kind, User   string
	Older, Newer string
	Load         *review.Workload
	Settled      string // what has just become of a case
}

// casesShown is how many cases a page has.
const casesShown = 20

// cases is /privacy: the cases to look into, and how the work stands.
func (s *Site) cases(v *visit) (*answer, error) {
	q := v.URL.Query()
	x := casesView{Closed: q.Get("closed") != "", Kind: q.Get("kind"), User: strings.TrimSpace(q.Get("user")), Settled: caseState(review.State(q.Get("settled")))}
	page := min(max(number(q.Get("page")), 0), review.Most/casesShown)
	list, err := v.errand.Cases(v.Context(), record.CaseAsk{Closed: x.Closed, Kind: review.Kind(x.Kind), User: x.User, Skip: page * casesShown, Limit: casesShown})
	if err != nil {
		return nil, err
	}
	if x.Load, err = v.errand.Workload(v.Context()); err != nil {
		return nil, err
	}
	x.Total, x.Whole = list.Total, list.Whole
	if x.Rows, err = s.caseRows(v, list.Cases); err != nil {
		return nil, err
	}
	if (page+1)*casesShown < x.Total {
		x.Older = x.at(page + 1)
	}
	if page > 0 {
		x.Newer = x.at(page - 1)
	}
	return &answer{frame: frame{Title: "Privacy", Nav: "privacy", Forms: true}, body: casesPage(x)}, nil
}

// at is the address of another page of the same list.
func (x casesView) at(page int) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": x.Kind, "user": x.User} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if x.Closed {
		q.Set("closed", "yes")
	}
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/privacy"
	}
	return "/privacy?" + q.Encode()
}

func (s *Site) caseRows(v *visit, list []review.Case) ([]caseRow, error) {
	var ids []string
	for _, c := range list {
		if !slices.Contains(ids, c.User) {
			ids = append(ids, c.User)
		}
	}
	names, err := s.Accounts.Names(v.Context(), ids)
	if err != nil {
		return nil, err
	}
	rows := make([]caseRow, 0, len(list))
	for _, c := range list {
		rows = append(rows, caseRow{Case: c, When: uk.DisplayDateTime(c.At.In(s.Zone)), Name: names[c.User], What: kindWords(c.Kind),
			Standing: caseState(c.State), Where: s.organisation(c.Org), Late: !c.State.Closed() && s.Now().Sub(c.At) > review.Due})
	}
	return rows, nil
}

// caseView is one case.
type caseView struct {
	caseRow
	Seen   []auditRow
	More   bool // more was seen than is shown
	Steps  []stepRow
	To     string
	Words  string
	Errors []fieldError
	Own    bool // about whoever reads it
}

type stepRow struct{ When, By, What, Words string }

// oneCase is /privacy/cases/{case}.
func (s *Site) oneCase(v *visit) (*answer, error) { return s.casePage(v, 0, caseView{}) }

func (s *Site) casePage(v *visit, status int, x caseView) (*answer, error) {
	c, err := v.errand.Case(v.Context(), v.PathValue("case"))
	if err != nil {
		return nil, err
	}
	rows, err := s.caseRows(v, []review.Case{c.Case})
	if err != nil {
		return nil, err
	}
	x.caseRow, x.Own, x.More = rows[0], c.User == v.session.Account.Name, c.Seen.Next != ""
	if x.Seen, err = s.auditRows(v, c.Seen.Events); err != nil {
		return nil, err
	}
	for _, step := range c.Steps {
		x.Steps = append(x.Steps, stepRow{uk.DisplayDateTime(step.At.In(s.Zone)), step.By, caseState(step.State), step.Words})
	}
	return &answer{status: status, frame: frame{Title: x.What, Nav: "privacy", Forms: true}, body: casePage(x)}, nil
}

// settleCase is POST /privacy/cases/{case}.
func (s *Site) settleCase(v *visit) (*answer, error) {
	x := caseView{To: v.PostFormValue("state"), Words: v.PostFormValue("words")}
	_, err := v.errand.SettleCase(v.Context(), v.PathValue("case"), review.State(x.To), x.Words)
	if err == nil {
		return redirect("/privacy?settled=" + url.QueryEscape(x.To))
	}
	switch f := fault.Of(err); f.Code {
	case "review.state":
		x.Errors = []fieldError{{"state", sentenceOf(f.Text)}}
	case "review.words":
		x.Errors = []fieldError{{"words", sentenceOf(f.Text)}}
	default:
		return nil, err
	}
	return s.casePage(v, http.StatusUnprocessableEntity, x)
}

// nextStates are what may become of a case.
func (x caseView) nextStates() []review.State {
	if x.State.Closed() {
		return []review.State{review.Open}
	}
	return slices.DeleteFunc([]review.State{review.Justified, review.Queried, review.Escalated, review.Upheld}, func(s review.State) bool { return s == x.State })
}

func kindWords(k review.Kind) string {
	switch k {
	case review.BreakGlass:
		return "Glass broken"
	case review.Claimed:
		return "Relationship claimed"
	case review.Watched:
		return "Watched record opened"
	case review.Colleague:
		return "Record of an employee"
	case review.Own:
		return "Own record"
	case review.Surname:
		return "Same surname"
	case review.Household:
		return "Same address"
	case review.Discharged:
		return "Care had ended"
	case review.Volume:
		return "Unusually many patients"
	}
	return string(k)
}

// kindMeans tells a privacy officer why the case is here.
func kindMeans(c review.Case) string {
	switch c.Kind {
	case review.BreakGlass:
		return "The record was opened without a relationship, for a reason that the law allows."
	case review.Claimed:
		return "The user said that they look after the patient; nothing in the record said so."
	case review.Watched:
		return "The patient is in the public eye."
	case review.Colleague:
		return "The patient is an employee."
	case review.Own:
		return "The user looked at their own record."
	case review.Surname:
		return "The patient has, or had, the surname of the user."
	case review.Household:
		return "The patient lives, or lived, where the user does."
	case review.Discharged:
		return "All that ties the user’s organisation to the patient ended more than a week before."
	case review.Volume:
		return "The user looked at " + strconv.Itoa(c.Count) + " patients that day; the usual day of theirs has " + strconv.Itoa(c.Usual) + "."
	}
	return ""
}

func caseState(s review.State) string {
	switch s {
	case review.Open:
		return "To look into"
	case review.Queried:
		return "User asked"
	case review.Escalated:
		return "Escalated"
	case review.Justified:
		return "Closed: justified"
	case review.Upheld:
		return "Closed: not justified"
	}
	return ""
}

// stateAsks is a state as a choice in the form.
func stateAsks(s review.State) string {
	switch s {
	case review.Open:
		return "Open it again"
	case review.Queried:
		return "Ask the user, or whoever leads them; the case stays in the queue"
	case review.Escalated:
		return "Escalate: to the Caldicott Guardian, the employer or the police; the case stays in the queue"
	case review.Justified:
		return "Close it: the access was justified"
	}
	return "Close it: the access was not justified"
}

// weekBar is one week of the plot, in its coordinates.
type weekBar struct {
	X, Came, Closed float64 // left edge, heights
}

const (
	weekWide = 30
	weekHigh = 80
)

// weekBars scales the weeks to the plot.
func weekBars(w *review.Workload) []weekBar {
	most := 1
	for _, x := range w.Weeks {
		most = max(most, x.Came, x.Closed)
	}
	var out []weekBar
	for i, x := range w.Weeks {
		out = append(out, weekBar{float64(i * weekWide), float64(x.Came*weekHigh) / float64(most), float64(x.Closed*weekHigh) / float64(most)})
	}
	return out
}

// weekWords tells the plot in words.
func weekWords(w *review.Workload) string {
	came, closed := 0, 0
	for _, x := range w.Weeks {
		came, closed = came+x.Came, closed+x.Closed
	}
	last := w.Weeks[review.Weeks-1]
	return count(came, "case") + " came and " + strconv.Itoa(closed) + " were closed in " + strconv.Itoa(review.Weeks) + " weeks; this week " +
		strconv.Itoa(last.Came) + " and " + strconv.Itoa(last.Closed)
}

// tookWords is a duration for people.
func tookWords(d time.Duration) string {
	switch {
	case d <= 0:
		return "none closed yet"
	case d < 2*time.Hour:
		return count(max(1, int(d.Minutes())), "minute")
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour")
	}
	return count(int(d.Hours()/24), "day")
}
