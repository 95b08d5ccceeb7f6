package course

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record"
	"concord/record/access"
)

// Diff tells what a pack would change of what runs.
func (o *Office) Diff(ctx context.Context, next *pack.Pack) ([]pack.Change, error) {
	running, err := pack.Running(ctx, o.opt.Operator())
	if err != nil {
		return nil, err
	}
	if kept := pack.Find(running, next.Organisation.Code); kept != nil {
		return pack.Diff(kept.Pack, next), nil
	}
	return pack.Diff(nil, next), nil
}

// Apply makes a pack the one that runs, for a requester who may do the steps of
// that organisation. Errors: Denied; those of pack.Apply.
func (o *Office) Apply(ctx context.Context, e *record.Errand, next *pack.Pack) error {
	org := next.Organisation.Code
	if err := e.Joining(ctx, access.Join, org, "org pack of "+org+" applied"); err != nil {
		return err
	}
	_, err := o.opt.Apply(ctx, next)
	return err
}

// runbookFile is an organisation's own runbook, in its stage.
const runbookFile = ".runbook.yaml"

// Runbook is an organisation's own runbook, else the one that ships.
func (o *Office) Runbook(org string) (*runbook.Book, error) {
	s, err := o.Stage(org)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, runbookFile))
	if errors.Is(err, fs.ErrNotExist) {
		return runbook.Standard()
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be read")
	}
	return runbook.Parse(text)
}

// KeepRunbook makes a runbook the organisation's own. Errors: those of Parse.
func (o *Office) KeepRunbook(org string, text []byte) error {
	s, err := o.Stage(org)
	if err != nil {
		return err
	}
	if _, err := runbook.Parse(text); err != nil {
		return err
	}
	err = os.MkdirAll(s.Dir, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.Dir, runbookFile), text, 0o600)
	}
	if err != nil {
		return fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be written")
	}
	return nil
}
