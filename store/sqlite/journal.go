package sqlite

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

const messageColumns = "seq, at, org, feed, trig, control, digest, state, code, place, text, records, detail"

// message reads messageColumns.
func (s *snapshot) message(st *sqlite.Stmt) (*store.Message, error) {
	m := &store.Message{
		Seq: st.ColumnInt64(0), At: moment(st.ColumnInt64(1)), Trigger: st.ColumnText(4), Control: st.ColumnText(5),
		Digest: uint64(st.ColumnInt64(6)), State: store.State(st.ColumnInt64(7)),
		Place: st.ColumnText(9), Text: st.ColumnText(10), Records: store.UnpackRecords(blob(st, 11)), Detail: blob(st, 12),
	}
	for _, n := range [...]struct {
		col int
		to  *string
	}{{2, &m.Org}, {3, &m.Feed}, {8, &m.Code}} {
		var err error
		if *n.to, err = s.nameOf(st.ColumnInt64(n.col)); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (s *snapshot) messages(query string, args ...any) ([]*store.Message, error) {
	var out []*store.Message
	err := s.each(query, func(st *sqlite.Stmt) error {
		m, err := s.message(st)
		out = append(out, m)
		return err
	}, args...)
	return out, err
}

func (s *snapshot) raw(seq int64) ([]byte, error) {
	var raw []byte
	err := s.each("SELECT raw FROM journal_raw WHERE seq = ?1", func(st *sqlite.Stmt) error {
		raw = blob(st, 0)
		return stop{}
	}, seq)
	return raw, err
}

// Pending returns Received rows in sequence after the given one, with Raw.
func (s *snapshot) Pending(ctx context.Context, after int64, limit int) ([]*store.Message, error) {
	feeds, err := s.feeds()
	if err != nil {
		return nil, err
	}
	// The index alone tells which come first, of however many feeds.
	var seqs []int64
	for _, feed := range feeds {
		err := s.each("SELECT seq FROM journal INDEXED BY journal_state WHERE feed = ?1 AND state = ?2 AND seq > ?3 ORDER BY seq LIMIT +?4", func(st *sqlite.Stmt) error {
			seqs = append(seqs, st.ColumnInt64(0))
			return nil
		}, feed, int64(store.Received), after, max(limit, 0))
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(seqs)
	seqs = seqs[:min(len(seqs), max(limit, 0))]
	out := make([]*store.Message, 0, len(seqs))
	for _, seq := range seqs {
		m, err := s.Message(ctx, seq)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// InState returns the rows of a feed in a state, in sequence, with Raw.
func (s *snapshot) InState(ctx context.Context, feed string, state store.State, after int64, limit int) ([]*store.Message, error) {
	id, err := s.nameID(feed)
	if err != nil || id == 0 {
		return nil, err
	}
	out, err := s.inState(id, state, after, limit)
	if err != nil {
		return nil, err
	}
	return out, s.fillRaw(out)
}

func (s *snapshot) inState(feed int64, state store.State, after int64, limit int) ([]*store.Message, error) {
	return s.messages("SELECT "+messageColumns+" FROM journal INDEXED BY journal_state WHERE feed = ?1 AND state = ?2 AND seq > ?3 ORDER BY seq LIMIT +?4",
		feed, int64(state), after, max(limit, 0))
}

func (s *snapshot) fillRaw(list []*store.Message) error {
	for _, m := range list {
		var err error
		if m.Raw, err = s.raw(m.Seq); err != nil {
			return err
		}
	}
	return nil
}

// Message returns one row with Raw.
func (s *snapshot) Message(ctx context.Context, seq int64) (*store.Message, error) {
	found, err := s.messages("SELECT "+messageColumns+" FROM journal WHERE seq = ?1", seq)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, messageFault()
	}
	found[0].Raw, err = s.raw(seq)
	return found[0], err
}

func messageFault() error {
	return fault.New(fault.NotFound, "store.message", "there is no such message")
}

// Messages lists rows without Raw, newest first.
//
// Each way to narrow has its index; what it does not cover is filtered row by
// row: record, then control id, then feed and state, else all.
func (s *snapshot) Messages(ctx context.Context, f store.MessageFilter) ([]*store.Message, error) {
	if f.Before <= 0 {
		f.Before = 1<<63 - 1
	}
	feed := int64(0)
	if f.Feed != "" {
		var err error
		if feed, err = s.nameID(f.Feed); err != nil || feed == 0 {
			return nil, err
		}
	}
	l := listing{s: s, f: f, feed: feed}
	const from = "SELECT " + messageColumns + " FROM journal "
	switch {
	case f.Limit <= 0:
		return nil, nil
	case f.Record != 0:
		err := l.walk("SELECT "+messageColumns+" FROM journal_record JOIN journal USING (seq) WHERE journal_record.pk = ?1 AND journal_record.seq < ?2 ORDER BY journal_record.seq DESC", f.Record, f.Before)
		return l.out, err
	case f.Control != "":
		err := l.walk(from+"INDEXED BY journal_control WHERE control = ?1 AND seq < ?2 ORDER BY seq DESC", f.Control, f.Before)
		return l.out, err
	case f.Feed == "" && len(f.States) == 0:
		err := l.walk(from+"WHERE seq < ?1 ORDER BY seq DESC", f.Before)
		return l.out, err
	}
	return l.byState(from)
}

// listing gathers the messages that pass a filter.
type listing struct {
	s    *snapshot
	f    store.MessageFilter
	feed int64
	out  []*store.Message
	n    int // gathered by this walk
}

func (l *listing) walk(query string, args ...any) error {
	l.n = 0
	return l.s.each(query, func(st *sqlite.Stmt) error {
		if l.feed != 0 && st.ColumnInt64(3) != l.feed {
			return nil
		}
		if len(l.f.States) > 0 && !slices.Contains(l.f.States, store.State(st.ColumnInt64(7))) {
			return nil
		}
		if l.f.Control != "" && st.ColumnText(5) != l.f.Control {
			return nil
		}
		m, err := l.s.message(st)
		if err != nil {
			return err
		}
		l.out = append(l.out, m)
		if l.n++; l.n >= l.f.Limit {
			return stop{}
		}
		return nil
	}, args...)
}

// byState merges the newest of each feed and state asked for.
func (l *listing) byState(from string) ([]*store.Message, error) {
	feeds, states := []int64{l.feed}, l.f.States
	if l.feed == 0 {
		var err error
		if feeds, err = l.s.feeds(); err != nil {
			return nil, err
		}
	}
	if len(states) == 0 {
		for state := store.Received; state <= store.LastState; state++ {
			states = append(states, state)
		}
	}
	for _, feed := range feeds {
		for _, state := range slices.Compact(slices.Sorted(slices.Values(states))) {
			if err := l.walk(from+"INDEXED BY journal_state WHERE feed = ?1 AND state = ?2 AND seq < ?3 ORDER BY seq DESC", feed, int64(state), l.f.Before); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(l.out, func(a, b *store.Message) int { return int(b.Seq - a.Seq) })
	return l.out[:min(len(l.out), l.f.Limit)], nil
}

// feeds are the feeds that the journal has rows of: one seek into the index
// for each.
func (s *snapshot) feeds() ([]int64, error) {
	var out []int64
	for last := int64(0); ; {
		next, err := s.intOf("SELECT feed FROM journal INDEXED BY journal_state WHERE feed > ?1 ORDER BY feed LIMIT 1", last)
		if err != nil || next == 0 {
			return out, err
		}
		out, last = append(out, next), next
	}
}
