package record_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// audited counts the entries of the audit log from a sequence on: "read" for
// an access, "!read" for a refusal, "read?" for one that failed.
func (s *stage) audited(from int64) (map[string]int, int64) {
	s.t.Helper()
	out := map[string]int{}
	err := s.engine.View(s.ctx, func(r store.Reader) error {
		entries, err := r.LogEntries(s.ctx, audit.Log, from, 10_000)
		for _, e := range entries {
			entry, err := audit.Decode(e.Body)
			if err != nil {
				return err
			}
			name := string(entry.Action)
			switch {
			case !entry.Allowed:
				name = "!" + name
			case entry.Outcome != "":
				name += "?"
			}
			out[name]++
			from = e.Seq + 1
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out, from
}

// path is one way to patient data or to power over it.
type path struct {
	name   string
	action access.Action
	audit  int // entries of one call
	do     func(e *record.Errand) (shown string, err error)
}

// foreseen is what an errand sees of an entry beside somebody who is not in the
// record.
func (s *stage) foreseen(e *record.Errand, entry string) (string, error) {
	seen, err := e.Foresee(s.ctx, []record.AskedPair{{Entry: entry}})
	if err != nil || seen[0] == nil {
		return "", err
	}
	return string(seen[0].Entry.JSON()), nil
}

// compared is what an errand sees of two people.
func (s *stage) compared(e *record.Errand, a, b string) (string, error) {
	c, err := e.Compare(s.ctx, a, b)
	if err != nil {
		return "", err
	}
	return string(c.A[0].JSON()) + string(c.B[0].JSON()), nil
}

// paths are every exported method of an errand, on a record of one patient
// with one observation, whose texts are "Smith" and "718-7".
func (s *stage) paths(p, o string, message int64) []path {
	text := func(items ...*record.Item) string {
		var b strings.Builder
		for _, it := range items {
			if it != nil && !it.Deleted {
				b.Write(it.JSON())
			}
		}
		return b.String()
	}
	ctx := s.ctx
	ways := []path{
		{"read", access.Read, 1, func(e *record.Errand) (string, error) { it, err := e.Read(ctx, "Observation", o); return text(it), err }},
		{"read a patient", access.Read, 1, func(e *record.Errand) (string, error) { it, err := e.Read(ctx, "Patient", p); return text(it), err }},
		{"version", access.Read, 1, func(e *record.Errand) (string, error) {
			it, err := e.ReadVersion(ctx, "Observation", o, 1)
			return text(it), err
		}},
		{"history", access.Read, 1, func(e *record.Errand) (string, error) {
			past, err := e.History(ctx, record.AskedHistory{Type: "Observation", ID: o})
			if err != nil {
				return "", err
			}
			return text(past.Versions...), nil
		}},
		{"search", access.Search, 1, func(e *record.Errand) (string, error) {
			f, err := e.Search(ctx, record.Asked{Types: []string{"Observation"}, Form: url.Values{"patient": {p}}})
			if err != nil {
				return "", err
			}
			return text(f.Matches...), nil
		}},
		{"include", access.Search, 1, func(e *record.Errand) (string, error) {
			f, err := e.Search(ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"_id": {p}, "_revinclude": {"Observation:subject"}}})
			if err != nil {
				return "", err
			}
			return text(append(f.Matches, f.Included...)...), nil
		}},
		{"chart", access.Search, 1, func(e *record.Errand) (string, error) {
			c, err := e.Chart(ctx, p, record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}})
			if err != nil {
				return "", err
			}
			return text(append(c.Person.Entries, c.Sections[0]...)...), nil
		}},
		{"compare people", access.Links, 1, func(e *record.Errand) (string, error) { return s.compared(e, p, s.other) }},
		{"foresee", access.Links, 1, func(e *record.Errand) (string, error) { return s.foreseen(e, p) }},
		{"everything", access.Search, 1, func(e *record.Errand) (string, error) {
			c, err := e.Everything(ctx, p, nil)
			if err != nil {
				return "", err
			}
			all := c.Person.Entries
			for _, section := range c.Sections {
				all = append(all, section...)
			}
			return text(all...), nil
		}},
		{"find people", access.FindPeople, 1, func(e *record.Errand) (string, error) {
			f, err := e.FindPeople(ctx, record.PeopleQuery{Text: "smith"})
			if err != nil || len(f.Hits) == 0 {
				return "", err
			}
			return text(f.Hits[0].Person.Entries...), nil
		}},
		{"ask outside", access.Links, 1, func(e *record.Errand) (string, error) { return "", e.Outside(ctx, p, "asks PDS") }},
		{"past of a person", access.Read, 1, func(e *record.Errand) (string, error) {
			list, err := e.PersonPast(ctx, p)
			return text(list...), err
		}},
		{"find people by particulars", access.FindPeople, 1, func(e *record.Errand) (string, error) {
			f, err := e.FindWanted(ctx, person.Wanted{Family: "Smith", BornFrom: "1950-01-01"})
			if err != nil || len(f.Hits) == 0 {
				return "", err
			}
			return text(f.Hits[0].Person.Entries...), nil
		}},
		{"match", access.Search, 1, func(e *record.Errand) (string, error) {
			f, err := e.Match(ctx, record.MatchAsked{Patient: s.json(patient("R1K", "", nhs, "Smith", "John", "1950-01-01", "male"))})
			if err != nil || len(f.Hits) == 0 {
				return "", err
			}
			return text(f.Hits[0].Item), nil
		}},
		{"cross-reference", access.Search, 1, func(e *record.Errand) (string, error) {
			_, err := e.CrossReference(ctx, "https://fhir.nhs.uk/Id/nhs-number", nhs, nil)
			return "", err
		}},
		{"export", access.Export, 1, func(e *record.Errand) (string, error) {
			shown := ""
			err := e.Export(ctx, "", func(items []*record.Item) error { shown += text(items...); return nil })
			return shown, err
		}},
	}
	ways = append(ways,
		path{"marks", access.SeeMarks, 1, func(e *record.Errand) (string, error) { _, err := e.Marked(ctx, p, ""); return "", err }})
	ways = append(ways, s.audits(p)...)
	return append(ways, s.powers(message)...)
}

