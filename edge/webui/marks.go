package webui

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// marksView is the page of what is marked in one record.
type marksView struct {
	Frame   *recordFrame
	ID      string
	Whole   bool // the officers' page; else one item's
	Marked  *record.Marked
	Entries []markEntryRow
	Objects []objectionRow
	Items   []markItemRow
	Stand   []sealStandsRow
	Code    sealCode // as it was written
	Done    []markDoneRow
	Said    string // what has just been done
	Undo    string // that marking, to be taken back
	Asked   string // a reference that was asked for, and is none
	Errors  []fieldError
}

type markEntryRow struct {
	record.MarkedEntry
	Org chart.Organisation
}

type objectionRow struct {
	record.Objection
	Org   chart.Organisation
	Since chart.When
}

type markItemRow struct {
	record.MarkedItem
	What, Label string
	Org         chart.Organisation
	When        chart.When
}

// sealStandsRow is a seal on what comes later too.
type sealStandsRow struct {
	record.StandingMark
	What, Of string
	Org      chart.Organisation
	Since    chart.When
}

// sealCode is a code to seal by, as an officer writes it.
type sealCode struct {
	System, Code string
	Locks        bool
}

type markDoneRow struct {
	record.MarkKept
	What string
	When chart.When
}

// marks is /p/{id}/marks: what is sealed, restricted, watched and objected to,
// for privacy officers. Nothing of what was recorded is on it. With ?item=Type/id it
// leads to the page of that resource.
func (s *Site) marks(v *visit) (*answer, error) {
	ref := strings.TrimSpace(v.URL.Query().Get("item"))
	if typ, id, _ := strings.Cut(ref, "/"); fhir.R4().Number(typ) != 0 && fhir.ValidID(id) {
		return redirect("/p/" + url.PathEscape(v.PathValue("id")) + "/marks/" + typ + "/" + id)
	}
	return s.marksPage(v, marksAsked{wrong: ref})
}

// markItem is /p/{id}/marks/{type}/{item}: one resource, for who may seal it.
func (s *Site) markItem(v *visit) (*answer, error) {
	typ, id := v.PathValue("type"), v.PathValue("item")
	if !fhir.ValidID(id) || !fhir.ValidID(typ) {
		return nil, fault.New(fault.NotFound, "webui.item", "there is no such item")
	}
	return s.marksPage(v, marksAsked{ref: typ + "/" + id})
}

// marksAsked is what the page of marks is asked for.
type marksAsked struct {
	ref   string   // one resource; "" = the officers' page
	wrong string   // what was written for a reference, and is none
	code  sealCode // what was written for a code, and is none
	says  error    // of the code
}

func (s *Site) marksPage(v *visit, ask marksAsked) (*answer, error) {
	ref := ask.ref
	found, err := v.errand.Marked(v.Context(), v.PathValue("id"), ref)
	if err != nil {
		return nil, err
	}
	o, err := s.open(v, "demographics", nil)
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	o.frame.Section = "marks"
	x := marksView{Frame: o.frame, ID: v.PathValue("id"), Whole: ref == "", Marked: found, Undo: v.URL.Query().Get("done"), Asked: ask.wrong, Code: ask.code}
	status := 0
	if x.Code == (sealCode{}) {
		x.Code.System = systemsOfCodes[0].URL
	}
	switch {
	case ask.says != nil:
		x.Errors, status = []fieldError{{"code", sentenceOf(fault.Of(ask.says).Text)}}, http.StatusUnprocessableEntity
	case ask.wrong != "":
		x.Errors, status = []fieldError{{"item", "Write the type and id of a resource, with a slash between them."}}, http.StatusUnprocessableEntity
	}
	for _, e := range found.Entries {
		x.Entries = append(x.Entries, markEntryRow{e, s.organisation(e.Org)})
	}
	for _, c := range found.Objections {
		x.Objects = append(x.Objects, objectionRow{c, s.organisation(c.Org), o.lens.Moment(c.Since)})
	}
	for _, it := range found.Items {
		x.Items = append(x.Items, s.markRow(o.lens, it))
	}
	for _, seal := range found.Standing {
		x.Stand = append(x.Stand, s.sealStandsRow(o.lens, seal))
	}
	for _, d := range found.Done {
		row := markDoneRow{d, markedWords(d), o.lens.Moment(d.At)}
		x.Done = append(x.Done, row)
		if d.ID == x.Undo {
			x.Said = row.What + ": done" + alsoMarked(d.Items()) + "."
		}
	}
	if x.Undo != "" && x.Said == "" {
		x.Said = "It is done."
	}
	return recordAnswer(o, "Who may see what", answer{status: status, frame: frame{Nav: "privacy", Forms: true}, body: marksBody(x)})
}

