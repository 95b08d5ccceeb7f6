package record_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/review"
	"concord/standard/fhir"
	"concord/store/postgres/pgtest"
)

// hidden is one resource that somebody may not see, and why.
type hidden struct {
	why     string
	patient string
	obs     string
	report  string // refers to obs
	code    string // of obs, and its canary
	asker   *record.Errand
	known   bool // it may be said that something is there
}

// ways are the paths to one observation. Each gives what it shows, with the
// code in it when anything tells that the observation is there.
func (s *stage) ways(h hidden) map[string]func(e *record.Errand) (string, error) {
	text := func(items ...*record.Item) string {
		var b strings.Builder
		for _, it := range items {
			if it != nil && !it.Deleted {
				b.Write(it.JSON())
			}
		}
		return b.String()
	}
	search := func(typ string, a record.Asked, pairs ...string) func(e *record.Errand) (string, error) {
		return func(e *record.Errand) (string, error) {
			b := a
			b.Form = url.Values{}
			if typ != "" {
				b.Types = []string{typ}
			}
			for i := 0; i+1 < len(pairs); i += 2 {
				b.Form.Add(pairs[i], pairs[i+1])
			}
			f, err := e.Search(s.ctx, b)
			if err != nil {
				return "", err
			}
			shown := text(append(f.Matches, f.Included...)...)
			if typ == "Observation" && f.Total > 0 || typ == "Patient" && b.Form.Has("_has:Observation:patient:code") && f.Total > 0 {
				shown += h.code
			}
			for _, line := range f.Plan {
				shown += line
			}
			return shown, nil
		}
	}
	history := func(a record.AskedHistory) func(e *record.Errand) (string, error) {
		return func(e *record.Errand) (string, error) {
			past, err := e.History(s.ctx, a)
			if err != nil {
				return "", err
			}
			return text(past.Versions...), nil
		}
	}
	whole := record.Asked{Compartment: "Patient", Owner: h.patient, Whole: true}
	return map[string]func(e *record.Errand) (string, error){
		"read": func(e *record.Errand) (string, error) {
			it, err := e.Read(s.ctx, "Observation", h.obs)
			return text(it), err
		},
		"vread": func(e *record.Errand) (string, error) {
			it, err := e.ReadVersion(s.ctx, "Observation", h.obs, 1)
			return text(it), err
		},
		"history":           history(record.AskedHistory{Type: "Observation", ID: h.obs}),
		"history of type":   history(record.AskedHistory{Type: "Observation", Count: 1000}),
		"history of all":    history(record.AskedHistory{Count: 1000}),
		"search by patient": search("Observation", record.Asked{}, "patient", h.patient, "code", h.code),
		"search by code":    search("Observation", record.Asked{Explain: true}, "code", h.code),
		"search by id":      search("Observation", record.Asked{}, "_id", h.obs),
		"_filter":           search("Observation", record.Asked{}, "_filter", "code eq "+h.code),
		"_lastUpdated":      search("Observation", record.Asked{}, "_lastUpdated", "ge2020-01-01", "code", h.code),
		"count":             search("Observation", record.Asked{}, "code", h.code, "_summary", "count"),
		"total":             search("Observation", record.Asked{}, "code", h.code, "_total", "accurate"),
		"sorted":            search("Observation", record.Asked{}, "code", h.code, "_sort", "-date"),
		"lastn":             search("Observation", record.Asked{LastN: 1}, "patient", h.patient, "code", h.code),
		"chain":             search("Observation", record.Asked{}, "code", h.code, "subject:Patient.gender", "male"),
		"_has":              search("Patient", record.Asked{}, "_has:Observation:patient:code", h.code),
		"revinclude all":    search("Patient", record.Asked{}, "_id", h.patient, "_revinclude", "*"),
		"revinclude":        search("Patient", record.Asked{}, "_id", h.patient, "_revinclude", "Observation:subject"),
		"include":           search("DiagnosticReport", record.Asked{}, "_id", h.report, "_include", "DiagnosticReport:result"),
		"chain to it":       search("DiagnosticReport", record.Asked{}, "_id", h.report, "result.code", h.code, "_include", "DiagnosticReport:result"),
		"compartment":       search("Observation", record.Asked{Compartment: "Patient", Owner: h.patient}, "code", h.code),
		"everything":        search("", whole),
		"chart": func(e *record.Errand) (string, error) {
			c, err := e.Chart(s.ctx, h.patient, record.ChartQuery{Sections: []record.Section{{Type: "Observation"}, {Type: "Observation", Where: "code=" + h.code, Newest: 1}}})
			if err != nil {
				return "", err
			}
			return text(append(c.Sections[0], c.Sections[1]...)...), nil
		},
		"chart as at": func(e *record.Errand) (string, error) {
			c, err := e.Chart(s.ctx, h.patient, record.ChartQuery{AsAt: s.now(), Sections: []record.Section{{Type: "Observation"}}})
			if err != nil {
				return "", err
			}
			return text(c.Sections[0]...), nil
		},
		"export": func(e *record.Errand) (string, error) {
			shown := ""
			err := e.Export(s.ctx, "Observation", func(items []*record.Item) error { shown += text(items...); return nil })
			return shown, err
		},
	}
}

