package intake

import (
	"context"

	"concord/fault"
	"concord/record"
)

// Tell has f told of each message that was applied, parked or passed over, when that is
// durable.
// It is called before Run.
func (a *Applier) Tell(f func(m *record.Message, state record.State)) { a.told = f }

// settle applies or parks; its error means that neither could be kept.
func (a *Applier) settle(ctx context.Context, t *task) error {
	if t.taken.passed != "" {
		return a.passOver(ctx, t)
	}
	err := t.failed
	if err == nil {
		if err = a.apply(ctx, t); err == nil {
			a.tell(t.row, record.Applied)
			return nil
		}
	}
	if passing(err) {
		return err
	}
	f := fault.Of(err)
	row := *t.row
	row.State, row.Code, row.Place, row.Text = record.Parked, f.Code, f.At, f.Text
	row.Detail = detail(t)
	a.log.Info("a message was parked", "sequence", row.Seq, "feed", row.Feed, "trigger", row.Trigger, "code", f.Code)
	if err = a.journal.Settle(ctx, &row); err == nil {
		a.tell(&row, record.Parked)
	}
	return err
}

// passOver settles a message by which nothing is to be done, by a rule of the channel
// that its organisation has for the feed.
func (a *Applier) passOver(ctx context.Context, t *task) error {
	row := *t.row
	row.Detail = detail(t)
	err := a.journal.PassOver(ctx, &row, record.Passing{Org: t.feed.Trust, Channel: t.taken.channel, Rule: t.taken.passed})
	if err == nil {
		a.tell(t.row, record.Ignored)
	}
	return err
}

func (a *Applier) tell(m *record.Message, state record.State) {
	if a.told != nil {
		a.told(m, state)
	}
}

// passing tells a failure that may go away by itself from one that lies in the
// message.
func passing(err error) bool {
	f := fault.Of(err)
	switch f.Code {
	case "intake.rule":
		return false
	case "store.version", "record.raced":
		return true
	}
	return f.Kind == fault.Busy || f.Kind == fault.Internal
}
