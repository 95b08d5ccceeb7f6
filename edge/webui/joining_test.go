package webui_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
)

// joinings are the steps of joining over the stage's Desk.
func (s *stage) joinings() *course.Office {
	s.stages = s.t.TempDir()
	operator := func() *record.Errand {
		return s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	}
	s.joining = course.New(course.Options{Stages: s.stages, Operator: operator, Now: func() time.Time { return s.now }, Zone: s.zone,
		Loader: func(org string) (*record.Errand, error) { return s.client(org), nil },
		Sign:   func(text string) ([]byte, error) { return []byte("signed: " + text), nil },
		Apply: func(ctx context.Context, next *pack.Pack) ([]pack.Change, error) {
			return pack.Apply(ctx, s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: next.Organisation.Code}, access.Reason{Purpose: access.Integrity}), next)
		}})
	return s.joining
}

// joiners are the people of a joining: who does the steps, who checks, who looks.
func (s *stage) joiners() {
	s.t.Helper()
	s.now = today
	for _, a := range []account.Application{
		{Name: "lead", Display: "Kofi Mensah", Role: access.Engineer},
		{Name: "local", Display: "Wei Lim", Role: access.Engineer, Org: "R1K"},
		{Name: "doctor", Display: "Dr Ngozi Achebe", Role: access.Clinician, Org: "R1K", Site: "R1K01"},
		{Name: "board", Display: "Mary Ellis", Role: access.Commissioner},
	} {
		a.Password = password
		_, err := s.office().Create(s.ctx, a)
		s.must(err)
	}
}

// arrives puts a made-up extract of R1K into its inbox.
func (s *stage) arrives(patients int, f extract.Faults) {
	s.t.Helper()
	_, err := extract.Write(filepath.Join(s.stages, "R1K", ".inbox", "first"), extract.Options{Trust: "R1K", Patients: patients, Seed: 9, Faults: f, Taken: today.AddDate(0, 0, -1), Inpatients: 0.2})
	s.must(err)
}

