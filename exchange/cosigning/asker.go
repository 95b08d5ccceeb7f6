package cosigning

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"concord/fault"
	"concord/record/audit"
)

// Log is the log that is to be co-signed; record.Desk is one.
type Log interface {
	AuditCheckpoint(ctx context.Context) ([]byte, error)
	AuditGrowth(ctx context.Context, from, size int64) ([][32]byte, error)
	KeepCosigned(ctx context.Context, signed []byte, standings []audit.Standing) error
	Witnesses(ctx context.Context) ([]audit.Standing, error)
}

// Asker asks the witnesses of one log.
type Asker struct {
	Log       Log
	Known     note.Verifiers // keys of the log
	Witnesses []Witness
	Client    *http.Client
	Now       func() time.Time
	// Every is how often a log that grows is shown to the witnesses.
	Every time.Duration
}

// answerLimit is how long one witness may take.
const answerLimit = 10 * time.Second

// Run asks until ctx ends. failed is told of what concerns the log itself;
// witnesses that fail are in the standings.
func (a *Asker) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(a.Every)
	defer tick.Stop()
	for {
		if err := a.Once(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Once shows the newest checkpoint to every witness that has not co-signed it,
// all at once, and keeps what comes back. Its error is of the log and its
// store, or Conflict "witness.forked" and "witness.ahead" when a witness has
// seen another log than this.
func (a *Asker) Once(ctx context.Context) error {
	signed, err := a.Log.AuditCheckpoint(ctx)
	if err != nil || signed == nil {
		return err
	}
	head, err := audit.OpenCheckpoint(signed, a.Known)
	if err != nil {
		return err
	}
	before, err := a.Log.Witnesses(ctx)
	if err != nil {
		return err
	}
	standings, asked := a.standings(before), false
	lines := make([][]byte, len(a.Witnesses))
	errs := make([]error, len(a.Witnesses))
	var wg sync.WaitGroup
	for i, w := range a.Witnesses {
		if standings[i].Size == head.Size && standings[i].Problem == "" {
			continue
		}
		asked = true
		wg.Go(func() {
			ctx, stop := context.WithTimeout(ctx, answerLimit)
			defer stop()
			lines[i], errs[i] = a.ask(ctx, w, signed, head, standings[i].Size)
		})
	}
	wg.Wait()
	if !asked {
		return nil
	}
	return a.keep(ctx, signed, head, standings, lines, errs)
}

// standings are those of the witnesses that are asked now.
func (a *Asker) standings(before []audit.Standing) []audit.Standing {
	out := make([]audit.Standing, len(a.Witnesses))
	for i, w := range a.Witnesses {
		out[i].Name = w.Key.Name()
		for _, b := range before {
			if b.Name == out[i].Name {
				out[i] = b
			}
		}
	}
	return out
}

// keep stores the checkpoint with the signatures that came, and how it went.
func (a *Asker) keep(ctx context.Context, signed []byte, head audit.Head, standings []audit.Standing, lines [][]byte, errs []error) error {
	var with []byte
	var alarm error
	now := a.Now().UTC()
	for i, w := range a.Witnesses {
		s, err := &standings[i], errs[i]
		if err == nil && lines[i] != nil {
			base := with
			if base == nil {
				base = signed
			}
			var next []byte
			if next, err = audit.Cosign(base, lines[i], w.Key); err == nil {
				with, s.Size, s.At, s.Problem, s.Since = next, head.Size, now, "", time.Time{}
			}
		}
		if err == nil {
			continue
		}
		code := fault.Of(err).Code
		if s.Failures++; s.Problem != code {
			s.Problem, s.Since = code, now
		}
		if fault.Is(err, fault.Conflict) {
			alarm = err
		}
	}
	if err := a.Log.KeepCosigned(ctx, with, standings); err != nil {
		return err
	}
	return alarm
}