// writes are the paths that change it.
func (s *stage) writes(h hidden) map[string]func(e *record.Errand) (string, error) {
	write := func(op record.Op) func(e *record.Errand) (string, error) {
		return func(e *record.Errand) (string, error) {
			_, err := e.Transact(s.ctx, []record.Op{op}, record.Commit{})
			if err != nil {
				return fmt.Sprint(err), err
			}
			return h.code, nil
		}
	}
	patched := func(current *fhir.Value) (*fhir.Value, error) { return current.With("status", "amended"), nil }
	return map[string]func(e *record.Errand) (string, error){
		"update":      write(record.Op{Kind: record.Update, Type: "Observation", ID: h.obs, Resource: s.json(s.observation(h.patient, h.code, "")).With("id", h.obs)}),
		"patch":       write(record.Op{Kind: record.Patch, Type: "Observation", ID: h.obs, Change: patched}),
		"patch where": write(record.Op{Kind: record.Patch, Type: "Observation", Where: "code=" + h.code, Change: patched}),
		"a reference to it": func(e *record.Errand) (string, error) {
			v := s.json(`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},"result":[{"reference":"Observation/` + h.obs + `"}]}`)
			_, err := e.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "DiagnosticReport", Resource: v}}, record.Commit{})
			if err == nil && !h.known && strings.Contains(h.why, "locked") {
				return h.code, nil // it is taken: so there is such an observation
			}
			return "", err
		},
		"create if none": write(record.Op{Kind: record.Create, Type: "Observation", IfNoneExist: "code=" + h.code,
			Resource: s.json(s.observation(h.patient, "other", ""))}),
	}
}

func (s *stage) observation(patient, code, security string) string {
	return `{"resourceType":"Observation",` + security + `"status":"final","code":{"coding":[{"system":"http://example.org/canary","code":"` + code + `"}]},` +
		`"subject":{"reference":"Patient/` + patient + `"},"effectiveDateTime":"2026-11-01T10:00:00Z"}`
}

func label(system, code string) string {
	return `"meta":{"security":[{"system":"` + system + `","code":"` + code + `"}]},`
}

const stayJSON = `{"resourceType":"Encounter","status":"%s","class":{"code":"IMP"},"subject":{"reference":"Patient/%s"},"period":{"start":"2026-01-01T10:00:00Z"%s}}`

// hide makes a patient with one observation of an organisation, kept as the
// label says. RQM looks after the patient unless cared is "".
func (s *stage) hide(why, org, security, cared, onPatient string) hidden {
	s.fresh++
	h := hidden{why: why, code: fmt.Sprintf("CANARY%03d", s.fresh)}
	text := patient("R1K", "m"+fmt.Sprint(s.fresh), "", "Matrix", "John", "1950-01-01", "male")
	if onPatient != "" {
		text = strings.Replace(text, `"resourceType":"Patient",`, `"resourceType":"Patient",`+onPatient, 1)
	}
	h.patient = s.create(s.client("R1K"), text).ID
	h.obs = s.create(s.client(org), s.observation(h.patient, h.code, security)).ID
	h.report = s.create(s.client(org), `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/`+h.patient+`"},"result":[{"reference":"Observation/`+h.obs+`"}]}`).ID
	if cared != "" {
		s.create(s.client("RQM"), fmt.Sprintf(stayJSON, cared, h.patient, map[bool]string{true: `,"end":"2026-02-01T10:00:00Z"`, false: ""}[cared == "finished"]))
	}
	return h
}

