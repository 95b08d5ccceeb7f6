package record

import (
	"context"
	"encoding/json"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Relabelling is how far it has come that what lies in the record has the labels
// that its codes ask for.
type Relabelling struct {
	Looked   int64     `json:"looked"`   // current resources that were met
	Labelled int64     `json:"labelled"` // that were given a label
	Refused  int64     `json:"refused"`  // that lack one and could not be written
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"`
}

// relabelState is that, where the walk is, and by which sets of codes it goes.
type relabelState struct {
	Relabelling
	Sets  string          `json:"sets"`
	Place store.BodyPlace `json:"place"`
}

const (
	relabelSpace, relabelKey = "relabel", "state"
	relabelBatch             = 1000 // resources looked at between two places kept
	relabelWrites            = 100  // resources written in one transaction
)

// Relabel gives what was written before its codes were listed as sensitive the
// labels that they ask for: a new version of each resource that lacks one, by the
// operator, audited as every write is. It goes over the current resources once and
// keeps its place, from which the next call goes on when this one was stopped; when
// the sets of codes have changed, or it had ended, it begins anew. batch is how many
// are looked at between two places, 0 = 1,000; tell hears how far it is after each
// and may stop it. What cannot be written (it breaks a rule of now) is counted, and
// the rest goes on. Errors: Denied, those of tell and of the store.
func (e *Errand) Relabel(ctx context.Context, batch int, tell func(Relabelling) error) (Relabelling, error) {
	v, err := e.decide(ctx, access.Retain, "", "relabel")
	if err != nil {
		return Relabelling{}, err
	}
	if err := e.audit(ctx, access.Retain, v, trace{what: []string{"relabel"}}); err != nil {
		return Relabelling{}, err
	}
	w := relabelling{errand: e, batch: batch}
	if w.batch <= 0 {
		w.batch = relabelBatch
	}
	if err := w.begin(ctx); err != nil {
		return w.st.Relabelling, err
	}
	for w.st.Ended.IsZero() {
		if err := w.step(ctx); err != nil {
			return w.st.Relabelling, err
		}
		if err := tell(w.st.Relabelling); err != nil {
			return w.st.Relabelling, err
		}
	}
	return w.st.Relabelling, nil
}

type relabelling struct {
	errand *Errand
	batch  int
	st     relabelState
}

// begin takes the walk up where it stopped, or from the start.
func (w *relabelling) begin(ctx context.Context) error {
	d := w.errand.desk
	err := d.engine.View(ctx, func(r store.Reader) error {
		text, err := r.GetKey(ctx, relabelSpace, relabelKey)
		if err == nil && text != nil {
			err = json.Unmarshal(text, &w.st)
		}
		return err
	})
	if sets := d.sensitive.Digest(); err == nil && (w.st.Sets != sets || !w.st.Ended.IsZero()) {
		w.st = relabelState{Sets: sets, Place: store.BodyPlace{Part: store.CurrentBodies}, Relabelling: Relabelling{Started: d.now().UTC()}}
	}
	return err
}

// step looks at one batch, writes what lacks a label, and keeps the place: after a
// crash in between the batch is looked at again, and has its labels.
func (w *relabelling) step(ctx context.Context) error {
	d := w.errand.desk
	var some []store.Body
	if err := d.engine.View(ctx, func(r store.Reader) (err error) {
		some, err = r.Bodies(ctx, w.st.Place, w.batch)
		return err
	}); err != nil {
		return err
	}
	var ops []Op
	for _, x := range some {
		op, lacks, err := d.lacksLabel(x)
		if err != nil {
			return err
		}
		if lacks {
			ops = append(ops, op)
		}
	}
	for len(ops) > 0 {
		n := min(len(ops), relabelWrites)
		if err := w.write(ctx, ops[:n]); err != nil {
			return err
		}
		ops = ops[n:]
	}
	w.st.Looked += int64(len(some))
	if len(some) == 0 {
		w.st.Ended = d.now().UTC()
	} else {
		w.st.Place = some[len(some)-1].BodyPlace
	}
	text, err := json.Marshal(w.st)
	if err != nil {
		return err
	}
	return d.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, relabelSpace, store.KeyValue{Key: relabelKey, Value: text})
	})
}

// lacksLabel tells whether a current resource lacks a label, with the patch that
// gives it.
func (d *Desk) lacksLabel(x store.Body) (op Op, lacks bool, err error) {
	typ := fhir.R4().Name(x.Type())
	if access.KindOf(typ) != access.Clinical {
		return op, false, nil
	}
	text, err := d.unpack(x.Packed)
	if err != nil {
		return op, false, err
	}
	body, err := fhir.Parse(text)
	if err != nil || d.sensitive.Labelled(body) == body {
		return op, false, err
	}
	return Op{Kind: Patch, Type: typ, ID: d.ids.encode(x.Key), Change: func(now *fhir.Value) (*fhir.Value, error) {
		return d.sensitive.Labelled(now), nil
	}}, true, nil
}

// write writes some together, and one by one when that is refused.
func (w *relabelling) write(ctx context.Context, ops []Op) error {
	_, err := w.errand.Transact(ctx, ops, Commit{})
	f := fault.Of(err)
	switch {
	case err == nil:
		w.st.Labelled += int64(len(ops))
		return nil
	case f == nil || f.Kind == fault.Busy || f.Kind == fault.Internal || f.Kind == fault.Denied || ctx.Err() != nil:
		return err
	case len(ops) > 1:
		for i := range ops {
			if err := w.write(ctx, ops[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	case f.Kind != fault.Gone && f.Kind != fault.NotFound: // else it was deleted meanwhile
		w.st.Refused++
	}
	return nil
}