// does does steps as who does them.
func (s *stage) does(deeds ...course.Deed) {
	s.t.Helper()
	lead := s.desk.For(access.Requester{ID: "lead", Role: access.Engineer, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	for _, d := range deeds {
		if err := s.joining.Do(s.ctx, lead, "R1K", d, ""); err != nil {
			s.t.Fatal(d, err)
		}
	}
}

func (s *stage) trial() string {
	s.t.Helper()
	st, err := s.joining.Stage("R1K")
	s.must(err)
	x, err := st.Find("")
	s.must(err)
	return "/onboard/R1K/trials/" + x.ID
}

// TestWhoSeesAJoining: an organisation's joining is its own people's and the
// domain's; commissioners see totals, others nothing; no step is done by who may
// only look.
func TestWhoSeesAJoining(t *testing.T) {
	s := newStage(t)
	s.joiners()
	s.arrives(40, extract.Usual())
	s.does(course.TakeIn, course.Match, course.Load, course.Reconcile)
	trial := s.trial()
	looks := map[string]int{"lead": 200, "local": 200, "doctor": 200, "admin": 200, "privacy": 200, "engineer": 403, "registrar": 403, "steward": 403, "reception": 403, "board": 403, "patient": 403}
	for name, want := range looks {
		b := s.as(name)
		for _, path := range []string{"/onboard/R1K", trial, trial + "/file?as=json", trial + "/file?as=pdf", trial + "/quality", "/onboard/R1K/work"} {
			if r := b.get(path); r.status != want {
				t.Errorf("%s on %s: %d, not %d", name, path, r.status, want)
			}
		}
		may := name == "lead" || name == "local" || name == "admin"
		for path, form := range map[string][]string{"/onboard/R1K/run": {"do", "end", "why", "x"}, "/onboard/R1K/step": {"step", "freeze"}, "/onboard/R1K/do": {"deed", "undo"}, trial: {"do", "accept", "code", "none", "words", "none of it"}} {
			r := b.post(path, form...)
			if refused := r.status == http.StatusForbidden; refused == may {
				t.Errorf("%s posts to %s: %d", name, path, r.status)
			}
		}
		if r := b.post(trial, "do", "check", "n", "1", "agrees", "yes"); (r.status == http.StatusSeeOther) != (name == "doctor") {
			t.Errorf("%s checks the sample: %d", name, r.status)
		}
		if r := b.get("/onboard/R1K/register"); (r.status == http.StatusOK) != may {
			t.Errorf("%s opens the pack: %d", name, r.status)
		}
	}
	for _, path := range []string{"/onboard", "/onboard/R1K", trial} {
		if r := s.as("").get(path); r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, "/sign-in") {
			t.Errorf("nobody on %s: %d %s", path, r.status, r.to)
		}
	}
	if r := s.as("reception").get("/onboard"); r.status != http.StatusForbidden {
		t.Errorf("reception sees the list: %d", r.status)
	}
	s.as("engineer").get("/onboard").lacks(t, `href="/onboard/R1K"`)
	s.as("local").get("/onboard").has(t, `href="/onboard/R1K"`, "Reconciled, not signed")
}

// TestCommissionersSeeTotals: rounded, small ones left out, and nobody's key.
func TestCommissionersSeeTotals(t *testing.T) {
	s := newStage(t)
	s.joiners()
	s.arrives(43, extract.Faults{})
	s.does(course.TakeIn, course.Load, course.Reconcile)
	b := s.as("board")
	if r := b.get("/"); r.to != "/onboard" {
		t.Errorf("home is %s", r.to)
	}
	r := b.get("/onboard")
	r.has(t, "Organisations in numbers", ">45<", "fewer than 10")
	r.lacks(t, ">43<", "/onboard/R1K", "trials", "L000")
	for _, path := range []string{"/find?q=okonkwo", "/p/x/demographics", "/p/x/access", "/feeds", "/mpi/review", "/audit", "/admin/accounts", "/privacy"} {
		if got := b.get(path); got.status != http.StatusForbidden && got.status != http.StatusNotFound {
			t.Errorf("a commissioner opens %s: %d", path, got.status)
		}
	}
}

// TestReportsAreMasked: hospital numbers are on the pages and in the files of who
// may find people, and of nobody else.
func TestReportsAreMasked(t *testing.T) {
	s := newStage(t)
	s.joiners()
	s.arrives(30, extract.Usual())
	s.does(course.TakeIn, course.Load, course.Reconcile, course.Sign)
	trial := s.trial()
	st, err := s.joining.Stage("R1K")
	s.must(err)
	x, err := st.Find("")
	s.must(err)
	var numbers []string
	for row, err := range x.Rows("patients") {
		s.must(err)
		numbers = append(numbers, row.Key())
	}
	shown := func(name, path string) (n int) {
		body := s.as(name).get(path).body
		for _, k := range numbers {
			if strings.Contains(body, k) {
				n++
			}
		}
		return n
	}
	for _, path := range []string{trial, trial + "/file?as=json", trial + "/quality", "/onboard/R1K", "/onboard"} {
		for _, name := range []string{"local", "lead", "admin"} {
			if n := shown(name, path); n > 0 {
				t.Errorf("%s sees %d hospital numbers on %s", name, n, path)
			}
		}
	}
	if shown("doctor", trial) == 0 || shown("doctor", trial+"/file?as=json") == 0 {
		t.Error("a clinician cannot tell whom to look up")
	}
	if r := s.as("local").get(trial + "/file?as=sig"); r.status != http.StatusNotFound {
		t.Errorf("a signature over what is not shown: %d", r.status)
	}
	s.as("doctor").get(trial+"/file?as=sig").has(t, "organisation R1K")
	for _, name := range []string{"doctor", "local"} {
		s.as(name).get(trial).lacks(t, "Ada ", "HA1 ", "Penicillin", "penicillin", "Amlodipine")
	}
}

// TestStepsAtThePages: the steps are begun by forms, one at a time; what goes wrong
// is told; to take a load back is asked twice.
func TestStepsAtThePages(t *testing.T) {
	s := newStage(t)
	s.joiners()
	b := s.as("local")
	b.get("/onboard/R1K").has(t, "No extract was staged yet", "Register it", "No run was begun")
	if r := b.post("/onboard/R1K/do", "deed", "take-in"); r.status != http.StatusSeeOther {
		t.Errorf("%d", r.status)
	}
	s.joining.Wait()
	b.get("/onboard/R1K").has(t, "ended badly", "No such extract has arrived")
	s.arrives(20, extract.Usual())
	b.get("/onboard/R1K").has(t, "An extract has arrived: first")
	for _, deed := range []string{"take-in", "match", "load", "reconcile"} {
		if r := b.post("/onboard/R1K/do", "deed", deed); r.to != "/onboard/R1K?done=begun" {
			t.Fatalf("%s: %d %s", deed, r.status, r.body)
		}
		s.joining.Wait()
	}
	b.get("/onboard/R1K").has(t, "Clinicians check the sample", "not signed, no go")
	trial := s.trial()
	b.get(trial).has(t, "No go", "Nobody may take this on", "Not checked yet", "The report is not signed")
	if r := b.post(trial, "do", "accept", "code", "clocks", "words", "it is nothing"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("clocks are taken on: %d", r.status)
	}
	if r := b.post(trial, "do", "sign"); r.to != trial+"?done=signed" {
		t.Errorf("%d %s", r.status, r.to)
	}
	b.get(trial+"?done=signed").has(t, "Signed with the key of the audit log", "The report is signed.")
	if r := s.as("doctor").post(trial, "do", "check", "n", "1", "agrees", "no", "words", ""); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a difference without words: %d", r.status)
	}
	s.as("doctor").post(trial, "do", "check", "n", "1", "agrees", "no", "words", "another dose")
	b.get(trial).has(t, "another dose", "sign it again", "Dr Ngozi Achebe")
	if r := b.post("/onboard/R1K/do", "deed", "undo"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a load is taken back by one click: %d", r.status)
	}
	b.post("/onboard/R1K/do", "deed", "undo", "sure", "yes")
	s.joining.Wait()
	b.get("/onboard/R1K").has(t, "Load taken back")
	b.get(trial).has(t, "The load was taken back. This is what was found before.")
}

