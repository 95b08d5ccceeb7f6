package record

import (
	"context"
	"encoding/json"
	"time"

	"concord/fault"
	"concord/jobs"
	"concord/record/access"
	"concord/record/seal"
	"concord/store"
)

// Resealing is how far it has come that everything is sealed under the newest
// keys of its organisations.
type Resealing struct {
	Job     string `json:"job"`
	Phase   string `json:"phase"`   // "sealing", "checking", "" when it is done
	Looked  int64  `json:"looked"`  // bodies that were met in this phase
	Sealed  int64  `json:"sealed"`  // bodies that were sealed anew
	Spent   []int  `json:"spent"`   // numbers of the keys that were replaced before it began
	Left    int64  `json:"left"`    // bodies that the check found under one of them
	Dropped []int  `json:"dropped"` // those of them that were dropped since
	Started time.Time
	Ended   time.Time
}

// resealState is that, and where the walk is.
type resealState struct {
	Resealing
	Place store.BodyPlace
	Reply string // last key of the part of replies
}

// replies of destinations lie beside the parts of the store.
const replyPart = store.MessageBodies + 1

const (
	resealTopic = "reseal"
	resealSpace = "reseal"
	resealKey   = "state"
	resealBatch = 200
	// After a crash the next process waits for the lease of the one before.
	resealLease = 15 * time.Second
	resealStep  = 5 * time.Second // of work under one lease
)

// Reseal begins to seal every body that lies under a replaced key, or in the
// clear, under the newest key of its organisation: versions of resources,
// messages, and what destinations answered. It goes on in the background, in
// whichever process leases it, and after a restart; a second walk proves that
// nothing lies under the keys that had been replaced when it began. One that
// runs is told of. Errors: Unsupported "seal.off".
func (e *Errand) Reseal(ctx context.Context) (Resealing, error) {
	d := e.desk
	v, err := e.decide(ctx, access.Retain, "", "reseal")
	if err != nil {
		return Resealing{}, err
	}
	if !d.seals.Seals() {
		return Resealing{}, fault.New(fault.Unsupported, "seal.off", "this store is opened without a key file")
	}
	var st resealState
	err = e.auditedUpdate(ctx, access.Retain, v, func(tx store.Tx, t *trace) error {
		t.what = []string{"reseal"}
		var err error
		if st, err = readReseal(ctx, tx); err != nil || st.Phase != "" {
			return err
		}
		st = resealState{Resealing: Resealing{Job: d.ids.encodePK(tx.Change() & (1<<idBits - 1)), Phase: "sealing", Started: tx.Time()},
			Place: store.BodyPlace{Part: store.CurrentBodies}}
		if st.Spent, err = d.seals.Spent(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Enqueue(ctx, resealTopic, []byte(st.Job), tx.Time()); err != nil {
			return err
		}
		return writeReseal(ctx, tx, st)
	})
	d.wakeWork()
	return st.Resealing, err
}

// Resealing tells how far the last one has come.
func (e *Errand) Resealing(ctx context.Context) (Resealing, error) {
	if _, err := e.decide(ctx, access.Retain, "", "reseal"); err != nil {
		return Resealing{}, err
	}
	var st resealState
	err := e.desk.engine.View(ctx, func(r store.Reader) (err error) {
		st, err = readReseal(ctx, r)
		return err
	})
	return st.Resealing, err
}

// RotateKey gives an organisation a new data key. Errors: Unsupported
// "seal.off".
func (e *Errand) RotateKey(ctx context.Context, org string) error {
	v, err := e.decide(ctx, access.Retain, "", "new data key of "+org)
	if err != nil {
		return err
	}
	if err := e.audit(ctx, access.Retain, v, trace{what: []string{"new data key of " + org}}); err != nil {
		return err
	}
	return e.desk.seals.Rotate(ctx, org)
}

// DataKeys tells what data keys the store has.
func (e *Errand) DataKeys(ctx context.Context) ([]seal.DataKey, error) {
	if _, err := e.decide(ctx, access.Retain, "", "data keys"); err != nil {
		return nil, err
	}
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		_, err := e.desk.seals.Spent(ctx, r)
		return err
	})
	return e.desk.seals.Keys(), err
}

// DropKeys forgets the data keys that the last walk proved unused, and gives
// their numbers. Copies of the store from before still hold what lies under
// them. Errors: Conflict "seal.not-proven" before a walk has ended.
func (e *Errand) DropKeys(ctx context.Context) ([]int, error) {
	d := e.desk
	v, err := e.decide(ctx, access.Retain, "", "drop data keys")
	if err != nil {
		return nil, err
	}
	var dropped []int
	err = e.auditedUpdate(ctx, access.Retain, v, func(tx store.Tx, t *trace) error {
		t.what = []string{"drop data keys"}
		st, err := readReseal(ctx, tx)
		if err != nil {
			return err
		}
		if st.Phase != "" || st.Ended.IsZero() {
			return fault.New(fault.Conflict, "seal.not-proven", "seal everything anew first (concord keys reseal): nothing proves that old keys are not needed")
		}
		if dropped, err = d.seals.Drop(ctx, tx, st.Spent); err != nil {
			return err
		}
		st.Dropped = append(st.Dropped, dropped...)
		t.count = len(dropped)
		return writeReseal(ctx, tx, st)
	})
	if err != nil {
		return nil, err
	}
	return dropped, d.engine.View(ctx, func(r store.Reader) error {
		_, err := d.seals.Spent(ctx, r)
		return err
	})
}

func readReseal(ctx context.Context, r store.Keys) (resealState, error) {
	var st resealState
	text, err := r.GetKey(ctx, resealSpace, resealKey)
	if err == nil && text != nil {
		err = json.Unmarshal(text, &st)
	}
	return st, err
}

func writeReseal(ctx context.Context, tx store.Tx, st resealState) error {
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, resealSpace, store.KeyValue{Key: resealKey, Value: text})
}

func (d *Desk) resealWorker(owner string) *jobs.Worker {
	return &jobs.Worker{Engine: d.engine, Topic: resealTopic, Owner: owner, Lease: resealLease, Now: d.now, Attempts: 10}
}

// resealStep is one step of the job: some batches.
func (d *Desk) resealStep(ctx context.Context, _ store.Job) (done bool, err error) {
	for end := d.now().Add(resealStep); ; {
		st, err := d.resealSome(ctx)
		if err != nil || st.Phase == "" {
			return err == nil, err
		}
		if d.now().After(end) {
			return false, nil
		}
	}
}
