package record_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
)

const canary = "http://example.org/canary|"

func (s *stage) carrySeals() {
	s.t.Helper()
	if err := record.CarrySeals(s.ctx, s.desk); err != nil {
		s.t.Fatal(err)
	}
}

// open tells whether somebody reads resources ("Type/id"), each as is wanted.
func (s *stage) open(when string, e *record.Errand, want bool, refs ...string) {
	s.t.Helper()
	for _, ref := range refs {
		typ, id, _ := strings.Cut(ref, "/")
		_, err := e.Read(s.ctx, typ, id)
		if (err == nil) != want || err != nil && !fault.Is(err, fault.Withheld) && !fault.Is(err, fault.Denied) {
			s.t.Errorf("%s: %s %v", when, ref, err)
		}
	}
}

func (s *stage) ref(e *record.Errand, text string) string {
	s.t.Helper()
	r := s.create(e, text)
	return s.json(text).Type() + "/" + r.ID
}

func reportJSON(patient, code string, results ...string) string {
	var list []string
	for _, r := range results {
		list = append(list, `{"reference":"`+r+`"}`)
	}
	return `{"resourceType":"DiagnosticReport","status":"final","code":{"coding":[{"system":"http://example.org/canary","code":"` + code + `"}]},"subject":{"reference":"Patient/` + patient + `"},"result":[` + strings.Join(list, ",") + `]}`
}

func stayOf(patient, service string) string {
	return strings.Replace(fmt.Sprintf(stayJSON, "in-progress", patient, ""), `"class"`, `"serviceType":{"coding":[{"system":"http://example.org/canary","code":"`+service+`"}]},"class"`, 1)
}

// TestStandingSeal: what comes later under a sealed code is sealed when it comes, with
// the results of a report and what was recorded during a stay; what has another code or
// is another organisation's is not. Taken back, all of it is open, but what is sealed
// by itself.
func TestStandingSeal(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", "", "in-progress", "")
	own, other := s.client("R1K"), s.client("RQM")
	before := s.ref(own, s.observation(h.patient, "part-1", ""))
	first := s.ref(own, reportJSON(h.patient, "GUM", before))
	apart := s.ref(own, s.observation(h.patient, "other", ""))
	byItself := s.ref(own, s.observation(h.patient, "GUM", ""))
	o := s.guardian("R1K")
	s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: byItself})
	_, from := s.audited(0)
	plan := s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: first, Later: true})
	if got, _ := s.audited(from); got["mark"] != 1 || plan.Items != 2 {
		t.Errorf("audited %v, %d items", got, plan.Items)
	}
	s.open("what was there", other, false, first, before)
	s.open("another code", other, true, apart)
	later := s.ref(own, s.observation(h.patient, "GUM", ""))
	s.open("a later one", other, false, later)
	s.open("a later one, who recorded it", own, true, later)
	theirs := s.ref(s.client("RYJ"), s.observation(h.patient, "GUM", ""))
	s.open("another organisation's", other, true, theirs)

	results := s.bundle(own, s.observation(h.patient, "part-2", ""), reportJSON(h.patient, "GUM", "urn:uuid:0"))
	s.open("a report with its results, in one", other, false, results...)
	loose := s.ref(own, s.observation(h.patient, "part-3", ""))
	s.open("a result before its report", other, true, loose)
	s.ref(own, reportJSON(h.patient, "GUM", loose))
	s.carrySeals()
	s.open("a result of a report that came", other, false, loose)

	stay := s.ref(own, stayOf(h.patient, "GUM"))
	during := s.ref(own, strings.Replace(s.observation(h.patient, "plain", ""), `"status"`, `"encounter":{"reference":"`+stay+`"},"status"`, 1))
	s.open("a stay of the service, and what was recorded during it", other, false, stay, during)
	reason := s.ref(own, strings.Replace(s.observation(h.patient, "plain", ""), `"status"`, `"valueCodeableConcept":{"coding":[{"system":"http://example.org/canary","code":"GUM"}]},"status"`, 1))
	s.open("the code as a value", other, false, reason)

	if _, err := s.rewrite(own, "Observation", strings.TrimPrefix(later, "Observation/"), s.observation(h.patient, "GUM", "")); err != nil {
		t.Fatal(err)
	}
	s.open("written again without saying so", other, false, later)
	unsay := record.Op{Kind: record.Patch, Type: "Observation", ID: strings.TrimPrefix(later, "Observation/"), Change: func(v *fhir.Value) (*fhir.Value, error) {
		return access.SetLabels(v, nil), nil
	}}
	if _, err := own.Transact(s.ctx, []record.Op{unsay}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	s.open("a patch that takes the label away", other, false, later)
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Unseal, Ref: later}, markWhy); fault.Of(err) == nil || fault.Of(err).Code != "record.mark-standing" {
		t.Errorf("one is unsealed by itself: %v", err)
	}
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: first, Later: true}, markWhy); fault.Of(err) == nil || fault.Of(err).Code != "record.mark-same" {
		t.Errorf("sealed twice: %v", err)
	}
	seen, err := o.Marked(s.ctx, h.patient, "")
	if err != nil || len(seen.Standing) != 1 || seen.Standing[0].Mark != plan.ID || seen.Standing[0].Items < 8 || seen.Standing[0].Why != markWhy || len(seen.Objections) != 0 {
		t.Fatalf("%+v %v", seen, err)
	}
	s.open("the seal's own Consent", other, false, seen.Standing[0].Ref)
	s.mark(o, record.MarkAsked{Patient: h.patient, Of: plan.ID})
	s.open("taken back", other, true, append(results, first, before, later, loose, stay, during, reason)...)
	s.open("taken back, what is sealed by itself", other, false, byItself)
	s.open("taken back, and later", other, true, s.ref(own, s.observation(h.patient, "GUM", "")))
	s.clean()
}