// hideAhead is hide of what is sealed by its code before it comes.
func (s *stage) hideAhead(why string, do record.Marking) hidden {
	h := s.hide(why, "R1K", "", "in-progress", "")
	s.delete(s.client("R1K"), "DiagnosticReport", h.report)
	s.delete(s.client("R1K"), "Observation", h.obs)
	s.fresh++
	h.code = fmt.Sprintf("CANARY%03d", s.fresh)
	s.mark(s.guardian("R1K"), record.MarkAsked{Patient: h.patient, Do: do, Code: "http://example.org/canary|" + h.code})
	h.obs = s.create(s.client("R1K"), s.observation(h.patient, h.code, "")).ID
	h.report = s.create(s.client("R1K"), `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/`+h.patient+`"},"result":[{"reference":"Observation/`+h.obs+`"}]}`).ID
	return h
}

func (s *stage) clinician(org string, activities ...string) *record.Errand {
	return s.desk.For(access.Requester{ID: "m-" + org, Role: access.Clinician, Org: org, Activities: activities}, access.Reason{Purpose: access.DirectCare})
}

func (s *stage) consent(h hidden, code string) {
	s.create(s.client("R1K"), `{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"coding":[{"system":"`+
		access.ObjectionSystem+`","code":"`+code+`"}]}],"patient":{"reference":"Patient/`+h.patient+`"}}`)
}

