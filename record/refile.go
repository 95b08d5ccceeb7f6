package record

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// RefileAsked says what was filed under the wrong entry of the errand's trust.
type RefileAsked struct {
	From string // id of the entry under which it lies
	Into string // id of the right entry, or the FullURL of the op that makes it
	// Visit picks the visits that move, each with what was recorded during it;
	// nil = everything that the trust has filed there.
	Visit func(*fhir.Value) bool
	// Change is made to each visit that was picked; nil = none.
	Change func(*fhir.Value) *fhir.Value
	// Key is the business key that a picked visit has from then on; nil = the
	// same.
	Key func(string) string
	// Refs pick resources by reference, each with what belongs to it; one that is
	// not a visit leaves the visit that it was filed in. It goes without Visit.
	Refs []string
	// Goes is the visit, filed in Into, that a visit picked by Refs becomes one with:
	// what was recorded during it names that one, and its own id leads there. "" = each
	// visit stays one by itself.
	Goes string
	Why  string // in words; no patient data
}

// pick tells what was asked for by itself; nil = everything.
func (ask *RefileAsked) pick() func(*Item) bool {
	switch {
	case ask.Visit != nil:
		return func(it *Item) bool { return it.Type == "Encounter" && ask.Visit(it.Resource) }
	case ask.Refs != nil:
		return func(it *Item) bool { return slices.Contains(ask.Refs, it.Ref()) }
	}
	return nil
}

// maxRefiled bounds one move.
const maxRefiled = 20_000

// Refile gives the ops of a move. What moves becomes a new resource in the
// right record, and its references to what moves with it are led there. What it
// was stays where it lay, entered in error and without its business key; its id
// leads on. From an entry to itself, the visits only change. Moved back, a resource takes up the id that it had there. The ops
// hold for the versions that were read: write them with Transact. None when
// nothing was picked. Errors: NotFound "record.unknown", Denied.
func (e *Errand) Refile(ctx context.Context, ask RefileAsked) ([]Op, error) {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return nil, err
	}
	m := &move{errand: e, ask: ask, to: map[string]string{}}
	err := e.desk.engine.View(ctx, func(r store.Reader) error { return m.read(ctx, r) })
	if err != nil {
		return nil, err
	}
	return m.ops(), nil
}

// move is one move being made ready.
type move struct {
	errand   *Errand
	ask      RefileAsked
	target   int64   // record key of the right entry, 0 = not there yet
	movables []*Item // of what lies under the entry
	items    []*Item
	origin   []*Item           // of each item: what it takes up again, nil = none
	to       map[string]string // reference → the reference that goes on for it
	stays    map[string]bool   // references of what lies under the entry and does not move
}

func (m *move) read(ctx context.Context, r store.Reader) error {
	d := m.errand.desk
	from, err := d.locate(ctx, r, "Patient", m.ask.From)
	if err != nil {
		return err
	}
	into := m.ask.Into
	if !strings.Contains(into, ":") {
		k, err := d.locate(ctx, r, "Patient", into)
		if err != nil {
			return err
		}
		m.target, into = k.PK, "Patient/"+into
	}
	m.to["Patient/"+m.ask.From] = into
	groups, err := r.Chart(ctx, []int64{from.PK}, []store.Range{{}}, time.Time{})
	if err != nil {
		return err
	}
	items, err := d.items(groups[0])
	if err != nil {
		return err
	}
	m.movables = m.movable(items)
	m.items = picked(m.movables, m.ask.pick())
	if len(m.items) > maxRefiled {
		return fault.New(fault.TooCostly, "record.move", "a move is of at most %d resources", maxRefiled)
	}
	m.stays = map[string]bool{}
	for _, it := range items {
		m.stays[it.Ref()] = it.Type != "Patient" && movedTo(it.Resource) == "" && !slices.Contains(m.items, it)
	}
	if err := m.lookBack(ctx, r); err != nil {
		return err
	}
	for i, it := range m.items {
		if m.absorbed(it) {
			m.to[it.Ref()] = m.ask.Goes
			continue
		}
		m.to[it.Ref()] = movedURL(it)
		if was := m.origin[i]; was != nil {
			m.to[it.Ref()] = was.Ref()
		}
	}
	return nil
}

// movable leaves out the entry itself, what was moved away before, what tells
// of the past, and what another organisation has filed there: it knew the
// patient by this entry, and decides for itself.
func (m *move) movable(items []*Item) []*Item {
	var out []*Item
	for _, it := range items {
		switch {
		case it.Type == "Patient" || it.Type == "Provenance" || it.Type == "AuditEvent":
		case movedTo(it.Resource) != "" || !m.errand.who.Controls(it.Org):
		default:
			out = append(out, it)
		}
	}
	return out
}

