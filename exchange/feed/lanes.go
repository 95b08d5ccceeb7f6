package feed

import (
	"time"

	"concord/record"
)

// item is a message in memory, from when it is read until what became of it is
// kept.
type item struct {
	*record.Message
	lanes    []record.Lane
	busy     bool      // being sent, or sent and not yet kept
	due      time.Time // not before
	attempts int       // since it was read
	strikes  int       // attempts without an answer while others were answered
	answered int64     // answers to others when it was last tried
}

// queue is what waits in memory, in lanes: a message goes when it is the first
// of each of its lanes. It is not for several goroutines.
type queue struct {
	items   map[int64]*item
	lanes   map[record.Lane][]*item
	ready   []*item
	blocked map[record.Lane]int64 // lanes that stand still, by the message that was returned
	spilled map[record.Lane]bool  // lanes of which more is in the store
}

const (
	maxItems = 2048 // in memory for a destination
	maxLane  = 128  // of one lane
)

func newQueue() *queue {
	return &queue{items: map[int64]*item{}, lanes: map[record.Lane][]*item{}, blocked: map[record.Lane]int64{}, spilled: map[record.Lane]bool{}}
}

// add takes a message in. behind names the returned message that holds it back;
// it is not taken in then. A message whose lane is full stays in the store, and
// so do those that follow it there.
func (q *queue) add(m *record.Message) (behind int64) {
	if q.items[m.Seq] != nil {
		return 0
	}
	it := &item{Message: m, lanes: record.LanesOf(m)}
	spill := false
	for _, l := range it.lanes {
		if seq := q.blocked[l]; seq != 0 && seq < m.Seq {
			return seq
		}
		spill = spill || q.spilled[l] || len(q.lanes[l]) >= maxLane
	}
	if spill {
		for _, l := range it.lanes {
			q.spilled[l] = true
		}
		return 0
	}
	q.items[m.Seq] = it
	for _, l := range it.lanes {
		q.lanes[l] = append(q.lanes[l], it)
	}
	q.offer(it)
	return 0
}

// first tells whether a message is the first of each of its lanes.
func (q *queue) first(it *item) bool {
	for _, l := range it.lanes {
		if q.lanes[l][0] != it {
			return false
		}
	}
	return true
}

// offer makes a message ready when it may go.
func (q *queue) offer(it *item) {
	if !it.busy && q.first(it) {
		q.ready = append(q.ready, it)
	}
}

// next takes the first message that is ready and due at a time; wait is how
// long until one is, when none is due yet (0 = nothing is ready).
func (q *queue) next(now time.Time) (it *item, wait time.Duration) {
	for i, r := range q.ready {
		if d := r.due.Sub(now); d > 0 {
			if wait == 0 || d < wait {
				wait = d
			}
			continue
		}
		q.ready = append(q.ready[:i], q.ready[i+1:]...)
		r.busy = true
		return r, 0
	}
	return nil, wait
}

// again puts a message back that is to be tried again at its due time.
func (q *queue) again(it *item) {
	it.busy = false
	q.offer(it)
}

// done takes a message out whose outcome is kept: the next of its lanes may go.
// It tells whether a lane ran out of which more is in the store.
func (q *queue) done(it *item) (more bool) {
	delete(q.items, it.Seq)
	for _, l := range it.lanes {
		rest := q.lanes[l]
		for i, x := range rest {
			if x == it {
				rest = append(rest[:i:i], rest[i+1:]...)
				break
			}
		}
		if len(rest) > 0 {
			q.lanes[l] = rest
			continue
		}
		delete(q.lanes, l)
		if q.spilled[l] {
			more = true
		}
	}
	for _, l := range it.lanes {
		if rest := q.lanes[l]; len(rest) > 0 && !queued(q.ready, rest[0]) {
			q.offer(rest[0])
		}
	}
	return more
}

func queued(list []*item, it *item) bool {
	for _, x := range list {
		if x == it {
			return true
		}
	}
	return false
}

// block stops the lanes of a message that was returned and takes out those that
// follow it there, for the store to hold.
func (q *queue) block(it *item) []*item {
	var behind []*item
	for _, l := range it.lanes {
		if seq := q.blocked[l]; seq == 0 || it.Seq < seq {
			q.blocked[l] = it.Seq
		}
		for _, x := range q.lanes[l] {
			if x.Seq > it.Seq && !x.busy && q.items[x.Seq] != nil {
				behind = append(behind, x)
				delete(q.items, x.Seq)
			}
		}
	}
	for _, x := range behind {
		q.drop(x)
	}
	return behind
}

// drop takes a message out of every lane, and out of those that are ready.
func (q *queue) drop(it *item) {
	for i, x := range q.ready {
		if x == it {
			q.ready = append(q.ready[:i], q.ready[i+1:]...)
			break
		}
	}
	q.done(it)
}

// rescan forgets which lanes have more in the store: reading begins anew.
func (q *queue) rescan() { clear(q.spilled) }