// TestRunAtThePages: a run is begun, steps are ticked off in order, and staff see
// the public words of it, without signing in, and nothing else.
func TestRunAtThePages(t *testing.T) {
	s := newStage(t)
	s.joiners()
	b, nobody := s.as("local"), s.as("")
	if r := nobody.get("/onboard/R1K/timeline"); r.status != http.StatusNotFound {
		t.Errorf("a timeline of no run: %d", r.status)
	}
	if r := b.post("/onboard/R1K/run", "do", "start", "kind", "rehearsal"); r.to != "/onboard/R1K?done=run#run" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := b.post("/onboard/R1K/run", "do", "start", "kind", "trial"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("two runs at once: %d", r.status)
	}
	if r := b.post("/onboard/R1K/step", "step", "freeze"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a step that waits is done: %d", r.status)
	} else {
		r.has(t, "The step waits for others")
	}
	b.post("/onboard/R1K/step", "step", "warn", "words", "CANARY told by Wei Lim")
	if r := b.post("/onboard/R1K/step", "step", "register"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("no pack runs, and the step is done: %d", r.status)
	}
	b.get("/onboard/R1K").has(t, "Dress rehearsal 1: 1 of 15 steps done", "CANARY", "pack.version at least 1")
	r := nobody.get("/onboard/R1K/timeline")
	r.has(t, "You have been told when your old system stops", "Your trust is here", "Expected")
	r.lacks(t, "CANARY", "local", "Wei Lim", "minutes", "pack.version")
	if nobody.get("/onboard/ZZZ/timeline").status != http.StatusNotFound || nobody.get("/onboard/%2e%2e/timeline").status == http.StatusOK {
		t.Error("there is a timeline of nobody")
	}
	if r := b.post("/onboard/R1K/run", "do", "end", "why", "the disk was full"); r.status != http.StatusSeeOther {
		t.Errorf("%d", r.status)
	}
	nobody.get("/onboard/R1K/timeline").has(t, "was ended before its end")
	b.post("/onboard/R1K/do", "deed", "hold-feeds")
	b.get("/onboard/R1K").has(t, "Feeds are held since", "Release the feeds")
	b.post("/onboard/R1K/do", "deed", "release-feeds")
	b.get("/onboard/R1K").has(t, "Hold the feeds")
	st, err := s.joining.Stage("R1K")
	s.must(err)
	s.arrives(30, extract.Faults{})
	s.does(course.TakeIn, course.Load)
	s.must(s.joining.WatchOne(s.ctx, "R1K"))
	b.get("/onboard/R1K").has(t, "After the go-live", "Waiting list", "no change")
	if r := s.as("doctor").post("/onboard/R1K/alarms", "figure", "waiting-list", "words", "it is nothing"); r.status != http.StatusForbidden {
		t.Errorf("a clinician explains an alarm: %d", r.status)
	}
	if r := b.post("/onboard/R1K/alarms", "figure", "waiting-list", "words", "it is nothing"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("an alarm that is none is explained: %d", r.status)
	}
	if list, err := runbook.Runs(st); err != nil || len(list) != 1 {
		t.Errorf("%d runs, %v", len(list), err)
	}
}