// lookBack finds the resources that lay in the right record before they were
// moved out of it.
func (m *move) lookBack(ctx context.Context, r store.Reader) error {
	m.origin = make([]*Item, len(m.items))
	if m.target == 0 || len(m.items) == 0 {
		return nil
	}
	groups, err := r.Chart(ctx, []int64{m.target}, []store.Range{{}}, time.Time{})
	if err != nil {
		return err
	}
	there, err := m.errand.desk.items(groups[0])
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, it := range m.items {
		at[it.Ref()] = i
	}
	for _, it := range there {
		if movedTo(it.Resource) == "" || !m.errand.who.Controls(it.Org) {
			continue
		}
		now, err := m.errand.desk.onward(ctx, r, it, m.errand.desk.item)
		if err != nil {
			return err
		}
		if i, ok := at[now.Ref()]; ok {
			m.origin[i] = it
		}
	}
	return nil
}

func movedURL(it *Item) string { return "urn:concord:moved:" + it.Type + ":" + it.ID }

func (m *move) ops() []Op {
	var ops []Op
	if m.ask.From == m.ask.Into && m.ask.Goes != "" {
		return m.mergesHere()
	}
	if m.ask.From == m.ask.Into {
		for _, it := range m.items {
			if m.chosen(it) {
				ops = append(ops, Op{Kind: Update, Type: it.Type, ID: it.ID, IfMatch: it.Version, Key: m.key(it),
					Resource: m.ask.Change(withoutKeys(it.Resource.Without("id")))})
			}
		}
		return ops
	}
	for i, it := range m.items {
		if !m.absorbed(it) {
			ops = append(ops, m.goesOn(it, m.origin[i]))
		}
	}
	for _, it := range m.items {
		ops = append(ops, m.leaves(it))
	}
	return ops
}

// leaves marks what a resource was as moved away.
func (m *move) leaves(it *Item) Op {
	return Op{Kind: Update, Type: it.Type, ID: it.ID, IfMatch: it.Version, refiled: true, Resource: asMoved(it.Resource, m.to[it.Ref()], m.ask.Why)}
}

// chosen tells a visit that was picked and changes.
func (m *move) chosen(it *Item) bool {
	return m.ask.Change != nil && m.ask.Visit != nil && it.Type == "Encounter" && m.ask.Visit(it.Resource)
}

// key is the business key under which the feed finds a resource from then on.
func (m *move) key(it *Item) string {
	own := m.errand.ownKey(it.Resource)
	if own != "" && m.ask.Key != nil && m.chosen(it) {
		return m.ask.Key(own)
	}
	return own
}

// goesOn makes the resource in the right record: a new one, or the one that it
// was there.
func (m *move) goesOn(it, was *Item) Op {
	body := withoutKeys(it.Resource.Without("id"))
	for _, id := range access.StandingOn(body) { // the right patient's own seals are put on when it is written
		body = (&access.StandingSeal{ID: id}).Take(body)
	}
	if m.chosen(it) {
		body = m.ask.Change(body)
	}
	patientOf := m.errand.desk.searches().table.PatientOf
	subject, own := patientOf(body), m.to["Patient/"+m.ask.From]
	op := Op{Kind: Create, Type: it.Type, FullURL: movedURL(it), refiled: true}
	if was != nil {
		op.Kind, op.ID, op.IfMatch, op.FullURL = Update, was.ID, was.Version, ""
		own = patientOf(was.Resource)
	}
	op.Key = m.key(it)
	if m.ask.Refs != nil {
		body = m.detached(body, was)
	}
	op.Resource = fhir.Rewrite(body, func(ref string) string {
		switch to := m.to[ref]; {
		case ref == subject:
			return own
		case to != "":
			return to
		}
		return ref
	})
	return op
}

// detached takes the visit off what moves without it, since that is another
// patient's from then on; what comes back gets the visit again that it had.
func (m *move) detached(body *fhir.Value, was *Item) *fhir.Value {
	behind := func(v *fhir.Value) bool {
		ref := v.StrAt("reference")
		return strings.HasPrefix(ref, "Encounter/") && m.to[ref] == ""
	}
	if behind(body.Get("encounter")) {
		body = body.Without("encounter")
	}
	if list := body.All("context.encounter"); slices.ContainsFunc(list, behind) {
		context := body.Get("context").Without("encounter")
		if list = slices.DeleteFunc(list, behind); len(list) > 0 {
			context = context.With("encounter", list)
		}
		if body = body.Without("context"); context.Len() > 0 {
			body = body.With("context", context)
		}
	}
	if was == nil {
		return body
	}
	if had := was.Resource.Get("encounter"); had != nil && body.Get("encounter") == nil {
		body = body.With("encounter", had)
	}
	if had := was.Resource.Path("context.encounter"); had != nil && body.Path("context.encounter") == nil {
		context := body.Get("context")
		if context == nil {
			context = fhir.Obj()
		}
		body = body.With("context", context.With("encounter", had))
	}
	return body
}