// everyHidden sets the stage: each reason for which something is kept back.
func (s *stage) everyHidden() []hidden {
	s.alone = true
	must := func(_ access.Taken, err error) {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	var out []hidden
	add := func(h hidden, asker *record.Errand, known bool) {
		h.asker, h.known = asker, known
		out = append(out, h)
	}
	add(s.hide("no relationship", "R1K", "", "", ""), s.clinician("RQM"), false)
	add(s.hide("care that ended", "R1K", "", "finished", ""), s.clinician("RQM"), false)
	add(s.hide("another trust's care", "R1K", "", "in-progress", ""), s.clinician("RAS"), false)
	add(s.hide("an office purpose", "R1K", "", "in-progress", ""), s.desk.For(access.Requester{ID: "x", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.Administration}), false)
	add(s.hide("locked", "R1K", label(access.Confidentiality, "V"), "in-progress", ""), s.clinician("RQM", "B0083"), false)
	h := s.hide("locked, glass broken", "R1K", label(access.Confidentiality, "V"), "", "")
	must(s.clinician("RQM", "B0083").BreakGlass(s.ctx, h.patient, "vital-interests", "found unconscious"))
	add(h, s.clinician("RQM", "B0083"), false)
	add(s.hide("sealed", "R1K", label(access.Confidentiality, "R"), "in-progress", ""), s.clinician("RQM", "B0083"), true)
	h = s.hide("sealed, glass broken without B0083", "R1K", label(access.Confidentiality, "R"), "in-progress", "")
	must(s.clinician("RQM").BreakGlass(s.ctx, h.patient, "vital-interests", "found unconscious"))
	add(h, s.clinician("RQM"), true)
	add(s.hide("sensitive", "R1K", label(access.ActCode, "HIV"), "in-progress", ""), s.clinician("RQM"), true)
	add(s.hide("locked to a client", "R1K", label(access.Confidentiality, "V"), "", ""), s.client("RQM"), false)
	add(s.hide("sealed to a client", "R1K", label(access.Confidentiality, "R"), "", ""), s.client("RQM"), true)
	add(s.hideAhead("a standing seal", record.Seal), s.clinician("RQM", "B0083"), true)
	add(s.hideAhead("a standing seal, locked", record.SealAndLock), s.clinician("RQM", "B0083"), false)
	h = s.hideAhead("a standing seal, glass broken without B0083", record.Seal)
	must(s.clinician("RQM").BreakGlass(s.ctx, h.patient, "vital-interests", "found unconscious"))
	add(h, s.clinician("RQM"), true)
	add(s.hideAhead("a standing seal, to a client", record.Seal), s.client("RQM"), true)
	h = s.hide("objection", "R1K", "", "in-progress", "")
	s.consent(h, access.SharedRecord)
	add(h, s.clinician("RQM"), true)
	h = s.hide("objection, a client", "R1K", "", "", "")
	s.consent(h, access.SharedRecord)
	add(h, s.client("RQM"), true)
	h = s.hide("GP dissent, glass broken", "E87009", "", "in-progress", "")
	s.consent(h, access.GPDissent)
	must(s.clinician("RQM", "B0083").BreakGlass(s.ctx, h.patient, "law", "the court has ordered it"))
	add(h, s.clinician("RQM", "B0083"), true)
	add(s.hide("restricted, from outside", "R1K", "", "", label(access.Confidentiality, "R")), s.client("X9X"), false)
	scopes, _ := access.ParseScopes("system/*.rs")
	add(s.hide("opted out", "R1K", "", "", ""), s.desk.For(access.Requester{ID: "r", Role: access.System, Org: "R1K", Scopes: scopes}, access.Reason{Purpose: access.Research}), false)
	for _, role := range []access.Role{access.Receptionist, access.Insurer, access.Steward, access.Privacy, access.Patient, access.Engineer, access.Administrator} {
		add(s.hide(string(role), "R1K", "", "in-progress", ""), s.as(role), false)
	}
	return out
}

// TestNegativeMatrix: every path × every reason shows nothing; the same path
// shows the same to the organisation that it is of.
func TestNegativeMatrix(t *testing.T) {
	s := newStage(t)
	all := s.everyHidden()
	cells := 0
	for n, h := range slices.Concat(all, all) {
		if n == len(all) { // now what is marked is read from the index, not known from the feed
			s.clock.Add((2 * time.Minute).Microseconds())
		}
		own := s.client("R1K")
		if h.why == "GP dissent, glass broken" {
			own = s.client("E87009")
		}
		ways, writes := s.ways(h), s.writes(h)
		maps.Copy(writes, ways)
		for name, way := range writes {
			shown, err := way(h.asker)
			if name == "create if none" {
				shown = "" // it makes another, since it finds none
			}
			if cells++; strings.Contains(shown, h.code) {
				t.Errorf("%s by %s shows it: %.300s %v", h.why, name, shown, err)
			}
			if f := fault.Of(err); err != nil && f.Kind == fault.Internal {
				t.Errorf("%s by %s: %v", h.why, name, err)
			}
		}
		for name, way := range ways { // a way that shows nothing to anybody proves nothing
			if shown, err := way(own); !strings.Contains(shown, h.code) {
				t.Errorf("%s: %s shows nothing to who wrote it: %.200s %v", h.why, name, shown, err)
			}
		}
	}
	t.Logf("%d cells", cells)
	s.clean()
}

// TestWithheldIsTold: what may be known to be there is counted in a chart and a
// search; what is locked is not.
func TestWithheldIsTold(t *testing.T) {
	s := newStage(t)
	for _, h := range s.everyHidden() {
		if h.why == "restricted, from outside" || h.asker.Who().Role != access.Clinician && h.asker.Who().Role != access.System {
			continue
		}
		// An objection keeps back the observation, the report and the Consent.
		want := map[bool]int{true: 1, false: 0}[h.known]
		if strings.HasPrefix(h.why, "objection") {
			want = 3
		} else if strings.HasPrefix(h.why, "GP") {
			want = 2
		}
		c, err := h.asker.Chart(s.ctx, h.patient, record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}})
		if err == nil && c.Kept != want {
			t.Errorf("%s: the chart tells of %d withheld, want %d", h.why, c.Kept, want)
		}
		f, err := h.asker.Search(s.ctx, record.Asked{Compartment: "Patient", Owner: h.patient, Whole: true, Form: url.Values{}})
		if err == nil && f.Withheld != want {
			t.Errorf("%s: everything tells of %d withheld, want %d", h.why, f.Withheld, want)
		}
		// Asked for by its code, it must not be told: that would say what it is.
		f, err = h.asker.Search(s.ctx, record.Asked{Types: []string{"Observation"}, Form: url.Values{"patient": {h.patient}, "code": {h.code}}})
		if err == nil && f.Withheld != 0 {
			t.Errorf("%s: a search by its code tells of %d withheld", h.why, f.Withheld)
		}
	}
}