// bundle creates resources in one transaction; the first is urn:uuid:0 to the others.
func (s *stage) bundle(e *record.Errand, texts ...string) []string {
	s.t.Helper()
	var ops []record.Op
	for i, text := range texts {
		v := s.json(text)
		ops = append(ops, record.Op{Kind: record.Create, Type: v.Type(), Resource: v, FullURL: fmt.Sprint("urn:uuid:", i)})
	}
	res, err := e.Transact(s.ctx, ops, record.Commit{})
	if err != nil {
		s.t.Fatal(err)
	}
	var refs []string
	for _, r := range res {
		refs = append(refs, r.Type+"/"+r.ID)
	}
	return refs
}

// TestStandingSealByCode: an officer seals by a code, of the classification all that
// begins with it, for a workgroup; the domain's officer what every organisation has.
// A clinician seals what comes later from a document, and nothing by its code.
func TestStandingSealByCode(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", "", "in-progress", "")
	s.create(s.client("R1K"), fmt.Sprintf(stayJSON, "in-progress", h.patient, ""))
	icd := func(code string) string {
		return `{"resourceType":"Condition","subject":{"reference":"Patient/` + h.patient + `"},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"` + code + `"}]}}`
	}
	o, own, team := s.guardian("R1K"), s.clinician("R1K"), s.desk.For(
		access.Requester{ID: "team", Role: access.Clinician, Org: "R1K", Workgroups: []string{"PSY"}}, access.Reason{Purpose: access.DirectCare})
	s.mark(o, record.MarkAsked{Patient: h.patient, Do: record.SealAndLock, Code: "http://hl7.org/fhir/sid/icd-10|F32", Team: "PSY"})
	locked, plain := s.ref(s.client("R1K"), icd("F32.1")), s.ref(s.client("R1K"), icd("F33.1"))
	s.open("the category, outside the team", own, false, locked)
	s.open("the category, its team", team, true, locked)
	s.open("another category", own, true, plain)
	for _, code := range []string{"", "F32", "|F32", "http://hl7.org/fhir/sid/icd-10|", "http://hl7.org/fhir/sid/icd-10|F", "icd|F32", "http://a b|F32"} {
		if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Code: code}, markWhy); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", code, err)
		}
	}
	if _, err := own.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Code: canary + "X"}, markWhy); !fault.Is(err, fault.Denied) {
		t.Errorf("a clinician seals by a code: %v", err)
	}
	if _, err := s.guardian("RQM").Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: "Observation/" + h.obs, Later: true}, markWhy); !fault.Is(err, fault.Denied) {
		t.Errorf("another organisation's officer: %v", err)
	}
	mine := s.mark(own, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: "Observation/" + h.obs, Later: true})
	s.open("by a clinician", s.client("RQM"), false, "Observation/"+h.obs, s.ref(s.client("R1K"), s.observation(h.patient, h.code, "")))
	s.mark(own, record.MarkAsked{Patient: h.patient, Of: mine.ID})
	s.open("taken back by who sealed it", s.client("RQM"), true, "Observation/"+h.obs)

	every := s.mark(s.guardian("QRV"), record.MarkAsked{Patient: h.patient, Do: record.Seal, Code: canary + "EVERY"})
	theirs := s.ref(s.client("RYJ"), s.observation(h.patient, "EVERY", ""))
	s.open("the domain's, another organisation's", s.client("RQM"), false, theirs, s.ref(s.client("R1K"), s.observation(h.patient, "EVERY", "")))
	s.open("the domain's, who recorded it", s.client("RYJ"), true, theirs)
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Of: every.ID}, markWhy); err == nil {
		t.Error("a trust's officer takes back what the domain has sealed")
	}
	uncoded := s.create(s.client("R1K"), strings.Replace(s.observation(h.patient, "x", ""), `"system":"http://example.org/canary",`, "", 1)).ID
	if _, err := o.Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Ref: "Observation/" + uncoded, Later: true}, markWhy); fault.Of(err) == nil || fault.Of(err).Code != "record.mark-code" {
		t.Errorf("without a code: %v", err)
	}
	s.clean()
}