// TestRegisterAtThePages: files of a pack are checked and compared, and applied
// when that was seen; a pack of another organisation is refused.
func TestRegisterAtThePages(t *testing.T) {
	s := newStage(t)
	s.joiners()
	b := s.as("local")
	upload := func(to, from string) reply {
		t.Helper()
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		names, err := filepath.Glob(filepath.Join("..", "..", "demo", "packs", from, "*.yaml"))
		s.must(err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			s.must(err)
			f, err := w.CreateFormFile("pack", filepath.Base(name))
			s.must(err)
			f.Write(text)
		}
		w.Close()
		r, err := b.client.Post(s.server.URL+"/onboard/"+to+"/register", w.FormDataContentType(), &body)
		return b.read(r, err)
	}
	if r := upload("R1K", "RAS"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("another organisation's pack: %d", r.status)
	}
	r := upload("R1K", "R1K")
	r.has(t, "added    wards Crick", "Apply the pack")
	s.as("local").get("/onboard/R1K").lacks(t, "org pack, version")
	_, text, _ := strings.Cut(r.body, `name="text" value="`)
	text, _, _ = strings.Cut(text, `"`)
	text = strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(text)
	if r := b.post("/onboard/R1K/register", "apply", "yes", "text", text); r.to != "/onboard/R1K?done=registered" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	b.get("/onboard/R1K").has(t, "org pack, version 1", "Put an extract into the inbox")
	upload("R1K", "R1K").has(t, "nothing would change")
	if r := b.post("/onboard/R1K/register", "apply", "yes"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("nothing is applied: %d", r.status)
	}
	if r := s.as("engineer").post("/onboard/R1K/register", "apply", "yes", "text", text); r.status != http.StatusForbidden {
		t.Errorf("another organisation's engineer applies it: %d", r.status)
	}
}

// TestPublicTimelineHasARate: the one page that needs no session is held to a rate
// for each address: who asks too often is told when to come again, and others, and
// those who are signed in, do not feel it.
func TestPublicTimelineHasARate(t *testing.T) {
	s := newStage(t)
	s.joiners()
	b := s.as("local")
	if r := b.post("/onboard/R1K/run", "do", "start", "kind", "rehearsal"); r.status != http.StatusSeeOther {
		t.Fatalf("%d", r.status)
	}
	ask := func(address string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/onboard/R1K/timeline", nil)
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		s.server.Config.Handler.ServeHTTP(w, r)
		return w
	}
	for i := range 5 * publicRate {
		if w := ask("198.51.100.7:" + strconv.Itoa(1000+i)); w.Code != http.StatusOK {
			t.Fatalf("request %d: %d", i, w.Code)
		}
	}
	w := ask("198.51.100.7:99")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "Your trust is here") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask("198.51.100.8:99"); w.Code != http.StatusOK {
		t.Errorf("another address: %d", w.Code)
	}
	if r := b.get("/onboard/R1K"); r.status != http.StatusOK {
		t.Errorf("somebody who is signed in: %d", r.status)
	}
}

// TestQualityAtThePages: what is wrong with the data of a trial is told with its reason
// beside the trial before, and where the refused rows lie; and nothing of a patient.
func TestQualityAtThePages(t *testing.T) {
	s := newStage(t)
	s.joiners()
	s.arrives(60, extract.Faults{Shifted: 0.05, Twice: 0.05, NoBirth: 0.05, Dropped: 0.2})
	s.does(course.TakeIn)
	_, err := extract.Write(filepath.Join(s.stages, "R1K", ".inbox", "second"), extract.Options{Trust: "R1K", Patients: 60, Seed: 9, Faults: extract.Faults{NoBirth: 0.05}, Taken: today})
	s.must(err)
	first := s.trial()
	page := s.as("lead").get("/onboard/R1K")
	page.has(t, `href="`+first+`/quality"`)
	page.lacks(t, "/onboard/R1K/timeline") // no run was begun: there is none
	page = s.as("lead").get(first + "/quality")
	page.has(t, "Quality of the data of trial 1", "Fields that fit their columns when moved by one", "The key stands there twice", "Refused", "Clocks that run and are on no list",
		"part-1/patients.csv", "profile/", "concord onboard mend --org R1K")
	page.lacks(t, "In trial")
	s.does(course.TakeIn)
	second := s.trial()
	s.as("doctor").get(second+"/quality").has(t, "Quality of the data of trial 2", "In trial 1", "A needed value is not there", "Fields that fit their columns when moved by one")
	st, err := s.joining.Stage("R1K")
	s.must(err)
	x, err := st.Find("")
	s.must(err)
	body := s.as("local").get(second + "/quality").body // of nobody who is called as a patient is
	for row, err := range x.Rows("patients") {
		s.must(err)
		for _, column := range []string{"key", "family", "nhs_number", "address_1"} {
			if v := row.At(column); len(v) > 4 && strings.Contains(body, v) {
				t.Errorf("a %s of a patient is on the page", column)
			}
		}
	}
}
