package record

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// sight is what an errand may see on one snapshot: the verdict, and what is
// known of the patients that it meets. It is not for several goroutines.
type sight struct {
	access.Verdict
	desk   *Desk
	who    access.Requester
	why    access.Reason
	r      store.Reader
	change int64
	now    time.Time

	humans  map[int64]*human         // by record key
	rows    []store.KeyValue         // what the requester has taken upon themselves
	asked   bool                     // rows have been read
	rule    string                   // the rule by which the documents were shown
	watched map[int64]bool           // watched people of whom something was shown
	circle  map[int64]bool           // records of the patient in an app's context, once they were asked for
	current map[store.Key]*store.Doc // current versions that were read already
	labels  map[int64]labels         // by record key, once they were asked for
	opened  map[int64]int            // how many documents of a record were opened for their labels
}

// human is the patient of a record, as far as a requester goes.
type human struct {
	known bool // the record is a patient's
	first int64
	pks   []int64
	facts access.Facts
	all   humanFacts
	taken []access.Taken // by the requester, for this human
}

// sight opens a verdict on a snapshot.
func (e *Errand) sight(ctx context.Context, r store.Reader, v access.Verdict, change int64) (*sight, error) {
	s := &sight{Verdict: v, desk: e.desk, who: e.who, why: e.why, r: r, change: change, now: e.desk.now(), humans: map[int64]*human{}}
	return s, e.desk.follow(ctx, r, change)
}

// look tells what becomes of a document. past says that it may not be the
// current version.
func (s *sight) look(ctx context.Context, doc *store.Doc, past bool) (access.Outcome, error) {
	typ := fhir.R4().Name(doc.Type())
	if !s.Filter.Type(typ) {
		return access.Outcome{}, nil
	}
	if typ == binaryType && !doc.Deleted {
		if o, found, err := s.lookBinary(ctx, doc, past); found || err != nil {
			return o, err
		}
	}
	t, err := s.target(ctx, doc, typ, past)
	if err != nil {
		return access.Outcome{}, err
	}
	o := s.Filter.Look(typ, t)
	if o.Shown && s.Filter.Limited() {
		if within, err := s.within(ctx, doc, typ, past, o.Contact); err != nil || !within {
			return access.Outcome{}, err
		}
	}
	return o, nil
}

// target is what is known of a document and its patient.
func (s *sight) target(ctx context.Context, doc *store.Doc, typ string, past bool) (access.Target, error) {
	t := access.Target{Kind: access.KindOf(typ), Origin: access.OriginOf(s.who, doc.Org)}
	special := s.desk.guard.special(doc.PK)
	if special || past {
		marks, err := s.marks(ctx, doc, typ, past)
		if err != nil {
			return t, err
		}
		t.Label, t.Team = marks.Label, marks.TeamOf(s.who, doc.Org)
	}
	if t.Kind == access.Directory || !special && s.impersonal() {
		return t, nil
	}
	h, err := s.human(ctx, doc.PK)
	if err != nil {
		return t, err
	}
	if !h.known && t.Kind == access.Clinical {
		t.Kind = access.Unassigned
	}
	t.Facts = h.facts
	return t, nil
}

// impersonal tells a requester for whom no relationship counts, so that of a
// patient of whom nothing is marked nothing has to be known.
func (s *sight) impersonal() bool {
	return (s.who.Role == access.System || s.who.Role == access.Operator) && !s.why.Purpose.Beyond()
}

// marks reads the labels of a document: of an earlier version, with those of
// the current one; of a deleted resource, those that it had.
func (s *sight) marks(ctx context.Context, doc *store.Doc, typ string, past bool) (access.Marks, error) {
	if !past && !doc.Deleted {
		if none, err := s.unlabelled(ctx, doc); none || err != nil {
			return access.Marks{}, err
		}
	}
	if !doc.Deleted && len(doc.Body) == 0 { // a range was asked for without bodies
		var err error
		if doc, err = s.r.Get(ctx, doc.Key); err != nil {
			return access.Marks{}, err
		}
	}
	m, err := s.ownMarks(doc, typ)
	if err != nil || !past && !doc.Deleted {
		return m, err
	}
	now := doc
	if past {
		if now = s.current[doc.Key]; now == nil {
			if now, err = s.r.Get(ctx, doc.Key); err != nil {
				return m, err
			}
		}
	}
	var current access.Marks
	if now.Deleted {
		body, err := s.desk.bodyBefore(ctx, s.r, doc.Key)
		if err != nil {
			return m, err
		}
		current = access.MarksOf(typ, body.Path("meta.security"))
	} else if current, err = s.ownMarks(now, typ); err != nil {
		return m, err
	}
	return current.And(m), nil
}

