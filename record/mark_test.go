package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
)

const markWhy = "the patient asked for it by letter"

func (s *stage) guardian(org string) *record.Errand {
	return s.desk.For(access.Requester{ID: "officer-" + org, Role: access.Privacy, Org: org}, access.Reason{Purpose: access.Administration})
}

// mark does a marking that must come through.
func (s *stage) mark(e *record.Errand, ask record.MarkAsked) *record.MarkPlan {
	s.t.Helper()
	plan, err := e.Mark(s.ctx, ask, markWhy)
	if err != nil {
		s.t.Fatalf("%s: %v", ask.Do, err)
	}
	return plan
}

// TestSealByOfficer: what an officer seals is closed to other organisations at
// once, what is locked is invisible outside its workgroup; undone, it is as it was.
func TestSealByOfficer(t *testing.T) {
	s := newStage(t)
	s.alone = true
	h := s.hide("", "R1K", label(access.ActCode, "HIV"), "in-progress", "")
	o, other, own, team := s.guardian("R1K"), s.clinician("RQM"), s.clinician("R1K"), s.desk.For(
		access.Requester{ID: "team", Role: access.Clinician, Org: "R1K", Workgroups: []string{"GUM"}}, access.Reason{Purpose: access.DirectCare})
	s.create(s.client("R1K"), fmt.Sprintf(stayJSON, "in-progress", h.patient, ""))
	ref := "DiagnosticReport/" + h.report
	reads := func(when string, e *record.Errand, want bool) {
		t.Helper()
		_, err := e.Read(s.ctx, "DiagnosticReport", h.report)
		if (err == nil) != want || err != nil && !fault.Is(err, fault.Withheld) && !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", when, err)
		}
	}
	reads("before", other, true)
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: ref}, "short"); !fault.Is(err, fault.Invalid) {
		t.Errorf("sealed with hardly a reason: %v", err)
	}
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: ref}, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("sealed without a reason: %v", err)
	}
	sealed := s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: ref, Seen: 1})
	reads("sealed, another trust", other, false)
	reads("sealed, its own", own, true)
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: ref}, markWhy); fault.Of(err) == nil || fault.Of(err).Code != "record.mark-same" {
		t.Errorf("sealed twice: %v", err)
	}
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.SealAndLock, Ref: ref, Seen: 1}, markWhy); fault.Of(err) == nil || fault.Of(err).Code != "record.mark-changed" {
		t.Errorf("a version that was not looked at: %v", err)
	}
	locked := s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.SealAndLock, Ref: ref, Team: "GUM"})
	reads("locked, its own organisation", own, false)
	reads("locked, its team", team, true)
	if it, err := team.Read(s.ctx, "DiagnosticReport", h.report); err != nil || it.Resource.Path("meta.security").Len() != 2 {
		t.Errorf("labels: %v %v", it.Resource.Path("meta.security"), err)
	}
	seen, err := o.Marked(s.ctx, h.patient, "")
	if err != nil || len(seen.Items) != 2 || seen.Items[0].Label != access.Locked || !slices.Equal(seen.Items[0].Teams, []string{"R1K/GUM"}) || len(seen.Done) != 2 || seen.Done[0].Why != markWhy {
		t.Errorf("marked: %+v %v", seen, err)
	}
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Of: sealed.ID}, markWhy); fault.Of(err) == nil || fault.Of(err).Code != "record.mark-changed" {
		t.Errorf("undone over what came later: %v", err)
	}
	s.mark(o, record.MarkAsked{Patient: h.patient, Of: locked.ID})
	reads("undone to sealed, its own", own, true)
	reads("undone to sealed, another trust", other, false)
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Of: locked.ID}, markWhy); !fault.Is(err, fault.Conflict) {
		t.Errorf("undone twice: %v", err)
	}
	s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Unseal, Ref: ref})
	reads("unsealed", other, true)
	s.clean()
}

// TestReportWithItsResults: a report that is sealed takes its results with it, members
// of panels too, which say what it says; another organisation's result stays, and what
// is undone is open again.
func TestReportWithItsResults(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", "", "in-progress", "")
	part := s.create(s.client("R1K"), s.observation(h.patient, "part", "")).ID
	panel := s.create(s.client("R1K"), strings.Replace(s.observation(h.patient, "panel", ""), `"status"`, `"hasMember":[{"reference":"Observation/`+part+`"}],"status"`, 1)).ID
	theirs := s.create(s.client("RYJ"), s.observation(h.patient, "theirs", "")).ID
	report := s.create(s.client("R1K"), `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/`+h.patient+`"},"result":[{"reference":"Observation/`+panel+`"},{"reference":"Observation/`+theirs+`"}]}`).ID
	other := s.client("RQM")
	open := func(when string, want bool) {
		t.Helper()
		for _, id := range []string{part, panel} {
			if _, err := other.Read(s.ctx, "Observation", id); (err == nil) != want {
				t.Errorf("%s: %v", when, err)
			}
		}
		if _, err := other.Read(s.ctx, "Observation", theirs); err != nil {
			t.Errorf("%s, another organisation's: %v", when, err)
		}
	}
	o := s.guardian("R1K")
	open("before", true)
	sealed := s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: "DiagnosticReport/" + report})
	if sealed.Items != 3 {
		t.Errorf("%d items are sealed", sealed.Items)
	}
	open("sealed", false)
	s.mark(o, record.MarkAsked{Patient: h.patient, Of: sealed.ID})
	open("undone", true)
	s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.SealAndLock, Ref: "DiagnosticReport/" + report})
	open("locked", false)
	s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Unseal, Ref: "DiagnosticReport/" + report})
	open("unsealed", true)
	s.clean()
}

