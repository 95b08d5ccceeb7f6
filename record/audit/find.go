package audit

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Query says which entries are looked for. A field that is empty says nothing;
// those that are not must all hold.
type Query struct {
	Records []string // names one of these records: patients, persons, lone resources
	Who     string   // the requester's id
	Org     string   // the organisation that they acted for
	Purpose access.Purpose
	Actions []access.Action // is one of these
	Outcome Outcome
	Thing   string    // names this reference or search; without Records, of entries that name no record
	Words   string    // the reason has these words; case does not matter
	From    time.Time // at or after
	To      time.Time // before
	Below   int64     // entries below this one, to go on behind a page; 0 = from the newest
	Limit   int       // at most so many; 0 = 50
}

// Hit is one entry with its place in the log, which is its leaf in the tree.
type Hit struct {
	Seq   int64
	Entry Entry
}

// Found is a page of entries, newest first.
type Found struct {
	Hits []Hit
	Next int64 // Query.Below of the page behind this one; 0 = there is none
	// Partial tells that the page ends early because too much was looked at.
	Partial bool
}

const (
	// DefaultLimit is how many entries a page has where nobody says.
	DefaultLimit = 50
	// MaxLimit is how many entries one page may hold.
	MaxLimit = 1000
	// findBudget is how many postings and rows one page may look at.
	findBudget = 50_000
	walkStep   = 256
)

// Find looks entries up by the index, and those that are too new for it by
// reading them. It costs in proportion to the page and to the rarest of what is
// asked; a page that would look at too much ends early and says so. Errors:
// Invalid "audit.query"; the store's.
func Find(ctx context.Context, r store.Reader, q Query) (*Found, error) {
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 0 || q.Limit > MaxLimit || q.Below < 0 || !q.To.IsZero() && q.To.Before(q.From) {
		return nil, fault.New(fault.Invalid, "audit.query", "a page of the audit log has 1 to %d entries, and its time does not run backwards", MaxLimit)
	}
	f := &finder{ctx: ctx, r: r, q: q, budget: findBudget, out: &Found{}}
	if err := f.bounds(); err != nil {
		return nil, err
	}
	if err := f.walk(max(f.low, f.filed), f.top); err != nil || f.ended() {
		return f.out, err
	}
	streams := f.streams()
	if len(streams) == 0 {
		return f.out, f.walk(f.low, min(f.top, f.filed))
	}
	return f.out, f.meet(streams, min(f.top, f.filed)-1)
}

// finder fills one page.
type finder struct {
	ctx      context.Context
	r        store.Reader
	q        Query
	low, top int64 // entries in [low, top) are looked at
	filed    int64 // the index is complete below this one
	budget   int
	out      *Found
}

// bounds finds the entries between which the answer lies: the log is in order
// of time.
func (f *finder) bounds() error {
	size, err := f.r.LogSize(f.ctx, Log)
	if err != nil {
		return err
	}
	if f.filed, err = indexed(f.ctx, f.r); err != nil {
		return err
	}
	f.top = size
	if !f.q.From.IsZero() {
		if f.low, err = f.firstAt(f.q.From, size); err != nil {
			return err
		}
	}
	if !f.q.To.IsZero() {
		if f.top, err = f.firstAt(f.q.To, size); err != nil {
			return err
		}
	}
	if f.q.Below > 0 {
		f.top = min(f.top, f.q.Below)
	}
	return nil
}

