package feed

import (
	"context"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
)

// Query looks for messages to a destination. Zero fields do not narrow.
type Query struct {
	Destination string
	States      []record.State
	Control     string
	Event       string    // "ADT^A01", or a part of it: "A01"
	From, To    time.Time // filed at or after, before
	Before      int64     // sequence below
	Limit       int
}

// maxLooked bounds how many rows one search reads for conditions that no index
// has.
const maxLooked = 20_000

// Search lists messages to a destination without content, newest first; next is
// the sequence below which to go on, 0 at the end.
func Search(ctx context.Context, e *record.Errand, q Query) (list []*record.Message, next int64, err error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	before := q.Before
	for looked := 0; looked < maxLooked; {
		f := record.MessageFilter{Feed: "to:" + q.Destination, States: q.States, Control: q.Control, Before: before, Limit: min(max(q.Limit, 100), 1000)}
		rows, err := e.Messages(ctx, f)
		if err != nil {
			return nil, 0, err
		}
		for _, m := range rows {
			before = m.Seq
			if q.takes(m) {
				if list = append(list, m); len(list) == q.Limit {
					return list, before, nil
				}
			}
		}
		looked += len(rows)
		if len(rows) < f.Limit || !q.From.IsZero() && rows[len(rows)-1].At.Before(q.From.Add(-24*time.Hour)) {
			return list, 0, nil
		}
	}
	return list, before, nil
}

func (q *Query) takes(m *record.Message) bool {
	if q.Event != "" && !strings.Contains(strings.ToUpper(m.Trigger), strings.ToUpper(q.Event)) {
		return false
	}
	return (q.From.IsZero() || !m.At.Before(q.From)) && (q.To.IsZero() || m.At.Before(q.To))
}

// ResendCorrected sends a text that a person has changed in the place of a
// message, for a reason in words, and tells the places that differ. To change a
// message is to have read it: the reading is audited too.
func ResendCorrected(ctx context.Context, e *record.Errand, seq int64, text []byte, why string) (sent int64, differs []string, err error) {
	m, was, err := e.OpenMessage(ctx, seq)
	if err != nil {
		return 0, nil, err
	}
	if record.DestinationOf(m) == "" {
		return 0, nil, fault.New(fault.NotFound, "record.message", "there is no such message")
	}
	c, err := Correct(m, was, text)
	if err != nil {
		return 0, nil, err
	}
	c.Why = why
	sent, err = e.ResendCorrected(ctx, c)
	return sent, c.Differs, err
}
