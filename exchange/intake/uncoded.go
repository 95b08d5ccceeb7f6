package intake

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/record"
)

// asked counts codes that nobody has decided on. One that is new is noted before the
// message that has it is applied; of the others the numbers follow, a few seconds
// later.
type asked struct {
	mu    sync.Mutex
	seen  map[record.Unmapped]bool // by organisation, kind, code and unit
	more  map[record.Unmapped]*record.Unmapped
	since time.Time // when numbers were kept last
}

const askedEvery = 2 * time.Second

// mostSeen bounds what is remembered: 20 MB. What is forgotten is noted once more.
const mostSeen = 100_000

// unmapped are the codes of a message that nobody has decided on.
func (t *task) unmapped() []record.Unmapped {
	var out []record.Unmapped
	for i := range t.mapped {
		for _, u := range t.mapped[i].Uncoded {
			out = append(out, record.Unmapped{Org: t.feed.Trust, Kind: string(u.Kind), Code: u.Code, Unit: u.Unit, Name: u.Name, Feed: t.feed.Name})
		}
	}
	return out
}

// id is what tells an entry from others.
func id(u record.Unmapped) record.Unmapped {
	return record.Unmapped{Org: u.Org, Kind: u.Kind, Code: u.Code, Unit: u.Unit}
}

// first notes those that are new.
func (q *asked) first(ctx context.Context, journal *record.Errand, list []record.Unmapped) error {
	q.mu.Lock()
	fresh := slices.DeleteFunc(slices.Clone(list), func(u record.Unmapped) bool { return q.seen[id(u)] })
	q.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	if err := journal.NoteUnmapped(ctx, fresh); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.seen == nil || len(q.seen) > mostSeen {
		q.seen = map[record.Unmapped]bool{}
	}
	for _, u := range fresh {
		q.seen[id(u)] = true
	}
	return nil
}

// count adds a message that was applied.
func (q *asked) count(list []record.Unmapped) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, u := range list {
		if q.more == nil {
			q.more = map[record.Unmapped]*record.Unmapped{}
		}
		if q.more[id(u)] == nil {
			q.more[id(u)] = &u
		}
		q.more[id(u)].Messages++
	}
}

// keepAsked writes the numbers down, when it is time or it has to be: of codes on which
// nobody has decided meanwhile. What cannot be written is kept for the next time. It is
// of Run's own goroutine.
func (a *Applier) keepAsked(ctx context.Context, now bool) {
	q := &a.asked
	q.mu.Lock()
	if len(q.more) == 0 || !now && a.now().Sub(q.since) < askedEvery {
		q.mu.Unlock()
		return
	}
	var list []record.Unmapped
	for _, u := range q.more {
		if t := a.rules.Tables[u.Org]; t != nil && !t.Answers(crosswalk.Kind(u.Kind), u.Code, u.Unit, a.now().Format(time.DateOnly)) {
			list = append(list, *u)
		}
	}
	was := maps.Clone(q.more)
	q.more, q.since = nil, a.now()
	q.mu.Unlock()
	if err := a.journal.NoteUnmapped(ctx, list); err != nil {
		a.log.Warn("how often codes came that are not mapped cannot be kept just now", "code", fault.Of(err).Code)
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.more == nil {
			q.more = map[record.Unmapped]*record.Unmapped{}
		}
		for k, u := range was {
			if have := q.more[k]; have != nil {
				have.Messages += u.Messages
			} else {
				q.more[k] = u
			}
		}
	}
}