// audits are the ways to the audit log, in which an entry of the requesters'
// own organisation stands.
func (s *stage) audits(p string) []path {
	ctx := s.ctx
	s.as(access.Clinician).Read(ctx, "Patient", p)
	_, end := s.audited(0)
	entry := fmt.Sprint(end - 1)
	return []path{
		{"audit search", access.ReadAudit, 1, func(e *record.Errand) (string, error) {
			_, err := e.FindAudit(ctx, record.AuditAsk{Patient: p})
			return "", err
		}},
		{"who has looked", access.ReadAudit, 1, func(e *record.Errand) (string, error) {
			_, err := e.WhoHasLooked(ctx, p, time.Time{}, "", 0)
			return "", err
		}},
		{"audit entry", access.ReadAudit, 1, func(e *record.Errand) (string, error) {
			ev, err := e.ReadAudit(ctx, entry)
			if err == nil && ev.Entry.Who != "u-clinician" {
				return "", fmt.Errorf("entry %s is of %s", entry, ev.Entry.Who)
			}
			return "", err
		}},
		{"audit export", access.ReadAudit, 1, func(e *record.Errand) (string, error) {
			_, _, err := e.ExportAudit(ctx, record.AuditAsk{Patient: p}, true)
			return "", err
		}},
	}
}

