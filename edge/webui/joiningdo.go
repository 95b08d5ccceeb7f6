package webui

import (
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record/access"
)

// failedWords is a failure of a step, as far as it may be told: one of our own
// making says nothing but its code.
func failedWords(err error) string {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return "Something went wrong (" + f.Code + "). The step can be begun again."
	}
	return sentenceOf(f.Text)
}

// joiningWork is /onboard/{org}/work: the notice of the step that is at work, for
// a page that looks again.
func (s *Site) joiningWork(v *visit) (*answer, error) {
	org := v.PathValue("org")
	if !course.May(v.errand, org) {
		return nil, v.errand.Joining(v.Context(), access.WatchJoin, org, "joining of "+org)
	}
	w := s.workOf(s.Joining.Work(org))
	if w == nil || !w.AtWork {
		w = &workView{Org: org} // it has ended: the page is to be read again
	}
	return &answer{fragment: true, body: workNotice(w)}, nil
}

// doJoining is POST /onboard/{org}/do: a step is begun.
func (s *Site) doJoining(v *visit) (*answer, error) {
	org, deed := v.PathValue("org"), course.Deed(v.PostFormValue("deed"))
	if !v.errand.MayJoin(access.Join, org) {
		return nil, v.errand.Joining(v.Context(), access.Join, org, "a step of "+org)
	}
	if deed == course.Undo && v.PostFormValue("sure") != "yes" {
		return s.joiningPage(v, http.StatusUnprocessableEntity, []fieldError{{"sure", "Say that the load is to be taken back"}})
	}
	begin, done := s.Joining.Begin, "begun"
	if at := map[course.Deed]string{course.Hold: "held", course.Release: "released"}[deed]; at != "" { // it is done at once
		begin, done = s.Joining.Do, at
	}
	if err := begin(v.Context(), v.errand, org, deed, v.PostFormValue("extract")); err != nil {
		return s.joiningFailed(v, err, "deed")
	}
	return redirect("/onboard/" + org + "?done=" + done)
}

// joiningFailed shows the page again with what was wrong with a form.
func (s *Site) joiningFailed(v *visit, err error, field string) (*answer, error) {
	list := formErrors(err, field)
	if list == nil {
		return nil, err
	}
	return s.joiningPage(v, http.StatusUnprocessableEntity, list)
}

// runJoining is POST /onboard/{org}/run: a run of the runbook is begun or ended.
func (s *Site) runJoining(v *visit) (*answer, error) {
	org := v.PathValue("org")
	stage, err := s.Joining.Stage(org)
	if err != nil {
		return nil, err
	}
	do := v.PostFormValue("do")
	if err := v.errand.Joining(v.Context(), access.Join, org, "runbook of "+org+": "+map[bool]string{true: "begun", false: "ended"}[do == "start"]); err != nil {
		return nil, err
	}
	if do != "start" {
		if _, err := runbook.End(stage, v.PostFormValue("why")); err != nil {
			return s.joiningFailed(v, err, "why")
		}
		return redirect("/onboard/" + org + "?done=ended#run")
	}
	book, err := s.Joining.Runbook(v.Context(), org)
	if err == nil {
		_, err = runbook.Start(stage, book, runbook.Kind(v.PostFormValue("kind")), v.who())
	}
	if err != nil {
		return s.joiningFailed(v, err, "kind")
	}
	return redirect("/onboard/" + org + "?done=run#run")
}

// stepJoining is POST /onboard/{org}/step: somebody begins a step or ticks it off.
func (s *Site) stepJoining(v *visit) (*answer, error) {
	org, id := v.PathValue("org"), v.PostFormValue("step")
	stage, err := s.Joining.Stage(org)
	if err != nil {
		return nil, err
	}
	if err := v.errand.Joining(v.Context(), access.Join, org, "runbook of "+org+": step "+short(id, 40)); err != nil {
		return nil, err
	}
	if v.PostFormValue("do") == "begin" {
		if _, err := runbook.Begin(stage, id, v.who()); err != nil {
			return s.joiningFailed(v, err, "step")
		}
		return redirect("/onboard/" + org + "?done=started#run")
	}
	figures, err := s.Joining.Figures(v.Context(), org)
	if err != nil {
		return nil, err
	}
	if _, err := runbook.Tick(stage, id, short2(v.PostFormValue("words"), 200), figures, v.who()); err != nil {
		return s.joiningFailed(v, err, "step")
	}
	return redirect("/onboard/" + org + "?done=step#run")
}

