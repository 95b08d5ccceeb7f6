package record

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// MarkKept is a marking as it is kept: who, when, why, and what was before. The
// key begins with the record that it is about.
type MarkKept struct {
	ID       string      `json:"-"`
	At       time.Time   `json:"at"`
	Who      string      `json:"who"` // "ORG/user"
	Org      string      `json:"org"` // that controls what was marked
	Do       Marking     `json:"do"`
	Why      string      `json:"why"`
	Refs     []markedRef `json:"refs"`
	Standing string      `json:"standing,omitempty"` // the Consent of a standing seal
	ByCode   bool        `json:"byCode,omitempty"`   // of a standing seal: it was asked for by its code, which its Consent has, sealed
	Like     string      `json:"like,omitempty"`     // of a standing seal: the resource whose codes it has
	Count    int         `json:"count,omitempty"`    // of a standing seal: the resources that were there
	Undone   string      `json:"undone,omitempty"`   // by whom
	UndoneAt time.Time   `json:"undone_at,omitzero"`
}

// Items is how many resources were marked.
func (k MarkKept) Items() int {
	if k.Standing != "" {
		return k.Count
	}
	return len(k.Refs)
}

const markSpace = "marks"

// mostMarks bounds how many markings of one record are listed.
const mostMarks = 100

// keep keeps the decision, within the commit.
func (m *marking) keep(ctx context.Context, tx store.Tx, p *plan, t *trace) error {
	e := m.errand
	t.what = m.what()
	var refs []markedRef
	for _, dr := range p.drafts {
		ref := dr.op.Type + "/" + dr.id
		was := m.was[ref]
		was.Ref, was.Version = ref, dr.version
		refs = append(refs, was)
		if len(t.what) < 20 && !slices.Contains(t.what, ref) {
			t.what = append(t.what, ref)
		}
	}
	if m.undoes != nil {
		row, err := findMark(ctx, tx, m.undoes.ID)
		if err != nil {
			return err
		}
		if row.Undone != "" {
			return fault.New(fault.Conflict, "record.mark-undone", "this was undone before")
		}
		row.Undone, row.UndoneAt = e.who.Org+"/"+e.who.ID, tx.Time()
		m.plan.ID = row.ID
		return writeMark(ctx, tx, row)
	}
	key := e.desk.ids.encodePK(p.drafts[0].key.PK)
	row := MarkKept{ID: key + "|" + moveID(tx.Time(), e.desk.ids.encodePK(tx.Change()&(1<<idBits-1))), At: tx.Time(), Who: e.who.Org + "/" + e.who.ID,
		Org: m.plan.Org, Do: m.plan.Do, Why: e.why.Text, Refs: refs}
	if m.ask.stands() {
		row.Refs, row.Standing, row.ByCode, row.Like, row.Count = nil, standingRef(p), m.ask.Code != "", m.ask.Ref, m.plan.Items
	}
	m.plan.ID = row.ID
	return writeMark(ctx, tx, row)
}

func writeMark(ctx context.Context, tx store.Tx, row MarkKept) error {
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, markSpace, store.KeyValue{Key: row.ID, Value: text})
}

func readMark(kv store.KeyValue) (MarkKept, error) {
	row := MarkKept{ID: kv.Key}
	if err := json.Unmarshal(kv.Value, &row); err != nil {
		return row, fault.Wrap(err, fault.Internal, "record.mark", "a marking cannot be read")
	}
	return row, nil
}

func findMark(ctx context.Context, r store.Keys, id string) (MarkKept, error) {
	text, err := r.GetKey(ctx, markSpace, id)
	if err == nil && text == nil {
		err = fault.New(fault.NotFound, "record.mark", "there is no such marking")
	}
	if err != nil {
		return MarkKept{}, err
	}
	return readMark(store.KeyValue{Key: id, Value: text})
}

// marksOf lists the markings of a human's records, newest first, of the
// organisations that the requester answers for.
func (e *Errand) marksOf(ctx context.Context, r store.Reader, pks []int64) ([]MarkKept, error) {
	var out []MarkKept
	pks = slices.Clone(pks)
	slices.Sort(pks)
	for _, pk := range slices.Compact(pks) {
		prefix := e.desk.ids.encodePK(pk) + "|"
		rows, err := r.ListKeys(ctx, markSpace, prefix, mostMarks)
		if err != nil {
			return nil, err
		}
		for _, kv := range rows {
			if !strings.HasPrefix(kv.Key, prefix) {
				break
			}
			row, err := readMark(kv)
			if err != nil {
				return nil, err
			}
			if e.who.Controls(row.Org) {
				out = append(out, row)
			}
		}
	}
	slices.SortFunc(out, func(a, b MarkKept) int { return b.At.Compare(a.At) })
	return out, nil
}

// prepareUndo makes the ops that put back what a marking found. What was changed
// since is not touched.
func (m *marking) prepareUndo(ctx context.Context, r store.Reader, v *sight, pks []int64) error {
	row, err := findMark(ctx, r, m.ask.Of)
	if err != nil {
		return err
	}
	owner, _, _ := strings.Cut(row.ID, "|")
	if !slices.ContainsFunc(pks, func(pk int64) bool { return m.errand.desk.ids.encodePK(pk) == owner }) {
		return fault.New(fault.NotFound, "record.mark", "there is no such marking")
	}
	if row.Undone != "" {
		return fault.New(fault.Conflict, "record.mark-undone", "this was undone before")
	}
	if row.Do.ofPatient() && !v.Filter.Type("Patient") {
		return fault.New(fault.Denied, "access.marks", "only a privacy officer undoes what was marked of a patient")
	}
	m.undoes, m.plan.Do, m.plan.Org = &row, row.Do, row.Org
	if row.Standing != "" {
		return m.undoStanding(ctx, r, v, pks, row.Standing)
	}
	for _, ref := range row.Refs {
		it, err := m.named(ctx, r, v, pks, ref.Ref)
		if err != nil {
			return err
		}
		if it.Version != ref.Version {
			return markChanged()
		}
		m.records = append(m.records, m.errand.desk.recordIDs(it.key)...)
		to := access.SetLabels(it.Resource, ref.Security)
		if it.Type == "Consent" {
			to = it.Resource.With("status", ref.statusBefore())
		}
		m.patch(it, to)
	}
	m.plan.Items = len(m.ops)
	return nil
}

// statusBefore is what a Consent's status was; one that was not there was
// written in error.
func (x markedRef) statusBefore() string {
	if x.Status == "" {
		return "entered-in-error"
	}
	return x.Status
}