// TestMarkAlike: what has the code of a resource is sealed with it, and a
// sensitive label stays when the seal goes.
func TestMarkAlike(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", label(access.ActCode, "HIV"), "in-progress", "")
	second := s.create(s.client("R1K"), s.observation(h.patient, h.code, "")).ID
	apart := s.create(s.client("R1K"), s.observation(h.patient, "OTHER", "")).ID
	theirs := s.create(s.client("RYJ"), s.observation(h.patient, h.code, "")).ID
	o := s.guardian("R1K")
	plan := s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: "Observation/" + h.obs, Alike: true})
	if plan.Items != 2 {
		t.Errorf("%d items are sealed", plan.Items)
	}
	for id, want := range map[string]int{h.obs: 2, second: 1, apart: 0, theirs: 0} {
		e := s.client("R1K")
		if id == theirs {
			e = s.client("RYJ")
		}
		if it, err := e.Read(s.ctx, "Observation", id); err != nil || it.Resource.Path("meta.security").Len() != want {
			t.Errorf("%s: %v %v, want %d labels", id, it, err, want)
		}
	}
	s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Unseal, Ref: "Observation/" + h.obs, Alike: true})
	if it, err := s.client("R1K").Read(s.ctx, "Observation", h.obs); err != nil || it.Resource.Path("meta.security").Len() != 1 {
		t.Errorf("the sensitivity is wanted still: %v %v", it, err)
	}
}

// TestMarkPatient: the S-flag, the watch and the patient's objections do what
// those do that come by other ways, and end.
func TestMarkPatient(t *testing.T) {
	s := newStage(t)
	s.alone = true
	home := `"resourceType":"Patient","address":[{"line":["7 Hidden Lane"],"postalCode":"HA1 3UJ"}],`
	p := s.create(s.client("R1K"), strings.Replace(patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male"), `"resourceType":"Patient",`, home, 1)).ID
	obs := s.create(s.client("R1K"), s.observation(p, "CODE", "")).ID
	gp := s.create(s.client("E87009"), s.observation(p, "GP", "")).ID
	s.create(s.client("RQM"), fmt.Sprintf(stayJSON, "in-progress", p, ""))
	o, other := s.guardian("R1K"), s.clinician("RQM")
	entry := "Patient/" + p
	lives := func() bool {
		it, err := s.client("RQM").Read(s.ctx, "Patient", p)
		return err == nil && strings.Contains(string(it.JSON()), "Lane")
	}
	reads := func(id string) bool { _, err := other.Read(s.ctx, "Observation", id); return err == nil }

	s.mark(o, record.MarkAsked{Patient: p, Do: record.Restrict, Ref: entry})
	if lives() {
		t.Error("restricted, and the address is shown")
	}
	s.mark(o, record.MarkAsked{Patient: p, Do: record.WatchPublic, Ref: entry})
	if seen, err := o.Marked(s.ctx, p, ""); err != nil || len(seen.Entries) != 1 || !seen.Entries[0].Restricted || !slices.Equal(seen.Entries[0].Watches, []string{"VIP"}) {
		t.Errorf("marked: %+v %v", seen, err)
	}
	if !reads(obs) {
		t.Error("a watched record is not read")
	}
	if list, err := s.guardian("RQM").Cases(s.ctx, record.CaseAsk{}); err != nil || len(list.Cases) == 0 {
		t.Errorf("nobody is told of a watched record: %v", err)
	}
	s.mark(o, record.MarkAsked{Patient: p, Do: record.Unwatch, Ref: entry})
	s.mark(o, record.MarkAsked{Patient: p, Do: record.Unrestrict, Ref: entry})
	if !lives() {
		t.Error("the S-flag is ended, and the address is not shown")
	}

	for do, id := range map[record.Marking]string{record.ObjectShared: obs, record.ObjectGP: gp} {
		if !reads(id) {
			t.Fatalf("%s: not read before", do)
		}
		s.mark(o, record.MarkAsked{Patient: p, Do: do})
		if reads(id) {
			t.Errorf("%s: read", do)
		}
		if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: p, Do: do}, markWhy); fault.Of(err) == nil || fault.Of(err).Code != "record.mark-same" {
			t.Errorf("%s twice: %v", do, err)
		}
		seen, err := o.Marked(s.ctx, p, "")
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(seen.Objections, func(x record.Objection) bool { return x.Active })
		withdrawn := s.mark(o, record.MarkAsked{Patient: p, Do: record.Withdraw, Ref: seen.Objections[at].Ref})
		if !reads(id) {
			t.Errorf("%s withdrawn: not read", do)
		}
		s.mark(o, record.MarkAsked{Patient: p, Of: withdrawn.ID})
		if reads(id) {
			t.Errorf("%s, and the withdrawal undone: read", do)
		}
		s.mark(o, record.MarkAsked{Patient: p, Do: record.Withdraw, Ref: seen.Objections[at].Ref})
	}
	made := s.mark(o, record.MarkAsked{Patient: p, Do: record.ObjectShared})
	s.mark(o, record.MarkAsked{Patient: p, Of: made.ID})
	if !reads(obs) {
		t.Error("an objection written down in error holds")
	}
	s.clean()
}