// powers are the ways to change something, and those to the feeds.
func (s *stage) powers(message int64) []path {
	ctx := s.ctx
	return []path{
		{"create", access.Create, 1, func(e *record.Errand) (string, error) {
			_, err := e.Transact(ctx, []record.Op{{Kind: record.Create, Type: "Flag", Resource: s.json(`{"resourceType":"Flag","status":"active"}`)}}, record.Commit{})
			return "", err
		}},
		{"update", access.Update, 1, func(e *record.Errand) (string, error) {
			_, err := e.Transact(ctx, []record.Op{{Kind: record.Update, Type: "Flag", ID: "f", Resource: s.json(`{"resourceType":"Flag","id":"f","status":"active"}`)}}, record.Commit{})
			return "", err
		}},
		{"delete", access.Delete, 1, func(e *record.Errand) (string, error) {
			_, err := e.Transact(ctx, []record.Op{{Kind: record.Delete, Type: "Flag", ID: "f"}}, record.Commit{})
			return "", err
		}},
		{"conflicts", access.Links, 1, func(e *record.Errand) (string, error) { _, err := e.Conflicts(ctx); return "", err }},
		{"alarms", access.Links, 1, func(e *record.Errand) (string, error) { _, err := e.Alarms(ctx); return "", err }},
		{"index in numbers", access.Links, 1, func(e *record.Errand) (string, error) { _, err := e.IndexCounted(ctx); return "", err }},
		{"pairs of an organisation", access.Links, 1, func(e *record.Errand) (string, error) { _, err := e.PairsOf(ctx, "R1K"); return "", err }},
		{"rulings", access.Links, 1, func(e *record.Errand) (string, error) { _, err := e.Rulings(ctx, 9); return "", err }},
		{"what would change", access.Verify, 1, func(e *record.Errand) (string, error) {
			_, err := e.WhatWouldChange(ctx, nil, func(record.IdentityChange) error { return nil })
			return "", err
		}},
		{"rehearse", access.Verify, 1, func(e *record.Errand) (string, error) {
			_, err := e.Rehearse(ctx, func(func(match.Record, error) bool) {}, 0, nil)
			return "", err
		}},
		{"rehearse numbers", access.Verify, 1, func(e *record.Errand) (string, error) {
			return "", e.RehearseNumbers(ctx, "R1K", func(func(record.StagedNumber, error) bool) {}, nil)
		}},
		{"feeds", access.WatchFeeds, 1, func(e *record.Errand) (string, error) { _, err := e.Feeds(ctx); return "", err }},
		{"messages", access.WatchFeeds, 1, func(e *record.Errand) (string, error) {
			rows, err := e.Messages(ctx, record.MessageFilter{Limit: 9})
			shown := ""
			for _, m := range rows {
				shown += string(m.Raw)
			}
			return shown, err
		}},
		{"message head", access.WatchFeeds, 1, func(e *record.Errand) (string, error) {
			m, err := e.MessageHead(ctx, message)
			if err != nil {
				return "", err
			}
			return string(m.Raw), nil
		}},
		{"open message", access.OpenMessage, 1, func(e *record.Errand) (string, error) {
			_, raw, err := e.OpenMessage(ctx, message)
			return string(raw), err
		}},
		{"requeue", access.Replay, 1, func(e *record.Errand) (string, error) { _, err := e.Requeue(ctx, []int64{message}); return "", err }},
		{"close", access.Replay, 1, func(e *record.Errand) (string, error) {
			err := e.Close(ctx, message, "why")
			if fault.Is(err, fault.Conflict) { // it is not parked: the decision was made
				err = nil
			}
			return "", err
		}},
		{"destinations", access.WatchFeeds, 1, func(e *record.Errand) (string, error) { _, _, err := e.Destinations(ctx); return "", err }},
		{"pause", access.Steer, 1, func(e *record.Errand) (string, error) {
			return "", e.Steer(ctx, record.DestinationPause, "x", e.Who().Org, "why", false)
		}},
		{"resend", access.Replay, 1, func(e *record.Errand) (string, error) {
			_, err := e.Resend(ctx, []int64{message})
			return "", decided(err)
		}},
		{"resend corrected", access.EditMessage, 1, func(e *record.Errand) (string, error) {
			_, err := e.ResendCorrected(ctx, record.Corrected{Seq: message, Raw: []byte("x"), Why: "why"})
			return "", decided(err)
		}},
		{"set aside", access.Replay, 1, func(e *record.Errand) (string, error) { return "", decided(e.SetAside(ctx, message, "why")) }},
		{"cases", access.Review, 1, func(e *record.Errand) (string, error) {
			_, err := e.Cases(ctx, record.CaseAsk{})
			return "", err
		}},
		{"workload", access.Review, 1, func(e *record.Errand) (string, error) { _, err := e.Workload(ctx); return "", err }},
		{"administer", access.Accounts, 1, func(e *record.Errand) (string, error) {
			return "", e.Administer(ctx, "settings", func(store.Tx) error { return nil })
		}},
		{"joining step", access.Join, 1, func(e *record.Errand) (string, error) { return "", e.Joining(ctx, access.Join, e.Who().Org, "load") }},
		{"joining seen", access.WatchJoin, 1, func(e *record.Errand) (string, error) {
			return "", e.Joining(ctx, access.WatchJoin, e.Who().Org, "report")
		}},
		{"harmonise", access.Harmonise, 1, func(e *record.Errand) (string, error) {
			return "", e.Joining(ctx, access.Harmonise, e.Who().Org, "build")
		}},
		{"attest", access.Attest, 1, func(e *record.Errand) (string, error) {
			return "", e.Joining(ctx, access.Attest, e.Who().Org, "sample")
		}},
		{"totals", access.WatchTotals, 1, func(e *record.Errand) (string, error) {
			return "", e.Joining(ctx, access.WatchTotals, e.Who().Org, "totals")
		}},
		{"hold feeds", access.Join, 1, func(e *record.Errand) (string, error) { return "", e.HoldFeeds(ctx, e.Who().Org, "cutover", true) }},
		{"verify", access.Verify, 1, func(e *record.Errand) (string, error) {
			_, err := e.Verify(ctx, func(record.Finding) {})
			return "", err
		}},
	}
}

