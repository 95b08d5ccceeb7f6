package webui

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/care/chart"
	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
	"concord/exchange/onboard/harmonise"
	"concord/fault"
	"concord/record/access"
	"concord/standard/uk"
)

// Harmony puts together what a joiner's codes and patients are decided by.
type Harmony interface {
	// Build is that of an organisation by its newest extract ("").
	Build(ctx context.Context, org, extract string) (*harmonise.Build, *onboard.Stage, error)
	Matches(ctx context.Context, org string, ask onboard.ReviewAsked) (*onboard.Stage, *onboard.Review, error)
	// Published is what its living feeds go by, nil if nothing ever was published;
	// Publish makes the build so, or withdraws it. Whoever asks has been decided on.
	Published(ctx context.Context, org string) (*crosswalk.Kept, error)
	Publish(ctx context.Context, org, who, why string, withdraw bool) (changed bool, err error)
}

// harmonyRoutes are the pages on which stewards decide for an organisation that
// joins.
func (s *Site) harmonyRoutes(get, post func(string, func(*visit) (*answer, error))) {
	if s.Harmony == nil {
		return
	}
	get("/onboard/{org}/build", s.build)
	get("/onboard/{org}/build/code", s.buildCode)
	post("/onboard/{org}/build/code", s.decideCode)
	post("/onboard/{org}/build/publish", s.publishBuild)
	get("/onboard/{org}/build/variances", s.variances)
	get("/onboard/{org}/matches", s.matches)
	post("/onboard/{org}/matches", s.rulePair)
}

// buildView is the worklist of a build.
type buildView struct {
	Org    chart.Organisation
	Sum    harmonise.Summary
	Staged bool // an extract says what rows have
	Rows   []harmonise.Item
	Kinds  []kindCount
	Kind   string
	Show   string // "", "all"
	More   int    // rows beyond those shown
	Kept   string // what has just been decided
	Done   int    // per cent of the rows' codes that are decided
	Decide bool   // the requester may decide
	Table  tableView
	Errors []fieldError
}

type kindCount struct {
	Kind   harmonise.Kind
	Open   int
	Blocks int
	All    int
}

// itemsShown is how many codes a page of the worklist has.
const itemsShown = 200

// build is /onboard/{org}/build: what of the joiner's codes is open, most used
// first.
func (s *Site) build(v *visit) (*answer, error) { return s.buildPage(v, 0, nil) }

func (s *Site) buildPage(v *visit, status int, wrong []fieldError) (*answer, error) {
	org := v.PathValue("org")
	if err := v.errand.Joining(v.Context(), access.WatchJoin, org, "build of "+org); err != nil {
		return nil, err
	}
	b, _, err := s.Harmony.Build(v.Context(), org, "")
	if err != nil {
		return nil, err
	}
	q := v.URL.Query()
	x := buildView{Org: s.organisation(org), Kind: q.Get("kind"), Show: q.Get("show"), Kept: q.Get("kept"), Staged: b.Used != nil, Decide: v.errand.MayJoin(access.Harmonise, org), Errors: wrong}
	items := b.Worklist(true)
	if x.Table, err = s.tableOf(v, b, items); err != nil {
		return nil, err
	}
	x.Sum = harmonise.Sum(items)
	x.Done = decidedShare(items)
	x.Kinds = countKinds(items)
	for _, it := range items {
		if x.Kind != "" && string(it.Kind) != x.Kind || x.Show != "all" && it.State != harmonise.Open {
			continue
		}
		if len(x.Rows) == itemsShown {
			x.More++
			continue
		}
		x.Rows = append(x.Rows, it)
	}
	return &answer{status: status, frame: frame{Title: "Build of " + x.Org.Short, Nav: "onboard", Forms: x.Decide}, body: buildPage(x)}, nil
}

func countKinds(items []harmonise.Item) []kindCount {
	var out []kindCount
	for _, kind := range harmonise.Kinds() {
		k := kindCount{Kind: kind}
		for i := range items {
			it := &items[i]
			if it.Kind != kind {
				continue
			}
			k.All++
			if it.State == harmonise.Open {
				k.Open++
			}
			if it.Blocks {
				k.Blocks++
			}
		}
		if k.All > 0 {
			out = append(out, k)
		}
	}
	return out
}

// decidedShare is how much of the rows' codes is decided, in per cent, by rows.
func decidedShare(items []harmonise.Item) int {
	all, done := int64(0), int64(0)
	for i := range items {
		all += items[i].Rows
		if items[i].State != harmonise.Open {
			done += items[i].Rows
		}
	}
	if all == 0 {
		return 0
	}
	return int(done * 100 / all)
}

