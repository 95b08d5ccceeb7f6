package feed

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/standard/hl7v2"
	"concord/store"
)

// refusedStage is a patient whose second event the destination refuses, with two
// more behind it.
func refusedStage(t *testing.T) (*stage, *legacy, *record.Message) {
	t.Helper()
	s, a := newStage(t), newLegacy(t)
	p := s.patient(1)
	enc := s.visit(p, "", 0)
	a.behave = func(_ int, m *hl7v2.Message) []byte {
		if m.Get("PV2-3.2") == "step 1" && m.Get("PID-5.1") == "Test1" {
			return ack(m, "AE")
		}
		return nil
	}
	s.apply(setOf(map[string]string{"one": a.addr}, ""))
	s.run()
	for k := 1; k <= 3; k++ {
		s.visit(p, enc, k)
	}
	s.eventually("one returned, two held", func() bool {
		st := s.states("one")
		return st[record.Returned] == 1 && st[record.Held] == 2
	})
	return s, a, s.of("one", record.Returned)[0]
}

// TestResend: a message that was returned goes again in its old place, as it
// was; one that was sent goes again at the end, and both tell of each other.
func TestResend(t *testing.T) {
	s, a, m := refusedStage(t)
	a.mu.Lock()
	a.behave = nil
	a.mu.Unlock()
	if n, err := s.engineer("RQM").Resend(s.ctx, []int64{m.Seq}); n != 1 || err != nil {
		t.Fatalf("%d resent, %v", n, err)
	}
	s.eventually("all sent", func() bool { return s.states("one")[record.Sent] == 3 })
	var steps string
	for _, r := range a.all() {
		steps += r.step
	}
	if steps != "1123" { // refused, then in order
		t.Errorf("the steps came as %s", steps)
	}
	if n, err := s.engineer("RQM").Resend(s.ctx, []int64{m.Seq}); n != 1 || err != nil {
		t.Fatalf("%d resent, %v", n, err)
	}
	s.eventually("sent once more", func() bool { return s.states("one")[record.Sent] == 4 })
	all := a.all()
	if again := all[len(all)-1]; again.control != m.Control || again.step != "1" {
		t.Errorf("sent again as %+v", again)
	}
	first, err := s.engineer("RQM").MessageHead(s.ctx, m.Seq)
	if err != nil {
		t.Fatal(err)
	}
	if d := record.ReadOutDetail(first); d.Resent == 0 {
		t.Error("the first does not tell of the second")
	}
	if n, _ := s.engineer("RQM").Resend(s.ctx, []int64{m.Seq + 1000}); n != 0 {
		t.Error("a message that is not there was sent again")
	}
}

// TestResendCorrected: what a person has changed goes in the place of what was
// returned; the original is kept as it was, and who, when, why and which fields
// stand beside it and in the audit log, never what stood in them.
func TestResendCorrected(t *testing.T) {
	s, a, m := refusedStage(t)
	e := s.engineer("RQM")
	_, raw, err := e.OpenMessage(s.ctx, m.Seq)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), "Test1^Ada", "Tester^Ada", 1)
	fixed, err := Correct(m, raw, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	fixed.Why = "the family name was cut off"
	seq, err := e.ResendCorrected(s.ctx, fixed)
	if err != nil || seq != m.Seq {
		t.Fatalf("sent as %d, %v", seq, err)
	}
	s.eventually("all sent", func() bool { return s.states("one")[record.Sent] == 3 })
	all := a.all()
	if got := all[len(all)-3]; !strings.Contains(got.text, "Tester^Ada") || got.control == m.Control || got.step != "1" {
		t.Errorf("the corrected message went as %+v", got)
	}
	now, err := e.MessageHead(s.ctx, seq)
	if err != nil {
		t.Fatal(err)
	}
	d := record.ReadOutDetail(now)
	if d.Edit == nil || d.Edit.By != "engineer.lim" || d.Edit.Why == "" || fmt.Sprint(d.Edit.Differs) != "[PID-5]" || d.Edit.At.IsZero() {
		t.Fatalf("the trace is %+v", d.Edit)
	}
	original, kept, err := e.OpenMessage(s.ctx, d.Edit.Original)
	if err != nil || string(kept) != string(raw) || original.State != record.Closed || original.Control != m.Control || original.Code != "feed.refused" {
		t.Errorf("the original is %+v, %v", original, err)
	}
	if strings.Contains(string(now.Detail), "Tester") {
		t.Error("what was changed stands outside the content")
	}
	entry := s.lastAudit(access.EditMessage)
	if entry == nil || !strings.Contains(strings.Join(entry.What, " "), "PID-5") || len(entry.Records) != 1 || entry.Reason == "" {
		t.Errorf("the audit entry is %+v", entry)
	}
	// One that was sent is corrected too: it goes at the end.
	sent := s.of("one", record.Sent)[0]
	again, err := Correct(sent, []byte(all[len(all)-1].text), []byte(strings.Replace(all[len(all)-1].text, "step 3", "step 9", 1)))
	if err != nil {
		t.Fatal(err)
	}
	again.Why = "a test"
	if seq, err := e.ResendCorrected(s.ctx, again); err != nil || seq <= sent.Seq {
		t.Fatalf("sent as %d, %v", seq, err)
	}
	s.eventually("sent once more", func() bool { return s.states("one")[record.Sent] == 4 })
	if all = a.all(); all[len(all)-1].step != "9" {
		t.Error("the correction of a sent message did not go")
	}
}

