package record

import (
	"context"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// LookOnce makes one decision with its filter on one document, and says how
// long it took without reading the document.
func LookOnce(ctx context.Context, d *Desk, who access.Requester, r store.Reader, typ, id string) (time.Duration, error) {
	k, err := d.locate(ctx, r, typ, id)
	if err != nil {
		return 0, err
	}
	doc, err := r.Get(ctx, k)
	if err != nil {
		return 0, err
	}
	change, err := r.LastChange(ctx)
	if err != nil {
		return 0, err
	}
	began := d.now()
	e := d.For(who, access.Reason{Purpose: access.DirectCare})
	s, err := e.sight(ctx, r, d.policies.Decide(who, e.why, access.Read, typ), change)
	if err != nil {
		return 0, err
	}
	o, err := s.look(ctx, doc, false)
	if err == nil && !o.Shown {
		err = fault.New(fault.Denied, "access.test", "it is not shown")
	}
	return d.now().Sub(began), err
}

// JSON is an item's text, for tests that look for words in it.
func (i *Item) JSON() []byte {
	text, err := i.AppendJSON(nil)
	if err != nil {
		panic(err)
	}
	return text
}

// CarrySeals does all the work on standing seals that waits, that of later too.
func CarrySeals(ctx context.Context, d *Desk) error {
	if _, err := d.followSeals(ctx, ""); err != nil {
		return err
	}
	for {
		var list []store.Job
		err := d.engine.Update(ctx, func(tx store.Tx) (err error) {
			list, err = tx.Lease(ctx, standingTopic, "test", time.Minute, 1)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for done := false; !done; {
			if done, err = d.standingStep(ctx, list[0]); err != nil {
				return err
			}
		}
		if err := d.engine.Update(ctx, func(tx store.Tx) error { return tx.Finish(ctx, list[0].ID, "test") }); err != nil {
			return err
		}
	}
}
