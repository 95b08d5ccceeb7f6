package course

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/reconcile"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// stageOf is an office over a real store.
type stageOf struct {
	*Office
	t     *testing.T
	ctx   context.Context
	desk  *record.Desk
	lead  *record.Errand
	pairs int
}

func newScene(t *testing.T) *stageOf {
	t.Helper()
	s := &stageOf{t: t, ctx: context.Background()}
	engine, err := sqlite.Open(s.ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	s.must(err)
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	s.must(err)
	s.desk, err = record.Open(s.ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	s.must(err)
	scopes, err := access.ParseScopes("system/*.cruds")
	s.must(err)
	zone, err := time.LoadLocation("Europe/London")
	s.must(err)
	of := func(id string, role access.Role, org string) *record.Errand {
		return s.desk.For(access.Requester{ID: id, Name: id, Role: role, Org: org, Scopes: scopes}, access.Reason{Purpose: access.Integrity})
	}
	s.Office = New(Options{Stages: t.TempDir(), Now: time.Now, Zone: zone, Operator: func() *record.Errand { return of("operator", access.Operator, access.Domain) },
		Loader: func(org string) (*record.Errand, error) { return of("load", access.System, org), nil },
		Sign:   func(text string) ([]byte, error) { return []byte(text), nil }, Pairs: func(context.Context, string) (int, error) { return s.pairs, nil },
		Apply: func(ctx context.Context, next *pack.Pack) ([]pack.Change, error) {
			return pack.Apply(ctx, of("operator", access.Operator, next.Organisation.Code), next)
		}})
	s.lead = of("lead", access.Engineer, access.Domain)
	return s
}

func (s *stageOf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stageOf) arrives(name string, taken time.Time, patients int) {
	s.t.Helper()
	_, err := extract.Write(filepath.Join(s.opt.Stages, "R1K", ".inbox", name), extract.Options{Trust: "R1K", Patients: patients, Seed: 3, Taken: taken})
	s.must(err)
}

func (s *stageOf) does(deeds ...Deed) {
	s.t.Helper()
	for _, d := range deeds {
		if err := s.Do(s.ctx, s.lead, "R1K", d, ""); err != nil {
			s.t.Fatal(d, err)
		}
	}
}

func (s *stageOf) phase(want Phase) {
	s.t.Helper()
	st, err := s.Standing(s.ctx, "R1K")
	s.must(err)
	if st.Phase != want || want.Words() == "" {
		s.t.Errorf("it stands at %s, not %s", st.Phase, want)
	}
}

func day(n int) time.Time { return time.Date(2026, 11, n, 2, 0, 0, 0, time.UTC) }

// TestCourse: phases follow the steps; an extract that arrives after a load is a
// delta of it; steps are ticked off in the run that is at work.
func TestCourse(t *testing.T) {
	s := newScene(t)
	s.phase(Nothing)
	files, err := pack.Files(os.DirFS(filepath.Join("..", "..", "..", "demo", "packs", "R1K")))
	s.must(err)
	p, _ := pack.Read(files)
	s.must(s.Apply(s.ctx, s.lead, p))
	s.phase(Registered)
	stage, err := s.Stage("R1K")
	s.must(err)
	book, err := s.Runbook(s.ctx, "R1K")
	s.must(err)
	_, err = runbook.Start(stage, book, runbook.Trial, s.lead.Who())
	s.must(err)
	s.arrives("b", day(20), 12)
	s.arrives("a", day(21), 12) // taken later, whatever it is called
	s.does(TakeIn)
	s.phase(Staged)
	s.does(Match)
	s.phase(Matched)
	s.does(Load)
	s.phase(Loaded)
	s.does(Reconcile)
	s.phase(Reconciled)
	s.does(Sign)
	s.phase(Signed)
	r, err := runbook.Last(stage)
	s.must(err)
	if len(r.Steps) != 0 { // none of them could begin: nobody has frozen the source
		t.Errorf("%+v", r.Steps)
	}
	for _, id := range []string{"register", "warn", "freeze"} {
		f, err := s.Figures(s.ctx, "R1K")
		s.must(err)
		_, err = runbook.Tick(stage, id, "", f, s.lead.Who())
		s.must(err)
	}
	s.does(Hold)
	if r, err = runbook.Last(stage); err != nil || r.Steps["hold"].Ended.IsZero() || r.Steps["hold"].By != "lead" {
		t.Errorf("%+v %v", r.Steps, err)
	}
	s.does(TakeIn) // the second, a delta of the first
	x, err := stage.Find("")
	s.must(err)
	if d, err := x.Delta(); err != nil || d == nil || d.Classes["patients"].Same != 12 {
		t.Errorf("%+v %v", d, err)
	}
	s.does(Load, Reconcile)
	rep, err := reconcile.Of(x)
	s.must(err)
	if rep.Base == "" || rep.Total(func(c reconcile.ClassCount) int64 { return c.Differ + c.Absent + c.Extra }) != 0 {
		t.Errorf("%+v", rep.Classes)
	}
	s.does(Undo)
	s.phase(TakenBack)
	if err := s.Do(s.ctx, s.lead, "R1K", Undo, x.ID); err == nil {
		t.Error("what is taken back is taken back again")
	}
	if w := s.Work("R1K"); w.AtWork() || w.Failed == nil {
		t.Errorf("%+v", w)
	}
	if err := s.Begin(s.ctx, s.lead, "R1K", "dance", ""); err == nil || fault.Of(err).Code != "course.deed" {
		t.Errorf("%v", err)
	}
}

// TestOneStepAtATime: while a step is at work no other begins.
func TestOneStepAtATime(t *testing.T) {
	s := newScene(t)
	s.arrives("a", day(20), 60)
	began := make(chan error, 8)
	for range 8 {
		go func() { began <- s.Begin(s.ctx, s.lead, "R1K", TakeIn, "") }()
	}
	ok := 0
	for range 8 {
		if err := <-began; err == nil {
			ok++
		} else if c := fault.Of(err).Code; c != "course.busy" {
			t.Errorf("%v", err)
		}
	}
	s.Wait()
	stage, err := s.Stage("R1K")
	s.must(err)
	list, err := stage.Extracts()
	if err != nil || len(list) != 1 || ok == 0 {
		t.Errorf("%d extracts, %d begun, %v", len(list), ok, err)
	}
}

// TestTotalsTellNobody: rounded to five, and below ten not said.
func TestTotalsTellNobody(t *testing.T) {
	for n, want := range map[int64]int64{0: 0, 10: 10, 11: 10, 12: 10, 13: 15, 998: 1000} {
		if got, small := Suppressed(n).Shown(); got != want || small {
			t.Errorf("%d is shown as %d, %v", n, got, small)
		}
	}
	for n := int64(1); n < Smallest; n++ {
		if got, small := Suppressed(n).Shown(); !small || got != 0 {
			t.Errorf("%d is shown as %d", n, got)
		}
	}
}

// TestWatchAlarms: a waiting list that grows beyond its limit after the go-live is
// an alarm until somebody explains it, and again when it goes on growing.
func TestWatchAlarms(t *testing.T) {
	s := newScene(t)
	s.arrives("a", day(20), 60)
	s.does(TakeIn, Load)
	s.must(s.WatchOne(s.ctx, "R1K"))
	stage, err := s.Stage("R1K")
	s.must(err)
	x, err := stage.Find("")
	s.must(err)
	rows := int64(0)
	for _, err := range x.Rows("waiting") {
		s.must(err)
		rows++
	}
	w, err := Watching(stage)
	s.must(err)
	if rows == 0 || w.First.Figures[WaitingList] != rows || len(w.Alarms()) != 0 {
		t.Fatalf("%+v, %d rows", w, rows)
	}
	s.waits(int(rows)/2 + 11)
	s.pairs = 500
	s.must(s.WatchOne(s.ctx, "R1K"))
	w, err = Watching(stage)
	s.must(err)
	if a := w.Alarms(); len(a) != 2 || a[0].Figure != WaitingList || a[0].First != rows || a[1].Figure != Duplicates {
		t.Fatalf("%+v", a)
	}
	clinician := s.desk.For(access.Requester{ID: "dr", Role: access.Clinician, Org: "R1K"}, access.Reason{Purpose: access.DirectCare})
	if err := s.Settle(s.ctx, clinician, "R1K", WaitingList, "a new clinic"); !fault.Is(err, fault.Denied) {
		t.Errorf("%v", err)
	}
	if err := s.Settle(s.ctx, s.lead, "R1K", WaitingList, " x "); err == nil {
		t.Error("it is explained without words")
	}
	s.must(s.Settle(s.ctx, s.lead, "R1K", WaitingList, "the ophthalmology list was validated and added"))
	if w, err = Watching(stage); err != nil || len(w.Alarms()) != 1 {
		t.Errorf("%+v %v", w.Alarms(), err)
	}
	s.waits(3)
	s.must(s.WatchOne(s.ctx, "R1K"))
	if w, err = Watching(stage); err != nil || len(w.Alarms()) != 2 || len(w.Readings) != 1 {
		t.Errorf("%+v %v", w, err)
	}
}

// waits puts more rows on the waiting list, as somebody does at a screen.
func (s *stageOf) waits(n int) {
	s.t.Helper()
	e, err := s.opt.Loader("R1K")
	s.must(err)
	for i := range n {
		v := fhir.Obj("resourceType", "Task", "status", "accepted", "intent", "order", "code", fhir.Concept("urn:concord:code", "waiting-list", "", ""),
			"groupIdentifier", fhir.Obj("system", uk.Local("pathway").System("R1K"), "value", fmt.Sprintf("NEW%d-%d", n, i)))
		_, err := e.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Task", Resource: v}}, record.Commit{})
		s.must(err)
	}
}

// TestClosedOfficeLeavesNothingHalf: a step that is stopped with the server can be
// begun again, and comes to its end.
func TestClosedOfficeLeavesNothingHalf(t *testing.T) {
	s := newScene(t)
	s.arrives("a", day(20), 60)
	s.does(TakeIn)
	s.must(s.Begin(s.ctx, s.lead, "R1K", Load, ""))
	s.Close()
	if w := s.Work("R1K"); w.AtWork() {
		t.Error("it is at work after the office was closed")
	}
	s.does(Load, Reconcile)
	stage, err := s.Stage("R1K")
	s.must(err)
	x, err := stage.Find("")
	s.must(err)
	r, err := reconcile.Of(x)
	s.must(err)
	for _, c := range r.Classes {
		if c.SourceHash != c.RecordHash {
			t.Errorf("%+v", c)
		}
	}
}