// TestCorrect: a correction that changes nothing, or what makes the message
// another one, is refused.
func TestCorrect(t *testing.T) {
	m := &record.Message{Seq: 7, Control: "A-0-X", Trigger: "ADT^A08"}
	raw := "MSH|^~\\&|CONCORD|RQM|||20260101||ADT^A08|A-0-X|P|2.4\rPID|1||1^^^RQM^MR~2||Smith^Ada\rNTE|1\r"
	for name, c := range map[string]struct{ from, to, code string }{
		"nothing differs":  {"", "", "feed.same"},
		"no HL7":           {raw, "hello", "feed.edited"},
		"another message":  {"ADT^A08", "ADT^A01", "feed.edited"},
		"a byte of frames": {"Smith", "Smi\x1cth", "feed.edited"},
	} {
		text := strings.Replace(raw, c.from, c.to, 1)
		if _, err := Correct(m, []byte(raw), []byte(text)); fault.Of(err) == nil || fault.Of(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := Correct(m, []byte(raw), []byte(strings.NewReplacer("Smith", "Smyth", "NTE|1\r", "NTE|1\rZZZ|1\r", "~2", "~3", "\r", "\n").Replace(raw)))
	if err != nil || fmt.Sprint(got.Differs) != "[PID-3 PID-5 ZZZ]" || got.Control == m.Control || len(got.Control) > 20 {
		t.Errorf("%+v, %v", got, err)
	}
	if !strings.Contains(string(got.Raw), "|"+got.Control+"|") || strings.Contains(string(got.Raw), "\n") {
		t.Errorf("sent as %q", got.Raw)
	}
}

// TestWhoMay: clinicians and clerks see nothing of feeds that go out; engineers
// of another organisation open and steer nothing of ours.
func TestWhoMay(t *testing.T) {
	s, _, m := refusedStage(t)
	acts := map[string]func(e *record.Errand) error{
		"list": func(e *record.Errand) error { _, _, err := e.Destinations(s.ctx); return err },
		"messages": func(e *record.Errand) error {
			_, err := e.Messages(s.ctx, record.MessageFilter{Feed: "to:one", Limit: 5})
			return err
		},
		"open":   func(e *record.Errand) error { _, _, err := e.OpenMessage(s.ctx, m.Seq); return err },
		"reply":  func(e *record.Errand) error { _, err := e.OpenReply(s.ctx, m.Seq); return err },
		"resend": func(e *record.Errand) error { _, err := e.Resend(s.ctx, []int64{m.Seq}); return err },
		"correct": func(e *record.Errand) error {
			_, err := e.ResendCorrected(s.ctx, record.Corrected{Seq: m.Seq, Raw: []byte("x"), Control: "x", Why: "why"})
			return err
		},
		"aside": func(e *record.Errand) error { return e.SetAside(s.ctx, m.Seq, "why") },
		"pause": func(e *record.Errand) error {
			return e.Steer(s.ctx, record.DestinationPause, "one", "RQM", "why", true)
		},
		"queue": func(e *record.Errand) error { _, err := e.Queued(s.ctx, "one", 0, 1); return err },
		"take": func(e *record.Errand) error {
			return e.Release(s.ctx, nil, []record.Outgoing{{Destination: "one", Raw: []byte("x")}})
		},
	}
	for _, role := range []access.Role{access.Clinician, access.Receptionist, access.Steward, access.Privacy, access.Administrator, access.Patient, access.Insurer} {
		e := s.desk.For(access.Requester{ID: "x", Role: role, Org: "RQM"}, access.Reason{Purpose: access.DirectCare, Text: "why"})
		for name, act := range acts {
			if err := act(e); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %s: %v", role, name, err)
			}
		}
	}
	for _, name := range []string{"open", "reply", "resend", "correct", "aside", "pause"} {
		if err := acts[name](s.engineer("RYJ")); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Errorf("an engineer of another organisation: %s: %v", name, err)
		}
	}
	without := s.desk.For(access.Requester{ID: "engineer.lim", Role: access.Engineer, Org: "RQM"}, access.Reason{Purpose: access.Integrity})
	for _, name := range []string{"open", "reply", "correct"} {
		if err := acts[name](without); !fault.Is(err, fault.Denied) {
			t.Errorf("without a reason: %s: %v", name, err)
		}
	}
}

