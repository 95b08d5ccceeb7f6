package sqlite

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// count is one step of the journal's counters: a message arrived (from = 0)
// or moved from a state to another. Steps are gathered and written once per
// commit, since many of them touch the same few rows.
type count struct {
	feed, org, at int64
	from, to      store.State
}

const hourMicros = int64(time.Hour / time.Microsecond)

type (
	feedState struct {
		feed  int64
		state store.State
	}
	feedHour struct{ feed, hour int64 }
	arrival  struct{ org, at int64 }
)

// sum is what a number of steps come to.
type sum struct {
	states map[feedState]int64
	hours  map[feedHour]int64
	last   map[int64]arrival
}

func sumOf(steps []count) sum {
	s := sum{map[feedState]int64{}, map[feedHour]int64{}, map[int64]arrival{}}
	for _, c := range steps {
		s.states[feedState{c.feed, c.to}]++
		if c.from != 0 {
			s.states[feedState{c.feed, c.from}]--
			continue
		}
		s.hours[feedHour{c.feed, c.at / hourMicros}]++
		if c.at >= s.last[c.feed].at {
			s.last[c.feed] = arrival{c.org, c.at}
		}
	}
	return s
}

// writeCounts brings the counters up to date with this transaction.
func (w *writer) writeCounts() error {
	if len(w.counts) == 0 {
		return nil
	}
	s := sumOf(w.counts)
	for k, n := range s.states {
		if err := w.snap.run(`INSERT INTO journal_tally (feed, state, n) VALUES (?1, ?2, ?3)
			ON CONFLICT (feed, state) DO UPDATE SET n = n + excluded.n`, k.feed, int64(k.state), n); err != nil {
			return err
		}
	}
	for k, n := range s.hours {
		if err := w.snap.run(`INSERT INTO journal_hour (feed, hour, n) VALUES (?1, ?2, ?3)
			ON CONFLICT (feed, hour) DO UPDATE SET n = n + excluded.n`, k.feed, k.hour, n); err != nil {
			return err
		}
	}
	for feed, a := range s.last {
		if err := w.snap.run(`INSERT INTO journal_feed (feed, org, last) VALUES (?1, ?2, ?3)
			ON CONFLICT (feed) DO UPDATE SET org = excluded.org, last = excluded.last WHERE excluded.last >= last`, feed, a.org, a.at); err != nil {
			return err
		}
	}
	return nil
}

// Tally counts rows by feed and state.
func (s *snapshot) Tally(ctx context.Context) ([]store.FeedTally, error) {
	return s.tally(sumOf(nil))
}

// Tally sees this transaction's own messages too.
func (t *tx) Tally(ctx context.Context) ([]store.FeedTally, error) {
	return t.tally(sumOf(t.w.counts))
}

// tally adds what the table holds to what it does not hold yet.
func (s *snapshot) tally(more sum) ([]store.FeedTally, error) {
	err := s.each("SELECT feed, state, n FROM journal_tally", func(st *sqlite.Stmt) error {
		more.states[feedState{st.ColumnInt64(0), store.State(st.ColumnInt64(1))}] += st.ColumnInt64(2)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.each("SELECT feed, org, last FROM journal_feed", func(st *sqlite.Stmt) error {
		if at := st.ColumnInt64(2); at > more.last[st.ColumnInt64(0)].at {
			more.last[st.ColumnInt64(0)] = arrival{st.ColumnInt64(1), at}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]store.FeedTally, 0, len(more.last))
	for _, feed := range slices.Sorted(maps.Keys(more.last)) {
		f, err := s.feedTally(feed, more)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b store.FeedTally) int { return cmp.Compare(a.Feed, b.Feed) })
	return out, nil
}

func (s *snapshot) feedTally(feed int64, all sum) (store.FeedTally, error) {
	f := store.FeedTally{ByState: map[store.State]int64{}, Last: moment(all.last[feed].at)}
	var err error
	if f.Feed, err = s.nameOf(feed); err != nil {
		return f, err
	}
	if f.Org, err = s.nameOf(all.last[feed].org); err != nil {
		return f, err
	}
	for k, n := range all.states {
		if k.feed == feed && n != 0 {
			f.ByState[k.state] = n
		}
	}
	for _, state := range [...]store.State{store.Received, store.Waiting} {
		due, err := s.intOf("SELECT at FROM journal INDEXED BY journal_state WHERE feed = ?1 AND state = ?2 ORDER BY seq LIMIT 1", feed, int64(state))
		if err != nil {
			return f, err
		}
		if due != 0 {
			f.OldestDue = moment(due)
		}
	}
	return f, nil
}

// Counts returns the counters of a feed by hour of arrival, oldest first.
func (s *snapshot) Counts(ctx context.Context, feed string, from time.Time) ([]store.HourCount, error) {
	return s.hours(feed, from, sumOf(nil))
}

// Counts sees this transaction's own messages too.
func (t *tx) Counts(ctx context.Context, feed string, from time.Time) ([]store.HourCount, error) {
	return t.hours(feed, from, sumOf(t.w.counts))
}

func (s *snapshot) hours(feed string, from time.Time, more sum) ([]store.HourCount, error) {
	id, err := s.nameID(feed)
	if err != nil || id == 0 {
		return nil, err
	}
	var first int64
	if !from.IsZero() {
		first = from.UnixMicro() / hourMicros
	}
	byHour := map[int64]int64{}
	for k, n := range more.hours {
		if k.feed == id && k.hour >= first {
			byHour[k.hour] += n
		}
	}
	err = s.each("SELECT hour, n FROM journal_hour WHERE feed = ?1 AND hour >= ?2", func(st *sqlite.Stmt) error {
		byHour[st.ColumnInt64(0)] += st.ColumnInt64(1)
		return nil
	}, id, first)
	if err != nil {
		return nil, err
	}
	var out []store.HourCount
	for _, hour := range slices.Sorted(maps.Keys(byHour)) {
		out = append(out, store.HourCount{Hour: moment(hour * hourMicros), N: byHour[hour]})
	}
	return out, nil
}
