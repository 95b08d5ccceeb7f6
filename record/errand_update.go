package record

import (
	"context"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// auditedUpdate runs a decided write and its audit entry in one transaction; a
// failure leaves an entry of its own.
func (e *Errand) auditedUpdate(ctx context.Context, act access.Action, v access.Verdict, f func(tx store.Tx, t *trace) error) error {
	var t trace
	failure := e.desk.engine.Update(ctx, func(tx store.Tx) error {
		t = trace{change: tx.Change()}
		if err := f(tx, &t); err != nil {
			return err
		}
		if err := e.later.note(ctx, tx, nil); err != nil {
			return err
		}
		return audit.Append(ctx, tx, e.entry(act, v, t))
	})
	if failure == nil {
		return nil
	}
	t.failure = failure
	if err := e.audit(ctx, act, v, t); err != nil {
		return err
	}
	return failure
}

// Administer lets a room that keeps small keys (accounts, settings) do its
// work for an administrator: decided, and audited in the same transaction.
func (e *Errand) Administer(ctx context.Context, what string, f func(tx store.Tx) error) error {
	v, err := e.decide(ctx, access.Accounts, "", what)
	if err != nil {
		return err
	}
	return e.auditedUpdate(ctx, access.Accounts, v, func(tx store.Tx, t *trace) error {
		t.what = []string{what}
		return f(tx)
	})
}