// mayDo lists the paths that each role may take; the rest is refused.
var mayDo = map[access.Role]string{
	access.Clinician:     "read,read a patient,past of a person,version,history,search,include,chart,everything,find people,find people by particulars,create,update,match,cross-reference,joining seen,attest,totals",
	access.Receptionist:  "read a patient,past of a person,include,chart,everything,find people,find people by particulars,match,cross-reference",
	access.Engineer:      "feeds,messages,message head,requeue,close,destinations,pause,resend,set aside,joining step,joining seen,totals,hold feeds",
	access.Steward:       "read a patient,past of a person,include,chart,everything,find people,find people by particulars,conflicts,compare people,foresee,alarms,index in numbers,pairs of an organisation,ask outside,rulings,match,cross-reference,joining seen,totals,harmonise",
	access.Insurer:       "",
	access.Commissioner:  "totals",
	access.Patient:       "",
	access.Administrator: "administer,joining step,joining seen,totals,hold feeds",
	access.Privacy:       "read a patient,past of a person,include,chart,everything,find people,find people by particulars,match,cross-reference,audit search,who has looked,audit entry,audit export,cases,workload,joining seen,totals,marks",
	access.System:        "",
	access.Operator:      "read,read a patient,past of a person,version,history,search,include,chart,everything,export,create,update,feeds,messages,message head,requeue,close,destinations,pause,resend,set aside,administer,verify,audit search,who has looked,audit entry,audit export,match,cross-reference,what would change,rehearse,rehearse numbers,joining step,joining seen,totals,hold feeds,harmonise",
	"porter":             "",
	"":                   "",
}

