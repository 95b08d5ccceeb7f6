package record

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// Filed is a visit or document of a trust's entry, as a steward sees it who
// looks for the right patient: kind and time, and nothing that was said.
type Filed struct {
	Ref   string // "Encounter/abc"
	Class string // of a visit: "IMP", "EMER", …
	From  time.Time
	Until time.Time
	Open  bool // a visit that goes on
	With  int  // of a visit: what was recorded during it
}

// Filing is what lies under one entry.
type Filing struct {
	Entry *Item // the Patient
	Trust string
	Items []Filed // newest first, mostFiled at most
	More  bool
	Kept  int // that are sealed or locked, and so not listed; they go with their visit
}

// mostFiled bounds a list that a person chooses from.
const mostFiled = 200

// FiledUnder lists the visits and documents of an entry, for a steward of its
// trust or of the domain. Errors: NotFound "record.unknown", Denied.
func (e *Errand) FiledUnder(ctx context.Context, entry string) (*Filing, error) {
	var out *Filing
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		it, err := e.stewarded(ctx, r, v, entry)
		if err != nil {
			return err
		}
		t.what, t.records = []string{"what is filed under an entry"}, e.desk.recordIDs(it.key)
		groups, err := r.Chart(ctx, []int64{it.key.PK}, []store.Range{{}}, time.Time{})
		if err != nil {
			return err
		}
		items, err := e.desk.items(groups[0])
		if err != nil {
			return err
		}
		out = filedOf(items, it, e.desk.london)
		t.count = len(out.Items)
		return nil
	})
	return out, err
}

// stewarded is an entry that the requester may see, and whose trust they answer
// for.
func (e *Errand) stewarded(ctx context.Context, r store.Reader, v *sight, entry string) (*Item, error) {
	k, err := e.desk.locate(ctx, r, "Patient", entry)
	if err != nil {
		return nil, err
	}
	doc, err := r.Get(ctx, person.PatientKey(k.PK))
	if err != nil || doc.Deleted {
		return nil, unknown("Patient")
	}
	it, err := v.show(ctx, doc, false)
	if err != nil {
		return nil, err
	}
	if it == nil {
		return nil, unknown("Patient")
	}
	if !e.who.Controls(it.Org) {
		return nil, fault.New(fault.Denied, "access.controller", "another organisation has filed this: its stewards move it")
	}
	return it, nil
}

func filedOf(items []*Item, entry *Item, zone *time.Location) *Filing {
	out := &Filing{Entry: entry, Trust: entry.Org}
	with := map[string]int{}
	for _, it := range items {
		refs := wholes(it.Resource)
		slices.Sort(refs)
		for _, ref := range slices.Compact(refs) {
			with[ref]++
		}
	}
	for _, it := range items {
		if !filedKind(it, entry.Org) {
			continue
		}
		if !choosable(it, entry.Org) {
			out.Kept++
			continue
		}
		out.Items = append(out.Items, filedItem(it, with[it.Ref()], zone))
	}
	slices.SortStableFunc(out.Items, func(a, b Filed) int { return b.From.Compare(a.From) })
	if out.More = len(out.Items) > mostFiled; out.More {
		out.Items = out.Items[:mostFiled]
	}
	return out
}

// filedKind tells a visit or document of a trust that stands.
func filedKind(it *Item, trust string) bool {
	return (it.Type == "Encounter" || it.Type == "DocumentReference") && movedTo(it.Resource) == "" && it.Org == trust &&
		it.Resource.StrAt("status") != "entered-in-error"
}

// choosable leaves out what is sealed or locked: a steward is not told of it one
// by one.
func choosable(it *Item, trust string) bool {
	return filedKind(it, trust) && access.MarksOf(it.Type, it.Resource.Path("meta.security")).Label <= access.Sensitive
}

func filedItem(it *Item, with int, zone *time.Location) Filed {
	f := Filed{Ref: it.Ref(), Class: it.Resource.StrAt("class.code"), With: with}
	moment := func(paths ...string) time.Time {
		for _, at := range paths {
			if in, ok := fhir.ParseInstant(it.Resource.StrAt(at), zone); ok {
				return in.Start
			}
		}
		return time.Time{}
	}
	status := it.Resource.StrAt("status")
	f.Open = it.Type == "Encounter" && (status == "in-progress" || status == "arrived" || status == "triaged" || status == "onleave")
	f.From, f.Until = moment("period.start", "date", "context.period.start"), moment("period.end")
	return f
}

// MoveAsked is what a steward moves: visits, each with what was recorded during
// it, and documents, from one entry of a trust to another of the same.
type MoveAsked struct {
	From    string   // id of the entry under which they lie
	Into    string   // hospital number of the right patient at that trust, or id of the entry
	Refs    []string // as FiledUnder gives them
	Seen    int64    // version of the right patient's entry that was looked at; 0 = whichever
	Of      string   // the move that is undone, instead of From, Into and Refs
	Why     string   // in the steward's words
	Preview bool     // tell what would move, and move nothing
}

// MovePlan is what a move comes to.
type MovePlan struct {
	ID     string // of the decision, "" of a preview
	From   string // id of the entry
	Into   *Item  // the right patient's entry, as the requester may see it
	Trust  string
	Visits int
	Docs   int // documents that were chosen
	Total  int // resources
	Torn   int // references to what stays under the entry
}

// MoveFiled moves what was filed under the wrong patient, as a trust's own
// message does (A43): new ids in the right record, the old ones lead on, what
// was says entered in error and why. The decision is kept with it, and can be
// undone. Errors: NotFound "record.unknown", "record.number"; Denied;
// Invalid "record.move-same", "record.move-none", "record.move-why"; Conflict
// "record.move-changed", those of Transact.
func (e *Errand) MoveFiled(ctx context.Context, ask MoveAsked) (*MovePlan, error) {
	v, err := e.decide(ctx, access.Links, "Patient", "move of what was filed")
	if err != nil {
		return nil, err
	}
	mv := &filedMove{errand: e, ask: ask}
	failure := mv.do(ctx, v)
	if failure == nil && !ask.Preview {
		return mv.plan, nil // the commit has its audit entry
	}
	t := trace{what: []string{"move of what was filed"}, failure: failure, records: mv.records}
	if ask.Preview {
		t.what[0] = "preview of a " + t.what[0]
	}
	if f := fault.Of(failure); failure != nil && f.Kind == fault.Denied {
		v.Allowed, v.Rule, t.failure = false, strings.TrimPrefix(f.Code, "access."), nil
	}
	if err := e.audit(ctx, access.Links, v, t); err != nil {
		return nil, err
	}
	return mv.plan, failure
}

// movesLooked bounds how many of the latest moves of all trusts are looked at.
const movesLooked = 1000

// Moves lists what stewards moved lately, newest first, of the trusts that the
// requester answers for.
func (e *Errand) Moves(ctx context.Context, limit int) ([]MoveKept, error) {
	var out []MoveKept
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, _ *sight, t *trace) error {
		t.what = []string{"moves of what was filed"}
		rows, err := r.ListKeys(ctx, moveSpace, "", movesLooked)
		for i := 0; err == nil && i < len(rows) && len(out) < limit; i++ {
			var row MoveKept
			if row, err = readMove(rows[i]); err == nil && e.who.Controls(row.Trust) {
				out = append(out, row)
			}
		}
		t.count = len(out)
		return err
	})
	return out, err
}
