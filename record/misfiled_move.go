package record

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// MoveKept is the decision of a steward to move what was filed, as it is kept.
type MoveKept struct {
	ID         string    `json:"id"`
	Who        string    `json:"who"` // organisation and account
	At         time.Time `json:"at"`
	Why        string    `json:"why"`
	Trust      string    `json:"trust"`
	From, Into string    // ids of the entries
	Moved      []MovedRef
	Visits     int
	Docs       int
	Undone     string    `json:"undone,omitempty"` // who undid it
	UndoneAt   time.Time `json:"undoneAt,omitzero"`
}

// MovedRef is one resource before and after a move.
type MovedRef struct{ Was, Is string }

const (
	moveSpace = "filed-move"
	mostWhy   = 200 // characters
)

func readMove(kv store.KeyValue) (MoveKept, error) {
	var row MoveKept
	if err := json.Unmarshal(kv.Value, &row); err != nil {
		return row, fault.Wrap(err, fault.Internal, "record.move", "a kept decision cannot be read")
	}
	return row, nil
}

// filedMove is one move under way.
type filedMove struct {
	errand  *Errand
	ask     MoveAsked
	undoes  *MoveKept // nil = it is a new one
	plan    *MovePlan
	ops     []Op
	urls    map[string]string // new references by what they were: full URLs or references
	records []string
}

func (mv *filedMove) do(ctx context.Context, v access.Verdict) error {
	if err := mv.checked(); err != nil {
		return err
	}
	d := mv.errand.desk
	err := d.engine.View(ctx, func(r store.Reader) error {
		last, err := r.LastChange(ctx)
		if err != nil {
			return err
		}
		view, err := mv.errand.sight(ctx, r, v, last)
		if err != nil {
			return err
		}
		return mv.prepare(ctx, r, view)
	})
	if err != nil || mv.ask.Preview {
		return err
	}
	_, err = mv.errand.handOf(mv.plan.Trust).transact(ctx, v, mv.ops, Commit{name: &inName{errand: mv.errand, what: "move of what was filed", keep: mv.keep}})
	return err
}

func (mv *filedMove) checked() error {
	n := utf8.RuneCountInString(strings.TrimSpace(mv.ask.Why))
	switch {
	case !mv.ask.Preview && (n == 0 || n > mostWhy):
		return fault.New(fault.Invalid, "record.move-why", "say in 1 to %d characters why", mostWhy).In("why")
	case mv.ask.Of == "" && len(mv.ask.Refs) == 0:
		return fault.New(fault.Invalid, "record.move-none", "choose what moves").In("item")
	}
	return nil
}

// prepare reads both entries and makes the ops.
func (mv *filedMove) prepare(ctx context.Context, r store.Reader, v *sight) error {
	e, d := mv.errand, mv.errand.desk
	from, into, refs := mv.ask.From, mv.ask.Into, mv.ask.Refs
	if mv.ask.Of != "" {
		row, err := findMove(ctx, r, mv.ask.Of)
		if err != nil {
			return err
		}
		if row.Undone != "" {
			return fault.New(fault.Conflict, "record.move-undone", "this was undone before")
		}
		mv.undoes, from, into, refs = &row, row.Into, row.From, nil
		for _, m := range row.Moved {
			refs = append(refs, m.Is)
		}
	}
	a, err := e.stewarded(ctx, r, v, from)
	if err != nil {
		return err
	}
	b, err := e.stewarded(ctx, r, v, into)
	if mv.undoes == nil && fault.Is(err, fault.NotFound) {
		if b, err = d.numbered(ctx, r, HospitalNumber{a.Org, into}); b != nil {
			b, err = e.stewarded(ctx, r, v, b.ID)
		}
	}
	switch {
	case err != nil:
		return err
	case b == nil:
		return fault.New(fault.NotFound, "record.number", "this trust knows no patient by that hospital number").In("into")
	case a.key == b.key || a.Org != b.Org:
		return fault.New(fault.Invalid, "record.move-same", "choose another patient of the same trust").In("into")
	}
	if mv.ask.Seen != 0 && mv.ask.Seen != b.Version {
		return moveChanged()
	}
	mv.plan = &MovePlan{From: a.ID, Into: b, Trust: a.Org}
	mv.records = d.recordIDs(a.key, b.key)
	return mv.refile(ctx, r, a, b, refs)
}

