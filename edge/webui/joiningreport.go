package webui

import (
	"github.com/a-h/templ"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/care/chart"
	"concord/exchange/onboard"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/reconcile"
	"concord/fault"
	"concord/record/access"
)

// reportView is what the page of a reconciliation shows.
type reportView struct {
	Org           chart.Organisation
	Extract       string
	Trial         int
	Report        *reconcile.Report
	Taken, Ended  chart.When
	Stale         string // why it is not of what stands, "" = it is
	Sealed        *reconcile.Sealed
	Outdated      bool // what was signed is not the report as it stands
	May, Attests  bool
	Knows         bool // may know who the trust's patients are
	Blocks        []blockRow
	Sample        []sampleRow
	Checked, Open int
	Differences   []differenceGroup
	Done          string
	Errors        []fieldError
	Lists, Clocks string
	Out           string
}

type blockRow struct {
	reconcile.Block
	By, Why string // who took it on, and why
}

type sampleRow struct {
	reconcile.Sampled
	Title   string
	Find    string // where the patient is looked up
	Checked bool
	Agrees  bool
	By      string
	Words   string
}

// differenceGroup is one kind of differences of one class.
type differenceGroup struct {
	Title string
	Rows  []differenceRow
	More  int64 // beyond those that are shown
}

type differenceRow struct{ Key, Words string }

// shownDifferences is how many differences of a kind the page shows; the files
// have more.
const shownDifferences = 50

// found finds the stage and the extract of a page, for somebody who may see it.
func (s *Site) foundExtract(v *visit, act access.Action) (*onboard.Stage, *onboard.Extract, error) {
	org, id := v.PathValue("org"), v.PathValue("extract")
	if err := v.errand.Joining(v.Context(), act, org, "reconciliation of "+org+" "+short(id, 20)); err != nil {
		return nil, nil, err
	}
	stage, err := s.Joining.Stage(org)
	if err != nil {
		return nil, nil, err
	}
	x, err := stage.Find(id)
	if err == nil && x.ID != id {
		err = fault.New(fault.NotFound, "onboard.extract", "no such extract is staged")
	}
	return stage, x, err
}

// reconciled is /onboard/{org}/trials/{extract}: the reconciliation of its load.
func (s *Site) reconciled(v *visit) (*answer, error) { return s.reportPage(v, 0, nil) }

func (s *Site) reportPage(v *visit, status int, wrong []fieldError) (*answer, error) {
	_, x, err := s.foundExtract(v, access.WatchJoin)
	if err != nil {
		return nil, err
	}
	r, err := reconcile.Of(x)
	if err != nil {
		return nil, err
	}
	org := s.organisation(x.Trust)
	page := reportView{Org: org, Extract: x.ID, Trial: x.Trial, May: v.errand.MayJoin(access.Join, x.Trust), Attests: v.errand.MayJoin(access.Attest, x.Trust), Knows: v.may(access.FindPeople),
		Errors: wrong, Done: joiningDone(v.URL.Query().Get("done"))}
	if r != nil {
		if err := s.fillReport(x, r, &page); err != nil {
			return nil, err
		}
	}
	return &answer{status: status, frame: frame{Title: "Reconciliation: " + org.Short, Nav: "onboard", Forms: true}, body: reportBody(page)}, nil
}

func (s *Site) fillReport(x *onboard.Extract, r *reconcile.Report, page *reportView) error {
	l, err := x.Loading()
	if err != nil {
		return err
	}
	switch {
	case l.Undone():
		page.Stale = "The load was taken back. This is what was found before."
	case l == nil || l.Load != r.Load || !l.Loaded():
		page.Stale = "The extract was loaded again since. This is what was found of load " + r.Load + "."
	}
	if page.Sealed, err = reconcile.SealedOf(x, r.Load); err != nil {
		return err
	}
	text, err := r.JSON()
	if err != nil {
		return err
	}
	page.Outdated = page.Sealed != nil && string(page.Sealed.Text) != string(text)
	if !page.Knows {
		r = r.Masked()
	}
	lens := s.at()
	page.Report, page.Taken, page.Ended = r, lens.Moment(r.Taken), lens.Moment(r.Ended)
	for _, b := range r.Blocks {
		row := blockRow{Block: b}
		for _, a := range r.Accepted {
			if a.Code == b.Code {
				row.By, row.Why = a.Name+", "+lens.Moment(a.At).Text, a.Words
			}
		}
		page.Blocks = append(page.Blocks, row)
	}
	page.Sample = s.sampleRows(r)
	for _, row := range page.Sample {
		if row.Checked {
			page.Checked++
		} else {
			page.Open++
		}
	}
	page.Differences = differenceGroups(r)
	page.Clocks, page.Lists, page.Out = countedWords(r.Clocks.Differ, nil), countedWords(r.Lists.Differ, nil), countedWords(r.Appointments.Out, reconcile.SlotWords)
	return nil
}