// TestStandingSealFollowsThePerson: joined with another entry, its seal is on what is
// there and what comes; parted, what is sealed stays so. A resource that was filed
// under the wrong patient has the seals of the right one.
func TestStandingSealFollowsThePerson(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "1", "", "Okonkwo", "Adaeze", "1948-03-14", "female")).ID
	b := s.create(s.client("RYJ"), patient("RYJ", "9", "", "Smith", "John", "1990-01-01", "male")).ID
	there := s.ref(s.client("RYJ"), s.observation(b, "GUM", ""))
	out := s.client("RQM")
	s.mark(s.guardian("QRV"), record.MarkAsked{Patient: a, Do: record.Seal, Code: canary + "GUM"})
	s.carrySeals()
	s.open("somebody else's", out, true, there)
	s.join(a, b)
	s.carrySeals()
	s.open("joined", out, false, there)
	s.open("joined, and written since", out, false, s.ref(s.client("RYJ"), s.observation(b, "GUM", "")))
	third := s.create(s.client("RAS"), patient("RAS", "3", "", "Jones", "Mary", "1960-01-01", "female")).ID
	ruled, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Join, A: third, B: b, Why: "one person"})
	if err != nil {
		t.Fatal(err)
	}
	apart := s.ref(s.client("RAS"), s.observation(third, "GUM", ""))
	s.open("joined with who was joined", out, false, apart)

	if _, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.TakeBack, Of: ruled.ID, Why: "two people"}); err != nil {
		t.Fatal(err)
	}
	s.carrySeals()
	s.open("parted", out, false, apart, there)
	s.open("parted, and written since", out, true, s.ref(s.client("RAS"), s.observation(third, "GUM", "")))
	s.mark(s.guardian("RAS"), record.MarkAsked{Patient: third, Do: record.Unseal, Ref: apart})
	s.carrySeals()
	s.open("parted, and opened by itself", out, true, apart)

	wrong := s.create(s.client("R1K"), patient("R1K", "2", "", "Wrong", "Ann", "1970-01-01", "female")).ID
	misfiled := s.ref(s.client("R1K"), stayOf(wrong, "GUM"))
	s.open("misfiled", out, true, misfiled)
	steward := s.desk.For(access.Requester{ID: "st", Role: access.Steward, Org: "R1K"}, access.Reason{Purpose: access.Administration})
	if _, err := steward.MoveFiled(s.ctx, record.MoveAsked{From: wrong, Into: a, Refs: []string{misfiled}, Why: "it is hers"}); err != nil {
		t.Fatal(err)
	}
	found, err := s.client("R1K").Chart(s.ctx, a, record.ChartQuery{Sections: []record.Section{{Type: "Encounter"}}})
	if err != nil {
		t.Fatal(err)
	}
	moved := 0
	for _, it := range found.Sections[0] {
		if it.Org == "R1K" {
			moved++
			s.open("moved to her", out, false, it.Ref())
		}
	}
	if moved != 1 {
		t.Errorf("%d moved", moved)
	}
	s.clean()
}