// TestRelationshipEnds: what ends, ends at the next request: a stay and its
// grace, a claim, a broken glass by its time and by its owner.
func TestRelationshipEnds(t *testing.T) {
	s := newStage(t)
	s.alone = true
	h := s.hide("", "R1K", "", "", "")
	e := s.clinician("RQM")
	reads := func(when string, want bool) {
		t.Helper()
		if _, err := e.Read(s.ctx, "Observation", h.obs); (err == nil) != want || err != nil && !fault.Is(err, fault.Withheld) {
			t.Errorf("%s: %v", when, err)
		}
	}
	reads("at first", false)
	stayed := s.create(s.client("RQM"), fmt.Sprintf(stayJSON, "in-progress", h.patient, ""))
	reads("while the patient stays", true)
	if _, err := s.rewrite(s.client("RQM"), "Encounter", stayed.ID, fmt.Sprintf(stayJSON, "finished", h.patient, `,"end":"2026-11-22T08:00:00Z"`)); err != nil {
		t.Fatal(err)
	}
	reads("after discharge", true)
	s.clock.Add(access.Grace.Microseconds())
	reads("when the grace is over", false)
	if _, err := e.Claim(s.ctx, h.patient, "short"); fault.Of(err).Code != "access.reason" {
		t.Errorf("a claim without a reason: %v", err)
	}
	if _, err := e.Claim(s.ctx, h.patient, "referred back to our clinic"); err != nil {
		t.Fatal(err)
	}
	reads("with a claim", true)
	s.clock.Add(access.ClaimLife.Microseconds())
	reads("when the claim is over", false)
	if _, err := e.BreakGlass(s.ctx, h.patient, "curiosity", "I would like to know"); fault.Of(err).Code != "access.lawful" {
		t.Errorf("a glass broken for no lawful reason: %v", err)
	}
	for _, how := range []string{"closed", "over"} {
		if _, err := e.BreakGlass(s.ctx, h.patient, "vital-interests", "found unconscious"); err != nil {
			t.Fatal(err)
		}
		reads("with the glass broken", true)
		if how == "over" {
			s.clock.Add(access.GlassLife.Microseconds())
		} else if err := e.CloseGlass(s.ctx, h.patient); err != nil {
			t.Fatal(err)
		}
		reads("when the glass is "+how, false)
	}
	other := s.desk.For(access.Requester{ID: "p", Role: access.Privacy, Org: "RAS"}, access.Reason{Purpose: access.Administration})
	list, err := other.Cases(s.ctx, record.CaseAsk{})
	if err != nil || list.Total != 0 {
		t.Errorf("cases of another organisation's people: %v %v", list, err)
	}
	domain := s.desk.For(access.Requester{ID: "p", Role: access.Privacy, Org: access.Domain}, access.Reason{Purpose: access.Administration})
	if list, err = domain.Cases(s.ctx, record.CaseAsk{}); err != nil || list.Total != 3 || list.Cases[0].Kind != review.BreakGlass || list.Cases[2].Kind != review.Claimed {
		t.Errorf("cases %+v %v", list, err)
	}
}

// TestEndsWhileAPageIsOpen: the next page of a search is decided anew.
func TestEndsWhileAPageIsOpen(t *testing.T) {
	s := newStage(t)
	s.alone = true
	h := s.hide("", "R1K", "", "", "")
	for range 3 {
		s.create(s.client("R1K"), s.observation(h.patient, h.code, ""))
	}
	e := s.clinician("RQM")
	if _, err := e.BreakGlass(s.ctx, h.patient, "vital-interests", "found unconscious"); err != nil {
		t.Fatal(err)
	}
	for _, by := range []url.Values{{"patient": {h.patient}, "_count": {"1"}}, {"code": {h.code}, "_count": {"1"}}} {
		a := record.Asked{Types: []string{"Observation"}, Form: by}
		first, err := e.Search(s.ctx, a)
		if err != nil || len(first.Matches) != 1 || first.Next == "" {
			t.Fatalf("%+v %v", first, err)
		}
		if a.Page = first.Next; a.Page == "" {
			t.Fatal("no next page")
		}
		if err := e.CloseGlass(s.ctx, h.patient); err != nil {
			t.Fatal(err)
		}
		if next, err := e.Search(s.ctx, a); err == nil && len(next.Matches) > 0 {
			t.Errorf("a page after the glass was closed: %d", len(next.Matches))
		}
		if _, err := e.BreakGlass(s.ctx, h.patient, "vital-interests", "found unconscious"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRestricted: where a restricted patient lives is not shown, and a search
// by it finds nobody; the trust that sends it reads it.
func TestRestricted(t *testing.T) {
	s := newStage(t)
	text := strings.Replace(patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male"), `"resourceType":"Patient",`,
		`"resourceType":"Patient",`+label(access.Confidentiality, "R")+`"address":[{"line":["7 Hidden Lane"],"postalCode":"HA1 3UJ"}],"telecom":[{"system":"phone","value":"07700900123"}],`, 1)
	p := s.create(s.client("R1K"), text).ID
	for name, e := range map[string]*record.Errand{"clinician": s.as(access.Clinician), "reception": s.as(access.Receptionist), "another trust": s.client("RQM"), "own": s.client("R1K")} {
		it, err := e.Read(s.ctx, "Patient", p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shows := strings.Contains(string(it.JSON()), "Hidden") || strings.Contains(string(it.JSON()), "07700")
		if shows != (name == "own") {
			t.Errorf("%s: %s", name, it.JSON())
		}
		f, err := e.Search(s.ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"address-postalcode": {"HA1 3UJ"}}})
		if err != nil || (len(f.Matches) == 1) != (name == "own") {
			t.Errorf("%s by postcode: %+v %v", name, f, err)
		}
		if f, err = e.Search(s.ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"family": {"Smith"}}}); err != nil || len(f.Matches) != 1 {
			t.Errorf("%s by name: %+v %v", name, f, err)
		}
	}
}

