package webui

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"concord/care/chart"
	"concord/exchange/onboard"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
	"concord/standard/uk"
)

// matchesView is what waits of the pairs of a rehearsal.
type matchesView struct {
	Org      chart.Organisation
	Review   *onboard.Review
	Rows     []matchRow
	From     int
	Next     int // 0 = no more
	Show     string
	Kept     person.Verb // what was just decided
	Key      string
	Entry    string
	Total    int // pairs of this list
	NotReady string
}

// matchRow is a patient of the source beside an entry of the record.
type matchRow struct {
	onboard.Reviewed
	Sides   *chart.Demographics // nil = the entry is gone, or may not be seen
	Differs []string
	Weight  match.Waterfall
	Live    string // stands for what the entry says
	// Effects are what each decision would change.
	Effects [3]effectRow
	Stood   string // what was decided, in words
	Changed string // why that does not stand, in words
}

type effectRow struct{ Verb, Text string }

const matchesShown = 10

// matches is /onboard/{org}/matches: patients of the joiner who may be people of
// the record, to be decided on before anything is loaded.
func (s *Site) matches(v *visit) (*answer, error) {
	org := v.PathValue("org")
	if err := v.errand.Joining(v.Context(), access.Harmonise, org, "pairs of "+org); err != nil {
		return nil, err
	}
	q := v.URL.Query()
	from, err := strconv.Atoi(cmp.Or(q.Get("from"), "0"))
	if err != nil || from < 0 {
		return nil, fault.New(fault.Invalid, "webui.page", "there is no such page of the pairs")
	}
	x := matchesView{Org: s.organisation(org), From: from, Show: q.Get("show"), Kept: person.Verb(q.Get("kept")), Key: q.Get("key"), Entry: q.Get("entry")}
	frame := frame{Title: "Matches of " + x.Org.Short, Nav: "onboard", Forms: true}
	_, r, err := s.Harmony.Matches(v.Context(), org, onboard.ReviewAsked{From: from, Most: matchesShown, All: x.Show == "all"})
	if f := fault.Of(err); err != nil && (f.Code == "onboard.not-matched" || f.Code == "onboard.extract") {
		x.NotReady = sentenceOf(f.Text)
		return &answer{frame: frame, body: matchesPage(x)}, nil
	}
	if err != nil {
		return nil, err
	}
	x.Review = r
	x.Total = r.Total
	if from+matchesShown < x.Total {
		x.Next = from + matchesShown
	}
	if x.Rows, err = s.matchRows(v, org, r.Pairs); err != nil {
		return nil, err
	}
	return &answer{frame: frame, body: matchesPage(x)}, nil
}

