package record

import (
	"context"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// Sequencer grows the audit log's tree and signs its checkpoints. Of the
// processes that share a store one runs it at a time.
func (d *Desk) Sequencer(sign audit.Sign) *audit.Sequencer {
	return &audit.Sequencer{Engine: d.engine, Sign: sign}
}

// AuditCheckpoint is the newest signed checkpoint; nil before the first. It
// tells nothing of anybody and is published to all.
func (d *Desk) AuditCheckpoint(ctx context.Context) ([]byte, error) {
	var out []byte
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = audit.Checkpoint(ctx, r)
		return err
	})
	return out, err
}

// AuditProof gives the hashes by which leaf n is proved to lie in the tree of
// that size. They tell nothing of anybody. Errors: Invalid "audit.range".
func (d *Desk) AuditProof(ctx context.Context, size, n int64) ([][32]byte, error) {
	return d.proof(ctx, func(r store.Reader) ([][32]byte, error) {
		p, err := audit.Prove(ctx, r, size, n)
		return plain(p), err
	})
}

// AuditGrowth gives the hashes by which the tree of one size is proved to be
// the beginning of a larger one. Errors: Invalid "audit.range".
func (d *Desk) AuditGrowth(ctx context.Context, from, size int64) ([][32]byte, error) {
	return d.proof(ctx, func(r store.Reader) ([][32]byte, error) {
		p, err := audit.ProveGrowth(ctx, r, from, size)
		return plain(p), err
	})
}

func (d *Desk) proof(ctx context.Context, f func(store.Reader) ([][32]byte, error)) ([][32]byte, error) {
	var out [][32]byte
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = f(r)
		return err
	})
	return out, err
}

func plain[H ~[32]byte](hashes []H) [][32]byte {
	out := make([][32]byte, len(hashes))
	for i, h := range hashes {
		out[i] = h
	}
	return out
}

// Retain removes payloads of the audit log by the rules and returns how many.
func (e *Errand) Retain(ctx context.Context, rules *audit.Retention) (int, error) {
	v, err := e.decide(ctx, access.Retain, "")
	if err != nil {
		return 0, err
	}
	return rules.Apply(ctx, e.desk.engine, e.desk.now(), func() *audit.Entry { return e.entry(access.Retain, v, trace{}) })
}