func alsoMarked(n int) string {
	if n < 2 {
		return ""
	}
	return ", to " + count(n, "item")
}

func (s *Site) markRow(l chart.Lens, it record.MarkedItem) markItemRow {
	row := markItemRow{MarkedItem: it, What: kindOfItem(it.Type), Label: labelWords(it.Label), Org: s.organisation(it.Org), When: l.Moment(it.Date)}
	for _, t := range it.Teams {
		row.Label += " to " + t
	}
	return row
}

// markForm is the page on which somebody says why, and goes on or not.
type markForm struct {
	ID     string
	Ask    record.MarkAsked
	Why    string
	Title  string
	Means  string
	Code   string // of a seal by a code
	Seals  bool   // a workgroup can be chosen, and what has the same code
	Alike  bool
	Later  bool // what comes later can be sealed with it
	Groups []account.Workgroup
	Back   string
	Errors []fieldError
}

// mark is POST /p/{id}/marks: first it asks why, with "sure" it is done.
func (s *Site) mark(v *visit) (*answer, error) {
	seen, _ := strconv.ParseInt(v.PostFormValue("seen"), 10, 64)
	ask := record.MarkAsked{Patient: v.PathValue("id"), Do: record.Marking(v.PostFormValue("do")), Ref: v.PostFormValue("ref"), Seen: seen,
		Of: v.PostFormValue("of"), Team: v.PostFormValue("team"), Alike: v.PostFormValue("alike") != "", Later: v.PostFormValue("later") != ""}
	if v.PostFormValue("bycode") != "" {
		said := sealCode{System: v.PostFormValue("system"), Code: v.PostFormValue("code"), Locks: ask.Do == record.SealAndLock}
		var err error
		if ask.Code, err = said.parse(); err != nil {
			return s.marksPage(v, marksAsked{code: said, says: err})
		}
	}
	f := markForm{Ask: ask, Why: v.PostFormValue("why")}
	if v.PostFormValue("sure") == "" {
		return s.markAsk(v, 0, f)
	}
	if ask.Team != "" && !s.hasGroup(v, ask.Team) {
		f.Errors = []fieldError{{"team", "Choose one of the workgroups."}}
		return s.markAsk(v, http.StatusUnprocessableEntity, f)
	}
	plan, err := v.errand.Mark(v.Context(), ask, f.Why)
	switch cause := fault.Of(err); {
	case cause == nil:
	case cause.Code == "record.mark-why" || cause.Code == "record.mark-same" || cause.Code == "record.mark-code" || cause.Code == "record.mark-standing":
		field := map[string]string{"record.mark-code": "later"}[cause.Code]
		f.Errors = []fieldError{{cmp.Or(field, "why"), sentenceOf(cause.Text)}}
		return s.markAsk(v, http.StatusUnprocessableEntity, f)
	default:
		return nil, err
	}
	return redirect(markBack(v, ask.Ref) + "?done=" + url.QueryEscape(plan.ID))
}

