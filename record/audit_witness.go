package record

import (
	"context"

	"concord/record/audit"
	"concord/store"
)

// AuditCosigned is the newest checkpoint that a witness has co-signed; nil
// before the first. It tells nothing of anybody and is published to all.
func (d *Desk) AuditCosigned(ctx context.Context) ([]byte, error) {
	var out []byte
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = audit.Cosigned(ctx, r)
		return err
	})
	return out, err
}

// KeepCosigned stores what the witnesses have answered.
func (d *Desk) KeepCosigned(ctx context.Context, signed []byte, standings []audit.Standing) error {
	return d.engine.Update(ctx, func(tx store.Tx) error { return audit.KeepCosigned(ctx, tx, signed, standings) })
}

// Witnesses tells how it goes with each witness.
func (d *Desk) Witnesses(ctx context.Context) ([]audit.Standing, error) {
	var out []audit.Standing
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = audit.Standings(ctx, r)
		return err
	})
	return out, err
}
