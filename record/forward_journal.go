package record

import (
	"context"
	"slices"
	"strconv"
	"time"

	"concord/record/access"
	"concord/store"
)

// ForwardMessages returns messages of one of the requester's own feeds, in
// sequence after one, with their content, and the sequence up to which that is
// all of them. A message that came twice is left out, and reading ends before
// one that waits to be applied: what is passed on is what the record knows.
func (e *Errand) ForwardMessages(ctx context.Context, feed string, after int64, limit int) (list []*Message, last int64, err error) {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return nil, after, err
	}
	err = e.desk.engine.View(ctx, func(r store.Reader) error {
		list, last = nil, after
		end, err := lastOf(ctx, r, feed)
		if err != nil || end <= after {
			return err
		}
		waiting, err := r.InState(ctx, feed, Received, 0, 1)
		if err != nil {
			return err
		}
		if len(waiting) > 0 {
			end = min(end, waiting[0].Seq-1)
		}
		for _, state := range []State{Applied, Parked, Ignored, Closed} {
			some, err := r.InState(ctx, feed, state, after, limit)
			if err != nil {
				return err
			}
			if len(some) == limit {
				end = min(end, some[limit-1].Seq)
			}
			list = append(list, some...)
		}
		list = slices.DeleteFunc(list, func(m *Message) bool { return m.Seq > end || m.Org != e.who.Org })
		slices.SortFunc(list, func(a, b *Message) int { return int(a.Seq - b.Seq) })
		last = max(end, after)
		return onlyPatients(ctx, r, list)
	})
	if err != nil {
		return nil, after, err
	}
	for _, m := range list {
		if m.Raw, err = e.desk.unpack(m.Raw); err != nil {
			return nil, after, err
		}
	}
	return list, last, nil
}

// onlyPatients leaves of the records of messages those that are a patient's:
// what several patients share would make them wait for each other.
func onlyPatients(ctx context.Context, r store.Reader, list []*Message) error {
	for _, m := range list {
		var keep []int64
		for _, pk := range m.Records {
			person, err := r.PersonOf(ctx, pk, time.Time{})
			if err != nil {
				return err
			}
			if person != 0 {
				keep = append(keep, pk)
			}
		}
		m.Records = keep
	}
	return nil
}

// lastOf is the newest sequence of a feed.
func lastOf(ctx context.Context, r store.Reader, feed string) (int64, error) {
	newest, err := r.Messages(ctx, MessageFilter{Feed: feed, Limit: 1})
	if err != nil || len(newest) == 0 {
		return 0, err
	}
	return newest[0].Seq, nil
}

// Begin gives a channel that has no cursor yet one at the end of its source, so
// that it takes what comes from now on: of the change feed, or of a feed.
func (e *Errand) Begin(ctx context.Context, channel, feed string) error {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return err
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		have, err := tx.GetKey(ctx, feedSpace, cursorKey(channel))
		if err != nil || have != nil {
			return err
		}
		var at int64
		if feed == "" {
			at, err = tx.LastChange(ctx)
		} else {
			at, err = lastOf(ctx, tx, feed)
		}
		if err != nil {
			return err
		}
		return tx.SetKey(ctx, feedSpace, store.KeyValue{Key: cursorKey(channel), Value: strconv.AppendInt(nil, at, 10)})
	})
}

const appliedKey = "applied"

// MarkApplied notes that an organisation's channels were applied, so that every
// process reads them anew.
func (e *Errand) MarkApplied(ctx context.Context) error {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return err
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		mark := e.who.Org + " " + strconv.FormatInt(tx.Time().UnixMicro(), 36)
		return tx.SetKey(ctx, feedSpace, store.KeyValue{Key: appliedKey, Value: []byte(mark)})
	})
}

// Applied is the mark of the last applying, by anybody; "" before the first.
func (e *Errand) Applied(ctx context.Context) (mark string, err error) {
	if _, err := e.decide(ctx, access.Forward, ""); err != nil {
		return "", err
	}
	err = e.desk.engine.View(ctx, func(r store.Reader) error {
		text, err := r.GetKey(ctx, feedSpace, appliedKey)
		mark = string(text)
		return err
	})
	return mark, err
}