// TestWhoMarks: an organisation's own officer, the domain's, and of a document a
// clinician of its organisation who looks after the patient; nobody else.
func TestWhoMarks(t *testing.T) {
	s := newStage(t)
	s.alone = true
	h := s.hide("", "R1K", "", "in-progress", "")
	ref := "DiagnosticReport/" + h.report
	refused := func(who string, e *record.Errand, ask record.MarkAsked) {
		t.Helper()
		ask.Patient = h.patient
		_, from := s.audited(0)
		if _, err := e.Mark(s.ctx, ask, markWhy); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %s %v", who, ask.Do, err)
		}
		if got, _ := s.audited(from); got["!mark"]+got["mark?"] != 1 {
			t.Errorf("%s: audited %v", who, got)
		}
	}
	every := []record.MarkAsked{{Do: record.Seal, Ref: ref}, {Do: record.Restrict, Ref: "Patient/" + h.patient}, {Do: record.WatchStaff, Ref: "Patient/" + h.patient}}
	for _, ask := range every {
		refused("another trust's officer", s.guardian("RQM"), ask)
		for _, role := range access.Roles() {
			if role != access.Privacy && role != access.Clinician {
				refused(string(role), s.as(role), ask)
			}
		}
		refused("a clinician of another trust", s.clinician("RQM"), ask)
		refused("a clinician without a relationship", s.clinician("R1K"), ask)
	}
	for _, do := range []record.Marking{record.ObjectShared, record.ObjectGP} {
		refused("a receptionist", s.as(access.Receptionist), record.MarkAsked{Do: do})
	}
	s.create(s.client("R1K"), fmt.Sprintf(stayJSON, "in-progress", h.patient, ""))
	own := s.clinician("R1K")
	refused("a clinician", own, every[1])
	refused("a clinician", own, record.MarkAsked{Do: record.ObjectShared})
	s.mark(s.guardian("R1K"), record.MarkAsked{Patient: h.patient, Do: record.ObjectShared})
	standing, err := s.guardian("R1K").Marked(s.ctx, h.patient, "")
	if err != nil || len(standing.Objections) != 1 {
		t.Fatalf("%+v %v", standing, err)
	}
	refused("a clinician", own, record.MarkAsked{Do: record.Withdraw, Ref: standing.Objections[0].Ref})
	refused("a clinician", own, record.MarkAsked{Of: standing.Done[0].ID})
	if _, err := own.Marked(s.ctx, h.patient, ""); !fault.Is(err, fault.Denied) {
		t.Errorf("a clinician sees everything that is marked: %v", err)
	}
	if seen, err := own.Marked(s.ctx, h.patient, ref); err != nil || len(seen.Items) != 1 {
		t.Errorf("a clinician, of one document: %+v %v", seen, err)
	}
	s.mark(own, record.MarkAsked{Patient: h.patient, Do: record.SealAndLock, Ref: ref, Team: "GUM"})
	refused("a clinician outside the team", own, record.MarkAsked{Do: record.Unseal, Ref: ref})
	s.mark(s.guardian("QRV"), record.MarkAsked{Patient: h.patient, Do: record.Unseal, Ref: ref})
	other := s.create(s.client("R1K"), patient("R1K", "77", "", "Else", "Ann", "1970-01-01", "female")).ID
	ask := every[0]
	ask.Patient = other
	if _, err := s.guardian("R1K").Mark(s.ctx, ask, markWhy); !fault.Is(err, fault.NotFound) {
		t.Errorf("marked under another patient: %v", err)
	}
	for _, ask := range []record.MarkAsked{{Do: record.Seal, Ref: "Patient/" + h.patient}, {Do: record.Restrict, Ref: ref}, {Do: "hide", Ref: ref}, {Do: record.Seal}, {Do: record.Withdraw, Ref: ref}} {
		ask.Patient = h.patient
		if _, err := s.guardian("R1K").Mark(s.ctx, ask, markWhy); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", ask, err)
		}
	}
}
