package record_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/record/review"
	"concord/store"
)

func (s *stage) officer(id, org string) *record.Errand {
	return s.desk.For(access.Requester{ID: id, Role: access.Privacy, Org: org}, access.Reason{Purpose: access.Administration})
}

// reviewed follows the log to its end.
func (s *stage) reviewed(v *record.Reviewer) {
	s.t.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = v.Once(s.ctx); err != nil {
			s.t.Fatal(err)
		}
	}
}

func kindsOf(l *record.CaseList) (out []string) {
	for _, c := range l.Cases {
		out = append(out, c.User+" "+string(c.Kind))
	}
	slices.Sort(out)
	return out
}

// TestCaseIsSettled: what somebody took upon themselves stands in their own
// organisation's queue, with what they saw, until an officer says what it was.
func TestCaseIsSettled(t *testing.T) {
	s := newStage(t)
	s.alone = true
	h := s.hide("", "R1K", "", "", "")
	e := s.clinician("RQM")
	if _, err := e.BreakGlass(s.ctx, h.patient, "vital-interests", "found unconscious"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Read(s.ctx, "Observation", h.obs); err != nil {
		t.Fatal(err)
	}
	o := s.officer("pia", "RQM")
	list, err := o.Cases(s.ctx, record.CaseAsk{})
	if err != nil || list.Total != 1 || list.Cases[0].Reason != "found unconscious" || list.Cases[0].Code != "vital-interests" {
		t.Fatalf("%+v %v", list, err)
	}
	id := list.Cases[0].ID
	c, err := o.Case(s.ctx, id)
	if err != nil || len(c.Seen.Events) != 2 || !slices.Contains(c.Seen.Events[0].Entry.What, "Observation/"+h.obs) || !c.Seen.Events[0].Entry.BreakGlass() {
		t.Fatalf("what was seen: %+v %v", c, err)
	}
	if err := e.CloseGlass(s.ctx, h.patient); err != nil {
		t.Fatal(err)
	}
	looks, err := s.officer("pia", "RQM").WhoHasLooked(s.ctx, h.patient, time.Time{}, "", 0)
	glass := 0
	for _, ev := range looks.Events {
		if ev.Entry.BreakGlass() {
			glass++
		}
	}
	if err != nil || glass != 2 { // it was broken, and something was read; to close it is no look
		t.Errorf("%d looks with a broken glass: %v", glass, err)
	}
	if _, err := s.officer("pia", "R1K").Case(s.ctx, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("another organisation's officer: %v", err)
	}
	if _, err := s.officer("pia", "R1K").SettleCase(s.ctx, id, review.Justified, "not mine to say"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another organisation's officer settles it: %v", err)
	}
	for name, bad := range map[string]struct {
		by    *record.Errand
		to    review.State
		words string
		code  string
	}{
		"no words":       {o, review.Justified, " ", "review.words"},
		"a state of own": {o, "forgotten", "it is nothing", "review.state"},
		"where it is":    {o, review.Open, "it is nothing", "review.state"},
		"about oneself":  {s.officer("m-RQM", "RQM"), review.Justified, "it is nothing", "review.own"},
		"no officer":     {e, review.Justified, "it is nothing", "access.clinician.default"},
	} {
		if _, err := bad.by.SettleCase(s.ctx, id, bad.to, bad.words); fault.Of(err) == nil || fault.Of(err).Code != bad.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, to := range []review.State{review.Queried, review.Escalated, review.Justified} {
		if _, err := o.SettleCase(s.ctx, id, to, "asked the consultant on call"); err != nil {
			t.Fatal(to, err)
		}
	}
	if list, err = o.Cases(s.ctx, record.CaseAsk{}); err != nil || list.Total != 0 {
		t.Errorf("the queue after it was closed: %+v %v", list, err)
	}
	if list, err = o.Cases(s.ctx, record.CaseAsk{Closed: true, State: review.Justified}); err != nil || list.Total != 1 || len(list.Cases[0].Steps) != 3 {
		t.Errorf("closed: %+v %v", list, err)
	}
	w, err := o.Workload(s.ctx)
	if err != nil || w.Open != 0 || w.Weeks[review.Weeks-1].Came != 1 || w.Weeks[review.Weeks-1].Closed != 1 || w.Kinds[1].Justified != 1 {
		t.Errorf("workload %+v %v", w, err)
	}
	if _, err := o.SettleCase(s.ctx, id, review.Open, "the family has written to us"); err != nil {
		t.Fatal(err)
	}
	if list, err = o.Cases(s.ctx, record.CaseAsk{}); err != nil || list.Total != 1 {
		t.Errorf("opened again: %+v %v", list, err)
	}
}

// TestUnusualLooks: own record, household, surname, a long ended stay and a day
// of too many patients each make one case, however often the log is read.
func TestUnusualLooks(t *testing.T) {
	s := newStage(t)
	s.alone = true
	home := `"address":[{"line":["7 Hidden Lane","Harrow"],"postalCode":"HA1 3UJ"}],`
	at := func(text, more string) string {
		return strings.Replace(text, `"resourceType":"Patient",`, `"resourceType":"Patient",`+more, 1)
	}
	own := s.create(s.client("R1K"), at(patient("R1K", "1", nhs, "Okafor", "Ada", "1980-01-01", "female"), home)).ID
	spouse := s.create(s.client("R1K"), at(patient("R1K", "2", "9990000026", "Adeyemi", "Kunle", "1979-01-01", "male"), home)).ID
	cousin := s.create(s.client("R1K"), patient("R1K", "3", "", "OKAFOR", "Chidi", "1990-01-01", "male")).ID
	other := s.create(s.client("R1K"), patient("R1K", "4", "", "Novak", "Petra", "1970-01-01", "female")).ID
	s.create(s.client("RQM"), fmt.Sprintf(stayJSON, "finished", other, fmt.Sprintf(`,"end":"%s"`, s.now().Add(-10*24*time.Hour).Format(time.RFC3339))))
	staff := func(_ context.Context, user string) (string, string, error) {
		if user == "m-RQM" {
			return "Dr Ada Okafor", nhs, nil
		}
		return "Dr Somebody Else", "", nil
	}
	v := s.desk.Reviewer(staff)
	e, o := s.clinician("RQM"), s.officer("pia", "RQM")
	if _, err := e.Read(s.ctx, "Patient", own); err != nil { // before the first review: it is past
		t.Fatal(err)
	}
	s.reviewed(v)
	if l, err := o.Cases(s.ctx, record.CaseAsk{}); err != nil || l.Total != 0 {
		t.Fatalf("%v %v", kindsOf(l), err)
	}
	err := s.engine.Update(s.ctx, func(tx store.Tx) error { // a damaged row does not hold up what comes behind it
		_, err := tx.AppendLog(s.ctx, audit.Log, []byte("damaged"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, id := range []string{own, spouse, cousin, other} {
			if _, err := e.Read(s.ctx, "Patient", id); err != nil {
				t.Fatal(err)
			}
		}
		s.reviewed(v)
	}
	want := []string{"m-RQM discharged", "m-RQM household", "m-RQM own", "m-RQM surname"}
	l, err := o.Cases(s.ctx, record.CaseAsk{})
	if err != nil || !slices.Equal(kindsOf(l), want) {
		t.Errorf("cases %v %v", kindsOf(l), err)
	}
	s.reviewed(s.desk.Reviewer(staff)) // another process goes on where this one stopped
	if again, err := o.Cases(s.ctx, record.CaseAsk{}); err != nil || again.Total != l.Total {
		t.Errorf("after a restart %v %v", kindsOf(again), err)
	}
	s.clock.Add((48 * time.Hour).Microseconds())
	if _, err := e.Read(s.ctx, "Patient", cousin); err != nil { // the same month: the same case, which has it too
		t.Fatal(err)
	}
	s.reviewed(v)
	if again, err := o.Cases(s.ctx, record.CaseAsk{Kind: review.Surname}); err != nil || again.Total != 1 {
		t.Errorf("two days later %v %v", kindsOf(again), err)
	} else if c, err := o.Case(s.ctx, again.Cases[0].ID); err != nil || len(c.Seen.Events) != 3 {
		t.Errorf("the case of a month shows %d looks: %v", len(c.Seen.Events), err)
	}
	if l, err := s.officer("x", "R1K").Cases(s.ctx, record.CaseAsk{}); err != nil || l.Total != 0 {
		t.Errorf("another trust's officer: %v %v", kindsOf(l), err)
	}
	nurse := s.desk.For(access.Requester{ID: "nurse", Role: access.Clinician, Org: "RYJ"}, access.Reason{Purpose: access.DirectCare})
	for n := range 70 {
		id := s.create(s.client("R1K"), patient("R1K", fmt.Sprintf("v%d", n), "", "Family"+string(rune('a'+n%26)), fmt.Sprintf("Given%d", n), "1950-01-01", "male")).ID
		if _, err := nurse.Read(s.ctx, "Patient", id); err != nil {
			t.Fatal(err)
		}
		if n%20 == 0 {
			s.reviewed(v)
		}
	}
	s.reviewed(v)
	l, err = s.officer("x", "RYJ").Cases(s.ctx, record.CaseAsk{})
	if err != nil || l.Total != 1 || l.Cases[0].Kind != review.Volume || l.Cases[0].Count != 70 {
		t.Fatalf("a day of 70 patients: %+v %v", l, err)
	}
	if c, err := s.officer("x", "RYJ").Case(s.ctx, l.Cases[0].ID); err != nil || len(c.Seen.Events) != 70 {
		t.Errorf("what was seen that day: %d %v", len(c.Seen.Events), err)
	}
}

// TestColleaguesRecord: the record of an employee makes a case as it is seen.
func TestColleaguesRecord(t *testing.T) {
	s := newStage(t)
	for i, code := range []string{"EMP", "VIP"} {
		id := s.create(s.client("R1K"), strings.Replace(patient("R1K", fmt.Sprint(i), "", "Watched", "W", "1950-01-01", "male"), `"resourceType":"Patient",`,
			`"resourceType":"Patient",`+label(access.ActCode, code), 1)).ID
		if _, err := s.as(access.Clinician).Read(s.ctx, "Patient", id); err != nil {
			t.Fatal(err)
		}
	}
	l, err := s.officer("x", access.Domain).Cases(s.ctx, record.CaseAsk{})
	got := map[review.Kind]int{}
	for _, c := range l.Cases {
		got[c.Kind]++
	}
	if err != nil || got[review.Colleague] != 1 || got[review.Watched] != 1 {
		t.Errorf("%v %v", got, err)
	}
}

// TestColleagueByTheDirectory: whose own number the staff directory has is a
// colleague of who works for the same organisation, without any label on the record,
// and of nobody else; one's own record is one's own.
func TestColleagueByTheDirectory(t *testing.T) {
	s := newStage(t)
	s.alone = true
	p := s.create(s.client("R1K"), patient("R1K", "7", nhs, "Smith", "John", "1950-01-01", "male")).ID
	v := s.desk.Reviewer(func(_ context.Context, user string) (string, string, error) {
		if user == "m-RYJ" {
			return "Dr Himself", nhs, nil
		}
		return "Dr Somebody Else", "", nil
	}).Knows(func(_ context.Context, numbers []string) ([]string, error) {
		if slices.Contains(numbers, nhs) {
			return []string{"RQM", "RYJ"}, nil
		}
		return nil, nil
	})
	s.reviewed(v)
	for _, org := range []string{"RQM", "RYJ", "RAS"} {
		if _, err := s.clinician(org).Read(s.ctx, "Patient", p); err != nil {
			t.Fatal(err)
		}
	}
	s.reviewed(v)
	for org, want := range map[string]review.Kind{"RQM": review.Colleague, "RYJ": review.Own, "RAS": ""} {
		l, err := s.officer("pia", org).Cases(s.ctx, record.CaseAsk{})
		if err != nil || (want == "") != (l.Total == 0) || want != "" && (l.Total != 1 || l.Cases[0].Kind != want) {
			t.Errorf("%s: %v %v, want %q", org, kindsOf(l), err, want)
		}
	}
}
