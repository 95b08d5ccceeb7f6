package postgres

import (
	"context"
	"math"
	"slices"

	"concord/store"
)

const messageColumns = "j.seq, j.at, j.org, j.feed, j.trig, j.control, j.digest, j.state, j.code, j.place, j.text, j.records, j.detail"

const (
	pendingMessages = "SELECT " + messageColumns + `, w.raw FROM journal_feed f CROSS JOIN LATERAL
		(SELECT * FROM journal g WHERE (g.feed, g.state, g.seq) > (f.feed, 1::smallint, $1) AND (g.feed, g.state) <= (f.feed, 1::smallint)
		ORDER BY g.feed, g.state, g.seq LIMIT $2) j
		LEFT JOIN journal_raw w ON w.seq = j.seq ORDER BY j.seq LIMIT $2`
	messagesInState = "SELECT " + messageColumns + `, w.raw FROM journal j LEFT JOIN journal_raw w ON w.seq = j.seq
		WHERE (j.feed, j.state, j.seq) > ($1, $2, $3) AND (j.feed, j.state) <= ($1, $2) ORDER BY j.feed, j.state, j.seq LIMIT $4`
	oneMessage       = "SELECT " + messageColumns + ", w.raw FROM journal j LEFT JOIN journal_raw w ON w.seq = j.seq WHERE j.seq = $1"
	messagesOfRecord = "SELECT " + messageColumns + ` FROM journal_record x JOIN journal j ON j.seq = x.seq
		WHERE x.pk = $5 AND x.seq < $1 AND ($3 = 0 OR j.feed = $3) AND j.state = ANY($4) AND ($6::bytea = '' OR j.control = $6) ORDER BY x.seq DESC LIMIT $2`
	messagesOfControl = "SELECT " + messageColumns + ` FROM journal j
		WHERE j.control = $5 AND j.seq < $1 AND ($3 = 0 OR j.feed = $3) AND j.state = ANY($4) ORDER BY j.seq DESC LIMIT $2`
	messagesAll    = "SELECT " + messageColumns + " FROM journal j WHERE j.seq < $1 ORDER BY j.seq DESC LIMIT $2"
	messagesOfFeed = "SELECT " + messageColumns + ` FROM unnest($4::smallint[]) AS s(state) CROSS JOIN LATERAL
		(SELECT * FROM journal g WHERE (g.feed, g.state, g.seq) < ($3, s.state, $1) AND (g.feed, g.state) >= ($3, s.state)
		ORDER BY g.feed DESC, g.state DESC, g.seq DESC LIMIT $2) j
		ORDER BY j.seq DESC LIMIT $2`
	messagesOfState = "SELECT " + messageColumns + ` FROM journal_feed f CROSS JOIN unnest($3::smallint[]) AS s(state) CROSS JOIN LATERAL
		(SELECT * FROM journal g WHERE (g.feed, g.state, g.seq) < (f.feed, s.state, $1) AND (g.feed, g.state) >= (f.feed, s.state)
		ORDER BY g.feed DESC, g.state DESC, g.seq DESC LIMIT $2) j
		ORDER BY j.seq DESC LIMIT $2`
)

// messages gathers journal rows, and their names at the end.
type messages struct {
	s    *snapshot
	raw  bool
	list []*store.Message
	ids  [][3]int64 // org, feed, code of each
}

func (m *messages) add(r row) error {
	m.list = append(m.list, &store.Message{
		Seq: r.int(0), At: moment(r.int(1)), Trigger: r.text(4), Control: r.text(5), Digest: uint64(r.int(6)),
		State: store.State(r.int(7)), Place: r.text(9), Text: r.text(10), Records: store.UnpackRecords(r[11]), Detail: r.blob(12),
	})
	if m.raw {
		m.list[len(m.list)-1].Raw = r.blob(13)
	}
	m.ids = append(m.ids, [3]int64{r.int(2), r.int(3), r.int(8)})
	return nil
}

func (m *messages) done(ctx context.Context, err error) ([]*store.Message, error) {
	if err != nil {
		return nil, err
	}
	var all []int64
	for _, ids := range m.ids {
		all = append(all, ids[:]...)
	}
	if err := m.s.learn(ctx, all...); err != nil {
		return nil, err
	}
	for i, ids := range m.ids {
		msg := m.list[i]
		msg.Org, msg.Feed, msg.Code = m.s.nameOf(ids[0]), m.s.nameOf(ids[1]), m.s.nameOf(ids[2])
	}
	return m.list, nil
}

// Pending returns Received rows in sequence after the given one, with Raw.
func (s *snapshot) Pending(ctx context.Context, after int64, limit int) ([]*store.Message, error) {
	m := messages{s: s, raw: true}
	return m.done(ctx, s.each(ctx, pendingMessages, m.add, after, int64(max(limit, 0))))
}

// InState returns the rows of a feed in a state, in sequence, with Raw.
func (s *snapshot) InState(ctx context.Context, feed string, state store.State, after int64, limit int) ([]*store.Message, error) {
	id, err := s.nameID(ctx, feed)
	if err != nil || id == 0 {
		return nil, err
	}
	m := messages{s: s, raw: true}
	return m.done(ctx, s.each(ctx, messagesInState, m.add, id, int16(state), after, int64(max(limit, 0))))
}

// Message returns one row with Raw.
func (s *snapshot) Message(ctx context.Context, seq int64) (*store.Message, error) {
	m := messages{s: s, raw: true}
	list, err := m.done(ctx, s.each(ctx, oneMessage, m.add, seq))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, messageFault()
	}
	return list[0], nil
}

func messageFault() error { return notFound("store.message", "there is no such message") }

// Messages lists rows without Raw, newest first.
//
// Each way to narrow has its index; what it does not cover is filtered row by
// row: record, then control id, then feed and state, else all.
func (s *snapshot) Messages(ctx context.Context, f store.MessageFilter) ([]*store.Message, error) {
	if f.Before <= 0 {
		f.Before = math.MaxInt64
	}
	if f.Limit <= 0 {
		return nil, nil
	}
	feed := int32(0)
	if f.Feed != "" {
		var err error
		if feed, err = s.nameID(ctx, f.Feed); err != nil || feed == 0 {
			return nil, err
		}
	}
	states := statesOf(f.States)
	m := messages{s: s}
	limit := int64(f.Limit)
	switch {
	case f.Record != 0:
		return m.done(ctx, s.each(ctx, messagesOfRecord, m.add, f.Before, limit, feed, states, pkOf(f.Record), []byte(f.Control)))
	case f.Control != "":
		return m.done(ctx, s.each(ctx, messagesOfControl, m.add, f.Before, limit, feed, states, []byte(f.Control)))
	case feed == 0 && len(f.States) == 0:
		return m.done(ctx, s.each(ctx, messagesAll, m.add, f.Before, limit))
	case feed != 0:
		return m.done(ctx, s.each(ctx, messagesOfFeed, m.add, f.Before, limit, feed, states))
	}
	return m.done(ctx, s.each(ctx, messagesOfState, m.add, f.Before, limit, states))
}

// statesOf are the states to look for, each once; none asked for is all.
func statesOf(asked []store.State) []int16 {
	var out []int16
	for _, st := range asked {
		out = append(out, int16(st))
	}
	if len(out) == 0 {
		for st := store.Received; st <= store.LastState; st++ {
			out = append(out, int16(st))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