// codeView is one code and the form by which it is decided on.
type codeView struct {
	Org     chart.Organisation
	Item    harmonise.Item
	Targets []harmonise.Entry
	Seen    string // when what is shown was decided
	Ask     harmonise.Ask
	Confirm string // what has to be confirmed
	Errors  []fieldError
	Decide  bool
	Until   string // a usual day of review
}

// buildCode is /onboard/{org}/build/code?kind=…&code=….
func (s *Site) buildCode(v *visit) (*answer, error) {
	q := v.URL.Query()
	return s.codePage(v, 0, codeView{Ask: harmonise.Ask{Kind: harmonise.Kind(q.Get("kind")), Code: q.Get("code")}})
}

func (s *Site) codePage(v *visit, status int, x codeView) (*answer, error) {
	org := v.PathValue("org")
	if err := v.errand.Joining(v.Context(), access.WatchJoin, org, "build of "+org); err != nil {
		return nil, err
	}
	b, _, err := s.Harmony.Build(v.Context(), org, "")
	if err != nil {
		return nil, err
	}
	it := b.One(x.Ask.Kind, x.Ask.Code)
	if it == nil {
		return nil, fault.New(fault.NotFound, "webui.code", "neither the extract nor the catalogue has this code")
	}
	x.Org, x.Item, x.Targets, x.Decide = s.organisation(org), *it, b.Targets(it.Kind), v.errand.MayJoin(access.Harmonise, org)
	x.Until = s.Now().AddDate(0, 3, 0).Format(time.DateOnly)
	if it.Decision != nil {
		x.Seen = it.Decision.At.Format(time.RFC3339Nano)
	}
	return &answer{status: status, frame: frame{Title: it.Code + ", build of " + x.Org.Short, Nav: "onboard", Forms: true}, body: codePage(x)}, nil
}

// decideCode is POST /onboard/{org}/build/code: one decision, kept; then the next
// code that is open.
func (s *Site) decideCode(v *visit) (*answer, error) {
	org := v.PathValue("org")
	ask := harmonise.Ask{Kind: harmonise.Kind(v.PostFormValue("kind")), Code: v.PostFormValue("code"), Verb: harmonise.Verb(v.PostFormValue("verb")),
		Why: v.PostFormValue("why"), Owner: v.PostFormValue("owner"), Until: v.PostFormValue("until"), Sure: v.PostFormValue("sure") != "", Who: v.who().Org + "/" + v.who().ID}
	to := cmp.Or(v.PostFormValue("other"), v.PostFormValue("to"))
	if system, code, ok := strings.Cut(to, "|"); ok {
		ask.To = harmonise.Coding{System: system, Code: code}
	}
	if at, err := time.Parse(time.RFC3339Nano, v.PostFormValue("seen")); err == nil {
		ask.Seen = at
	}
	if err := v.errand.Joining(v.Context(), access.Harmonise, org, "build of "+org+": "+string(ask.Verb)); err != nil {
		return nil, err
	}
	b, stage, err := s.Harmony.Build(v.Context(), org, "")
	if err != nil {
		return nil, err
	}
	d, err := b.Decide(ask, s.Now())
	if err == nil {
		err = b.Keep(stage, d)
	}
	if f := fault.Of(err); err != nil {
		x := codeView{Ask: ask}
		switch {
		case f.Code == "build.look-alike":
			x.Confirm = sentenceOf(f.Text)
		case f.Kind == fault.Invalid:
			x.Errors = []fieldError{{decisionField(ask, f), sentenceOf(f.Text)}}
		default:
			return nil, err
		}
		return s.codePage(v, http.StatusUnprocessableEntity, x)
	}
	kept := url.Values{"kept": {d.Code}}
	if v.PostFormValue("then") == "next" {
		if to := nextOpen(v.Context(), s.Harmony, org, d); to != "" {
			return redirect(to)
		}
	}
	return redirect("/onboard/" + org + "/build?" + kept.Encode())
}

// decisionField is the field of the form that an error is about.
func decisionField(ask harmonise.Ask, f *fault.Fault) string {
	switch {
	case f.Code != "build.decision":
		return "other"
	case strings.TrimSpace(ask.Why) == "":
		return "why"
	case (ask.Verb == harmonise.Allow || ask.Verb == harmonise.Variance) && strings.TrimSpace(ask.Owner) == "":
		return "owner"
	case ask.Verb == harmonise.Allow:
		return "until"
	}
	return "why"
}

