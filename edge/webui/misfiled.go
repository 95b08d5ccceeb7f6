package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
)

// filedView is what the page of what is filed under one entry shows.
type filedView struct {
	Entry  string
	Who    *chart.Banner
	Trust  chart.Organisation
	Rows   []filedRow
	More   bool
	Kept   int
	Into   string // as it was typed
	Why    string
	Errors []fieldError
	Done   string // the move that was just made
}

// filedRow is one visit or document that can be chosen.
type filedRow struct {
	Ref, What, With string
	From, Until     chart.When
	Open, Chosen    bool
}

// filed is /mpi/{id}/filed: what a trust has filed under an entry, by kind and
// time alone, for the steward who finds that some of it is another patient's.
func (s *Site) filed(v *visit) (*answer, error) {
	return s.filedPage(v, 0, filedView{Done: v.URL.Query().Get("done")}, nil)
}

func (s *Site) filedPage(v *visit, status int, x filedView, chosen []string) (*answer, error) {
	list, err := v.errand.FiledUnder(v.Context(), v.PathValue("id"))
	if err != nil {
		return nil, err
	}
	lens := s.at()
	x.Entry, x.Trust, x.More, x.Kept = list.Entry.ID, lens.Orgs(list.Trust), list.More, list.Kept
	x.Who = lens.Identity(&record.Person{Entries: []*record.Item{list.Entry}})
	for _, f := range list.Items {
		row := filedRow{Ref: f.Ref, What: "Letter or document", Open: f.Open, Chosen: slices.Contains(chosen, f.Ref), From: lens.Moment(f.From), Until: lens.Moment(f.Until)}
		if strings.HasPrefix(f.Ref, "Encounter/") {
			row.What = chart.ClassWords(f.Class)
			row.With = count(f.With, "item")
		}
		x.Rows = append(x.Rows, row)
	}
	return &answer{status: status, frame: frame{Title: "Filed under one entry", Nav: "review", Forms: true}, body: filedBody(x)}, nil
}

// moveView is the page between choosing and moving: it shows the patient to
// whom things go, and of the other no more than the entry's id.
type moveView struct {
	Ask   record.MoveAsked
	Plan  *record.MovePlan
	Who   *chart.Banner
	Trust chart.Organisation
	To    string // where the form goes
}

// What says what moves.
func (x moveView) What() string {
	var parts []string
	if x.Plan.Visits > 0 {
		parts = append(parts, staysWords(x.Plan.Visits))
	}
	if x.Plan.Docs > 0 {
		parts = append(parts, count(x.Plan.Docs, "document"))
	}
	if more := x.Plan.Total - x.Plan.Visits - x.Plan.Docs; more > 0 {
		parts = append(parts, count(more, "item")+" recorded with them")
	}
	return listed(parts)
}

func staysWords(n int) string {
	if n == 1 {
		return "1 stay or contact"
	}
	return thousands(n) + " stays or contacts"
}

// moveFiled is POST /mpi/{id}/filed: first it shows where things go, with "sure"
// they go.
func (s *Site) moveFiled(v *visit) (*answer, error) {
	if err := v.ParseForm(); err != nil {
		return nil, fault.New(fault.Invalid, "webui.form", "the form cannot be read")
	}
	seen, _ := strconv.ParseInt(v.PostFormValue("seen"), 10, 64)
	ask := record.MoveAsked{From: v.PathValue("id"), Into: strings.TrimSpace(v.PostFormValue("into")), Refs: v.PostForm["item"], Seen: seen,
		Why: strings.TrimSpace(v.PostFormValue("why")), Preview: v.PostFormValue("sure") == ""}
	x := filedView{Into: ask.Into, Why: ask.Why}
	if ask.Why == "" {
		x.Errors = append(x.Errors, fieldError{"why", "Say why it is moved."})
	}
	if ask.Into == "" {
		x.Errors = append(x.Errors, fieldError{"into", "Give the hospital number of the right patient."})
	}
	if len(ask.Refs) == 0 {
		x.Errors = append(x.Errors, fieldError{"items", "Choose what moves."})
	}
	if len(x.Errors) > 0 {
		return s.filedPage(v, http.StatusUnprocessableEntity, x, ask.Refs)
	}
	plan, err := v.errand.MoveFiled(v.Context(), ask)
	if f := fault.Of(err); err != nil && (f.Code == "record.number" || f.Code == "record.move-same" || f.Code == "record.move-why") {
		x.Errors = []fieldError{{map[string]string{"record.move-why": "why"}[f.Code], sentenceOf(f.Text)}}
		if x.Errors[0].Field == "" {
			x.Errors[0].Field = "into"
		}
		return s.filedPage(v, http.StatusUnprocessableEntity, x, ask.Refs)
	}
	if err != nil {
		return nil, err
	}
	if !ask.Preview {
		return redirect("/mpi/" + plan.From + "/filed?done=" + url.QueryEscape(plan.ID))
	}
	return s.movePage(ask, plan, "/mpi/"+plan.From+"/filed")
}

func (s *Site) movePage(ask record.MoveAsked, plan *record.MovePlan, to string) (*answer, error) {
	lens := s.at()
	x := moveView{Ask: ask, Plan: plan, To: to, Trust: lens.Orgs(plan.Trust), Who: lens.Identity(&record.Person{Entries: []*record.Item{plan.Into}})}
	return &answer{frame: frame{Title: "Check what moves", Nav: "review"}, body: moveBody(x)}, nil
}

// movesView is the list of what was moved.
type movesView struct {
	Rows   []moveRow
	Undone bool
}

type moveRow struct {
	record.MoveKept
	What string
	When chart.When
}

// moves is /mpi/moves: what stewards moved lately, and by whom.
func (s *Site) moves(v *visit) (*answer, error) {
	list, err := v.errand.Moves(v.Context(), 50)
	if err != nil {
		return nil, err
	}
	x := movesView{Undone: v.URL.Query().Get("undone") != ""}
	for _, m := range list {
		what := moveView{Plan: &record.MovePlan{Visits: m.Visits, Docs: m.Docs, Total: len(m.Moved)}}
		x.Rows = append(x.Rows, moveRow{m, what.What(), s.at().Moment(m.At)})
	}
	return &answer{frame: frame{Title: "Moved to the right patient", Nav: "review"}, body: movesBody(x)}, nil
}

// undoMove is POST /mpi/moves.
func (s *Site) undoMove(v *visit) (*answer, error) {
	ask := record.MoveAsked{Of: v.PostFormValue("of"), Why: "undone", Preview: v.PostFormValue("sure") == ""}
	if ask.Of == "" {
		return nil, fault.New(fault.NotFound, "record.move", "there is no such move")
	}
	plan, err := v.errand.MoveFiled(v.Context(), ask)
	if err != nil {
		return nil, err
	}
	if ask.Preview {
		return s.movePage(ask, plan, "/mpi/moves")
	}
	return redirect("/mpi/moves?undone=yes")
}