// TestPause: a destination that is paused gets nothing, and all of it later; a
// channel that is paused takes nothing, and all of it later.
func TestPause(t *testing.T) {
	s, a := newStage(t), newLegacy(t)
	s.apply(setOf(map[string]string{"one": a.addr}, ""))
	s.run()
	steer := func(kind, name string, paused bool) {
		t.Helper()
		if err := s.engineer("RQM").Steer(s.ctx, kind, name, "RQM", "maintenance tonight", paused); err != nil {
			t.Fatal(err)
		}
		s.eventually("the engine knows", func() bool { return s.feeds.isPaused(kind, name) == paused })
	}
	steer(record.DestinationPause, "one", true)
	s.patient(1)
	s.eventually("it is filed", func() bool { return s.states("one")[record.Waiting] == 1 })
	time.Sleep(300 * time.Millisecond)
	if a.count() != 0 {
		t.Error("a paused destination got a message")
	}
	steer(record.DestinationPause, "one", false)
	s.eventually("it is sent", func() bool { return a.count() == 1 })
	steer(record.ChannelPause, "all", true)
	s.patient(2)
	time.Sleep(600 * time.Millisecond)
	if st := s.states("one"); st[record.Waiting]+st[record.Sent] != 1 {
		t.Errorf("a paused channel filed a message: %v", st)
	}
	steer(record.ChannelPause, "all", false)
	s.eventually("it is sent too", func() bool { return a.count() == 2 })
}

// TestKeepBodies: the content of what was sent goes by the destination's rule;
// the row stays.
func TestKeepBodies(t *testing.T) {
	s, a := newStage(t), newLegacy(t)
	s.apply(setOf(map[string]string{"one": a.addr}, ""))
	s.run()
	for n := range 5 {
		s.patient(n)
	}
	s.eventually("sent", func() bool { return s.states("one")[record.Sent] == 5 })
	e := s.system()
	if next, err := e.Empty(s.ctx, "one", time.Now().Add(-time.Hour), 0, 2); next != 0 || err != nil || s.states("one")[record.Sent] != 5 {
		t.Errorf("what is young was emptied: %d, %v", next, err)
	}
	steps := 0
	for next := int64(0); steps == 0 || next != 0; steps++ {
		var err error
		if next, err = e.Empty(s.ctx, "one", time.Now().Add(time.Hour), next, 2); err != nil {
			t.Fatal(err)
		}
	}
	if st := s.states("one"); st[record.Emptied] != 5 || st[record.Sent] != 0 || steps != 3 {
		t.Errorf("%v after %d steps", st, steps)
	}
	m := s.of("one", record.Emptied)[0]
	_, raw, err := s.engineer("RQM").OpenMessage(s.ctx, m.Seq)
	if err != nil || len(raw) != 0 || m.Control == "" {
		t.Errorf("%d bytes are left, %v", len(raw), err)
	}
}

// lastAudit is the newest entry of an action.
func (s *stage) lastAudit(act access.Action) (last *audit.Entry) {
	s.t.Helper()
	err := s.engine.View(s.ctx, func(r store.Reader) error {
		n, err := r.LogSize(s.ctx, audit.Log)
		if err != nil {
			return err
		}
		rows, err := r.LogEntries(s.ctx, audit.Log, 0, int(n))
		for _, row := range rows {
			if e, err := audit.Decode(row.Body); err == nil && e.Action == act {
				last = &e
			}
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return last
}