// TestStandingSealRaces: what is written while something is sealed is sealed, whichever
// comes first.
func TestStandingSealRaces(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", "", "in-progress", "")
	var mu sync.Mutex
	var refs []string
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 6 {
				res, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Observation", Resource: s.json(s.observation(h.patient, "GUM", ""))}}, record.Commit{})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				refs = append(refs, "Observation/"+res[0].ID)
				mu.Unlock()
			}
		})
	}
	wg.Go(func() {
		if _, err := s.guardian("R1K").Mark(s.ctx, record.MarkAsked{Patient: h.patient, Do: record.Seal, Code: canary + "GUM"}, markWhy); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	s.carrySeals()
	s.open("written beside it", s.client("RQM"), false, refs...)
	s.clean()
}

// TestStandingSealOfMany: more than one transaction seals are sealed behind it, and
// opened behind what takes it back.
func TestStandingSealOfMany(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", "", "in-progress", "")
	var refs []string
	for range 7 {
		var texts []string
		for range 100 {
			texts = append(texts, s.observation(h.patient, "GUM", ""))
		}
		refs = append(refs, s.bundle(s.client("R1K"), texts...)...)
	}
	plan := s.mark(s.guardian("R1K"), record.MarkAsked{Patient: h.patient, Do: record.Seal, Code: canary + "GUM"})
	s.carrySeals()
	if plan.Items != len(refs) {
		t.Errorf("%d items", plan.Items)
	}
	s.open("sealed", s.client("RQM"), false, refs...)
	s.mark(s.guardian("R1K"), record.MarkAsked{Patient: h.patient, Of: plan.ID})
	s.carrySeals()
	s.open("taken back", s.client("RQM"), true, refs...)
	if it, err := s.client("R1K").Read(s.ctx, "Observation", strings.TrimPrefix(refs[0], "Observation/")); err != nil || len(access.LabelsOn(it.Resource)) != 0 {
		t.Errorf("labels that stay: %s %v", it.JSON(), err)
	}
	s.clean()
}

// TestStandingSealExplained: who asks why is told which seal it is, since when and by
// whose decision, and not which code.
func TestStandingSealExplained(t *testing.T) {
	s := newStage(t)
	s.alone = true
	h := s.hideAhead("", record.Seal)
	x, err := s.guardian("QRV").Explain(s.ctx, access.Requester{ID: "m", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare}, h.patient, "Observation/"+h.obs)
	if err != nil || x.Allowed || x.Rule != "sealed" || len(x.Seals) != 1 {
		t.Fatalf("%+v %v", x, err)
	}
	if got := x.Seals[0]; got.Org != "R1K" || got.Label != "sealed" || got.Who != "R1K/officer-R1K" || got.Why != markWhy || got.Since.IsZero() || strings.Contains(fmt.Sprintf("%+v", x), h.code) {
		t.Errorf("%+v", got)
	}
	if x, err = s.guardian("QRV").Explain(s.ctx, access.Requester{ID: "m", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare}, h.patient, "DiagnosticReport/"+h.report); err != nil || len(x.Seals) != 0 {
		t.Errorf("what is not sealed: %+v %v", x, err)
	}
	if x, err = s.guardian("QRV").Explain(s.ctx, access.Requester{ID: "m", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare}, h.patient, ""); err != nil || len(x.Seals) != 1 {
		t.Errorf("of the patient: %+v %v", x, err)
	}
	if !slices.ContainsFunc(x.Facts, func(f access.Fact) bool { return f.Name == "label" }) {
		t.Errorf("%+v", x.Facts)
	}
}

// TestStandingSealOfALoad: what is loaded in pieces, and what comes in the transaction
// that seals it, is sealed as what comes one by one.
func TestStandingSealOfALoad(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", "", "in-progress", "")
	s.mark(s.guardian("R1K"), record.MarkAsked{Patient: h.patient, Do: record.Seal, Code: canary + "GUM"})
	var ops []record.Op
	for i := range 40 {
		code := map[bool]string{true: "GUM", false: "other"}[i%2 == 0]
		ops = append(ops, record.Op{Kind: record.Update, Type: "Observation", ID: fmt.Sprint("row-", i), Key: fmt.Sprint("key-", i), Resource: s.json(s.observation(h.patient, code, "")).With("id", fmt.Sprint("row-", i))})
	}
	if _, err := s.client("R1K").Transact(s.ctx, ops, record.Commit{Piece: 5}); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		s.open("loaded", s.client("RQM"), i%2 != 0, fmt.Sprint("Observation/row-", i))
	}
	own := (&access.StandingSeal{Codes: []string{canary + "CLIENT"}, Label: access.Sealed}).Consent("Patient/"+h.patient, "2026-11-22T09:00:00Z").Without("meta")
	refs := s.bundle(s.client("R1K"), s.observation(h.patient, "CLIENT", ""), string(own.JSON()))
	s.open("sealed in the same transaction by a client", s.client("RQM"), false, refs...)
	seen, err := s.guardian("R1K").Marked(s.ctx, h.patient, "")
	if err != nil || len(seen.Standing) != 2 {
		t.Fatalf("%+v %v", seen, err)
	}
	s.mark(s.guardian("R1K"), record.MarkAsked{Patient: h.patient, Do: record.Withdraw, Ref: refs[1]})
	s.carrySeals()
	s.open("withdrawn", s.client("RQM"), true, refs[0])
	s.open("withdrawn, the Consent", s.client("RQM"), false, refs[1])
	s.clean()
}