// short2 cuts what somebody wrote, "" stays "".
func short2(text string, most int) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return short(text, most)
}

// registerView is what the page of an org pack shows.
type registerView struct {
	Org      string
	Problems []string
	Changes  []string
	Text     string // of the pack that is to be applied
	Same     bool   // nothing would change
	Name     string
	Errors   []fieldError
}

// register is /onboard/{org}/register.
func (s *Site) register(v *visit) (*answer, error) {
	org := v.PathValue("org")
	if err := v.errand.Joining(v.Context(), access.Join, org, "org pack of "+org); err != nil {
		return nil, err
	}
	return s.registerPage(0, registerView{Org: org, Name: s.organisation(org).Name}), nil
}

func (s *Site) registerPage(status int, x registerView) *answer {
	return &answer{status: status, frame: frame{Title: "Register " + x.Org, Nav: "onboard", Forms: true}, body: registerBody(x)}
}

// registerPack is POST /onboard/{org}/register: files are read and what they would
// change is shown; the pack that was shown is applied.
func (s *Site) registerPack(v *visit) (*answer, error) {
	org := v.PathValue("org")
	x := registerView{Org: org, Name: s.organisation(org).Name}
	if err := v.errand.Joining(v.Context(), access.Join, org, "org pack of "+org+" sent in"); err != nil {
		return nil, err
	}
	files, err := packFiles(v)
	if err != nil {
		x.Errors = formErrors(err, "pack")
		return s.registerPage(http.StatusUnprocessableEntity, x), nil
	}
	next, problems := pack.Read(files)
	for _, p := range problems {
		x.Problems = append(x.Problems, p.String())
	}
	if len(problems) == 0 && next.Organisation.Code != org {
		x.Errors = []fieldError{{"pack", "The pack is of " + next.Organisation.Code + ", not of " + org}}
	}
	if len(x.Problems) > 0 || len(x.Errors) > 0 {
		return s.registerPage(http.StatusUnprocessableEntity, x), nil
	}
	if v.PostFormValue("apply") == "yes" {
		if err := s.Joining.Apply(v.Context(), v.errand, next); err != nil {
			if x.Errors = formErrors(err, "pack"); x.Errors == nil {
				return nil, err
			}
			return s.registerPage(http.StatusUnprocessableEntity, x), nil
		}
		return redirect("/onboard/" + org + "?done=registered")
	}
	changes, err := s.Joining.Diff(v.Context(), next)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		x.Changes = append(x.Changes, c.String())
	}
	text, err := next.Text()
	if err != nil {
		return nil, err
	}
	x.Text, x.Same = string(text), len(changes) == 0
	return s.registerPage(0, x), nil
}

// maxPack is how large an org pack may be that comes in at the pages.
const maxPack = 900 << 10

// packFiles reads the files of a form, or the text that was shown before.
func packFiles(v *visit) (map[string][]byte, error) {
	empty := fault.New(fault.Invalid, "webui.pack", "choose the .yaml files of the org pack").In("pack")
	if kind, _, _ := strings.Cut(v.Header.Get("Content-Type"), ";"); kind == "application/x-www-form-urlencoded" {
		if text := v.PostFormValue("text"); text != "" {
			return map[string][]byte{"organisation.yaml": []byte(text)}, nil
		}
		return nil, empty
	}
	if err := v.ParseMultipartForm(maxPack); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "webui.pack", "the files are too large, or did not arrive whole").In("pack")
	}
	out := map[string][]byte{}
	for i, h := range v.MultipartForm.File["pack"] {
		text, err := fileOf(h)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "webui.pack", "a file cannot be read").In("pack")
		}
		name := h.Filename
		if !strings.HasSuffix(name, ".yaml") {
			return nil, fault.New(fault.Invalid, "webui.pack", "a file of a pack ends in .yaml").In("pack")
		}
		if _, twice := out[name]; twice {
			name = strconv.Itoa(i) + "-" + name
		}
		out[name] = text
	}
	if len(out) == 0 {
		return nil, empty
	}
	return out, nil
}

func fileOf(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
