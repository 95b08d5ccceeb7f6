package record

import (
	"context"
	"errors"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/store"
)

// IdentityRuling is what a human decides on who is who. A and B are ids of
// entries or of persons.
type IdentityRuling struct {
	Verb person.Verb
	A, B string
	Of   string // of person.TakeBack: the ruling that is undone
	Why  string // in the words of who rules
	// Preview tells what would move, and moves nothing.
	Preview bool
}

// Ruled is what came of a ruling.
type Ruled struct {
	ID    string // by which it can be taken back
	Moves []MovedEntry
}

// MovedEntry is an entry that is of another person now.
type MovedEntry struct{ Entry, From, To string }

// errPreview makes a transaction that is only looked at come to nothing.
var errPreview = errors.New("a preview")

// Rule carries out a ruling on identity. Stewards rule on any entries; a client
// that may update Patients rules on those that its organisation controls.
// Errors: those of person.Index.Rule, NotFound "record.unknown", Denied.
func (e *Errand) Rule(ctx context.Context, ask IdentityRuling) (Ruled, error) {
	act, typ := access.Links, ""
	if e.who.Role == access.System {
		act, typ = access.Update, "Patient"
	}
	what := "identity " + string(ask.Verb)
	v, err := e.decide(ctx, act, typ, what)
	if err != nil {
		return Ruled{}, err
	}
	if !v.Filter.Type("Patient") {
		v.Allowed = false
		if err := e.audit(ctx, act, v, trace{what: []string{what}}); err != nil {
			return Ruled{}, err
		}
		return Ruled{}, v.Refusal()
	}
	if ask.Preview {
		return e.previewed(ctx, act, v, ask)
	}
	var out Ruled
	err = e.auditedUpdate(ctx, act, v, func(tx store.Tx, t *trace) error {
		t.what = []string{what}
		var err error
		out, err = e.ruled(ctx, tx, v, ask, t)
		return err
	})
	if err != nil {
		return Ruled{}, err
	}
	e.desk.guard.forget()
	return out, nil
}

func (e *Errand) previewed(ctx context.Context, act access.Action, v access.Verdict, ask IdentityRuling) (Ruled, error) {
	var out Ruled
	var t trace
	failure := e.desk.engine.Update(ctx, func(tx store.Tx) error {
		t = trace{what: []string{"preview of identity " + string(ask.Verb)}, change: tx.Change()}
		var err error
		if out, err = e.ruled(ctx, tx, v, ask, &t); err != nil {
			return err
		}
		return errPreview
	})
	if errors.Is(failure, errPreview) {
		failure = nil
	}
	out.ID, t.failure = "", failure
	if err := e.audit(ctx, act, v, t); err != nil {
		return Ruled{}, err
	}
	if failure != nil {
		return Ruled{}, failure
	}
	return out, nil
}

// ruled does the work of a ruling in a transaction and tells what moved.
func (e *Errand) ruled(ctx context.Context, tx store.Tx, v access.Verdict, ask IdentityRuling, t *trace) (Ruled, error) {
	d := e.desk
	r := &person.Ruling{Verb: ask.Verb, By: person.BySteward, Who: e.who.Org + "/" + e.who.ID, Why: ask.Why, Of: ask.Of}
	touched, err := e.named(ctx, tx, ask, r)
	if err != nil {
		return Ruled{}, err
	}
	if err := e.mayKnow(ctx, tx, v, touched); err != nil {
		return Ruled{}, err
	}
	before, err := tx.PersonsOf(ctx, touched)
	if err != nil {
		return Ruled{}, err
	}
	if err := d.persons().Rule(ctx, tx, r); err != nil {
		return Ruled{}, err
	}
	var out Ruled
	after, err := tx.PersonsOf(ctx, touched)
	if err != nil {
		return out, err
	}
	out.ID = r.ID
	for i, pk := range touched {
		t.records = append(t.records, d.ids.encodePK(pk))
		if before[i] != after[i] {
			out.Moves = append(out.Moves, MovedEntry{d.ids.encode(person.PatientKey(pk)), d.ids.person(before[i]), d.ids.person(after[i])})
		}
	}
	t.count = len(touched)
	return out, nil
}

