package postgres

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"concord/store"
)

const hourMicros = int64(time.Hour / time.Microsecond)

const (
	tallyStates = "SELECT feed, state, n FROM journal_tally"
	tallyFeeds  = `SELECT f.feed, f.org, f.last, coalesce(
		(SELECT at FROM journal g WHERE (g.feed, g.state) >= (f.feed, 7::smallint) AND (g.feed, g.state) <= (f.feed, 7::smallint) ORDER BY g.feed, g.state, g.seq LIMIT 1),
		(SELECT at FROM journal g WHERE (g.feed, g.state) >= (f.feed, 1::smallint) AND (g.feed, g.state) <= (f.feed, 1::smallint) ORDER BY g.feed, g.state, g.seq LIMIT 1))
		FROM journal_feed f`
	countHours = "SELECT hour, n FROM journal_hour WHERE feed = $1 AND hour >= $2 ORDER BY hour"
	addTally   = `INSERT INTO journal_tally AS t (feed, state, n) SELECT * FROM unnest($1::int[], $2::smallint[], $3::bigint[])
		ON CONFLICT (feed, state) DO UPDATE SET n = t.n + excluded.n`
	addHours = `INSERT INTO journal_hour AS t (feed, hour, n) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[])
		ON CONFLICT (feed, hour) DO UPDATE SET n = t.n + excluded.n`
	addFeeds = `INSERT INTO journal_feed AS t (feed, org, last) SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[])
		ON CONFLICT (feed) DO UPDATE SET org = excluded.org, last = excluded.last WHERE excluded.last >= t.last`
)

// count is one step of the journal's counters: a message arrived (from = 0)
// or moved from a state to another. Steps are gathered and written once per
// commit, since many of them touch the same few rows.
type count struct {
	feed, org int32
	at        int64
	from, to  store.State
}

type (
	feedState struct {
		feed  int32
		state store.State
	}
	feedHour struct {
		feed int32
		hour int64
	}
	arrival struct {
		org int32
		at  int64
	}
)

// sendCounts queues what a number of steps come to.
func sendCounts(c *conn, steps []count) {
	if len(steps) == 0 {
		return
	}
	states, hours, last := map[feedState]int64{}, map[feedHour]int64{}, map[int32]arrival{}
	for _, s := range steps {
		states[feedState{s.feed, s.to}]++
		if s.from != 0 {
			states[feedState{s.feed, s.from}]--
			continue
		}
		hours[feedHour{s.feed, s.at / hourMicros}]++
		if s.at >= last[s.feed].at {
			last[s.feed] = arrival{s.org, s.at}
		}
	}
	var feeds, orgs []int32
	var kinds []int16
	var numbers, times []int64
	for k, n := range states {
		feeds, kinds, numbers = append(feeds, k.feed), append(kinds, int16(k.state)), append(numbers, n)
	}
	c.send(addTally, nil, feeds, kinds, numbers)
	if len(hours) == 0 {
		return
	}
	feeds, numbers = nil, nil
	for k, n := range hours {
		feeds, times, numbers = append(feeds, k.feed), append(times, k.hour), append(numbers, n)
	}
	c.send(addHours, nil, feeds, times, numbers)
	feeds, times = nil, nil
	for feed, a := range last {
		feeds, orgs, times = append(feeds, feed), append(orgs, a.org), append(times, a.at)
	}
	c.send(addFeeds, nil, feeds, orgs, times)
}

// Tally counts rows by feed and state.
func (s *snapshot) Tally(ctx context.Context) ([]store.FeedTally, error) {
	byFeed := map[int64]*store.FeedTally{}
	orgs := map[int64]int64{}
	states := map[feedState]int64{}
	s.send(tallyStates, func(r row) error {
		states[feedState{int32(r.int(0)), store.State(r.int(1))}] = r.int(2)
		return nil
	})
	err := s.each(ctx, tallyFeeds, func(r row) error {
		f := &store.FeedTally{ByState: map[store.State]int64{}, Last: moment(r.int(2))}
		if !r.null(3) {
			f.OldestDue = moment(r.int(3))
		}
		byFeed[r.int(0)], orgs[r.int(0)] = f, r.int(1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.learn(ctx, slices.Concat(slices.Collect(maps.Keys(orgs)), slices.Collect(maps.Values(orgs)))...); err != nil {
		return nil, err
	}
	for k, n := range states {
		if f := byFeed[int64(k.feed)]; f != nil && n != 0 {
			f.ByState[k.state] = n
		}
	}
	out := make([]store.FeedTally, 0, len(byFeed))
	for id, f := range byFeed {
		f.Feed, f.Org = s.nameOf(id), s.nameOf(orgs[id])
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b store.FeedTally) int { return cmp.Compare(a.Feed, b.Feed) })
	return out, nil
}

// Counts returns the counters of a feed by hour of arrival, oldest first.
func (s *snapshot) Counts(ctx context.Context, feed string, from time.Time) ([]store.HourCount, error) {
	id, err := s.nameID(ctx, feed)
	if err != nil || id == 0 {
		return nil, err
	}
	var first int64
	if !from.IsZero() {
		first = from.UnixMicro() / hourMicros
	}
	var out []store.HourCount
	err = s.each(ctx, countHours, func(r row) error {
		out = append(out, store.HourCount{Hour: moment(r.int(0) * hourMicros), N: r.int(1)})
		return nil
	}, id, first)
	return out, err
}