func (s *Site) matchRows(v *visit, org string, part []onboard.Reviewed) ([]matchRow, error) {
	asked := make([]record.AskedPair, len(part))
	for i := range part {
		asked[i] = part[i].Asked(org)
	}
	seen, err := v.errand.Foresee(v.Context(), asked)
	if err != nil {
		return nil, err
	}
	lens := s.at()
	rows := make([]matchRow, 0, len(part))
	for i, p := range part {
		row := matchRow{Reviewed: p}
		if p.Ruling != nil {
			row.Stood = verbWords(p.Ruling.Verb) + ", by " + p.Ruling.Who + " on " + uk.DisplayDateTime(p.Ruling.At.In(s.Zone)) + ": " + p.Ruling.Why
		}
		if f := seen[i]; f != nil {
			staged := &record.Item{Type: "Patient", Org: org, Resource: asked[i].Patient}
			row.Sides = lens.Demographics(&record.Person{Entries: []*record.Item{staged, f.Entry}})
			row.Differs, row.Weight, row.Live = f.Differs, f.Waterfall, onboard.SaidOf(f.Record)
			row.Changed = changedWords(p, row.Live, f.Person)
			row.Effects = effectsOf(&p, f)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// changedWords says why a ruling does not stand, "" when it does.
func changedWords(p onboard.Reviewed, live, now string) string {
	switch {
	case p.Ruling == nil:
		return ""
	case p.Changed == "source":
		return "The source says something else of the patient since."
	case p.Ruling.Live != live:
		return "The entry says something else since."
	case p.Changed != "" || p.Ruling.Person != now:
		return "The entry is of another person since."
	}
	return ""
}

// effectsOf say what would become of the patient by each decision.
func effectsOf(p *onboard.Reviewed, f *record.ForeseenPair) [3]effectRow {
	join := "the patient becomes a further entry of the person, who has " + count(f.Entries, "entry") + " now"
	if f.Entries != 1 {
		join = "the patient becomes a further entry of the person, who has " + strconv.Itoa(f.Entries) + " entries now"
	}
	if others := slices.DeleteFunc(slices.Clone(p.Certain), func(id string) bool { return id == f.Person }); len(others) > 0 {
		join += "; they are certainly of " + count(len(others), "other person") + " too, and all become one"
	}
	if f.Against > 0 {
		join += "; " + count(f.Against, "other entry") + " of the person must not be of one person with them, by its NHS number"
	}
	apart := "the patient is a new person"
	if len(p.Certain) > 0 {
		apart = "the patient goes to the person that they certainly are"
	}
	return [3]effectRow{{"If joined", join + "."}, {"If not the same", apart + ", and this pair is never joined by the model."}, {"If more is needed", apart + "; the pair waits in the review after the load."}}
}

// rulePair is POST /onboard/{org}/matches: one decision, kept in the stage.
func (s *Site) rulePair(v *visit) (*answer, error) {
	org, verb := v.PathValue("org"), person.Verb(v.PostFormValue("do"))
	if err := v.errand.Joining(v.Context(), access.Harmonise, org, "pair of "+org+": "+string(verb)); err != nil {
		return nil, err
	}
	why := strings.TrimSpace(v.PostFormValue("why"))
	if utf8.RuneCountInString(why) > 200 || why == "" && verb != person.TakeBack {
		return nil, fault.New(fault.Invalid, "webui.reason", "give a reason of up to 200 characters")
	}
	stage, r, err := s.Harmony.Matches(v.Context(), org, onboard.ReviewAsked{Key: v.PostFormValue("key"), Entry: v.PostFormValue("entry")})
	if err != nil {
		return nil, err
	}
	if len(r.Pairs) == 0 {
		return nil, fault.New(fault.Conflict, "webui.pair", "the extract was matched anew, and this pair is no longer there")
	}
	p := &r.Pairs[0]
	if p.Said != v.PostFormValue("said") {
		return nil, fault.New(fault.Conflict, "webui.pair", "the source says something else of the patient meanwhile")
	}
	seen, err := v.errand.Foresee(v.Context(), []record.AskedPair{p.Asked(org)})
	if err != nil {
		return nil, err
	}
	if seen[0] == nil {
		return nil, fault.New(fault.Conflict, "webui.pair", "the entry is gone")
	}
	live := onboard.SaidOf(seen[0].Record)
	if live != v.PostFormValue("live") {
		return nil, fault.New(fault.Conflict, "webui.pair", "the entry says something else meanwhile")
	}
	if verb == person.TakeBack {
		why = cmp.Or(why, "taken back")
	}
	err = stage.KeepRuling(onboard.PairRuling{Key: p.Key, Entry: p.Entry, Person: seen[0].Person, Said: p.Said, Live: live, Verb: verb, Who: v.who().Org + "/" + v.who().ID, At: s.Now().UTC(), Why: why})
	if err != nil {
		return nil, err
	}
	return redirect("/onboard/" + org + "/matches?" + url.Values{"kept": {string(verb)}, "key": {p.Key}, "entry": {p.Entry}, "from": {v.PostFormValue("from")}, "show": {v.PostFormValue("show")}}.Encode())
}

func outcomeWords(p *onboard.Pair) string {
	switch {
	case p.Why == "number-other-person":
		return "The NHS number is on somebody else"
	case p.Why == "other-number":
		return "The same person by all else, under another NHS number"
	case p.Outcome == record.ForeseenConflict:
		return "Conflict"
	}
	return "May be one person"
}

// chances says how likely the model holds it that both are one person.
func (r *matchRow) chances() string {
	return pairRow{Weight: r.Weight}.Sure()
}

func (v matchesView) url(from int) string {
	q := url.Values{"from": {strconv.Itoa(from)}}
	if v.Show != "" {
		q.Set("show", v.Show)
	}
	return "/onboard/" + v.Org.Code + "/matches?" + q.Encode()
}

func hoursWords(r *onboard.Review) string {
	return fmt.Sprintf("%.1f hours at %.0f minutes a pair", r.Hours, r.Minutes)
}