// nextOpen is the page of the next code that stands in the way, "" if there is
// none.
func nextOpen(ctx context.Context, h Harmony, org string, d *harmonise.Decision) string {
	b, _, err := h.Build(ctx, org, "")
	if err != nil {
		return ""
	}
	list := b.Worklist(false)
	if len(list) == 0 || !list[0].Blocks || list[0].Kind == d.Kind && list[0].Code == d.Code {
		return ""
	}
	return codeURL(org, list[0].Kind, list[0].Code)
}

func codeURL(org string, kind harmonise.Kind, code string) string {
	return "/onboard/" + org + "/build/code?" + url.Values{"kind": {string(kind)}, "code": {code}}.Encode()
}

// variances is the register of what stays, or is allowed for now.
func (s *Site) variances(v *visit) (*answer, error) {
	org := v.PathValue("org")
	if err := v.errand.Joining(v.Context(), access.WatchJoin, org, "variances of "+org); err != nil {
		return nil, err
	}
	b, _, err := s.Harmony.Build(v.Context(), org, "")
	if err != nil {
		return nil, err
	}
	list := b.Variances()
	slices.SortStableFunc(list, func(a, b harmonise.Decision) int { return cmp.Compare(cmp.Or(a.Until, "~"), cmp.Or(b.Until, "~")) })
	o := s.organisation(org)
	return &answer{frame: frame{Title: "Variances of " + o.Short, Nav: "onboard"}, body: variancesPage(o, list, s.Now().Format(time.DateOnly))}, nil
}

func kindTitle(k harmonise.Kind) string {
	switch k {
	case onboard.Results:
		return "Results"
	case onboard.Units:
		return "Units"
	case onboard.Wards:
		return "Wards"
	case onboard.Clinics:
		return "Clinics"
	case onboard.Specialties:
		return "Specialties"
	case onboard.DocKinds:
		return "Document types"
	case onboard.Staff:
		return "Staff"
	case onboard.Drugs:
		return "Drugs"
	case onboard.Alerts:
		return "Alerts and allergies"
	case harmonise.Orders:
		return "Orders"
	}
	return string(k)
}

func stateTitle(it *harmonise.Item) string {
	switch it.State {
	case harmonise.Mapped:
		return "Mapped"
	case harmonise.ByRule:
		return "Mapped by the policy"
	case harmonise.Allowed:
		return "Allowed as sent"
	case harmonise.Stays:
		return "Variance"
	}
	if it.Blocks {
		return "Holds the load up"
	}
	return "Open"
}

func verbTitle(v harmonise.Verb) string {
	switch v {
	case harmonise.Map:
		return "Mapped"
	case harmonise.Allow:
		return "Allowed as sent"
	case harmonise.Variance:
		return "Variance"
	}
	return "Opened again"
}

// rowsWords says how much depends on a code.
func rowsWords(it *harmonise.Item) string {
	if it.Rows == 0 && it.Heard > 0 {
		return "in " + count(int(it.Heard), "message")
	}
	if it.Rows == 0 && it.Uses > 0 {
		return thousands(int(it.Uses)) + " a year"
	}
	return thousands(int(it.Rows))
}

func dayWords(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return uk.DisplayDate(t)
}

func percent(n int) string { return strconv.Itoa(n) + " %" }

func unitWords(units []string) string {
	out := make([]string, len(units))
	for i, u := range units {
		if out[i] = u; u == "" {
			out[i] = "no unit"
		}
	}
	return strings.Join(out, ", ")
}

// targetWords names an entry of the domain so that it can be told from others.
func targetWords(e harmonise.Entry) string {
	text := e.Name
	if e.Code != e.Name {
		text += " (" + e.Code + ")"
	}
	if e.Unit != "" {
		text += ", " + e.Unit
	}
	return text
}

// suggestionChosen tells the suggestion that is chosen in the form: the one that
// was asked for, else the first of which nothing speaks against.
func suggestionChosen(x codeView, i int, s harmonise.Suggestion) bool {
	if x.Ask.To.Code != "" {
		return x.Ask.To == harmonise.Coding{System: s.Target.System, Code: s.Target.Code}
	}
	return i == 0 && len(s.Against) == 0 && (len(x.Item.Suggestions) == 1 || x.Item.Suggestions[1].Score < s.Score)
}
