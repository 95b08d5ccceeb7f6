package record

import (
	"context"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// resealSome does one batch in one commit, with the new place of the walk, so
// that a crash repeats nothing and misses nothing. It reads within the commit:
// a replica may not have what was written a moment ago.
func (d *Desk) resealSome(ctx context.Context) (resealState, error) {
	var st resealState
	keyless := ""
	err := d.engine.Update(ctx, func(tx store.Tx) error {
		var err error
		if st, err = readReseal(ctx, tx); err != nil || st.Phase == "" {
			return err
		}
		w := &resealing{desk: d, tx: tx, st: &st}
		if err := w.batch(ctx); err != nil {
			keyless = w.keyless
			return err
		}
		if st.Phase == "" {
			st.Ended = tx.Time()
		}
		return writeReseal(ctx, tx, st)
	})
	if keyless != "" { // the first body of an organisation whose others are in the clear
		_, err = d.seals.Seal(ctx, keyless, nil)
	}
	return st, err
}

// resealing is one batch under way.
type resealing struct {
	desk    *Desk
	tx      store.Tx
	st      *resealState
	keyless string // an organisation that has no key yet
}

func (w *resealing) batch(ctx context.Context) error {
	if _, err := w.desk.seals.Spent(ctx, w.tx); err != nil { // the keys as this commit has them
		return err
	}
	if w.st.Place.Part == replyPart {
		return w.replies(ctx)
	}
	some, err := w.tx.Bodies(ctx, w.st.Place, resealBatch)
	if err != nil {
		return err
	}
	if len(some) == 0 {
		w.st.Place = store.BodyPlace{Part: w.st.Place.Part + 1}
		return nil
	}
	var list []store.Repacking
	for _, x := range some {
		to, err := w.one(x.Org, x.Packed)
		if err != nil {
			return err
		}
		if to != nil {
			list = append(list, store.Repacking{BodyPlace: x.BodyPlace, From: x.Packed, To: to})
		}
	}
	w.st.Place = some[len(some)-1].BodyPlace
	_, err = w.tx.Repack(ctx, list)
	return err
}

// one seals one body anew where it is old; nil = it is not.
func (w *resealing) one(org string, body []byte) ([]byte, error) {
	w.st.Looked++
	if w.st.Phase == "checking" && w.desk.seals.Under(body, w.st.Spent) {
		w.st.Left++
	}
	if !w.desk.seals.Old(body) {
		return nil, nil
	}
	if org == "" {
		org = access.Domain
	}
	to, err := w.desk.seals.Anew(org, body)
	if f := fault.Of(err); f != nil && f.Code == "seal.no-key" {
		w.keyless = org
	}
	w.st.Sealed++
	return to, err
}

// replies does the last part, and turns the walk over: after the sealing comes
// the check, which is made again until it finds nothing.
func (w *resealing) replies(ctx context.Context) error {
	some, err := w.tx.ListKeysFrom(ctx, replySpace, "", w.st.Reply, resealBatch)
	if err != nil {
		return err
	}
	for _, kv := range some {
		if kv.Key == w.st.Reply {
			continue // the last of the batch before
		}
		to, err := w.one("", kv.Value)
		if err != nil {
			return err
		}
		if to == nil {
			continue
		}
		kv.Value = to
		if err := w.tx.SetKey(ctx, replySpace, kv); err != nil {
			return err
		}
	}
	if len(some) == resealBatch {
		w.st.Reply = some[len(some)-1].Key
		return nil
	}
	w.st.Place, w.st.Reply = store.BodyPlace{Part: store.CurrentBodies}, ""
	if w.st.Phase == "sealing" || w.st.Left > 0 {
		w.st.Phase, w.st.Looked, w.st.Left = "checking", 0, 0
	} else {
		w.st.Phase = ""
	}
	return nil
}