// firstAt is the first entry at or after a moment; size when there is none.
func (f *finder) firstAt(at time.Time, size int64) (int64, error) {
	low, high := int64(0), size
	for low < high {
		mid := low + (high-low)/2
		rows, err := f.r.LogEntries(f.ctx, Log, mid, 1)
		if err != nil {
			return 0, err
		}
		if len(rows) == 1 && rows[0].At.Before(at) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, nil
}

// ended tells that the page is full or has cost enough.
func (f *finder) ended() bool { return f.out.Next > 0 || f.out.Partial }

// spend counts what was looked at down to an entry; false ends the page there.
func (f *finder) spend(n int, seq int64) bool {
	if f.budget -= n; f.budget > 0 {
		return true
	}
	f.out.Partial, f.out.Next = seq > f.low, max(seq, 0)
	return false
}

// take looks at one row; false ends the page.
func (f *finder) take(row store.Entry) bool {
	entry, err := Decode(row.Body)
	if err != nil || !f.q.holds(&entry) {
		return true // emptied by retention, spoilt, or another with the same hash
	}
	f.out.Hits = append(f.out.Hits, Hit{row.Seq, entry})
	if len(f.out.Hits) < f.q.Limit {
		return true
	}
	if row.Seq > f.low {
		f.out.Next = row.Seq
	}
	return false
}

// walk looks at every row in [from, to), newest first.
func (f *finder) walk(from, to int64) error {
	for to > from {
		step := min(walkStep, to-from)
		rows, err := f.r.LogEntries(f.ctx, Log, to-step, int(step))
		if err != nil {
			return err
		}
		for _, row := range slices.Backward(rows) {
			if row.Seq < to && !f.take(row) {
				return nil
			}
		}
		to -= step
		if !f.spend(int(step), to) {
			return nil
		}
	}
	return nil
}

// meet looks at the rows in which all streams agree, from one on downwards.
func (f *finder) meet(streams []stream, seq int64) error {
	for seq >= f.low {
		at, agreed := seq, true
		for i := range streams {
			next, cost, err := streams[i].seek(f.ctx, f.r, at)
			if err != nil {
				return err
			}
			if !f.spend(cost, seq+1) || next < f.low {
				return nil
			}
			agreed = agreed && next == at
			at = next
		}
		if !agreed {
			seq = at
			continue
		}
		rows, err := f.r.LogEntries(f.ctx, Log, at, 1)
		if err != nil {
			return err
		}
		if len(rows) == 1 && rows[0].Seq == at && !f.take(rows[0]) {
			return nil
		}
		seq = at - 1
	}
	return nil
}

// streams are what the index is asked for, one for each thing that must hold.
func (f *finder) streams() []stream {
	var out []stream
	add := func(kind byte, values ...string) {
		var s stream
		for _, v := range values {
			if v != "" {
				s = append(s, &posting{prefix: termPrefix(termOf(kind, v))})
			}
		}
		if len(s) > 0 {
			out = append(out, s)
		}
	}
	add(byRecord, f.q.Records...)
	add(byWho, f.q.Who)
	add(byOrg, f.q.Org)
	add(byPurpose, string(f.q.Purpose))
	add(byOutcome, string(f.q.Outcome))
	var actions []string
	for _, a := range f.q.Actions {
		actions = append(actions, string(a))
	}
	add(byAction, actions...)
	if f.q.Thing != "" && len(f.q.Records) == 0 {
		add(byThing, f.q.Thing)
	}
	return out
}

// holds tells whether an entry is what is asked for; its time and place are
// bounded already.
func (q *Query) holds(e *Entry) bool {
	any := func(id string) bool { return slices.Contains(q.Records, id) }
	switch {
	case len(q.Records) > 0 && !slices.ContainsFunc(e.Records, any),
		q.Who != "" && e.Who != q.Who,
		q.Org != "" && e.Org != q.Org,
		q.Purpose != "" && e.Purpose != q.Purpose,
		len(q.Actions) > 0 && !slices.Contains(q.Actions, e.Action),
		q.Outcome != "" && e.Ended() != q.Outcome,
		q.Thing != "" && (!slices.Contains(e.What, q.Thing) || len(q.Records) == 0 && len(e.Records) > 0):
		return false
	}
	return q.Words == "" || strings.Contains(strings.ToLower(e.Reason), strings.ToLower(q.Words))
}