var securityMember = []byte(`"security"`)

// ownMarks reads the labels of one version. A body without the word is not
// parsed.
func (s *sight) ownMarks(doc *store.Doc, typ string) (access.Marks, error) {
	if doc.Deleted {
		return access.Marks{}, nil
	}
	open, err := s.desk.opened(doc)
	if err != nil || !open.labelled {
		return access.Marks{}, err
	}
	meta, err := open.text.Only(func(name string) bool { return name == "meta" })
	if err != nil {
		return access.Marks{}, err
	}
	return access.MarksOf(typ, meta.Path("meta.security")), nil
}

// human finds out about the patient of a record, once.
func (s *sight) human(ctx context.Context, pk int64) (*human, error) {
	if h := s.humans[pk]; h != nil {
		return h, nil
	}
	pks, known, err := s.desk.sameAs(ctx, s.r, s.change, pk)
	if err != nil {
		return nil, err
	}
	h := &human{known: known, pks: pks}
	s.humans[pk] = h
	if !known {
		return h, nil
	}
	list, err := s.desk.recordFacts(ctx, s.r, s.change, pks)
	if err != nil {
		return nil, err
	}
	h.first = slices.Min(pks)
	if h.all, err = s.desk.joined(ctx, s.r, list); err != nil {
		return nil, err
	}
	for _, k := range pks {
		s.humans[k] = h
	}
	return h, s.judge(ctx, h)
}

// judge makes of what the records say the facts for this requester.
func (s *sight) judge(ctx context.Context, h *human) error {
	h.facts = access.Facts{Restricted: h.all.restricted, Watched: h.all.watched, Objects: h.all.objects, Dissents: h.all.dissents}
	if s.why.Purpose.Beyond() {
		h.facts.OptedOut = s.desk.optedOut(h.all.nhs)
	}
	if s.who.Role == access.System || s.who.Role == access.Operator {
		return nil
	}
	var err error
	if h.taken, err = s.takenOf(ctx, h.pks); err != nil {
		return err
	}
	for _, t := range h.taken {
		if t.Glass {
			h.facts.Glass = true
		} else {
			h.facts.Tie = max(h.facts.Tie, access.Claimed)
		}
	}
	for rel := range h.all.relations() {
		if rel.Holds(s.who, s.now) {
			h.facts.Tie = access.Standing
			break
		}
	}
	return nil
}

// optedOut asks for the National Data Opt-out. What cannot be asked counts as
// opted out; the answer is kept nowhere
// (https://digital.nhs.uk/services/national-data-opt-out).
func (d *Desk) optedOut(nhs []string) bool {
	if d.optOuts == nil || len(nhs) == 0 {
		return true
	}
	for _, n := range nhs {
		if out, err := d.optOuts(n); out || err != nil {
			return true
		}
	}
	return false
}

// show makes an item of a document, nil when it may not be seen.
func (s *sight) show(ctx context.Context, doc *store.Doc, past bool) (*Item, error) {
	o, err := s.look(ctx, doc, past)
	if err != nil {
		return nil, err
	}
	if !o.Shown {
		return nil, nil
	}
	it, err := s.desk.item(doc)
	if err != nil {
		return nil, err
	}
	s.note(o, doc.PK)
	s.veil(o, it)
	return it, nil
}

// showAll is show of many.
func (s *sight) showAll(ctx context.Context, docs []*store.Doc, past bool) ([]*Item, error) {
	out := make([]*Item, 0, len(docs))
	for _, doc := range docs {
		it, err := s.show(ctx, doc, past)
		if err != nil {
			return nil, err
		}
		if it != nil {
			out = append(out, it)
		}
	}
	return out, nil
}

// note remembers by which rule something was shown, the least usual first, and
// of whom when that is watched.
func (s *sight) note(o access.Outcome, pk int64) {
	if rank(o.Rule) > rank(s.rule) {
		s.rule = o.Rule
	}
	if o.Alert {
		if s.watched == nil {
			s.watched = map[int64]bool{}
		}
		s.watched[s.humans[pk].first] = true
	}
}

// rank puts the rules that a privacy officer looks for before those that go
// without saying.
func rank(rule string) int {
	switch rule {
	case "":
		return 0
	case "break-glass":
		return 4
	case "claimed":
		return 3
	case "relationship":
		return 2
	}
	return 1
}

func withheldHere(typ string) error {
	return fault.New(fault.Withheld, "record.withheld", "no such %s is known", typ)
}
