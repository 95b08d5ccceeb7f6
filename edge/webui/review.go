package webui

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/person"
	"concord/standard/match"
)

// pairRow is one pair that a steward looks at, side by side.
type pairRow struct {
	A, B    string // ids of the entries
	Sides   *chart.Demographics
	Differs []string
	Found   chart.When
	Weight  match.Waterfall
	Held    bool
	Beyond  int    // less likely pairs of one of the two, put to nobody
	Why     string // the note of a steward who needs to know more
}

// Title says in what the two differ.
func (r pairRow) Title() string {
	if len(r.Differs) == 0 {
		return "May be one person"
	}
	return "Differ in " + strings.Join(r.Differs, ", ")
}

// Sure says how likely the model holds it that both are one person, in words.
func (r pairRow) Sure() string {
	p := match.Probability(r.Weight.Weight)
	switch {
	case p < 0.01:
		return "By what they say, the two are hardly one person."
	case p > 0.9999:
		return "By what they say, the two are almost surely one person."
	}
	return fmt.Sprintf("By what they say, there are %.0f chances in 100 that the two are one person.", p*100)
}

// Reasons are why nothing was decided without a steward.
func (r pairRow) Reasons() []string {
	out := append([]string(nil), r.Weight.Guards...)
	if r.Weight.Rival {
		out = append(out, match.RivalWords)
	}
	if r.Held {
		out = append(out, "to join them would bring two people together through other entries")
	}
	return out
}

// pairName tells one pair of the page from another.
func pairName(i int) string { return fmt.Sprintf("Pair %d", i+1) }

// ruledRow is a ruling that can be undone.
type ruledRow struct {
	ID, Who, Why string
	What         string
	At           chart.When
	Undone       bool
}

// pairsShown is how many pairs a page of the queue has.
const pairsShown = 20

type reviewView struct {
	Rows   []pairRow
	From   int // pairs before this page
	Next   int // where the next page begins, 0 = there is none
	Ruled  []ruledRow
	Done   string // the ruling that was just made
	Undone bool
}

// review is /mpi/review: pairs of entries that wait for a steward, likeliest
// first, and what was ruled lately.
func (s *Site) review(v *visit) (*answer, error) {
	from, err := strconv.Atoi(cmp.Or(v.URL.Query().Get("from"), "0"))
	if err != nil || from < 0 {
		return nil, fault.New(fault.Invalid, "webui.page", "there is no such page of the queue")
	}
	list, more, err := v.errand.ConflictsFrom(v.Context(), from, pairsShown)
	if err != nil {
		return nil, err
	}
	rulings, err := v.errand.Rulings(v.Context(), 10)
	if err != nil {
		return nil, err
	}
	lens := s.at()
	x := reviewView{From: from, Done: v.URL.Query().Get("done"), Undone: v.URL.Query().Get("undone") != ""}
	for _, c := range list {
		pair := &record.Person{Entries: []*record.Item{c.A, c.B}}
		x.Rows = append(x.Rows, pairRow{A: c.A.ID, B: c.B.ID, Sides: lens.Demographics(pair), Differs: c.Differs, Found: lens.Moment(c.Found),
			Weight: c.Waterfall, Held: c.Held, Beyond: c.Beyond, Why: c.Why})
	}
	if more {
		x.Next = from + pairsShown
	}
	for _, r := range rulings {
		x.Ruled = append(x.Ruled, ruledRow{ID: r.ID, Who: r.Who, Why: r.Why, What: verbWords(r.Verb), At: lens.Moment(r.At), Undone: r.Taken != "" || r.Verb == person.TakeBack})
	}
	return &answer{frame: frame{Title: "Identity review", Nav: "review"}, body: reviewPage(x)}, nil
}

func verbWords(v person.Verb) string {
	switch v {
	case person.Join:
		return "Joined as one person"
	case person.Part:
		return "Not the same person"
	case person.NeedMore:
		return "Need to know more"
	case person.Unlink:
		return "Unlinked from their person"
	case person.Move:
		return "Moved to another person"
	case person.TakeBack:
		return "Undone"
	}
	return "Decided"
}

// ruleView is the page between a ruling and its carrying out: what would move.
type ruleView struct {
	Ask   record.IdentityRuling
	What  string
	Moves []record.MovedEntry
}

// ruleIdentity is POST /mpi/review: the first time it shows what would move, with
// "sure" it is done.
func (s *Site) ruleIdentity(v *visit) (*answer, error) {
	ask := record.IdentityRuling{Verb: person.Verb(v.PostFormValue("do")), A: v.PostFormValue("a"), B: v.PostFormValue("b"),
		Of: v.PostFormValue("of"), Why: strings.TrimSpace(v.PostFormValue("why"))}
	if utf8.RuneCountInString(ask.Why) > 200 {
		return nil, fault.New(fault.Invalid, "webui.reason", "give a reason of up to 200 characters")
	}
	ask.Preview = v.PostFormValue("sure") == ""
	done, err := v.errand.Rule(v.Context(), ask)
	if err != nil {
		return nil, err
	}
	if ask.Preview {
		x := ruleView{Ask: ask, What: verbWords(ask.Verb), Moves: done.Moves}
		return &answer{frame: frame{Title: "Check what moves", Nav: "review"}, body: rulePage(x)}, nil
	}
	if ask.Verb == person.TakeBack {
		return redirect("/mpi/review?undone=yes")
	}
	return redirect("/mpi/review?done=" + url.QueryEscape(done.ID))
}

// identity is /mpi/{id}: the entries of one person side by side, each of which
// can be unlinked.
func (s *Site) identity(v *visit) (*answer, error) {
	c, err := v.errand.Chart(v.Context(), v.PathValue("id"), record.ChartQuery{})
	if err != nil {
		return nil, err
	}
	if c.Person.ID != v.PathValue("id") && c.Person.Entry == "" {
		return redirect("/mpi/" + c.Person.ID)
	}
	return &answer{frame: frame{Title: "Entries of one person", Nav: "review"}, body: identityPage(c.Person.ID, s.at().Demographics(&c.Person), s.traceable(&c.Person), s.Demographics != nil, stewarded(v, &c.Person))}, nil
}

// stewarded are the entries whose trust the steward answers for.
func stewarded(v *visit, p *record.Person) map[string]bool {
	mine := map[string]bool{}
	for _, e := range p.Entries {
		if v.who().Controls(e.Org) {
			mine[e.ID] = true
		}
	}
	return mine
}

// traceable are the numbers about which PDS can be asked.
func (s *Site) traceable(p *record.Person) []string {
	if s.Demographics == nil {
		return nil
	}
	return numbersOf(p)
}

func bits(w float64) string { return fmt.Sprintf("%+.1f", w) }

func orNone(text string) string {
	if text == "" {
		return "Not given"
	}
	return text
}