// withRecord makes a patient with an observation and a journalled message.
func (s *stage) withRecord() (p, o string, message int64) {
	s.t.Helper()
	p = s.create(s.client("R1K"), patient("R1K", "7", nhs, "Smith", "John", "1950-01-01", "male")).ID
	s.other = s.create(s.client("R1K"), patient("R1K", "8", "", "Smith", "Jane", "1960-02-03", "female")).ID
	o = s.create(s.client("R1K"), `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/`+p+`"}}`).ID
	m := &record.Message{Org: "R1K", Feed: "pas", Control: "1", Trigger: "ADT^A01", Digest: 1, Raw: []byte("MSH|Smith|718-7")}
	if err := s.client("R1K").Receive(s.ctx, []*record.Message{m}); err != nil {
		s.t.Fatal(err)
	}
	return p, o, m.Seq
}

// TestEveryRoleOnEveryPath: what is refused is refused with a trace and shows
// nothing; what is allowed leaves a trace and shows no more than the filter.
func TestEveryRoleOnEveryPath(t *testing.T) {
	s := newStage(t)
	p, o, message := s.withRecord()
	for role, list := range mayDo {
		may := map[string]bool{}
		for _, name := range strings.Split(list, ",") {
			may[name] = name != ""
		}
		for _, way := range s.paths(p, o, message) {
			if role == access.Patient && way.name == "who has looked" {
				continue // of their own record: TestWhoHasLooked
			}
			_, from := s.audited(0)
			shown, err := way.do(s.as(role))
			if may[way.name] != (err == nil) {
				t.Errorf("%q %s: %v", role, way.name, err)
			}
			if err != nil && (!fault.Is(err, fault.Denied) || shown != "") {
				t.Errorf("%q %s: refused with %v, showing %q", role, way.name, err, shown)
			}
			if role == access.Receptionist || role == access.Steward || role == access.Privacy {
				if strings.Contains(shown, "718-7") {
					t.Errorf("%q %s shows clinical content: %s", role, way.name, shown)
				}
			}
			s.traced(string(role)+" "+way.name, from, way, err)
		}
	}
	s.clean()
}

// traced asks for exactly the entries of one call.
func (s *stage) traced(name string, from int64, way path, err error) {
	s.t.Helper()
	got, _ := s.audited(from)
	want := map[string]int{string(way.action): way.audit}
	if err != nil {
		want = map[string]int{"!" + string(way.action): way.audit}
	}
	delete(got, string(way.action)+"?")
	if len(got) == 0 && (way.name == "close" || way.name == "resend" || way.name == "set aside") {
		return // allowed, and there was nothing to do it to
	}
	if !maps.Equal(got, want) {
		s.t.Errorf("%s: audited %v, want %v", name, got, want)
	}
}

// TestFeedErrandsAreRefused: what only a feed may do.
func TestFeedErrandsAreRefused(t *testing.T) {
	s := newStage(t)
	for _, role := range access.Roles() {
		if role == access.System {
			continue
		}
		e := s.as(role)
		for name, do := range map[string]func() error{
			"receive": func() error { return e.Receive(s.ctx, []*record.Message{{Raw: []byte("x")}}) },
			"pending": func() error { _, err := e.Pending(s.ctx, 0, 1); return err },
			"settle":  func() error { return e.Settle(s.ctx, &record.Message{Seq: 1}) },
			"prior":   func() error { _, err := e.Prior(s.ctx, "1", nil); return err },
			"refile":  func() error { _, err := e.Refile(s.ctx, record.RefileAsked{From: "1", Into: "2"}); return err },
		} {
			if err := do(); !fault.Is(err, fault.Denied) {
				t.Errorf("%s %s: %v", role, name, err)
			}
		}
	}
}

// withoutAudit is a store that reads and can keep nothing any more.
type withoutAudit struct {
	store.Engine
	failing bool
}

func (e *withoutAudit) Update(ctx context.Context, f func(store.Tx) error) error {
	if e.failing {
		return errors.New("the disk is gone")
	}
	return e.Engine.Update(ctx, f)
}