// TestRestrictedIsUnknownOutside: to a system outside, whatever its scopes, a
// restricted patient and one that never was are the same.
func TestRestrictedIsUnknownOutside(t *testing.T) {
	s := newStage(t)
	h := s.hide("", "R1K", "", "", label(access.Confidentiality, "R"))
	for _, text := range []string{"system/*.rs", "system/Observation.rs", "system/Patient.rs"} {
		scopes, err := access.ParseScopes(text)
		if err != nil {
			t.Fatal(err)
		}
		e := s.desk.For(access.Requester{ID: "x", Role: access.System, Org: "X9X", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
		for _, id := range []string{h.patient, "never-was"} {
			for _, a := range []record.Asked{{Compartment: "Patient", Owner: id, Whole: true, Form: url.Values{}}} {
				if f, err := e.Search(s.ctx, a); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Withheld) {
					t.Errorf("%s, everything of %s: %+v %v", text, id, f, err)
				}
			}
			if c, err := e.Chart(s.ctx, id, record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s, chart of %s: %+v %v", text, id, c, err)
			}
		}
	}
}

// TestRestrictedIsNotPatched: who does not see where a restricted patient lives
// does not write the patient either, and so reads it in no answer.
func TestRestrictedIsNotPatched(t *testing.T) {
	s := newStage(t)
	text := strings.Replace(patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male"), `"resourceType":"Patient",`,
		`"resourceType":"Patient",`+label(access.Confidentiality, "R")+`"address":[{"line":["7 Hidden Lane"]}],`, 1)
	p := s.create(s.client("R1K"), text).ID
	patch := []record.Op{{Kind: record.Patch, Type: "Patient", ID: p, Change: func(v *fhir.Value) (*fhir.Value, error) { return v.With("active", true), nil }}}
	if res, err := s.client(access.Domain).Transact(s.ctx, patch, record.Commit{}); !fault.Is(err, fault.Denied) {
		t.Errorf("the domain's client: %+v %v", res, err)
	}
	if _, err := s.client("R1K").Transact(s.ctx, patch, record.Commit{}); err != nil {
		t.Errorf("its own: %v", err)
	}
}

// TestMatrixOnPostgreSQL runs the matrix on the other engine.
func TestMatrixOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a PostgreSQL server")
	}
	if pgtest.Binaries() == "" {
		t.Skip("NO POSTGRESQL: the matrix is not tried on it (make tools)")
	}
	t.Setenv(onPostgres, "yes")
	for name, test := range map[string]func(*testing.T){"matrix": TestNegativeMatrix, "told": TestWithheldIsTold, "ends": TestRelationshipEnds,
		"pages": TestEndsWhileAPageIsOpen, "restricted": TestRestricted, "sensitive": TestSensitiveWhereverItStands, "relabel": TestRelabel, "registration": TestRegistrationMoves, "whereabouts": TestWhereaboutsBesidePatient, "counts": TestCountsOfTheUnrestrictedStand, "guess": TestRestrictedIsNotGuessed, "joined": TestRestrictedByJoin, "case": TestCaseIsSettled, "looks": TestUnusualLooks} {
		t.Run(name, test)
	}
}