func (mv *filedMove) refile(ctx context.Context, r store.Reader, a, b *Item, refs []string) error {
	who := mv.errand.who
	why := "moved by a steward, " + who.Org + "/" + who.ID
	m := &move{errand: mv.errand.handOf(mv.plan.Trust), to: map[string]string{}, ask: RefileAsked{From: a.ID, Into: b.ID, Refs: refs, Why: why}}
	if err := m.read(ctx, r); err != nil {
		return err
	}
	here := map[string]bool{}
	for i, it := range m.items {
		here[it.Ref()] = mv.undoes != nil || choosable(it, a.Org)
		if mv.undoes != nil && slices.Contains(refs, it.Ref()) && m.origin[i] == nil {
			return moveChanged()
		}
	}
	for _, ref := range refs {
		if !here[ref] {
			return moveChanged()
		}
	}
	mv.urls = map[string]string{}
	for _, it := range m.items {
		mv.urls[it.Ref()] = m.to[it.Ref()]
		mv.plan.Torn += m.torn(it)
		switch {
		case it.Type == "Encounter":
			mv.plan.Visits++
		case it.Type == "DocumentReference" && slices.Contains(refs, it.Ref()):
			mv.plan.Docs++
		}
	}
	mv.plan.Total, mv.ops = len(m.items), m.ops()
	return nil
}

func moveChanged() error {
	return fault.New(fault.Conflict, "record.move-changed", "what was chosen is not there any more, or has been moved on: look again")
}

// torn counts the references of what moves to what stays under the entry, but
// for the visit that it leaves.
func (m *move) torn(it *Item) int {
	n := 0
	fhir.Rewrite(m.detached(it.Resource, nil), func(ref string) string {
		if m.stays[ref] {
			n++
		}
		return ref
	})
	return n
}

// keep keeps the decision, within the commit.
func (mv *filedMove) keep(ctx context.Context, tx store.Tx, p *plan, t *trace) error {
	e := mv.errand
	t.records, t.count = mv.records, mv.plan.Total
	if mv.undoes != nil {
		row, err := findMove(ctx, tx, mv.undoes.ID)
		if err != nil {
			return err
		}
		if row.Undone != "" {
			return fault.New(fault.Conflict, "record.move-undone", "this was undone before")
		}
		row.Undone, row.UndoneAt = e.who.Org+"/"+e.who.ID, tx.Time()
		mv.plan.ID = row.ID
		return writeMove(ctx, tx, row)
	}
	row := MoveKept{ID: moveID(tx.Time(), e.desk.ids.encodePK(tx.Change()&(1<<idBits-1))), Who: e.who.Org + "/" + e.who.ID, At: tx.Time(), Why: strings.TrimSpace(mv.ask.Why),
		Trust: mv.plan.Trust, From: mv.plan.From, Into: mv.plan.Into.ID, Visits: mv.plan.Visits, Docs: mv.plan.Docs}
	for was, is := range mv.urls {
		if dr := p.byURL[is]; dr != nil {
			is = dr.op.Type + "/" + dr.id
		}
		row.Moved = append(row.Moved, MovedRef{was, is})
	}
	slices.SortFunc(row.Moved, func(a, b MovedRef) int { return strings.Compare(a.Was, b.Was) })
	mv.plan.ID = row.ID
	return writeMove(ctx, tx, row)
}

// moveID sorts the newest first, so that the latest are listed at once.
func moveID(at time.Time, id string) string {
	return fmt.Sprintf("%016x-%s", math.MaxInt64-at.UnixMicro(), id)
}

func writeMove(ctx context.Context, tx store.Tx, row MoveKept) error {
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, moveSpace, store.KeyValue{Key: row.ID, Value: text})
}

func findMove(ctx context.Context, r store.Keys, id string) (MoveKept, error) {
	text, err := r.GetKey(ctx, moveSpace, id)
	if err == nil && text == nil {
		err = fault.New(fault.NotFound, "record.move", "there is no such move")
	}
	if err != nil {
		return MoveKept{}, err
	}
	return readMove(store.KeyValue{Key: id, Value: text})
}

// inName is for whom the Desk itself writes a transaction: the audit entry is
// theirs, and keep is done in the same commit.
type inName struct {
	errand *Errand
	act    access.Action // of the audit entry; "" = Links
	what   string
	keep   func(ctx context.Context, tx store.Tx, p *plan, t *trace) error
}