func (s *Site) sampleRows(r *reconcile.Report) []sampleRow {
	var out []sampleRow
	for _, x := range r.Sample {
		row := sampleRow{Sampled: x, Title: classTitle(x.Class)}
		if x.Patient != "" {
			row.Find = "/find?q=" + url.QueryEscape(x.Patient)
		}
		for _, a := range r.Checked {
			if a.N == x.N {
				row.Checked, row.Agrees, row.Words = true, a.Agrees, a.Words
				row.By = a.Name + ", " + s.at().Moment(a.At).Text
			}
		}
		out = append(out, row)
	}
	return out
}

func classTitle(class string) string {
	for _, c := range onboard.Layout() {
		if c.Name == class {
			title, _, _ := strings.Cut(c.Title, ":")
			return title
		}
	}
	return class
}

func differenceGroups(r *reconcile.Report) []differenceGroup {
	var out []differenceGroup
	at := map[string]int{}
	for _, d := range r.Differences {
		kind := d.What + "/" + d.Class
		i, ok := at[kind]
		if !ok {
			i = len(out)
			at[kind] = i
			out = append(out, differenceGroup{Title: classTitle(d.Class) + ": " + groupWords(d), More: r.Unlisted[kind]})
		}
		if len(out[i].Rows) == shownDifferences {
			out[i].More++
			continue
		}
		key := d.Key
		if key == "" {
			key = "withheld"
		}
		out[i].Rows = append(out[i].Rows, differenceRow{key, d.Words()})
	}
	return out
}

// groupWords tells a kind of differences.
func groupWords(d reconcile.Difference) string {
	switch d.What {
	case reconcile.Absent:
		return "not in the record"
	case reconcile.Differs:
		return "not the same"
	case reconcile.Clock:
		return "clocks that differ"
	case reconcile.Listed:
		return "lists that differ from the events"
	case reconcile.OutOfSlot:
		return "in no slot of their own"
	}
	return d.Words()
}

func countedWords(m map[string]int64, words func(string) string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		name := k
		if words != nil {
			name = words(k)
		}
		parts = append(parts, name+" "+thousands(int(m[k])))
	}
	return strings.Join(parts, ", ")
}

// signJoining is POST /onboard/{org}/trials/{extract}: a clinician says what they
// found of a row, somebody takes a block on, or the report is signed.
func (s *Site) signJoining(v *visit) (*answer, error) {
	do := v.PostFormValue("do")
	act := access.Join
	if do == "check" {
		act = access.Attest
	}
	stage, x, err := s.foundExtract(v, act)
	if err != nil {
		return nil, err
	}
	back := "/onboard/" + x.Trust + "/trials/" + x.ID
	switch do {
	case "check":
		n := number(v.PostFormValue("n"))
		err = reconcile.Check(stage, x, n, v.PostFormValue("agrees") == "yes", v.PostFormValue("words"), v.who(), s.Now())
		back += "?done=checked#sample-" + strconv.Itoa(max(n, 0))
	case "accept":
		err = reconcile.Accept(stage, x, v.PostFormValue("code"), v.PostFormValue("words"), v.who(), s.Now())
		back += "?done=accepted"
	case "sign":
		err = s.Joining.Do(v.Context(), v.errand, x.Trust, course.Sign, x.ID)
		back += "?done=signed"
	default:
		err = fault.New(fault.Invalid, "webui.do", "nothing of this kind is done here")
	}
	if err != nil {
		list := formErrors(err, "words")
		if list == nil {
			return nil, err
		}
		return s.reportPage(v, http.StatusUnprocessableEntity, list)
	}
	return redirect(back)
}

// reconciledFile is /onboard/{org}/trials/{extract}/file?as=json|pdf|sig: the signed
// report, or as it stands when none was signed. Hospital numbers are left out for
// who may not find people; then it is not what was signed.
func (s *Site) reconciledFile(v *visit) (*answer, error) {
	_, x, err := s.foundExtract(v, access.WatchJoin)
	if err != nil {
		return nil, err
	}
	r, err := reconcile.Of(x)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fault.New(fault.NotFound, "webui.report", "the load was not reconciled")
	}
	sealed, err := reconcile.SealedOf(x, r.Load)
	if err != nil {
		return nil, err
	}
	if !v.may(access.FindPeople) {
		r, sealed = r.Masked(), nil
	}
	name := "reconciliation-" + x.Trust + "-" + r.Load
	switch as := v.URL.Query().Get("as"); {
	case as == "pdf":
		text, err := r.PDF(sealed)
		return &answer{file: &download{name + ".pdf", "application/pdf", text}}, err
	case as == "sig" && sealed != nil:
		return &answer{file: &download{name + ".sig", "text/plain; charset=utf-8", sealed.Signed}}, nil
	case as == "json" && sealed != nil:
		return &answer{file: &download{name + ".json", "application/json", sealed.Text}}, nil
	case as == "json":
		text, err := r.JSON()
		return &answer{file: &download{name + ".json", "application/json", text}}, err
	}
	return nil, fault.New(fault.NotFound, "webui.report", "there is no such file")
}

func reportPath(x reportView) templ.SafeURL {
	return templ.SafeURL("/onboard/" + x.Org.Code + "/trials/" + x.Extract)
}

func reportFile(x reportView, as string) templ.SafeURL {
	return reportPath(x) + templ.SafeURL("/file?as="+as)
}