// TestNoAccessWithoutAudit: when the trace cannot be kept, every path is
// refused as busy and shows nothing.
func TestNoAccessWithoutAudit(t *testing.T) {
	var broken *withoutAudit
	s := newStageOn(t, func(e store.Engine) store.Engine { broken = &withoutAudit{Engine: e}; return broken })
	p, o, message := s.withRecord()
	everyone := map[access.Role]*record.Errand{}
	for role := range mayDo {
		everyone[role] = s.as(role)
	}
	everyone[access.Engineer] = s.desk.For(access.Requester{ID: "u", Role: access.Engineer, Org: "RQM"}, access.Reason{Purpose: access.Integrity, Text: "a reason"})
	everyone[access.System] = s.client("R1K")
	broken.failing = true
	for role, e := range everyone {
		for _, way := range s.paths(p, o, message) {
			shown, err := way.do(e)
			if err == nil || shown != "" {
				t.Errorf("%q %s: %v, showing %q", role, way.name, err, shown)
			}
			if f := fault.Of(err); f != nil && f.Kind != fault.Busy {
				t.Errorf("%q %s: %v is not busy", role, way.name, err)
			}
		}
	}
	broken.failing = false
	if _, err := s.as(access.Clinician).Read(s.ctx, "Patient", p); err != nil {
		t.Errorf("once it can be kept again: %v", err)
	}
	s.clean()
}

// TestScopesFilterEveryPath: a client with one type sees that type alone,
// whichever way it asks.
func TestScopesFilterEveryPath(t *testing.T) {
	s := newStage(t)
	p, o, message := s.withRecord()
	scopes, err := access.ParseScopes("system/Observation.rs")
	if err != nil {
		t.Fatal(err)
	}
	e := s.desk.For(access.Requester{ID: "lab", Role: access.System, Org: "RYJ", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
	for _, way := range s.paths(p, o, message) {
		shown, err := way.do(e)
		if strings.Contains(shown, "Smith") {
			t.Errorf("%s shows a Patient: %s", way.name, shown)
		}
		switch way.name {
		case "read", "version", "history", "search", "chart", "everything", "export":
			if err != nil || !strings.Contains(shown, "718-7") {
				t.Errorf("%s: %q %v", way.name, shown, err)
			}
		default:
			if !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", way.name, err)
			}
		}
	}
}

// entryAt is one entry of the audit log.
func (s *stage) entryAt(seq int64) (entry audit.Entry) {
	s.t.Helper()
	err := s.engine.View(s.ctx, func(r store.Reader) error {
		rows, err := r.LogEntries(s.ctx, audit.Log, seq, 1)
		if err != nil {
			return err
		}
		entry, err = audit.Decode(rows[0].Body)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return entry
}

// TestAuditNamesWhatWasSeen: an entry names requester, reason, record, and the
// change that was seen; a search is written without its values.
func TestAuditNamesWhatWasSeen(t *testing.T) {
	s := newStage(t)
	p, _, _ := s.withRecord()
	_, from := s.audited(0)
	e := s.desk.For(access.Requester{ID: "u-ada", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare, Text: "in clinic"})
	if _, err := e.Search(s.ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"family": {"Smith"}, "birthdate": {"1950-01-01"}}}); err != nil {
		t.Fatal(err)
	}
	entry := s.entryAt(from)
	if entry.Who != "u-ada" || entry.Role != access.Clinician || entry.Org != "RQM" || entry.Reason != "in clinic" || entry.Count != 1 || entry.Change == 0 {
		t.Errorf("%+v", entry)
	}
	if len(entry.Records) != 1 || !strings.HasPrefix(p, entry.Records[0]) {
		t.Errorf("records %v of %s", entry.Records, p)
	}
	if len(entry.What) != 1 || entry.What[0] != "Patient?birthdate&family" {
		t.Errorf("what %v", entry.What)
	}
	if strings.Contains(string(fhir.Of(entry.What[0]).JSON()), "Smith") {
		t.Error("the audit holds a value")
	}
}

// decided takes an error away that comes after the decision: the message at
// hand came in, and does not go out.
func decided(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
