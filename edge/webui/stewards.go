package webui

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/person"
	"concord/standard/match"
)

// alarmRow is one implausible story in the stewards' list.
type alarmRow struct {
	ID, Kind, Person string
	Found            chart.When
	Who              []hitRow
	Stays            []stayRow
}

type stayRow struct {
	Org      chart.Organisation
	From, To string
}

// alarms is /mpi/alarms: stories that may be of two people.
func (s *Site) alarms(v *visit) (*answer, error) {
	list, err := v.errand.Alarms(v.Context())
	if err != nil {
		return nil, err
	}
	lens := s.at()
	var rows []alarmRow
	for _, a := range list {
		row := alarmRow{ID: a.ID, Kind: a.Kind.Words(), Person: a.Person, Found: lens.Moment(a.Found)}
		for _, it := range a.Shown {
			b := lens.Identity(&record.Person{ID: a.Person, Entry: it.ID, Entries: []*record.Item{it}})
			row.Who = append(row.Who, hitRow{Banner: b, Numbers: b.Numbers})
		}
		for _, st := range a.Stays {
			to := "not over"
			if !st.To.IsZero() {
				to = lens.Moment(st.To).Text
			}
			row.Stays = append(row.Stays, stayRow{lens.Orgs(st.Org), lens.Moment(st.From).Text, to})
		}
		rows = append(rows, row)
	}
	return &answer{frame: frame{Title: "Implausible stories", Nav: "review", Forms: true}, body: alarmsPage(rows, v.URL.Query().Get("settled") != "")}, nil
}

// settleAlarm is POST /mpi/alarms: a steward explains one.
func (s *Site) settleAlarm(v *visit) (*answer, error) {
	why := strings.TrimSpace(v.PostFormValue("why"))
	if n := utf8.RuneCountInString(why); n == 0 || n > 200 {
		return nil, fault.New(fault.Invalid, "webui.reason", "give the explanation in up to 200 characters")
	}
	if err := v.errand.SettleAlarm(v.Context(), v.PostFormValue("id"), why); err != nil {
		return nil, err
	}
	return redirect("/mpi/alarms?" + url.Values{"settled": {"yes"}}.Encode())
}

// numberRow is one line of the stewards' dashboard.
type numberRow struct{ What, Count, Note string }

// numbersView is what the dashboard shows.
type numbersView struct {
	Waiting, Alarms string
	Counted         string // when; "" = not yet
	Standing        []numberRow
	Measured        []numberRow
	Weeks           []decisionBar
	Most            string // the highest bar
}

// numbers is /mpi/numbers: the queue, the decisions and the measured error rates.
func (s *Site) numbers(v *visit) (*answer, error) {
	n, err := v.errand.IndexCounted(v.Context())
	if err != nil {
		return nil, err
	}
	x := numbersView{Waiting: thousands(n.Waiting), Alarms: thousands(n.Alarms)}
	if n.Waiting >= record.MostWaiting {
		x.Waiting = "More than " + x.Waiting
	}
	if t := n.Tally; t != nil {
		x.Counted = s.at().Moment(t.At).Text
		x.Standing, x.Measured = standingRows(t), measuredRows(t)
		x.Weeks, x.Most = decisionBars(t, s.Now())
	}
	return &answer{frame: frame{Title: "The index in numbers", Nav: "review"}, body: numbersPage(x)}, nil
}

func standingRows(t *person.Tally) []numberRow {
	row := func(what, note string, keys ...string) numberRow {
		sum := 0
		for _, k := range keys {
			sum += t.Now[k]
		}
		return numberRow{what, thousands(sum), note}
	}
	return []numberRow{
		row("Joined by the model", "certain, no guard spoke", "joined/model"),
		row("Joined by a trust", "its own numbers, by message", "joined/trust"),
		row("Joined by a steward", "ruled one person, in the review", "joined/steward"),
		row("Parted by a human", "ruled two people", "apart/steward", "apart/trust"),
		row("Waiting", "possible, or more is needed", "possible/model", "more/steward", "more/trust"),
		{"Of those, held", thousands(t.Held), "to join them would bring two people into one"},
	}
}

// measuredRows hold the model against what humans decided. What nobody looked at
// is in no rate but the first, whose true value may be higher.
func measuredRows(t *person.Tally) []numberRow {
	rate := func(k, n int) string {
		if n == 0 {
			return "none yet"
		}
		return fmt.Sprintf("%s of %s: %.3f %%, at most %.3f %%", thousands(k), thousands(n), 100*float64(k)/float64(n), 100*person.UpperBound(k, n))
	}
	out := []numberRow{
		{"False joins found", rate(t.Parted, t.Joined), "pairs that the model joined and a human parted, of all that it joined"},
		{"Missed joins found", thousands(t.Missed), "pairs that a human joined and the model had not even asked about"},
	}
	for _, g := range []match.Grade{match.Certain, match.Probable, match.Possible} {
		if s := t.Asked[g]; s != nil {
			out = append(out, numberRow{"Asked, " + g.String(), rate(s.Joined, s.Joined+s.Apart), "of the pairs that it put to humans, those they joined"})
		}
	}
	return out
}

// decisionBar is one week of decisions: heights in a plot of 100.
type decisionBar struct {
	Week                string
	Model, Human, Asked int
	X, YModel, HModel   float64
	YHuman, HHuman      float64
}

// weeksShown is how far back the plot goes.
const weeksShown = 26

func decisionBars(t *person.Tally, now time.Time) ([]decisionBar, string) {
	var out []decisionBar
	most := 1
	day := now.UTC().AddDate(0, 0, -7*(weeksShown-1))
	for i := range weeksShown {
		d := day.AddDate(0, 0, 7*i)
		monday := d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
		b := decisionBar{Week: monday.Format("2 Jan 2006"), X: float64(i) * 20}
		for what, n := range t.Weeks[monday.Format(time.DateOnly)] {
			outcome, by, _ := strings.Cut(what, "/")
			switch {
			case by == string(person.ByModel) && outcome == string(person.Joined):
				b.Model += n
			case by == string(person.ByModel) && outcome == string(person.Possible):
				b.Asked += n
			case by == string(person.BySteward) || by == string(person.ByTrust):
				b.Human += n
			}
		}
		most = max(most, b.Model+b.Human)
		out = append(out, b)
	}
	scale := axis{0, float64(most), 0, 100}
	for i := range out {
		b := &out[i]
		b.HModel, b.HHuman = scale.at(float64(b.Model)), scale.at(float64(b.Human))
		b.YModel = 110 - b.HModel
		b.YHuman = b.YModel - b.HHuman
	}
	if !slices.ContainsFunc(out, func(b decisionBar) bool { return b.Model+b.Human+b.Asked > 0 }) {
		return nil, ""
	}
	return out, thousands(most)
}
