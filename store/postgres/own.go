package postgres

import (
	"context"
	"time"

	"concord/store"
)

// What follows are the questions of an Update that are asked seldom: the
// buffer is sent, and the database answers.

// Versions sees this Update's own writes too, as all that follow.
func (t *tx) Versions(ctx context.Context, k store.Key) ([]*store.Doc, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Versions(ctx, k)
}

// GetVersions is described in store.History.
func (t *tx) GetVersions(ctx context.Context, versions []store.VersionKey) ([]*store.Doc, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.GetVersions(ctx, versions)
}

// Chart is described in store.Documents.
func (t *tx) Chart(ctx context.Context, pks []int64, ranges []store.Range, asAt time.Time) ([][]*store.Doc, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Chart(ctx, pks, ranges, asAt)
}

// FindString is described in store.Documents.
func (t *tx) FindString(ctx context.Context, h uint64, prefix string, exact bool, limit int) ([]store.Key, error) {
	if len(t.g.buf.strs) > 0 {
		if err := t.seen(ctx); err != nil {
			return nil, err
		}
	}
	return t.snapshot.FindString(ctx, h, prefix, exact, limit)
}

// Scan is described in store.Documents.
func (t *tx) Scan(ctx context.Context, typ uint16, after store.Key, limit int) ([]*store.Doc, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Scan(ctx, typ, after, limit)
}

// Changes is described in store.Documents.
func (t *tx) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Changes(ctx, after, limit)
}

// ChangesBefore is described in store.History.
func (t *tx) ChangesBefore(ctx context.Context, before int64, limit int) ([]store.Change, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.ChangesBefore(ctx, before, limit)
}

// ChangeAt is described in store.History.
func (t *tx) ChangeAt(ctx context.Context, at time.Time) (int64, error) {
	if err := t.seen(ctx); err != nil {
		return 0, err
	}
	return t.snapshot.ChangeAt(ctx, at)
}

// FindCode is described in store.Population.
func (t *tx) FindCode(ctx context.Context, r store.CodeRange, limit int) ([]store.Dated, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.FindCode(ctx, r, limit)
}

// FindQuantity is described in store.Population.
func (t *tx) FindQuantity(ctx context.Context, unit uint64, low, high float64, limit int) ([]store.Key, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.FindQuantity(ctx, unit, low, high, limit)
}

// FindRecordsEach is described in store.Population.
func (t *tx) FindRecordsEach(ctx context.Context, asks []store.RecordsAsk) ([][]int64, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.FindRecordsEach(ctx, asks)
}

// FindRecords is described in store.Population.
func (t *tx) FindRecords(ctx context.Context, groups [][]uint64, after int64, limit int) ([]int64, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.FindRecords(ctx, groups, after, limit)
}

// CountTerm is described in store.Population.
func (t *tx) CountTerm(ctx context.Context, term uint64) (int64, error) {
	if err := t.seen(ctx); err != nil {
		return 0, err
	}
	return t.snapshot.CountTerm(ctx, term)
}

// InState is described in store.Journal.
func (t *tx) InState(ctx context.Context, feed string, state store.State, after int64, limit int) ([]*store.Message, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.InState(ctx, feed, state, after, limit)
}

// Pending is described in store.Journal.
func (t *tx) Pending(ctx context.Context, after int64, limit int) ([]*store.Message, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Pending(ctx, after, limit)
}

// Message is described in store.Journal.
func (t *tx) Message(ctx context.Context, seq int64) (*store.Message, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Message(ctx, seq)
}

// Messages is described in store.Journal.
func (t *tx) Messages(ctx context.Context, f store.MessageFilter) ([]*store.Message, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Messages(ctx, f)
}

// Tally is described in store.Journal.
func (t *tx) Tally(ctx context.Context) ([]store.FeedTally, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Tally(ctx)
}

// Counts is described in store.Journal.
func (t *tx) Counts(ctx context.Context, feed string, from time.Time) ([]store.HourCount, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Counts(ctx, feed, from)
}

// ListKeys is described in store.Keys.
func (t *tx) ListKeys(ctx context.Context, space, prefix string, limit int) ([]store.KeyValue, error) {
	return t.ListKeysFrom(ctx, space, prefix, prefix, limit)
}

// ListKeysFrom is described in store.Keys.
func (t *tx) ListKeysFrom(ctx context.Context, space, prefix, from string, limit int) ([]store.KeyValue, error) {
	if len(t.g.buf.keys) > 0 {
		if err := t.seen(ctx); err != nil {
			return nil, err
		}
	}
	return t.snapshot.ListKeysFrom(ctx, space, prefix, from, limit)
}

// LinkHistory is described in store.Links.
func (t *tx) LinkHistory(ctx context.Context, pk int64) ([]store.Link, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.LinkHistory(ctx, pk)
}

// LogEntries is described in store.Logs.
func (t *tx) LogEntries(ctx context.Context, log string, from int64, limit int) ([]store.Entry, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.LogEntries(ctx, log, from, limit)
}

// Jobs is described in store.Queue.
func (t *tx) Jobs(ctx context.Context, topic string, limit int) ([]store.Job, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Jobs(ctx, topic, limit)
}