// markBack is the page from which a marking was begun: the officers', or that of
// the one item.
func markBack(v *visit, ref string) string {
	to := "/p/" + url.PathEscape(v.PathValue("id")) + "/marks"
	if typ, id, ok := strings.Cut(ref, "/"); ok && !v.errand.May(access.SeeMarks, "Patient") {
		to += "/" + url.PathEscape(typ) + "/" + url.PathEscape(id)
	}
	return to
}

func (s *Site) hasGroup(v *visit, code string) bool {
	list, err := s.Accounts.Workgroups(v.Context(), v.who().Org)
	for _, g := range list {
		if err == nil && g.Code == code {
			return true
		}
	}
	return false
}

func (s *Site) markAsk(v *visit, status int, f markForm) (*answer, error) {
	if !v.errand.May(access.SeeMarks, "Patient") && !v.errand.May(access.SeeMarks, "Observation") {
		return nil, fault.New(fault.Denied, "webui.no-marks", "this role marks nothing")
	}
	o, err := s.open(v, "demographics", nil)
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	o.frame.Section = "marks"
	f.ID, f.Back = v.PathValue("id"), markBack(v, f.Ask.Ref)
	f.Title, f.Means = markingWords[f.Ask.Do].name, markingWords[f.Ask.Do].means
	if f.Ask.Of != "" {
		f.Title, f.Means = "Take a marking back", "What was marked is put back as it was found. If it has been changed since, nothing is done."
	}
	if f.Title == "" {
		return nil, fault.New(fault.Invalid, "webui.mark", "there is no such marking")
	}
	f.Seals = f.Ask.Do == record.Seal || f.Ask.Do == record.SealAndLock
	f.Alike = f.Ask.Code == "" && (f.Seals || f.Ask.Do == record.Unseal)
	f.Later = f.Seals && f.Ask.Code == ""
	if f.Ask.Code != "" {
		f.Title, f.Means = f.Title+", with what comes later", standingMeans+" "+f.Means
		f.Code = codeWords(f.Ask.Code)
	}
	if f.Alike && strings.HasPrefix(f.Ask.Ref, "DiagnosticReport/") {
		f.Means += " The results that the report consists of go with it."
	}
	if f.Seals {
		if f.Groups, err = s.Accounts.Workgroups(v.Context(), v.who().Org); err != nil {
			return nil, err
		}
	}
	return recordAnswer(o, f.Title, answer{status: status, frame: frame{Nav: "privacy", Forms: true}, body: markBody(o.frame, f)})
}

// markFor is /privacy/marks: from an NHS number to the page of the record.
func (s *Site) markFor(v *visit) (*answer, error) {
	text := strings.TrimSpace(v.URL.Query().Get("patient"))
	if !v.errand.May(access.SeeMarks, "Patient") {
		return nil, fault.New(fault.Denied, "webui.no-marks", "this role marks nothing")
	}
	var errors []fieldError
	status := 0
	if text != "" {
		id, err := markPatient(v, text)
		if err != nil {
			return nil, err
		}
		if id != "" {
			return redirect("/p/" + url.PathEscape(id) + "/marks")
		}
		errors, status = []fieldError{{"patient", "Nobody here has that NHS number."}}, http.StatusUnprocessableEntity
	}
	return &answer{status: status, frame: frame{Title: "Seal, restrict, objections", Nav: "privacy", Forms: true}, body: markForBody(text, errors)}, nil
}

// markPatient is the id of who has an NHS number, "" when nobody has; anything
// else is an id.
func markPatient(v *visit, text string) (string, error) {
	digits := strings.ReplaceAll(text, " ", "")
	if _, err := uk.ParseNHSNumber(digits); err != nil {
		if fhir.ValidID(text) && strings.Trim(text, "0123456789") != "" {
			return text, nil
		}
		return "", nil // a number that is none
	}
	found, err := v.errand.FindPeople(v.Context(), record.PeopleQuery{Text: digits})
	if err != nil || len(found.Hits) == 0 {
		return "", err
	}
	return found.Hits[0].Person.ID, nil
}