// named fills in the entries of a ruling and lists every entry of the persons
// that it touches.
func (e *Errand) named(ctx context.Context, tx store.Tx, ask IdentityRuling, r *person.Ruling) ([]int64, error) {
	d := e.desk
	var entries []int64
	if ask.Verb == person.TakeBack {
		of, err := person.FindRuling(ctx, tx, ask.Of)
		if err != nil {
			return nil, err
		}
		for _, p := range of.Pairs {
			entries = append(entries, p[0], p[1])
		}
	} else {
		var err error
		if r.A, err = d.entriesNamed(ctx, tx, ask.A); err != nil {
			return nil, err
		}
		if ask.B != "" {
			if r.B, err = d.entriesNamed(ctx, tx, ask.B); err != nil {
				return nil, err
			}
		}
		entries = append(slices.Clone(r.A), r.B...)
	}
	if e.who.Role == access.System {
		if err := e.controlsAll(ctx, tx, entries); err != nil {
			return nil, err
		}
	}
	return d.withThem(ctx, tx, entries)
}

// mayKnow refuses a ruling on an entry that the requester may not see: it does
// not exist for them.
func (e *Errand) mayKnow(ctx context.Context, tx store.Tx, v access.Verdict, entries []int64) error {
	last, err := tx.LastChange(ctx)
	if err != nil {
		return err
	}
	view, err := e.sight(ctx, tx, v, last)
	if err != nil {
		return err
	}
	for _, pk := range entries {
		doc, err := tx.Get(ctx, person.PatientKey(pk))
		if err != nil {
			return err
		}
		if o, err := view.look(ctx, doc, false); err != nil {
			return err
		} else if !o.Shown {
			return unknown("Patient")
		}
	}
	return nil
}

// controlsAll refuses a client that names an entry of another organisation.
func (e *Errand) controlsAll(ctx context.Context, tx store.Tx, entries []int64) error {
	for _, pk := range entries {
		doc, err := tx.Get(ctx, person.PatientKey(pk))
		if err != nil {
			return err
		}
		if !e.who.Controls(doc.Org) {
			return fault.New(fault.Denied, "access.controller", "another organisation controls this resource")
		}
	}
	return nil
}

// entriesNamed are the entries that an id names: one, or all of a person.
func (d *Desk) entriesNamed(ctx context.Context, r store.Reader, id string) ([]int64, error) {
	n, err := d.whose(ctx, r, id, time.Time{})
	if err != nil {
		return nil, err
	}
	if n.entry != 0 {
		return []int64{n.entry}, nil
	}
	return d.onlyEntries(ctx, r, n.members)
}

// onlyEntries leaves out the ids of former persons.
func (d *Desk) onlyEntries(ctx context.Context, r store.Reader, members []int64) ([]int64, error) {
	var out []int64
	for _, pk := range members {
		_, err := r.Get(ctx, person.PatientKey(pk))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, pk)
	}
	return out, nil
}

// withThem adds to entries the others of their persons.
func (d *Desk) withThem(ctx context.Context, r store.Reader, entries []int64) ([]int64, error) {
	var out []int64
	for _, pk := range entries {
		p, err := r.PersonOf(ctx, pk, time.Time{})
		if err != nil {
			return nil, err
		}
		members, err := r.Members(ctx, p, time.Time{})
		if err != nil {
			return nil, err
		}
		if members, err = d.onlyEntries(ctx, r, members); err != nil {
			return nil, err
		}
		out = append(out, members...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// IdentityHistory lists what was decided on two entries, oldest first. Errors:
// NotFound "record.unknown".
func (e *Errand) IdentityHistory(ctx context.Context, a, b string) ([]person.Decision, error) {
	var out []person.Decision
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		x, err := e.desk.locate(ctx, r, "Patient", a)
		if err != nil {
			return err
		}
		y, err := e.desk.locate(ctx, r, "Patient", b)
		if err != nil {
			return err
		}
		t.records = e.desk.recordIDs(x, y)
		p, err := person.PairOf(ctx, r, x.PK, y.PK)
		out = p.Decisions
		return err
	})
	return out, err
}

// Rulings lists what humans ruled on identity, newest first.
func (e *Errand) Rulings(ctx context.Context, limit int) ([]person.Ruling, error) {
	var out []person.Ruling
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		var err error
		out, err = person.Rulings(ctx, r, limit)
		t.what, t.count = []string{"rulings"}, len(out)
		return err
	})
	return out, err
}
