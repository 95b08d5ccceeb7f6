package course

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/uk"
)

// Pack is the pack of an organisation that runs, nil if it has none.
func (o *Office) Pack(ctx context.Context, org string) (*pack.Pack, error) {
	running, err := pack.Running(ctx, o.opt.Operator())
	if err != nil {
		return nil, err
	}
	if k := pack.Find(running, org); k != nil {
		return k.Pack, nil
	}
	return nil, nil
}

// profileOptions are those of an organisation: the forms of numbers that its pack
// gives.
func (o *Office) profileOptions(ctx context.Context, org string) (onboard.Options, error) {
	p, err := o.Pack(ctx, org)
	if err != nil || p == nil {
		return onboard.Options{}, err
	}
	return onboard.Options{Numbering: NumberingOf(p)}, nil
}

// NumberingOf is the form of each kind of number in a pack.
func NumberingOf(p *pack.Pack) onboard.Numbering {
	out := onboard.Numbering{}
	for _, n := range p.Numbering {
		out[uk.Local(n.Kind)] = n.Pattern
	}
	return out
}

// Diff tells what a pack would change of what runs.
func (o *Office) Diff(ctx context.Context, next *pack.Pack) ([]pack.Change, error) {
	running, err := o.Pack(ctx, next.Organisation.Code)
	if err != nil {
		return nil, err
	}
	return pack.Diff(running, next), nil
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

// Runbook is an organisation's own runbook, else the one that ships, with a sign-off
// of each return that its pack owes before go or no-go.
func (o *Office) Runbook(ctx context.Context, org string) (*runbook.Book, error) {
	b, err := o.ownRunbook(org)
	if err != nil {
		return nil, err
	}
	p, err := o.Pack(ctx, org)
	if err == nil && p != nil {
		withReturns(b, p.Returns)
	}
	return b, err
}

func (o *Office) ownRunbook(org string) (*runbook.Book, error) {
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
